namespace Runbook.Simulator.Http;

/// <summary>The services that the simulator answers for; which one is meant follows from the host name.</summary>
internal enum ServiceKind
{
    Login,
    InstanceMetadata,
    Graph,
    ResourceManager,
    ManagedHsm,
    Vault,
    Blob,
    Attestation,
    LogAnalytics,

    /// <summary>No service of Azure: arms and removes faults by call.</summary>
    Faults,

    /// <summary>Hosts that clients ask in passing (version checks, redirects): they get a plain 404.</summary>
    Elsewhere,
}
