namespace Runbook.Simulator;

/// <summary>A host's clock that stands, for runs that repeat: what goes by the host's time is the same in each.</summary>
/// <param name="now">The time that it shows.</param>
public sealed class FrozenTime(DateTimeOffset now) : TimeProvider
{
    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => now;
}
