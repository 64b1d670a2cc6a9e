namespace Runbook.Engine;

/// <summary>
/// The clock of a session, and how it waits. On the virtual clock of the embedded Azure time jumps while the session
/// waits for Azure, and is real while it waits for people.
/// </summary>
public interface ISessionClock
{
    /// <summary>Wall clock, monotonic clock, timers.</summary>
    TimeProvider Time { get; }

    /// <summary>Waits for Azure to get on.</summary>
    /// <param name="delay">For how long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Waits for people, for at most <paramref name="delay"/>; whatever they do ends the wait by cancelling it.</summary>
    /// <param name="delay">For how long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken);
}

/// <summary>A clock on which every wait takes its time.</summary>
/// <param name="time">The clock.</param>
public sealed class RealSessionClock(TimeProvider time) : ISessionClock
{
    /// <inheritdoc/>
    public TimeProvider Time { get; } = time;

    /// <inheritdoc/>
    public Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, Time, cancellationToken);

    /// <inheritdoc/>
    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, Time, cancellationToken);
}
