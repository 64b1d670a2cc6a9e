using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>What was asked of the simulator, in order. The newest 100,000 records are kept.</summary>
public sealed class CallLog
{
    private readonly Lock _lock = new();
    private readonly List<CallRecord> _records = [];
    private int _first;
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
            var count = _records.Count - _first;
            var skip = Math.Clamp(sequence - (_last - count), 0, count);
            return _records.GetRange(_first + (int)skip, count - (int)skip);
        }
    }

    /// <summary>The records of a stretch of time, oldest first. They are logged in the order of their times.</summary>
    internal IReadOnlyList<CallRecord> Between(DateTimeOffset from, DateTimeOffset until)
    {
        lock (_lock)
        {
            var start = FirstAt(from);
            return _records.GetRange(start, Math.Max(0, FirstAt(until) - start));
        }
    }

    /// <summary>Position of the first record at that time or later.</summary>
    private int FirstAt(DateTimeOffset time)
    {
        var (low, high) = (_first, _records.Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (_records[middle].Time < time)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
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
        _records.Add(record);
        _last = record.Sequence;
        if (_records.Count - _first <= Limits.CallRecords)
            return;
        _first++;
        // What fell out is cleared away in large pieces.
        if (_first < Limits.CallRecords)
            return;
        _records.RemoveRange(0, _first);
        _first = 0;
    }
}
