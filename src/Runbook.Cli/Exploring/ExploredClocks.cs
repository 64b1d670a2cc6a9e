using Runbook.Engine;

namespace Runbook.Cli.Exploring;

/// <summary>A process's clock: true as far as time goes on, and off as far as its wall clock has jumped.</summary>
/// <param name="truth">The clock of the run.</param>
/// <param name="process">Whose it is.</param>
internal sealed class ProcessTime(TimeProvider truth, ExploredProcess process) : TimeProvider
{
    public override long TimestampFrequency => truth.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => truth.GetUtcNow() + process.Skew;

    public override long GetTimestamp() => truth.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => truth.CreateTimer(callback, state, dueTime, period);
}

/// <summary>The console's clock: while it waits, everybody else takes their turns.</summary>
/// <param name="world">The run.</param>
/// <param name="process">The console.</param>
internal sealed class ConsoleClock(ExploredWorld world, ExploredProcess process) : ISessionClock
{
    /// <summary>The session that runs on it.</summary>
    public SessionRunner? Runner { get; set; }

    public TimeProvider Time { get; } = new ProcessTime(world.Azure.Clock, process);

    public async Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var mishap = world.At(Place.Wait);
        switch (mishap?.Kind)
        {
            case MishapKind.Aborts when Runner is not null:
                await Runner.SendAsync(ExploredPeople.Abort, CancellationToken.None).ConfigureAwait(false);
                break;
            case MishapKind.Stalled:
                await world.StallAsync(process, TimeSpan.FromSeconds(mishap.Seconds)).ConfigureAwait(false);
                break;
            case MishapKind.ClockJumps:
                process.Skew += TimeSpan.FromSeconds(mishap.Seconds);
                break;
            case MishapKind.KilledBefore or MishapKind.Reboot:
                world.Die(process, mishap);
                break;
        }

        if (!process.IsDead && !cancellationToken.IsCancellationRequested) await world.PassAsync(delay).ConfigureAwait(false);
        if (process.IsDead) await new TaskCompletionSource().Task.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    public async Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        world.WaitsForPeople();
        await world.PassAsync(delay).ConfigureAwait(false);
        if (process.IsDead) await new TaskCompletionSource().Task.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>The clock of a guard that undoes.</summary>
/// <param name="turns">The guard.</param>
/// <param name="time">Its clock.</param>
internal sealed class GuardClock(GuardTurns turns, TimeProvider time) : ISessionClock
{
    public TimeProvider Time => time;

    public Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken) => turns.WaitAsync(delay);

    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken) => turns.WaitAsync(delay);
}
