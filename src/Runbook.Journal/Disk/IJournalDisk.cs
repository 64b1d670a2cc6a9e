namespace Runbook.Journal;

/// <summary>
/// The disk as the journal uses it, and the one seam at which a test can fail, tear or stop it.
/// </summary>
/// <remarks>
/// Paths are absolute. No operation follows a symbolic link in a path's last part, opens a device or a pipe, or retries
/// what failed. Every failure is a <see cref="DiskException"/>. Nothing is durable before <see cref="IDiskFile.Sync"/>
/// and, for names, <see cref="SyncFolder"/>.
/// </remarks>
public interface IJournalDisk
{
    /// <summary>What is at a path.</summary>
    /// <param name="path">The path.</param>
    DiskEntryKind KindOf(string path);

    /// <summary>What is in a folder, ascending by name (ordinal).</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="entriesMax">More entries than this are a failure, so that a reader's memory is bounded.</param>
    IReadOnlyList<DiskEntry> List(string folder, int entriesMax);

    /// <summary>Makes a folder for its owner alone (0700). Fails where something is there.</summary>
    /// <param name="path">The path; its parent exists.</param>
    void CreateFolder(string path);

    /// <summary>Makes a file for its owner alone (0600), open for writing and reading. Fails where something is there.</summary>
    /// <param name="path">The path.</param>
    IDiskFile CreateNew(string path);

    /// <summary>Opens a regular file for writing and reading.</summary>
    /// <param name="path">The path.</param>
    IDiskFile OpenWrite(string path);

    /// <summary>Opens a regular file for reading.</summary>
    /// <param name="path">The path.</param>
    IDiskFile OpenRead(string path);

    /// <summary>Renames a file, replacing what has the new name, in one step.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Its new path on the same file system.</param>
    void Rename(string from, string to);

    /// <summary>Deletes a file, or a folder that is empty.</summary>
    /// <param name="path">The path.</param>
    void Delete(string path);

    /// <summary>Makes the names in a folder durable.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns><see langword="false"/> where the file system can't, which is no failure.</returns>
    bool SyncFolder(string folder);

    /// <summary>Takes the right to write from everyone (0444).</summary>
    /// <param name="path">A file.</param>
    void MakeReadOnly(string path);

    /// <summary>Takes the lock that a file stands for, and writes who holds it.</summary>
    /// <param name="path">The lock's file; made where it is missing, never renamed or deleted.</param>
    /// <param name="holder">Who takes it, for the message that another process shows.</param>
    /// <param name="heldBy">What the file says where the lock is taken already.</param>
    /// <returns>The lock until it is disposed, or <see langword="null"/> where another process holds it.</returns>
    IDisposable? TryLock(string path, ReadOnlySpan<byte> holder, out string heldBy);

    /// <summary>Name of the file system that a path is on, such as <c>ext4</c> or <c>nfs4</c>; empty where it is unknown.</summary>
    /// <param name="path">A path that exists.</param>
    string FileSystemOf(string path);

    /// <summary>Bytes that may still be written on the file system that a path is on.</summary>
    /// <param name="path">A path that exists.</param>
    long FreeBytes(string path);
}

/// <summary>An open file.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>Its length in bytes.</summary>
    long Length { get; }

    /// <summary>Writes all bytes at an offset.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="offset">Where the first one goes.</param>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Brings everything written onto stable storage, or fails. Never tried a second time: after a failure the
    /// system may have forgotten what was not written, and a second success would prove nothing.</summary>
    void Sync();

    /// <summary>Reads bytes at an offset.</summary>
    /// <param name="into">Where they go.</param>
    /// <param name="offset">Where the first one is.</param>
    /// <returns>How many were read; 0 at the end.</returns>
    int Read(Span<byte> into, long offset);
}

/// <summary>What is at a path.</summary>
public enum DiskEntryKind
{
    /// <summary>Nothing.</summary>
    Missing,
    /// <summary>A regular file.</summary>
    File,
    /// <summary>A folder.</summary>
    Folder,
    /// <summary>A symbolic link.</summary>
    Link,
    /// <summary>A device, a pipe, a socket.</summary>
    Other,
}

/// <summary>An entry of a folder.</summary>
/// <param name="Name">Its name, without a path.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">Length of a regular file, else 0.</param>
public readonly record struct DiskEntry(string Name, DiskEntryKind Kind, long Bytes);
