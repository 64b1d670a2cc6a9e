using System.Globalization;
using System.Text.Json;

namespace Runbook.Engine;

/// <summary>Somebody typed a wrong passphrase away from the console, so that there was nothing to sign.</summary>
/// <param name="Request">Line of what they wanted to sign.</param>
/// <param name="Person">Roster id.</param>
public sealed record LeftRefusal(long Request, string Person);

/// <summary>
/// The folder beside a session's directory where <c>runbook approve</c> leaves word of what it refused itself: it can't write
/// into the journal, and the console that can takes it over.
/// </summary>
/// <remarks>No part of the transcript, and not signed: it says what somebody's machine says, as a wrong passphrase at the console does.</remarks>
public static class RefusalInbox
{
    private const string Suffix = ".refused.json";
    private const int LengthMax = 1024;

    /// <summary>Leaves word of a wrong passphrase.</summary>
    /// <param name="sessionDirectory">The session's directory.</param>
    /// <param name="refusal">What was refused, and to whom.</param>
    /// <param name="nonce">Keeps apart what happened twice.</param>
    public static void Leave(string sessionDirectory, LeftRefusal refusal, string nonce)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        var folder = FolderOf(sessionDirectory);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("request", refusal.Request);
            writer.WriteString("person", refusal.Person);
            writer.WriteString("why", "wrong-passphrase");
            writer.WriteEndObject();
        }

        // Under another name until it is whole.
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{refusal.Request}-{refusal.Person}-{nonce}"));
        File.WriteAllBytes(file, stream.ToArray());
        File.Move(file, file + Suffix, overwrite: true);
    }

    /// <summary>What was left, with the file that is to be taken away once it is durable; what can't be read is skipped.</summary>
    public static IEnumerable<(string File, LeftRefusal Refusal)> Read(string sessionDirectory)
    {
        var folder = FolderOf(sessionDirectory);
        if (!Directory.Exists(folder)) yield break;
        foreach (var file in Directory.EnumerateFiles(folder, "*" + Suffix).Order(StringComparer.Ordinal).Take(EngineLimits.LeftRefusalsMax).ToList())
        {
            if (ReadOne(file) is { } refusal) yield return (file, refusal);
        }
    }

    private static string FolderOf(string sessionDirectory) => Path.Combine(Path.TrimEndingDirectorySeparator(sessionDirectory) + ".inbox", "refused");

    private static LeftRefusal? ReadOne(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LengthMax) return null;
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            return new LeftRefusal(document.RootElement.GetProperty("request").GetInt64(), document.RootElement.GetProperty("person").GetString()!);
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Whoever can write here could as well have left nothing.
            return null;
        }
    }
}
