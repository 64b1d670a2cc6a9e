namespace Runbook.Journal;

/// <summary>Copies the beginning of a file in blocks.</summary>
internal static class FileCopy
{
    private const int BlockBytes = 1 << 20;

    internal static void Copy(IDiskFile from, IDiskFile to, long bytes)
    {
        var block = new byte[Math.Min(BlockBytes, Math.Max(bytes, 1))];
        for (long at = 0; at < bytes;)
        {
            var read = from.Read(block.AsSpan(0, (int)Math.Min(block.Length, bytes - at)), at);
            if (read == 0) throw new DiskException("pread", SessionDirectory.JournalName, Errno.Eio);
            to.Write(block.AsSpan(0, read), at);
            at += read;
        }
    }
}
