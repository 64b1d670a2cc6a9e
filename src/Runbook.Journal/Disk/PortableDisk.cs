using System.Security;
using Microsoft.Win32.SafeHandles;

namespace Runbook.Journal;

/// <summary>The disk through the framework alone, for macOS and Windows.</summary>
/// <remarks>On macOS files are synced with F_FULLFSYNC; on Windows with FlushFileBuffers, which the framework reports
/// truthfully there, and names need no sync of their own.</remarks>
internal sealed class PortableDisk : IJournalDisk
{
    private const FileShare Everyone = FileShare.ReadWrite | FileShare.Delete;

    public DiskEntryKind KindOf(string path) => Stat(path).Kind;

    public IReadOnlyList<DiskEntry> List(string folder, int entriesMax) => FolderListing.Of(folder, entriesMax, Stat);

    public void CreateFolder(string path)
    {
        if (KindOf(path) != DiskEntryKind.Missing) throw new DiskException("mkdir", path, Errno.Eexist);
        Guarded("mkdir", path, () =>
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        });
    }

    public IDiskFile CreateNew(string path) => Open(path, FileMode.CreateNew, FileAccess.ReadWrite, Everyone);

    public IDiskFile OpenWrite(string path) => OpenRegular(path, FileAccess.ReadWrite);

    public IDiskFile OpenRead(string path) => OpenRegular(path, FileAccess.Read);

    public void Rename(string from, string to) => Guarded("rename", to, () => File.Move(from, to, overwrite: true));

    public void Delete(string path)
        => Guarded("remove", path, () =>
        {
            if (Directory.Exists(path)) Directory.Delete(path);
            else File.Delete(path);
        });

    public bool SyncFolder(string folder) => !OperatingSystem.IsWindows() && Posix.SyncFolder(folder);

    public void MakeReadOnly(string path)
        => Guarded("chmod", path, () =>
        {
            if (OperatingSystem.IsWindows()) File.SetAttributes(path, File.GetAttributes(path) | FileAttributes.ReadOnly);
            else File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        });

    public IDisposable? TryLock(string path, ReadOnlySpan<byte> holder, out string heldBy)
    {
        heldBy = "";
        try
        {
            var file = new FileStream(path, Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            file.SetLength(0);
            file.Write(holder);
            file.Flush();
            return file;
        }
        catch (IOException)
        {
            // The framework locks the whole file, so its text can't be read while another process holds it.
            return KindOf(path) == DiskEntryKind.File ? null : throw new DiskException("open", path, Errno.Eio);
        }
        catch (UnauthorizedAccessException)
        {
            throw new DiskException("open", path, Errno.Eacces);
        }
    }

    public string FileSystemOf(string path)
    {
        try
        {
            return new DriveInfo(path).DriveFormat;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Unknown, which is what an empty name says.
            return "";
        }
    }

    public long FreeBytes(string path) => new DriveInfo(path).AvailableFreeSpace;

    private static (DiskEntryKind Kind, long Bytes) Stat(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null) return (DiskEntryKind.Link, 0);
        if (Directory.Exists(path)) return (DiskEntryKind.Folder, 0);
        if (!file.Exists) return (DiskEntryKind.Missing, 0);
        return (file.Attributes & FileAttributes.Device) != 0 ? (DiskEntryKind.Other, 0) : (DiskEntryKind.File, file.Length);
    }

    private static OpenFile OpenRegular(string path, FileAccess access)
        => Stat(path).Kind switch
        {
            DiskEntryKind.File => Open(path, FileMode.Open, access, Everyone),
            DiskEntryKind.Missing => throw new DiskException("open", path, Errno.Enoent),
            DiskEntryKind.Link => throw new DiskException("open", path, Errno.Eloop),
            _ => throw new DiskException("open", path, Errno.Einval),
        };

    private static OpenFile Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        FileStream? file = null;
        Guarded("open", path, () => file = new FileStream(path, Options(mode, access, share)));
        return new OpenFile(file!, path);
    }

    private static FileStreamOptions Options(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private static void Guarded(string operation, string path, Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SecurityException)
        {
            throw new DiskException(operation, path, e switch
            {
                UnauthorizedAccessException or SecurityException => Errno.Eacces,
                FileNotFoundException or DirectoryNotFoundException => Errno.Enoent,
                _ when operation is "open" && File.Exists(path) => Errno.Eexist,
                _ => Errno.Eio,
            });
        }
    }

    private sealed class OpenFile(FileStream file, string path) : IDiskFile
    {
        private readonly SafeFileHandle _handle = file.SafeFileHandle;

        public long Length => RandomAccess.GetLength(_handle);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            try
            {
                RandomAccess.Write(_handle, bytes, offset);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DiskException("pwrite", path, Errno.Eio);
            }
        }

        public void Sync()
        {
            if (!OperatingSystem.IsWindows())
            {
                Posix.Sync(_handle, path);
                return;
            }

            try
            {
#pragma warning disable RS0030 // On Windows this is FlushFileBuffers, and its failure is thrown.
                RandomAccess.FlushToDisk(_handle);
#pragma warning restore RS0030
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DiskException("fsync", path, Errno.Eio);
            }
        }

        public int Read(Span<byte> into, long offset)
        {
            try
            {
                return RandomAccess.Read(_handle, into, offset);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DiskException("pread", path, Errno.Eio);
            }
        }

        public void Dispose() => file.Dispose();
    }
}
