namespace Runbook.Engine;

/// <summary>
/// Waits for Azure while people can still be heard: a command that arrives is taken at once, and one that stops the
/// session ends the wait.
/// </summary>
internal sealed class CallWait(ISessionClock clock, Func<CancellationToken, Task> hearCommands)
{
    private CancellationTokenSource? _interrupt;

    /// <summary>What is looked at in between while a wait goes on; <see langword="null"/> for nothing.</summary>
    public FaultWatcher? Beside { get; set; }

    /// <summary>Whether a command has asked to stop what is being waited for.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>Ends the wait that is going on, if any, and every one until <see cref="Reset"/>.</summary>
    public void Interrupt()
    {
        IsInterrupted = true;
        _interrupt?.Cancel();
    }

    /// <summary>Lets waits begin again.</summary>
    public void Reset() => IsInterrupted = false;

    /// <summary>Does something that waits for Azure, until a deadline on the session's clock.</summary>
    /// <exception cref="OperationCanceledException">The deadline passed, or a command interrupted.</exception>
    public async Task<T> UntilAsync<T>(DateTimeOffset deadline, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var patience = deadline - clock.Time.GetUtcNow();
        using var late = new CancellationTokenSource(patience > TimeSpan.Zero ? Capped(patience) : TimeSpan.FromMilliseconds(1), clock.Time);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        _interrupt = interrupt;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt.Token);
        var hearing = hearCommands(stop.Token);
        try
        {
            if (IsInterrupted) await interrupt.CancelAsync().ConfigureAwait(false);
            return await work(interrupt.Token).ConfigureAwait(false);
        }
        finally
        {
            _interrupt = null;
            // All that it ends is the listening, which is waited for below.
            stop.Cancel();
            await Quiet(hearing).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits for Azure to get on; a command that interrupts ends it early, without an exception. While a fault is armed,
    /// whatever is due beside the wait is looked at in between. A clock that is set back lengthens nothing.
    /// </summary>
    public async Task ForAzureAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        var began = clock.Time.GetTimestamp();
        while (Beside?.NextDue() is { } due && due < delay - clock.Time.GetElapsedTime(began))
        {
            await OnceAsync(due, cancellationToken).ConfigureAwait(false);
            if (IsInterrupted) return;
            await Beside.LookAsync(cancellationToken).ConfigureAwait(false);
            if (IsInterrupted) return;
        }

        var left = delay - clock.Time.GetElapsedTime(began);
        if (left > TimeSpan.Zero) await OnceAsync(left, cancellationToken).ConfigureAwait(false);
    }

    private async Task OnceAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await UntilAsync(DateTimeOffset.MaxValue, async token =>
            {
                await clock.WaitForAzureAsync(delay, token).ConfigureAwait(false);
                return true;
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (IsInterrupted && !cancellationToken.IsCancellationRequested)
        {
            // The wait was only patience; whoever waits looks at IsInterrupted next.
        }
    }

    // Timers take at most about 49 days.
    private static TimeSpan Capped(TimeSpan patience) => patience < TimeSpan.FromDays(40) ? patience : TimeSpan.FromDays(40);

    private static async Task Quiet(Task hearing)
    {
        try
        {
            await hearing.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was told to stop listening, and did.
        }
    }
}
