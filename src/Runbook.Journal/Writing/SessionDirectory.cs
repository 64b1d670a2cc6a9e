using System.Text;

namespace Runbook.Journal;

/// <summary>The names in a session's directory, and how the directory is made.</summary>
/// <remarks>docs/journal-format.md §2.</remarks>
public sealed class SessionDirectory
{
    /// <summary>The truth.</summary>
    public const string JournalName = "journal.jsonl";

    internal const string LockName = "lock";
    internal const string CheckpointName = "checkpoint";
    internal const string AttributesName = ".gitattributes";
    internal const string StatementName = "statement.dsse.json";
    internal const string SshSigName = "transcript.sshsig";
    internal const string TimestampName = "timestamp.tsr";
    internal const string AllowedSignersName = "allowed_signers";
    internal const string ReportName = "report.html";
    internal const string RunbookFolder = "runbook";
    internal const string ApprovalsFolder = "approvals";
    internal const string ArtifactsFolder = "artifacts";
    internal const string RecoveryFolder = "recovery";
    internal const string GuardFolder = "guard";
    internal const string AnchorsFolder = "anchors";
    internal const string KeysFolder = "keys";
    internal const string ReviewFolder = "review";

    // Converting line ends on check-out would break every hash, and people do put these folders into git.
    private static readonly byte[] Attributes = "* -text\n"u8.ToArray();

    private static readonly HashSet<string> WithoutLocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ncpfs", "coda", "ceph",
        "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.blobfuse", "fuse.blobfuse2", "fuse.davfs",
    };

    /// <summary>Names a session's directory.</summary>
    /// <param name="path">Its path; made absolute.</param>
    public SessionDirectory(string path) => Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>The absolute path.</summary>
    public string Root { get; }

    /// <summary>The journal's file.</summary>
    public string Journal => In(JournalName);

    /// <summary>The newest signed note.</summary>
    public string Checkpoint => In(CheckpointName);

    /// <summary>The statement.</summary>
    public string Statement => In(StatementName);

    /// <summary>The SSH signature over the journal.</summary>
    public string SshSig => In(SshSigName);

    /// <summary>The folder that approvers put their envelopes into.</summary>
    public string Approvals => In(ApprovalsFolder);

    /// <summary>The folder of artifacts.</summary>
    public string Artifacts => In(ArtifactsFolder);

    internal string Lock => In(LockName);

    /// <summary>A guard's own file, as <c>fault-armed</c> names it.</summary>
    /// <param name="number">Line of the entry before the one that arms.</param>
    public static string GuardFile(long number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{GuardFolder}/fault-{number}.jsonl");

    /// <summary>A path inside.</summary>
    /// <param name="parts">Names of folders and a file.</param>
    public string In(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>File of the nth roster of a session: <c>roster.json</c>, <c>roster-2.json</c>, …</summary>
    /// <param name="number">From 1.</param>
    public static string RosterFile(int number) => number == 1 ? "roster.json" : $"roster-{number}.json";

    /// <summary>File of the nth roster's signature.</summary>
    /// <param name="number">From 1.</param>
    public static string RosterEnvelopeFile(int number) => number == 1 ? "roster.dsse.json" : $"roster-{number}.dsse.json";

    /// <summary>Makes the directory with its parents, all durable.</summary>
    /// <exception cref="SessionDirectoryException">Something is there, the path is too long, or the file system is one
    /// without locks.</exception>
    internal static SessionDirectory Create(IJournalDisk disk, string path)
    {
        var directory = new SessionDirectory(path);
        if (Encoding.UTF8.GetByteCount(directory.Root) > Limits.DirectoryPathBytes) throw new SessionDirectoryException("The path of the session's directory is too long.");
        try
        {
            directory.RefuseWhatIsThere(disk);
            directory.RefuseFileSystem(disk);
            MakeFolders(disk, directory.Root);
        }
        catch (DiskException e)
        {
            throw new SessionDirectoryException($"The session's directory can't be made ({e.Operation}: {e.ErrnoName}).", e);
        }

        return directory;
    }

    /// <summary>Fills a new directory, under the lock.</summary>
    internal void Furnish(IJournalDisk disk)
    {
        DurableFiles.CreateNew(disk, In(AttributesName), Attributes);
        foreach (var folder in new[] { RunbookFolder, ApprovalsFolder, ArtifactsFolder }) disk.CreateFolder(In(folder));
        disk.SyncFolder(Root);
    }

    internal void MakeFolder(IJournalDisk disk, string name)
    {
        if (disk.KindOf(In(name)) == DiskEntryKind.Folder) return;
        disk.CreateFolder(In(name));
        disk.SyncFolder(Root);
    }

    internal IDisposable TakeLock(IJournalDisk disk, Machine machine, DateTimeOffset now, string what)
    {
        var holder = $"process {Environment.ProcessId} on {Inert.Text(machine.Label)} since {JournalTime.Of(now)}, {what}, boot {Inert.Text(machine.Boot)}";
        return disk.TryLock(Lock, Encoding.UTF8.GetBytes(holder + "\n"), out var heldBy) ?? throw new SessionLockedException(heldBy);
    }

    private static void MakeFolders(IJournalDisk disk, string path)
    {
        if (disk.KindOf(path) == DiskEntryKind.Folder) return;
        var parent = Path.GetDirectoryName(path) ?? throw new DiskException("mkdir", path, Errno.Enoent);
        MakeFolders(disk, parent);
        disk.CreateFolder(path);
        disk.SyncFolder(parent);
    }

    private void RefuseWhatIsThere(IJournalDisk disk)
    {
        switch (disk.KindOf(Root))
        {
            case DiskEntryKind.Missing:
                break;
            case DiskEntryKind.Folder when disk.List(Root, Limits.FolderFiles).Count == 0:
                break;
            case DiskEntryKind.Folder:
                throw new SessionDirectoryException("The session's directory is not empty.");
            default:
                throw new SessionDirectoryException("The session's directory can't be made: something else has its name.");
        }
    }

    // The lock must be one that a second console on another machine would see too.
    private void RefuseFileSystem(IJournalDisk disk)
    {
        var existing = Root;
        while (disk.KindOf(existing) == DiskEntryKind.Missing && Path.GetDirectoryName(existing) is { } parent) existing = parent;
        var type = disk.FileSystemOf(existing);
        if (WithoutLocks.Contains(type)) throw new SessionDirectoryException($"The session's directory would be on a network file system ({type}), where locks and syncs can't be relied on.");
    }
}
