using Microsoft.Win32.SafeHandles;

namespace Runbook.Journal;

/// <summary>The disk of a Linux machine, by system calls of our own: no link is followed, no flush is believed unseen.</summary>
internal sealed class LinuxDisk : IJournalDisk
{
    private const int OwnerOnly = 0x180;

    public DiskEntryKind KindOf(string path) => Posix.Stat(path).Kind;

    public IReadOnlyList<DiskEntry> List(string folder, int entriesMax) => FolderListing.Of(folder, entriesMax, Posix.Stat);

    public void CreateFolder(string path) => Posix.CreateFolder(path);

    public IDiskFile CreateNew(string path)
        => new OpenFile(Posix.Open(path, Posix.ReadWrite | Posix.Create | Posix.Exclusive | Posix.NoFollow, OwnerOnly), path);

    public IDiskFile OpenWrite(string path) => OpenRegular(path, Posix.ReadWrite);

    public IDiskFile OpenRead(string path) => OpenRegular(path, Posix.ReadOnly);

    public void Rename(string from, string to) => Posix.Rename(from, to);

    public void Delete(string path) => Posix.Delete(path);

    public bool SyncFolder(string folder) => Posix.SyncFolder(folder);

    public void MakeReadOnly(string path) => Posix.MakeReadOnly(path);

    public IDisposable? TryLock(string path, ReadOnlySpan<byte> holder, out string heldBy)
    {
        heldBy = "";
        var handle = Posix.Open(path, Posix.ReadWrite | Posix.Create | Posix.NoFollow | Posix.NonBlocking, OwnerOnly);
        try
        {
            if (Posix.TryLock(handle, path))
            {
                Posix.Truncate(handle, path);
                Posix.Write(handle, holder, 0, path);
                Posix.Sync(handle, path);
                return handle;
            }

            heldBy = LockText.Read(handle);
        }
        catch (DiskException)
        {
            handle.Dispose();
            throw;
        }

        handle.Dispose();
        return null;
    }

    public string FileSystemOf(string path) => MountTable.FileSystemOf(path);

    public long FreeBytes(string path) => new DriveInfo(path).AvailableFreeSpace;

    // Without blocking, because opening a pipe would wait for its other end for ever.
    private static OpenFile OpenRegular(string path, int access)
    {
        var handle = Posix.Open(path, access | Posix.NoFollow | Posix.NonBlocking, 0);
        if (Posix.Stat(handle, path).Kind == DiskEntryKind.File) return new OpenFile(handle, path);
        handle.Dispose();
        throw new DiskException("open", path, Errno.Einval);
    }

    private sealed class OpenFile(SafeFileHandle handle, string path) : IDiskFile
    {
        public long Length => Posix.Stat(handle, path).Bytes;

        public void Write(ReadOnlySpan<byte> bytes, long offset) => Posix.Write(handle, bytes, offset, path);

        public void Sync() => Posix.Sync(handle, path);

        public int Read(Span<byte> into, long offset)
        {
            try
            {
                return RandomAccess.Read(handle, into, offset);
            }
            catch (IOException)
            {
                throw new DiskException("pread", path, Errno.Eio);
            }
        }

        public void Dispose() => handle.Dispose();
    }
}
