namespace Runbook.Engine;

/// <summary>When rounds are due: at fixed distances from the first. One that can't be held is missed; it is not made up for.</summary>
/// <param name="start">When the first is due.</param>
/// <param name="every">The distance.</param>
public sealed class WatchSchedule(DateTimeOffset start, TimeSpan every)
{
    private long _next;

    /// <summary>When the next round is due.</summary>
    public DateTimeOffset Due => start + (every * _next);

    /// <summary>Takes the next round that is not past yet, or that is due just now.</summary>
    /// <param name="now">The time.</param>
    /// <returns>How many rounds were missed before it.</returns>
    public long Advance(DateTimeOffset now)
    {
        var held = _next;
        var passed = now < start ? 0 : (now - start).Ticks / every.Ticks;
        _next = Math.Max(held + 1, passed);
        return _next - held - 1;
    }
}
