using System.Text.Json;
using Runbook.Journal;

namespace Runbook.Cli.Guards;

/// <summary>
/// What a console and its guards tell each other: small files in a folder beside the session's directory, each replaced in one
/// step. Nothing in it is evidence: that stands in the journal and in the guard's own file.
/// </summary>
/// <remarks>
/// Files and not a pipe, because a resumed console must find the guard of the one that died. A guard holds the lock on its
/// file <c>.lock</c> for as long as it lives.
/// </remarks>
internal sealed class GuardFolder(string session)
{
    private const int BytesMax = 1 << 20;

    /// <summary>The folder.</summary>
    public string Root { get; } = FolderOf(session);

    /// <summary>The folder of a session.</summary>
    public static string FolderOf(string session) => Path.TrimEndingDirectorySeparator(session) + ".guard";

    /// <summary>What a guard is to do, until it has read it.</summary>
    public string Order(string file) => In(file, ".order.json");

    /// <summary>What a guard says of itself before anything is armed.</summary>
    public string Ready(string file) => In(file, ".ready.json");

    /// <summary>The console's heartbeat.</summary>
    public string Beat(string file) => In(file, ".beat.json");

    /// <summary>The lock that a living guard holds.</summary>
    public string LockOf(string file) => In(file, ".lock");

    /// <summary>What a guard has to say to nobody in particular.</summary>
    public string Log(string file) => In(file, ".log");

    /// <summary>Makes the folder, for its owner alone.</summary>
    public void Make()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Root);
        else Directory.CreateDirectory(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Whether the guard of a file lives.</summary>
    public bool IsAlive(string file)
    {
        if (!File.Exists(LockOf(file))) return false;
        using var held = LocalDisk.Instance.TryLock(LockOf(file), "looking\n"u8, out _);
        return held is null;
    }

    /// <summary>Replaces a file in one step.</summary>
    public static void Write(string path, Action<Utf8JsonWriter> members)
    {
        var next = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, options))
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        File.Move(next, path, overwrite: true);
    }

    /// <summary>Reads a file; <see langword="null"/> where there is none, or it is not what it should be.</summary>
    public static JsonElement? Read(string path)
    {
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length > BytesMax) return null;
            return JsonElement.Parse(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            // Gone in between, or not readable for this user: the same as not there.
            return null;
        }
    }

    private string In(string file, string suffix) => Path.Combine(Root, Path.GetFileNameWithoutExtension(file) + suffix);
}
