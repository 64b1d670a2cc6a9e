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
}
