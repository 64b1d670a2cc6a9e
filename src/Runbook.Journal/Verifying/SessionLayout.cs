using System.Globalization;

namespace Runbook.Journal;

/// <summary>What lies in a session's directory: only what is known is read, the rest is warned of, links and devices fail.</summary>
internal sealed class SessionLayout
{
    private readonly IJournalDisk _disk;
    private readonly SessionDirectory _directory;

    private static readonly HashSet<string> KnownFiles = new(StringComparer.Ordinal)
    {
        SessionDirectory.JournalName, SessionDirectory.LockName, SessionDirectory.CheckpointName, SessionDirectory.AttributesName,
        SessionDirectory.StatementName, SessionDirectory.SshSigName, SessionDirectory.TimestampName, SessionDirectory.AllowedSignersName,
        SessionDirectory.ReportName,
    };

    private static readonly HashSet<string> KnownFolders = new(StringComparer.Ordinal)
    {
        SessionDirectory.RunbookFolder, SessionDirectory.ApprovalsFolder, SessionDirectory.ArtifactsFolder, SessionDirectory.RecoveryFolder,
        SessionDirectory.GuardFolder, SessionDirectory.AnchorsFolder, SessionDirectory.KeysFolder, SessionDirectory.ReviewFolder,
    };

    private readonly SortedDictionary<string, long> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);

    private SessionLayout(IJournalDisk disk, SessionDirectory directory) => (_disk, _directory) = (disk, directory);

    internal CheckLog Log { get; } = new(CheckId.Layout);

    internal static SessionLayout Of(IJournalDisk disk, SessionDirectory directory)
    {
        var layout = new SessionLayout(disk, directory);
        layout.Log.Saw();
        foreach (var entry in layout.List(directory.Root, ""))
        {
            if (entry.Kind == DiskEntryKind.Folder && KnownFolders.Contains(entry.Name)) layout.TakeFolder(entry.Name);
            else layout.Take(entry, "");
        }

        return layout;
    }

    /// <summary>Opens a file that was seen.</summary>
    internal IDiskFile Open(string file) => _disk.OpenRead(_directory.In(file.Split('/')));

    /// <summary>Reads a file that was seen.</summary>
    /// <returns><see langword="null"/> where there is none, or it is too long.</returns>
    internal byte[]? Read(string file, long bytesMax) => Has(file) ? DurableFiles.Read(_disk, _directory.In(file.Split('/')), bytesMax) : null;

    /// <summary>Whether there is a regular file of that path.</summary>
    internal bool Has(string file) => _files.ContainsKey(file);

    /// <summary>Reads a file that was seen; one that can't be read fails a check.</summary>
    /// <returns><see langword="null"/> where there is none, it is too long, or it can't be read.</returns>
    internal byte[]? TryRead(string file, long bytesMax, CheckLog log)
    {
        try
        {
            return Read(file, bytesMax);
        }
        catch (DiskException e)
        {
            log.Fail(Reason.BadFile, $"{Inert.Text(file)} can't be read ({e.ErrnoName})");
            return null;
        }
    }

    /// <summary>Length of a file.</summary>
    internal long BytesOf(string file) => _files.GetValueOrDefault(file);

    /// <summary>Paths of the files in a folder, ascending.</summary>
    internal IEnumerable<string> FilesIn(string folder) => _files.Keys.Where(f => f.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>Says that an entry names a file.</summary>
    internal void Name(string file) => _named.Add(file);

    /// <summary>Files that nothing names.</summary>
    internal IEnumerable<string> Strays(int rosters)
    {
        foreach (var file in _files.Keys)
            if (!_named.Contains(file) && !IsKnown(file, rosters))
                yield return file;
    }

    private static bool IsKnown(string file, int rosters)
    {
        if (KnownFiles.Contains(file)) return true;
        for (var number = 1; number <= rosters; number++)
            if (file == SessionDirectory.RosterFile(number) || file == SessionDirectory.RosterEnvelopeFile(number))
                return true;
        return file.StartsWith(SessionDirectory.ReviewFolder + "/", StringComparison.Ordinal) || file.StartsWith(SessionDirectory.GuardFolder + "/", StringComparison.Ordinal);
    }

    private void TakeFolder(string folder)
    {
        foreach (var entry in List(_directory.In(folder), folder + "/")) Take(entry, folder + "/");
    }

    private void Take(DiskEntry entry, string prefix)
    {
        var name = prefix + Inert.Text(entry.Name);
        switch (entry.Kind)
        {
            case DiskEntryKind.File:
                _files[prefix + entry.Name] = entry.Bytes;
                break;
            case DiskEntryKind.Folder:
                // Not looked into: nothing in it can be named by an entry.
                _files[prefix + entry.Name + "/"] = 0;
                break;
            default:
                Log.Fail(Reason.BadFile, $"\"{name}\" is a link or a device");
                break;
        }
    }

    private IReadOnlyList<DiskEntry> List(string folder, string shown)
    {
        try
        {
            return _disk.List(folder, Limits.FolderFiles);
        }
        catch (DiskException e)
        {
            Log.Fail(Reason.BadFile, string.Create(CultureInfo.InvariantCulture, $"the folder \"{shown}\" can't be read, or has more than {Limits.FolderFiles} files ({e.ErrnoName})"));
            return [];
        }
    }
}
