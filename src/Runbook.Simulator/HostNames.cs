using Runbook.Simulator.Http;

namespace Runbook.Simulator;

/// <summary>The public host names that the simulator answers for.</summary>
internal static class HostNames
{
    public const string Login = "login.microsoftonline.com";
    public const string ResourceManager = "management.azure.com";
    public const string Graph = "graph.microsoft.com";
    public const string InstanceMetadata = "169.254.169.254";
    public const string ManagedHsm = ".managedhsm.azure.net";
    public const string Vault = ".vault.azure.net";
    public const string Blob = ".blob.core.windows.net";
    public const string Attestation = ".attest.azure.net";

    /// <summary>What no Azure has: where faults are armed by call. The name resolves nowhere else (RFC 2606).</summary>
    public const string Faults = "faults.embedded.invalid";

    public static ServiceKind? KindOf(string host) => host switch
    {
        Login or "login.windows.net" or "login.microsoft.com" or "sts.windows.net" => ServiceKind.Login,
        ResourceManager or "management.core.windows.net" => ServiceKind.ResourceManager,
        Graph => ServiceKind.Graph,
        InstanceMetadata => ServiceKind.InstanceMetadata,
        Faults => ServiceKind.Faults,
        "api.loganalytics.io" or "api.loganalytics.azure.com" => ServiceKind.LogAnalytics,
        "azure.microsoft.com" or "raw.githubusercontent.com" or "app.aladdin.microsoft.com" or "aka.ms" => ServiceKind.Elsewhere,
        _ when host.EndsWith(ManagedHsm, StringComparison.Ordinal) => ServiceKind.ManagedHsm,
        _ when host.EndsWith(Vault, StringComparison.Ordinal) => ServiceKind.Vault,
        _ when host.EndsWith(Blob, StringComparison.Ordinal) => ServiceKind.Blob,
        _ when host.EndsWith(Attestation, StringComparison.Ordinal) => ServiceKind.Attestation,
        _ => null,
    };

    /// <summary>The first label of a host name.</summary>
    public static string FirstLabel(string host)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? host : host[..dot];
    }
}
