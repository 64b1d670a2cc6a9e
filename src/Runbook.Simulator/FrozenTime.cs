namespace Runbook.Simulator;

/// <summary>A host's clock whose time of day stands, for runs that repeat. Its timers go on.</summary>
/// <param name="now">The time that it shows.</param>
public sealed class FrozenTime(DateTimeOffset now) : TimeProvider
{
    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => now;
}
