namespace Runbook.Journal;

/// <summary>One line of a journal.</summary>
/// <param name="Entry">What it says.</param>
/// <param name="Hash">SHA-256 of its bytes without the line feed: the next line's <c>prev</c>.</param>
/// <param name="Offset">Offset of its first byte in the file.</param>
/// <param name="Utf8">Its bytes without the line feed.</param>
public sealed record JournalLine(JournalEntry Entry, Digest Hash, long Offset, ReadOnlyMemory<byte> Utf8)
{
    /// <summary>Its number and hash.</summary>
    public Head Head => new(Entry.Seq, Hash);

    /// <summary>Reads one line by itself, as one process hands it to another.</summary>
    /// <param name="bytes">The line without its line feed.</param>
    /// <returns><see langword="null"/> where it is no entry.</returns>
    public static JournalLine? TryRead(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (bytes.Length == 0 || bytes[0] != '{' || !CanonicalScanner.Scan(bytes).Holds) return null;
        return new EntryText().Read(bytes, 0, out var finding) is { } entry && finding is null ? new JournalLine(entry, Digest.Of(bytes), 0, bytes) : null;
    }
}
