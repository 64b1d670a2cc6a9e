namespace Runbook.Journal;

/// <summary>The machine that writes, as far as an entry says.</summary>
/// <param name="Label">A label, not an address.</param>
/// <param name="Boot">Id of its boot: the same as long as it runs through.</param>
public sealed record Machine(string Label, string Boot)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>This machine: its host name and the kernel's boot id.</summary>
    /// <param name="random">Makes up an id where the system has none; two epochs then never count as one boot.</param>
    public static Machine OfThisHost(IRandomSource random)
        => new(Environment.MachineName, BootId() ?? "unknown-" + SessionNames.Hex(random, 8));

    private static string? BootId()
    {
        try
        {
            return File.ReadAllText(BootIdFile).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or a sandbox without /proc.
            return null;
        }
    }
}
