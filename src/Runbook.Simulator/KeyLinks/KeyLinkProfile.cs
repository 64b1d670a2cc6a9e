using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyLinks;

/// <summary>How one kind of resource deals with its key: what it demands, how often it asks, how fast it breaks and heals.</summary>
internal sealed record KeyLinkProfile
{
    /// <summary>Stays the same for ever: links in state files name it.</summary>
    public required string Name { get; init; }

    /// <summary>How often a resource whose key works asks for it.</summary>
    public required TimeSpan Poll { get; init; }

    /// <summary>How long an unwrapped data key is used on after the last good answer; then the resource becomes inaccessible.</summary>
    public required TimeSpan Cached { get; init; }

    /// <summary>How often it asks while it is inaccessible.</summary>
    public required TimeSpan PollBroken { get; init; }

    /// <summary>Time from the first good answer until it is accessible again.</summary>
    public TimeSpan Healing { get; init; }

    /// <summary>
    /// How long it may have been inaccessible and still heal by itself; afterwards somebody has to revalidate the key. A broken
    /// way to the store heals at any age. <see langword="null"/>: it always heals.
    /// </summary>
    public TimeSpan? HealsWithin { get; init; }

    /// <summary>How often a versionless id is looked up for a newer version; <see langword="null"/>: never.</summary>
    public TimeSpan? Follow { get; init; }

    /// <summary>After a look that failed for good there is no other until <see cref="KeyLinkBook.Resume"/> or a new binding.</summary>
    public bool FollowStops { get; init; }

    /// <summary>A version outside its time breaks the resource, although unwrapping with it is allowed.</summary>
    public bool ExpiryBreaks { get; init; }

    public bool NeedsPurgeProtection { get; init; } = true;

    public IReadOnlyList<int> RsaBits { get; init; } = [2048, 3072, 4096];

    /// <summary>
    /// Told in the same transaction when a link became accessible or inaccessible, was wrapped anew, or could not follow: before
    /// and after.
    /// </summary>
    public Action<EstateTransaction, KeyLink, KeyLink>? Changed { get; init; }
}
