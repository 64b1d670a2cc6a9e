using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>What was asked of the simulator, in order. The newest 100,000 records are kept.</summary>
public sealed class CallLog
{
    private readonly Lock _lock = new();
    private readonly Queue<CallRecord> _records = new();
    private long _last;

    internal CallLog()
    {
    }

    /// <summary>Sequence number of the newest record; 0 while there is none.</summary>
    public long Last
    {
        get
        {
            lock (_lock)
                return _last;
        }
    }

    /// <summary>The records after <paramref name="sequence"/>, oldest first; everything that is kept for 0.</summary>
    /// <param name="sequence">The last sequence number that the reader has seen.</param>
    public IReadOnlyList<CallRecord> Since(long sequence = 0)
    {
        lock (_lock)
        {
            var first = _last - _records.Count + 1;
            var skip = Math.Clamp(sequence - first + 1, 0, _records.Count);
            return [.. _records.Skip((int)skip)];
        }
    }

    internal void Restore(IEnumerable<CallRecord> records)
    {
        lock (_lock)
        {
            foreach (var record in records)
                Keep(record);
        }
    }

    /// <summary>Numbers the record, keeps it, and hands it to the estate's file.</summary>
    internal CallRecord Append(CallRecord record, Estate estate)
    {
        CallRecord numbered;
        lock (_lock)
        {
            numbered = record with { Sequence = _last + 1 };
            Keep(numbered);
        }
        // Outside the lock: a transaction that logs its call holds the estate's lock already.
        estate.Record(numbered);
        return numbered;
    }

    private void Keep(CallRecord record)
    {
        _records.Enqueue(record);
        _last = record.Sequence;
        if (_records.Count > Limits.CallRecords)
            _records.Dequeue();
    }
}
