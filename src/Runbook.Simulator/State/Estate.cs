using System.Collections.Immutable;

namespace Runbook.Simulator.State;

/// <summary>
/// The simulated world: everything that would be at Microsoft. Readers take immutable snapshots and never wait; writers
/// run one after the other.
/// </summary>
/// <remarks>
/// A transaction is visible as soon as it ended; answers that saw it leave only once it is on stable storage
/// (<see cref="WaitUntilDurableAsync"/>), so that whatever somebody was told survives a kill, while many writers share
/// one sync. Without a state file everything counts as durable at once.
/// </remarks>
internal sealed class Estate : IDisposable
{
    private const int HistoryKeptAtLeast = 64;
    private static readonly TimeSpan HistoryGrain = TimeSpan.FromSeconds(1);

    private readonly SqliteStore? _store;
    private readonly Lock _writing = new();
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private EstateSnapshot _current;
    private Dictionary<(int Table, string Key), Row?> _pending = [];
    private List<CallRecord> _pendingCalls = [];
    private long _durable;
    private Exception? _broken;
    private List<(DateTimeOffset Time, EstateSnapshot Snapshot)>? _history;
    private TimeSpan? _window;
    private int _kept = HistoryKeptAtLeast;

    public Estate(SqliteStore? store, string seed)
    {
        _store = store;
        var tables = ImmutableArray.CreateBuilder<ImmutableSortedSet<Row>>(Tables.All.Length);
        foreach (var table in Tables.All)
            tables.Add(store is null
                ? ImmutableSortedSet.Create<Row>(Row.ByKey.Order)
                : ImmutableSortedSet.CreateRange(Row.ByKey.Order, store.Load(table)));
        _current = new EstateSnapshot(0, tables.MoveToImmutable());
        Seed = _current.Find(Tables.Meta, MetaKeys.Seed)?.Text ?? seed;
    }

    /// <summary>Whether there is a state file.</summary>
    public bool IsKept => _store is not null;

    /// <summary>What ids are made from; the state file's own, where it holds one.</summary>
    public string Seed { get; private set; }

    public EstateSnapshot Current => Volatile.Read(ref _current);

    public T Write<T>(DateTimeOffset now, Func<EstateTransaction, T> body) => Write(now, body, out _);

    /// <summary>Runs <paramref name="body"/> alone; an exception out of it leaves the estate as it was.</summary>
    /// <param name="now">The time at which the changes happen.</param>
    /// <param name="body">Must not wait for anything.</param>
    /// <param name="version">The version that holds the changes.</param>
    public T Write<T>(DateTimeOffset now, Func<EstateTransaction, T> body, out long version)
    {
        lock (_writing)
        {
            if (_broken is not null)
                throw new EstateNotDurableException(_broken);
            var transaction = new EstateTransaction(_current, now, Seed);
            var result = body(transaction);
            if (transaction.Changes.Count > 0)
            {
                if (_store is not null)
                    foreach (var (key, row) in transaction.Changes)
                        _pending[key] = row;
                Remember(now);
                Volatile.Write(ref _current, transaction.ToSnapshot());
            }
            version = _current.Version;
            return result;
        }
    }

    /// <summary>Puts a whole other world in the place of this one.</summary>
    public void Replace(ImmutableArray<ImmutableSortedSet<Row>> tables)
    {
        lock (_writing)
        {
            if (_store is not null)
            {
                foreach (var table in Tables.All)
                {
                    foreach (var row in _current.AllRows[table.Index])
                        _pending[(table.Index, row.Key)] = null;
                    foreach (var row in tables[table.Index])
                        _pending[(table.Index, row.Key)] = row;
                }
            }
            var next = new EstateSnapshot(_current.Version + 1, tables);
            Seed = next.Find(Tables.Meta, MetaKeys.Seed)?.Text ?? Seed;
            Volatile.Write(ref _current, next);
        }
    }

    /// <summary>From now on remembers earlier states, so that readings can be stale on purpose.</summary>
    /// <param name="window">How far back at least; <see langword="null"/> for all the way.</param>
    public void KeepHistory(TimeSpan? window)
    {
        lock (_writing)
        {
            _window = _history is null ? window : window is null || _window is null ? null : window > _window ? window : _window;
            _history ??= [];
        }
    }

    /// <summary>Keeps what stood before a change. What changed within one second counts as one change.</summary>
    private void Remember(DateTimeOffset now)
    {
        if (_history is null || (_history is [.., var last] && now - last.Time < HistoryGrain))
            return;
        _history.Add((now, _current));
        if (_window is not { } window || _history.Count < 2 * _kept)
            return;
        var old = _history.FindLastIndex(entry => entry.Time < now - window);
        if (old > 0)
            _history.RemoveRange(0, old);
        _kept = Math.Max(_history.Count, HistoryKeptAtLeast);
    }

    /// <summary>The estate as it was at that time, as far back as is remembered.</summary>
    public EstateSnapshot AsOf(DateTimeOffset time)
    {
        lock (_writing)
        {
            if (_history is null)
                return _current;
            // An entry holds the state that its change ended, so the first change after that time has what stood then.
            var (low, high) = (0, _history.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_history[middle].Time > time)
                    high = middle;
                else
                    low = middle + 1;
            }
            return low < _history.Count ? _history[low].Snapshot : _current;
        }
    }

    /// <summary>Hands a call record to the store; it becomes durable with the next sync, at the latest shortly after.</summary>
    public void Record(CallRecord record)
    {
        if (_store is null)
            return;
        lock (_writing)
            _pendingCalls.Add(record);
    }

    public bool HasUnsavedRecords => Volatile.Read(ref _pendingCalls).Count > 0;

    /// <summary>Returns once every change up to <paramref name="version"/> is on stable storage.</summary>
    /// <exception cref="EstateNotDurableException">It could not be written. The estate then takes no further changes.</exception>
    public async ValueTask WaitUntilDurableAsync(long version)
    {
        if (_store is null || Volatile.Read(ref _durable) >= version)
            return;
        await _flushing.WaitAsync().ConfigureAwait(false);
        try
        {
            Flush(version);
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>Writes everything that waits, blocking.</summary>
    public void Save()
    {
        if (_store is null)
            return;
        _flushing.Wait();
        try
        {
            Flush(long.MaxValue);
        }
        finally
        {
            _flushing.Release();
        }
    }

    private void Flush(long version)
    {
        if (Volatile.Read(ref _durable) >= version)
            return;
        Dictionary<(int Table, string Key), Row?> changes;
        List<CallRecord> calls;
        long upTo;
        lock (_writing)
        {
            if (_broken is not null)
                throw new EstateNotDurableException(_broken);
            (changes, _pending) = (_pending, []);
            (calls, _pendingCalls) = (_pendingCalls, []);
            upTo = _current.Version;
        }
        try
        {
            if (changes.Count > 0 || calls.Count > 0)
                _store!.Commit(changes, calls);
        }
        catch (Exception error)
        {
            // What memory holds is now ahead of the file. Going on would acknowledge what a restart forgets.
            lock (_writing)
                _broken = error;
            throw new EstateNotDurableException(error);
        }
        Volatile.Write(ref _durable, upTo);
    }

    public IEnumerable<CallRecord> SavedCalls() => _store?.LoadCalls() ?? [];

    public void Dispose()
    {
        try
        {
            if (_broken is null)
                Save();
        }
        finally
        {
            _store?.Dispose();
            _flushing.Dispose();
        }
    }
}
