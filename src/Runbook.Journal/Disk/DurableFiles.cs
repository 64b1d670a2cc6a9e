namespace Runbook.Journal;

/// <summary>Whole files, written so that a crash leaves the old one or the new one, and read within a limit.</summary>
public static class DurableFiles
{
    /// <summary>Writes a whole file: a temporary beside it, synced, renamed over it, the folder synced.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <param name="bytes">Its new content.</param>
    /// <exception cref="DiskException">A step failed. The old file is as it was, or the new one is there whole.</exception>
    public static void Replace(IJournalDisk disk, string path, ReadOnlySpan<byte> bytes)
        => Replace(disk, path, path + NewSuffix, bytes);

    /// <summary>Reads a whole file.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">A regular file.</param>
    /// <param name="bytesMax">A longer file is refused before memory is taken for it.</param>
    /// <returns>Its content, or <see langword="null"/> where it is longer.</returns>
    /// <exception cref="DiskException">There is no such file, or it can't be read.</exception>
    public static byte[]? Read(IJournalDisk disk, string path, long bytesMax)
    {
        using var file = disk.OpenRead(path);
        var length = file.Length;
        if (length > bytesMax) return null;
        var bytes = new byte[length];
        for (var at = 0; at < bytes.Length;)
        {
            var read = file.Read(bytes.AsSpan(at), at);
            if (read == 0) return bytes[..at];
            at += read;
        }

        return bytes;
    }

    internal const string NewSuffix = ".new";

    internal static void Replace(IJournalDisk disk, string path, string temporary, ReadOnlySpan<byte> bytes)
    {
        if (disk.KindOf(temporary) != DiskEntryKind.Missing) disk.Delete(temporary);
        using (var file = disk.CreateNew(temporary))
        {
            file.Write(bytes, 0);
            file.Sync();
        }

        disk.Rename(temporary, path);
        disk.SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes a file that must not exist, durable with its name.</summary>
    internal static void CreateNew(IJournalDisk disk, string path, ReadOnlySpan<byte> bytes)
    {
        using (var file = disk.CreateNew(path))
        {
            file.Write(bytes, 0);
            file.Sync();
        }

        disk.SyncFolder(Path.GetDirectoryName(path)!);
    }
}
