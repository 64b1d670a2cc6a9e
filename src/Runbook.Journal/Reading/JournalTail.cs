namespace Runbook.Journal;

/// <summary>What stands behind the last good line of a journal.</summary>
public enum TailKind
{
    /// <summary>Nothing.</summary>
    Clean,
    /// <summary>What one interrupted write leaves: bytes without a line feed, or a block that was never filled.</summary>
    Torn,
    /// <summary>Something that no interrupted write leaves: a whole line that is wrong.</summary>
    Tampered,
}

/// <summary>The good part of a journal, and what stands behind it.</summary>
/// <param name="Head">The last good line.</param>
/// <param name="Offset">Length of the good part in bytes.</param>
/// <param name="Kind">What stands behind it.</param>
/// <param name="Bytes">Those bytes where they are torn, else empty.</param>
/// <param name="Finding">What is wrong with the line behind it where it is tampered with.</param>
public sealed record JournalTail(Head Head, long Offset, TailKind Kind, ReadOnlyMemory<byte> Bytes, JournalReadException? Finding)
{
    /// <summary>Reads the longest good beginning of a journal.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="journal">The journal's file.</param>
    /// <param name="onLine">Called with each good line, in order.</param>
    /// <exception cref="DiskException">There is no such file, or it can't be read.</exception>
    public static JournalTail Read(IJournalDisk disk, string journal, Action<JournalLine> onLine)
    {
        using var reader = JournalReader.Open(disk, journal);
        for (; ; )
        {
            var line = Next(reader, out var finding);
            if (finding is not null) return Classify(disk, journal, reader.Head, reader.Offset, finding);
            if (line is null) return new JournalTail(reader.Head, reader.Offset, TailKind.Clean, default, null);
            onLine(line);
        }
    }

    private static JournalLine? Next(JournalReader reader, out JournalReadException? finding)
    {
        finding = null;
        try
        {
            return reader.Next();
        }
        catch (JournalReadException e)
        {
            finding = e;
            return null;
        }
    }

    // Each write is synced before the next, so at most one can be torn, and it is no longer than a line may be.
    private static JournalTail Classify(IJournalDisk disk, string journal, Head head, long offset, JournalReadException finding)
    {
        using var file = disk.OpenRead(journal);
        var length = file.Length - offset;
        if (length > Limits.LineBytes) return new JournalTail(head, offset, TailKind.Tampered, default, finding);
        var bytes = new byte[length];
        for (var at = 0; at < bytes.Length;)
        {
            var read = file.Read(bytes.AsSpan(at), offset + at);
            if (read == 0) break;
            at += read;
        }

        var isTorn = !bytes.Contains((byte)'\n') || bytes.Contains((byte)0);
        return isTorn
            ? new JournalTail(head, offset, TailKind.Torn, bytes, null)
            : new JournalTail(head, offset, TailKind.Tampered, default, finding);
    }
}
