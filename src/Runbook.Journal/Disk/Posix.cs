using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Runbook.Journal;

/// <summary>
/// The room's one file of calls into the system's C library, and the rules for them.
/// </summary>
/// <remarks>
/// On Linux the framework's own flush hides a failed fsync: its native part returns 1 where its managed part looks for
/// less than 0, so that EIO, ENOSPC and EDQUOT pass as success. Hence fsync is called here. A failed fsync is never
/// called again: the system may have marked the pages clean, and the second call would succeed over lost bytes. Only
/// EINTR, where nothing was done, goes round.
/// </remarks>
internal static partial class Posix
{
    internal const int ReadOnly = 0;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int Exclusive = 0x80;
    internal const int NonBlocking = 0x800;

    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int FullFsyncOnMac = 51;
    private const int CoreSize = 4;
    private const int SetDumpable = 4;

    private const int AtWorkingFolder = -100;
    private const int AtNoFollow = 0x100;
    private const int AtEmptyPath = 0x1000;
    private const uint TypeModeAndSize = 0x203;
    private const int StatxBytes = 256;
    private const int StatxMode = 28;
    private const int StatxSize = 40;

    // These two differ between the architectures that Linux has inherited.
    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    internal static int NoFollow => IsArm ? 0x8000 : 0x20000;

    internal static int FolderOnly => IsArm ? 0x4000 : 0x10000;

    internal static SafeFileHandle Open(string path, int flags, int mode)
    {
        for (; ; )
        {
            var fd = open(path, flags | CloseOnExec, mode);
            if (fd >= 0) return new SafeFileHandle(fd, ownsHandle: true);
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Eintr) throw new DiskException("open", path, errno);
        }
    }

    /// <summary>Makes the names in a folder durable.</summary>
    /// <returns><see langword="false"/> where the file system has no such thing, which it says with EINVAL.</returns>
    internal static bool SyncFolder(string folder)
    {
        using var handle = Open(folder, OperatingSystem.IsLinux() ? ReadOnly | FolderOnly : ReadOnly, 0);
        try
        {
            Sync(handle, folder);
            return true;
        }
        catch (DiskException e) when (e.Errno == Errno.Einval)
        {
            // The writer records it once and goes on: for a folder, and only there, this is no failure.
            return false;
        }
    }

    internal static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        while (!bytes.IsEmpty)
        {
            var written = pwrite(file, bytes, bytes.Length, offset);
            if (written < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.Eintr) continue;
                throw new DiskException("pwrite", path, errno);
            }

            bytes = bytes[(int)written..];
            offset += written;
        }
    }

    internal static void Sync(SafeFileHandle file, string path)
    {
        for (; ; )
        {
            var failed = OperatingSystem.IsMacOS() ? fcntl(file, FullFsyncOnMac) : fsync(file);
            if (failed == 0) return;
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Eintr) throw new DiskException("fsync", path, errno);
        }
    }

    internal static bool TryLock(SafeFileHandle file, string path)
    {
        for (; ; )
        {
            if (flock(file, LockExclusive | LockNonBlocking) == 0) return true;
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Eagain) return false;
            if (errno != Errno.Eintr) throw new DiskException("flock", path, errno);
        }
    }

    internal static (DiskEntryKind Kind, long Bytes) Stat(string path)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        if (statx(AtWorkingFolder, path, AtNoFollow, TypeModeAndSize, stat) == 0) return Read(stat);
        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.Enoent ? (DiskEntryKind.Missing, 0) : throw new DiskException("statx", path, errno);
    }

    internal static (DiskEntryKind Kind, long Bytes) Stat(SafeFileHandle file, string path)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            if (statx((int)file.DangerousGetHandle(), "", AtEmptyPath, TypeModeAndSize, stat) == 0) return Read(stat);
            throw new DiskException("statx", path, Marshal.GetLastPInvokeError());
        }
        finally
        {
            if (added) file.DangerousRelease();
        }
    }

    internal static void Rename(string from, string to)
    {
        if (rename(from, to) != 0) throw new DiskException("rename", to, Marshal.GetLastPInvokeError());
    }

    internal static void Delete(string path)
    {
        if (remove(path) != 0) throw new DiskException("remove", path, Marshal.GetLastPInvokeError());
    }

    internal static void CreateFolder(string path)
    {
        if (mkdir(path, 0x1C0) != 0) throw new DiskException("mkdir", path, Marshal.GetLastPInvokeError());
    }

    internal static void MakeReadOnly(string path)
    {
        if (chmod(path, 0x124) != 0) throw new DiskException("chmod", path, Marshal.GetLastPInvokeError());
    }

    internal static void Truncate(SafeFileHandle file, string path)
    {
        if (ftruncate(file, 0) != 0) throw new DiskException("ftruncate", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Keeps this process's memory out of core files and away from debuggers of the same user.</summary>
    /// <returns>Whether both took effect.</returns>
    internal static bool ForbidDumps()
    {
        if (!OperatingSystem.IsLinux()) return false;
        ReadOnlySpan<ulong> none = [0, 0];
        var limited = setrlimit(CoreSize, none) == 0;
        return prctl(SetDumpable, 0, 0, 0, 0) == 0 && limited;
    }

    /// <summary>Begins a session of its own, without a terminal.</summary>
    /// <returns>Whether it did.</returns>
    internal static bool LeaveTerminal() => !OperatingSystem.IsWindows() && setsid() > 0;

    private static (DiskEntryKind Kind, long Bytes) Read(ReadOnlySpan<byte> stat)
    {
        var mode = MemoryMarshal.Read<ushort>(stat[StatxMode..]);
        var kind = (mode & 0xF000) switch
        {
            0x8000 => DiskEntryKind.File,
            0x4000 => DiskEntryKind.Folder,
            0xA000 => DiskEntryKind.Link,
            _ => DiskEntryKind.Other,
        };
        return (kind, kind == DiskEntryKind.File ? MemoryMarshal.Read<long>(stat[StatxSize..]) : 0);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle fd, ReadOnlySpan<byte> bytes, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle fd, int command);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle fd, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, Span<byte> stat);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int remove(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ReadOnlySpan<ulong> limits);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
