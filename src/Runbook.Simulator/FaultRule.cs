namespace Runbook.Simulator;

/// <summary>A fault: what goes wrong, for which requests, how often and for how long.</summary>
/// <remarks>
/// A request meets the fault when it matches <see cref="Host"/>, <see cref="Method"/> and <see cref="Path"/> as far as they
/// are given. In the patterns <c>*</c> stands for any characters; letters compare without case.
/// </remarks>
public sealed record FaultRule
{
    /// <summary>Given by the simulator when the fault is armed.</summary>
    public string Id { get; init; } = "";

    /// <summary>What goes wrong.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>Region, such as <c>eastus2</c>: needed for <see cref="FaultKind.RegionDown"/>, possible for <see cref="FaultKind.ReplicaDown"/>.</summary>
    public string? Region { get; init; }

    /// <summary>Pattern of host names.</summary>
    public string? Host { get; init; }

    /// <summary>HTTP method.</summary>
    public string? Method { get; init; }

    /// <summary>Pattern of paths, the query string aside.</summary>
    public string? Path { get; init; }

    /// <summary>Part of the matching requests that meet the fault, more than 0 and at most 1; absent for all of them. Which ones follows from the estate's seed.</summary>
    public double? Rate { get; init; }

    /// <summary>Number of requests that meet it before it is over.</summary>
    public int? Count { get; init; }

    /// <summary>How long it stays armed, by the simulator's clock; absent: until it is removed.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>
    /// How much: the latency, the age of what a stale read shows, the time that grants take, or (with a sign) how far a clock is off.
    /// </summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Status of a <see cref="FaultKind.ServerError"/>, 500 to 599; absent: 500.</summary>
    public int? Status { get; init; }

    /// <summary>Seconds that a throttled or failing answer asks the client to wait.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>When it was armed; set by the simulator.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>When it ends by itself; set by the simulator.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Requests that met it so far; counted by the simulator where <see cref="Count"/> limits them.</summary>
    public int Hits { get; init; }
}
