using Runbook.Journal;

namespace Runbook.Cli.Fronts;

/// <summary>The entries of a session as they become durable, to be waited for beside other things.</summary>
internal sealed class EntryFeed : IAsyncDisposable
{
    private readonly JournalSubscription _subscription;
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<JournalLine> _entries;
    private Task<bool> _next;

    public EntryFeed(JournalSubscription subscription)
    {
        _subscription = subscription;
        _entries = subscription.ReadAllAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
        _next = _entries.MoveNextAsync().AsTask();
    }

    /// <summary>Completed when there is an entry, or will be none any more.</summary>
    public Task Ready => _next;

    /// <summary>Whether there will be none any more.</summary>
    public bool IsOver => _next is { IsCompletedSuccessfully: true, Result: false };

    /// <summary>The entries that are there already.</summary>
    public IEnumerable<JournalLine> TakeReady()
    {
        while (_next is { IsCompletedSuccessfully: true, Result: true })
        {
            yield return _entries.Current;
            _next = _entries.MoveNextAsync().AsTask();
        }
    }

    /// <summary>Waits for the next entry; <see langword="null"/> where there will be none.</summary>
    public async Task<JournalLine?> NextAsync()
    {
        if (!await _next.ConfigureAwait(false)) return null;
        var line = _entries.Current;
        _next = _entries.MoveNextAsync().AsTask();
        return line;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            // An enumerator can't be disposed of while it waits.
            await _next.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was told to stop, above.
        }

        await _entries.DisposeAsync().ConfigureAwait(false);
        _subscription.Dispose();
        _stop.Dispose();
    }
}
