using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Runbook.Actions;

/// <summary>
/// Puts what was written on stable storage. The framework's own flush hides a failed fsync on Linux, so it is called here;
/// one that fails is never tried again, because a second one would succeed over lost bytes.
/// </summary>
internal static partial class DurableFile
{
    private const int Interrupted = 4;
    private const int NotForFolders = 22;

    /// <summary>Syncs a file.</summary>
    /// <exception cref="IOException">It is not on stable storage.</exception>
    public static void Sync(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows()) FlushWindows(file, path);
        else if (FsyncUnix(file) is var error and not 0) throw new IOException($"'{path}' could not be put on stable storage (errno {error}).");
    }

    /// <summary>Syncs the names in a folder, where the system has such a thing.</summary>
    /// <exception cref="IOException">They are not on stable storage.</exception>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        using var handle = OpenUnix(folder);
        if (FsyncUnix(handle) is var error and not (0 or NotForFolders)) throw new IOException($"The names in '{folder}' could not be put on stable storage (errno {error}).");
    }

    private static void FlushWindows(SafeFileHandle file, string path)
    {
        if (!FlushFileBuffers(file)) throw new IOException($"'{path}' could not be put on stable storage (error {Marshal.GetLastPInvokeError()}).");
    }

    private static int FsyncUnix(SafeFileHandle file)
    {
        while (fsync(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) return error;
        }

        return 0;
    }

    private static SafeFileHandle OpenUnix(string folder)
    {
        var descriptor = open(folder, 0, 0);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"The folder '{folder}' can't be opened (errno {Marshal.GetLastPInvokeError()}).");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);
}
