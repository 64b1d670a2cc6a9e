using Runbook.Cli.Guards;
using Runbook.Cli.Worlds;
using Runbook.Journal;

namespace Runbook.Cli.Sessions;

/// <summary>Where sessions lie, and what lies beside one.</summary>
internal static class SessionPaths
{
    /// <summary>The folder of sessions whose directory nobody named.</summary>
    public static string DefaultFolder => Path.Combine(".runbook", "sessions");

    /// <summary>Folder of the files that are carried in and out of the room during a session.</summary>
    public static string FilesOf(string session) => Path.TrimEndingDirectorySeparator(session) + ".files";

    /// <summary>The folders of sessions under the default folder, newest first.</summary>
    public static IReadOnlyList<string> Known() => Directory.Exists(DefaultFolder)
        ? [.. Directory.EnumerateDirectories(DefaultFolder).Where(d => File.Exists(Path.Combine(d, "journal.jsonl"))).OrderByDescending(d => d, StringComparer.Ordinal)]
        : [];

    /// <summary>The directory that somebody named, by its path or by the unique beginning of its id.</summary>
    /// <exception cref="CliException">There is none, or there are several.</exception>
    public static string Find(string named)
    {
        if (Directory.Exists(named)) return Path.GetFullPath(named);
        var found = named.Length < 4 || !Directory.Exists(DefaultFolder) || named.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? []
            : Directory.EnumerateDirectories(DefaultFolder).Where(d => Matches(Path.GetFileName(d), named)).Take(3).ToArray();
        return found switch
        {
            [var one] => Path.GetFullPath(one),
            [] => throw new CliException("RC050", $"there is no session \"{named}\".", "nothing was done.", "name its directory, or at least four characters of its id."),
            _ => throw new CliException("RC051", $"several sessions begin with \"{named}\".", "nothing was done.", $"name one of them: {string.Join(", ", found.Select(Path.GetFileName))}"),
        };
    }

    /// <summary>A new session must not stand on what lies beside an older one of the same name.</summary>
    /// <exception cref="CliException">Something lies there.</exception>
    public static void RequireFree(string session)
    {
        foreach (var beside in new[] { EmbeddedWorld.FolderOf(session), FilesOf(session), GuardFolder.FolderOf(session) })
        {
            if (!Directory.Exists(beside) || !Directory.EnumerateFileSystemEntries(beside).Any()) continue;
            throw new CliException("RC052", $"\"{beside}\" is left from an earlier session of that name.", "the session has not started; nothing was written.", $"keep it and name another directory with --out, or remove it: rm -r {beside}");
        }
    }

    /// <summary>Removes the files that were put beside a session that did not begin.</summary>
    public static void RemoveUnusedFiles(string session)
    {
        if (!File.Exists(Path.Combine(session, SessionDirectory.JournalName)) && Directory.Exists(FilesOf(session))) Directory.Delete(FilesOf(session), recursive: true);
    }

    // An id begins with the date; people remember its random end as well.
    private static bool Matches(string name, string named) =>
        name.StartsWith(named, StringComparison.Ordinal) || (name.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash && name[(dash + 1)..].StartsWith(named, StringComparison.Ordinal));
}
