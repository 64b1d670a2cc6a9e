namespace Runbook.Journal;

/// <summary>Signs checkpoints, and knows when the next one is due.</summary>
/// <remarks>It refuses to sign a size that is not larger than the last: a signer that shrinks has two histories.</remarks>
internal sealed class CheckpointMaker(string origin, ISigner sessionKey, long entriesSince)
{
    private long _entriesSince = entriesSince;
    private long _lastSize;
    private TimeSpan _lastAt;

    /// <summary>Whether there is a line that the last checkpoint does not cover, apart from its own.</summary>
    internal bool HasNews => _entriesSince > 0;

    internal bool IsDueByAge(TimeSpan now) => HasNews && CheckpointRules.IsDueByAge(_entriesSince, now - _lastAt);

    internal void Written(JournalEntry entry) => _entriesSince = entry.Body is Checkpoint ? 0 : _entriesSince + 1;

    internal void Made(TimeSpan now) => _lastAt = now;

    internal SignedNote Sign(long size, Digest root)
    {
        if (size <= _lastSize) throw new InvalidOperationException($"A checkpoint over {size} lines can't follow one over {_lastSize}.");
        _lastSize = size;
        return SignedNote.Sign(origin, size, root, sessionKey);
    }
}
