using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The shipped ceremony, rehearsed in a folder of its own.</summary>
public static class Ceremony
{
    /// <summary>Its file, as one types it.</summary>
    public const string File = "runbooks/hsm-activation.md";

    private static readonly Lazy<Task<string>> Shared = new(RehearseAsync);

    /// <summary>Directory of a session that was rehearsed to its end once for all tests; not to be written to.</summary>
    public static Task<string> SessionAsync() => Shared.Value;

    /// <summary>A copy of that session's directory, to be damaged.</summary>
    /// <param name="scratch">Where it goes.</param>
    public static async Task<SessionDirectory> CopyAsync(ScratchFolder scratch)
    {
        ArgumentNullException.ThrowIfNull(scratch);
        var from = await SessionAsync();
        var to = scratch.In("session");
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            System.IO.File.Copy(file, copy);
            System.IO.File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return new SessionDirectory(to);
    }

    private static async Task<string> RehearseAsync()
    {
        var folder = Directory.CreateTempSubdirectory("runbook-ceremony-").FullName;
        var session = Path.Combine(folder, "s1");
        var said = await new RunbookProgram(Path.Combine(folder, "home")).RunAsync("run", File, "--rehearse", "--out", session);
        Assert.True(said.ExitCode == 0, said.ToString());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return session;
    }
}
