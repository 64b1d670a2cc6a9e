using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyLinks;

/// <summary>
/// A resource's dependence on a key: which key, as whom, the data key wrapped with it, and whether it can be unwrapped at
/// present. The data key itself is nowhere in the estate.
/// </summary>
internal sealed record KeyLink
{
    /// <summary>The resource's id in lower case, <c>#</c>, and what of the resource it is for.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the <see cref="KeyLinkProfile"/>.</summary>
    public required string Profile { get; init; }

    public required string ResourceId { get; init; }

    /// <summary>Region of the resource; while that is down nobody asks for the key.</summary>
    public required string Region { get; init; }

    /// <summary>The key as it was set, with a version or without.</summary>
    public required string Key { get; init; }

    /// <summary>Object id of the identity as it was when the key was set: a new identity of the same name is another one.</summary>
    public required string PrincipalId { get; init; }

    /// <summary>Resource id of the user-assigned identity; <see langword="null"/> for the resource's own.</summary>
    public string? IdentityId { get; init; }

    /// <summary>The version that the data key is wrapped with, as a URL.</summary>
    public required string Current { get; init; }

    /// <summary>The data key, wrapped.</summary>
    [Unrepeatable]
    public required byte[] Wrapped { get; init; }

    /// <summary>Expiry of the current version, as last read.</summary>
    public DateTimeOffset? CurrentExpires { get; init; }

    /// <summary>When the data key was last wrapped with another version.</summary>
    public required DateTimeOffset Rotated { get; init; }

    /// <summary>When a newer version was last looked for.</summary>
    public required DateTimeOffset Followed { get; init; }

    /// <summary>What kept the last look for a newer version from succeeding; the current one goes on being used.</summary>
    public KeyFault? FollowFault { get; init; }

    /// <summary>When the identity's token was acquired; it is used for a day.</summary>
    public required DateTimeOffset TokenFrom { get; init; }

    /// <summary>When the data key was last unwrapped.</summary>
    public required DateTimeOffset LastGood { get; init; }

    public required bool Accessible { get; init; }

    /// <summary>When <see cref="Accessible"/> last changed.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The newest failure while there is one.</summary>
    public KeyFault? Fault { get; init; }

    /// <summary>What made it inaccessible; stays until it is accessible again.</summary>
    public KeyFault? Broke { get; init; }

    /// <summary>When a healing resource will be accessible.</summary>
    public DateTimeOffset? HealsAt { get; init; }

    /// <summary>The key works again, and the resource waits for somebody to revalidate it.</summary>
    public bool NeedsRevalidation { get; init; }

    /// <summary>Counts the plans for the next poll: only the newest holds.</summary>
    public long Plan { get; init; }

    public DateTimeOffset? Next { get; init; }

    /// <summary>What its users are refused with.</summary>
    public KeyFault? Refusal => Accessible ? null : Broke ?? Fault;

    public static string IdOf(string resourceId, string part) => $"{resourceId.ToLowerInvariant()}#{part.ToLowerInvariant()}";
}
