namespace Runbook.Simulator;

/// <summary>What can go wrong on purpose.</summary>
public enum FaultKind
{
    /// <summary><c>region-down</c>: nothing in a region answers. Services that live in several regions answer from another.</summary>
    RegionDown,

    /// <summary><c>replica-down</c>: one replica of a managed HSM fails; with a region, the whole HSM there, else one of its three partitions.</summary>
    ReplicaDown,

    /// <summary><c>host-unreachable</c>: nobody answers at the host's address.</summary>
    HostUnreachable,

    /// <summary><c>network-denied</c>: the service's firewall refuses the caller.</summary>
    NetworkDenied,

    /// <summary><c>latency</c>: a call takes longer before anything is done for it. Whose patience ends meanwhile gets nothing done.</summary>
    Latency,

    /// <summary><c>throttle</c>: 429 with a Retry-After.</summary>
    Throttle,

    /// <summary><c>server-error</c>: a 500, or another status of that class.</summary>
    ServerError,

    /// <summary><c>lost-response</c>: the request takes effect, and the answer never arrives.</summary>
    LostResponse,

    /// <summary><c>token-endpoint-down</c>: no tokens are given out.</summary>
    TokenEndpointDown,

    /// <summary><c>stale-read</c>: readings show the world as it was.</summary>
    StaleRead,

    /// <summary><c>slow-grants</c>: role assignments and their removals take time to be in force.</summary>
    SlowGrants,

    /// <summary><c>clock-skew</c>: the token issuer's clock, or everybody else's, is wrong.</summary>
    ClockSkew,

    /// <summary><c>quota-exceeded</c>: nothing new is made in the subscription; what is there can be changed.</summary>
    QuotaExceeded,

    /// <summary>
    /// <c>roles-per-version</c>: a quirk that no documented Azure has. A local role at one key covers the versions that the key had
    /// when the role was given, and none that came later.
    /// </summary>
    RolesPerVersion,
}
