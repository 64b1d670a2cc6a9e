namespace Runbook.Simulator.State;

/// <summary>A single value about the estate as a whole.</summary>
internal sealed record MetaRow
{
    public long? Number { get; init; }

    public string? Text { get; init; }

    public DateTimeOffset? Time { get; init; }

    /// <summary>Host time at which <see cref="Time"/> held, for clocks that run along.</summary>
    public DateTimeOffset? HostTime { get; init; }

    [Secret]
    public string? Hidden { get; init; }
}

/// <summary>Keys of the table of single values.</summary>
internal static class MetaKeys
{
    public const string Ids = "ids";
    public const string DueSequence = "due-sequence";
    public const string Seed = "seed";
    public const string Tenant = "tenant";
    public const string Subscription = "subscription";
    public const string Owner = "owner";
    public const string Clock = "clock";
    public const string Boots = "boots";
    public const string Activity = "activity";
    public const string Hardware = "attestation-hardware";
    public const string SubscriptionTags = "subscription-tags";
    public const string IssuerKey = "issuer-key";
    public const string PlatformKey = "platform-key";
    public const string AuthorityKey = "authority-key";
}
