namespace Runbook.Simulator.KeyLinks;

/// <summary>Why a key can't be used by a service that depends on it.</summary>
internal enum KeyTrouble
{
    /// <summary>No store of that name exists, or it is soft-deleted.</summary>
    StoreNotFound,

    /// <summary>Nobody answers at the store's address.</summary>
    Unreachable,

    /// <summary>The store's firewall refuses the service.</summary>
    NetworkDenied,

    /// <summary>The directory gives out no token for the identity: it is deleted, or the token endpoint is down.</summary>
    TokenRefused,

    /// <summary>The identity lacks one of the data actions.</summary>
    AccessDenied,

    /// <summary>There is no such key or version; a soft-deleted key is none.</summary>
    KeyNotFound,

    KeyDisabled,

    KeyExpired,

    KeyNotYetValid,

    /// <summary>The key's own list of operations lacks wrapping or unwrapping.</summary>
    OperationNotPermitted,

    /// <summary>The managed HSM was never activated.</summary>
    NotActivated,

    Throttled,

    /// <summary>The store failed by itself.</summary>
    ServerError,

    /// <summary>The key is of a type or size that the service does not take.</summary>
    WrongKind,

    /// <summary>The store can be purged.</summary>
    NoPurgeProtection,

    /// <summary>The key does not open what is said to be wrapped with it.</summary>
    DoesNotUnwrap,
}

/// <summary>One failed use of a key: what, why, and how the store said it.</summary>
internal sealed record KeyFault
{
    public required KeyTrouble Trouble { get; init; }

    /// <summary>The use: <c>get</c>, <c>wrapKey</c>, <c>unwrapKey</c>, or <c>token</c>.</summary>
    public required string Use { get; init; }

    /// <summary>URL of the key.</summary>
    public required string Key { get; init; }

    /// <summary>HTTP status of the store's answer; <see langword="null"/> where there was none.</summary>
    public int? Status { get; init; }

    /// <summary>The store's own code.</summary>
    public string? Code { get; init; }

    /// <summary>The store's own words, for people.</summary>
    public string? Text { get; init; }

    /// <summary>Worth another try soon: the key's owner did nothing.</summary>
    public bool IsTransient => Trouble is KeyTrouble.Unreachable or KeyTrouble.Throttled or KeyTrouble.ServerError;

    /// <summary>The way to the store is broken, rather than the key or the right to it.</summary>
    public bool IsNetwork => IsTransient || Trouble is KeyTrouble.NetworkDenied;
}
