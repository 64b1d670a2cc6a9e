namespace Runbook.Simulator;

/// <summary>A timer of the simulator's clock.</summary>
internal sealed class ClockTimer(SimulatorClock clock, TimerCallback callback, object? state) : ITimer
{
    private readonly long _sequence = clock.NextTimerSequence();
    private bool _disposed;

    public DateTimeOffset Due { get; set; } = DateTimeOffset.MaxValue;

    public TimeSpan? Period { get; private set; }

    public static IComparer<ClockTimer> ByDueTime { get; } = Comparer<ClockTimer>.Create((a, b) =>
        a.Due != b.Due ? a.Due.CompareTo(b.Due) : a._sequence.CompareTo(b._sequence));

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
            return false;
        // A period of zero means once, as it does for the platform's timers.
        Period = period > TimeSpan.Zero ? period : null;
        DateTimeOffset? due = dueTime < TimeSpan.Zero ? null : clock.GetUtcNow() + dueTime;
        clock.Schedule(this, due);
        return true;
    }

    public void Invoke() => callback(state);

    public void Dispose()
    {
        _disposed = true;
        clock.Schedule(this, null);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
