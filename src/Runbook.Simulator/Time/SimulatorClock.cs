namespace Runbook.Simulator;

/// <summary>
/// The time of the simulated world, for everybody in the process: services, sessions, tests.
/// </summary>
/// <remarks>
/// Timers made from it fire as it moves. While it is advanced, whatever is due happens in the order of due times, timers
/// and the simulator's own work alike, each at its own instant; timer callbacks run on the thread that advances. Safe to use
/// from many threads; movements wait for one another.
/// </remarks>
public sealed class SimulatorClock : TimeProvider
{
    private readonly TimeProvider _host;
    private readonly double _speed;
    private readonly Lock _position = new();
    private readonly object _moving = new();
    private readonly SortedSet<ClockTimer> _timers = new(ClockTimer.ByDueTime);
    private DateTimeOffset _anchor;
    private DateTimeOffset _hostAnchor;
    private long _timerSequence;
    private long _fired;
    private ITimer? _wake;
    private IDueWork? _work;

    internal SimulatorClock(ClockMode mode, DateTimeOffset start, TimeProvider host, double speed)
    {
        Mode = mode;
        _host = host;
        _speed = speed;
        _anchor = start.ToUniversalTime();
        _hostAnchor = host.GetUtcNow();
    }

    /// <summary>How it goes.</summary>
    public ClockMode Mode { get; }

    /// <summary>The host's clock underneath. Token lifetimes follow it, because clients count those on the host's clock.</summary>
    public TimeProvider Host => _host;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_position)
            return Now();
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <summary>
    /// Moves time forward by <paramref name="by"/> and returns once everything due by then has happened, in order.
    /// </summary>
    /// <param name="by">Zero or more. Zero does what is due already.</param>
    /// <returns>The time after the movement.</returns>
    /// <exception cref="InvalidOperationException">The clock is a real one.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    public DateTimeOffset Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        if (Mode == ClockMode.Real)
            throw new InvalidOperationException("A real clock can't be advanced. Start the simulator with a virtual one.");
        lock (_moving)
        {
            var target = GetUtcNow() + by;
            MoveTo(target);
            _work?.KeepPosition(GetUtcNow(), _host.GetUtcNow());
            return GetUtcNow();
        }
    }

    /// <summary>Moves time forward to <paramref name="to"/>; does nothing where that has passed.</summary>
    /// <param name="to">The instant to stand at.</param>
    /// <returns>The time after the movement.</returns>
    public DateTimeOffset AdvanceTo(DateTimeOffset to)
    {
        lock (_moving)
        {
            var gap = to - GetUtcNow();
            return Advance(gap > TimeSpan.Zero ? gap : TimeSpan.Zero);
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ClockTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>How many timers have fired so far.</summary>
    internal long TimersFired => Interlocked.Read(ref _fired);

    internal void Attach(IDueWork work) => _work = work;

    /// <summary>Puts the clock where a restored estate says it stood.</summary>
    internal void Place(DateTimeOffset now)
    {
        lock (_position)
        {
            _anchor = now.ToUniversalTime();
            _hostAnchor = _host.GetUtcNow();
        }
    }

    /// <summary>Does what is due by now; called when a request comes in and when the wake-up timer fires.</summary>
    internal void CatchUp()
    {
        if (IsBehind(GetUtcNow()))
        {
            lock (_moving)
                MoveTo(GetUtcNow(), keepAnchor: true);
        }

        // The host's timer fires once, and may fire a little before its clock says so: whatever is still to come wants it again.
        lock (_position)
            ArmWake();
    }

    internal long NextTimerSequence() => Interlocked.Increment(ref _timerSequence);

    internal void Schedule(ClockTimer timer, DateTimeOffset? due)
    {
        lock (_position)
        {
            _timers.Remove(timer);
            timer.Due = due ?? DateTimeOffset.MaxValue;
            if (due is not null)
                _timers.Add(timer);
            ArmWake();
        }
    }

    private DateTimeOffset Now()
    {
        if (Mode == ClockMode.Standing)
            return _anchor;
        var elapsed = _host.GetUtcNow() - _hostAnchor;
        return _anchor + (_speed == 1.0 ? elapsed : elapsed * _speed);
    }

    private bool IsBehind(DateTimeOffset now)
    {
        if (_work?.NextDue is { } due && due <= now)
            return true;
        lock (_position)
            return _timers.Min is { } timer && timer.Due <= now;
    }

    private void MoveTo(DateTimeOffset target, bool keepAnchor = false)
    {
        for (var steps = 0; ; steps++)
        {
            if (steps > Limits.DueItemsPerMovement)
                throw new InvalidOperationException("The clock's movement does not end: work keeps planning more work.");
            ClockTimer? timer;
            lock (_position)
                timer = _timers.Min;
            var work = _work?.NextDue;
            var next = timer is not null && (work is null || timer.Due < work) ? timer.Due : work;
            if (next is null || next > target)
                break;
            if (!keepAnchor)
                StandAt(next.Value);
            if (work == next)
                _work!.Run(next.Value);
            else
                Fire(timer!);
        }
        if (!keepAnchor)
            StandAt(target);
    }

    private void StandAt(DateTimeOffset at)
    {
        lock (_position)
        {
            // Never backwards: a running clock may have passed the instant while work was done.
            var now = Now();
            _anchor = at > now ? at : now;
            _hostAnchor = _host.GetUtcNow();
            ArmWake();
        }
    }

    private void Fire(ClockTimer timer)
    {
        lock (_position)
        {
            if (!_timers.Remove(timer))
                return;
            timer.Due = timer.Period is { } period ? timer.Due + period : DateTimeOffset.MaxValue;
            if (timer.Period is not null)
                _timers.Add(timer);
        }
        Interlocked.Increment(ref _fired);
        timer.Invoke();
    }

    /// <summary>On clocks that run by themselves one host timer wakes the earliest of ours.</summary>
    private void ArmWake()
    {
        if (Mode == ClockMode.Standing)
            return;
        _wake ??= _host.CreateTimer(static state => ((SimulatorClock)state!).CatchUp(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (_timers.Min is not { } first)
        {
            _wake.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }
        var wait = (first.Due - Now()) / _speed;
        var bounded = Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, int.MaxValue / 2);
        _wake.Change(TimeSpan.FromMilliseconds(bounded), Timeout.InfiniteTimeSpan);
    }

    internal void Stop()
    {
        lock (_position)
        {
            _wake?.Dispose();
            _timers.Clear();
        }
    }
}
