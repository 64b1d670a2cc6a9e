using System.Diagnostics;
using Runbook.Engine;

namespace Runbook.Tui.Sample;

/// <summary>A clock that runs while people are waited for, and jumps while Azure is.</summary>
/// <param name="pause">How long a jump takes in truth, so that somebody can see it.</param>
public sealed class SampleClock(TimeSpan pause) : ISessionClock
{
    private readonly JumpingTime _time = new();

    /// <inheritdoc/>
    public TimeProvider Time => _time;

    /// <inheritdoc/>
    public async Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        if (pause > TimeSpan.Zero) await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        _time.Jump(delay);
    }

    /// <inheritdoc/>
    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, TimeProvider.System, cancellationToken);

    private sealed class JumpingTime : TimeProvider
    {
        private readonly DateTimeOffset _start = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);
        private readonly long _began = Stopwatch.GetTimestamp();
        private long _jumped;

        public override long GetTimestamp() => Stopwatch.GetTimestamp() - _began + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _jumped)).TotalSeconds * Stopwatch.Frequency);

        public override DateTimeOffset GetUtcNow() => _start + System.GetElapsedTime(0, GetTimestamp());

        public void Jump(TimeSpan by) => Interlocked.Add(ref _jumped, by.Ticks);
    }
}
