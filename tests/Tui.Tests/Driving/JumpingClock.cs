using Microsoft.Extensions.Time.Testing;
using Runbook.Engine;

namespace Runbook.Tui.Tests;

/// <summary>A clock that stands still while people are waited for, and jumps while Azure is.</summary>
internal sealed class JumpingClock : ISessionClock
{
    public FakeTimeProvider Fake { get; } = new(new DateTimeOffset(2026, 11, 24, 9, 0, 0, TimeSpan.Zero));

    public TimeProvider Time => Fake;

    public async Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        Fake.Advance(delay);
    }

    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, TimeProvider.System, cancellationToken);
}
