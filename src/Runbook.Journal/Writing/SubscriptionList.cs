namespace Runbook.Journal;

/// <summary>The observers of a journal.</summary>
internal sealed class SubscriptionList
{
    private readonly Lock _gate = new();
    private readonly List<JournalSubscription> _open = [];
    private long _durableUpTo;
    private bool _isOver;

    internal JournalSubscription Add(IJournalDisk disk, string journal)
    {
        var subscription = new JournalSubscription(disk, journal, Remove);
        lock (_gate)
        {
            if (_durableUpTo > 0) subscription.Publish(_durableUpTo);
            if (_isOver) subscription.Complete();
            else _open.Add(subscription);
        }

        return subscription;
    }

    internal void Publish(long durableUpTo)
    {
        lock (_gate)
        {
            _durableUpTo = durableUpTo;
            foreach (var subscription in _open) subscription.Publish(durableUpTo);
        }
    }

    internal void Complete()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (var subscription in _open) subscription.Complete();
            _open.Clear();
        }
    }

    private void Remove(JournalSubscription subscription)
    {
        lock (_gate) _open.Remove(subscription);
    }
}
