namespace Runbook.Simulator;

/// <summary>Capacity of the simulated services. By default nothing is throttled unless a fault says so.</summary>
public sealed record SimulatorLimits
{
    /// <summary>Resource Manager refuses callers that exceed its documented buckets.</summary>
    public bool ThrottleResourceManager { get; init; }

    /// <summary>A managed HSM refuses more key operations a second than one of its partitions is documented to carry.</summary>
    public bool ThrottleKeyOperations { get; init; }

    /// <summary>Resource Graph refuses callers that exceed 15 queries in five seconds.</summary>
    public bool ThrottleResourceGraph { get; init; }
}
