using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Compute;

/// <summary>How Compute says that a disk encryption set's key can't be used.</summary>
internal static class ComputeWords
{
    /// <param name="status">400 where a set or disk is written, 409 where a machine is started.</param>
    /// <param name="set">The set.</param>
    /// <param name="fault">What was in the way.</param>
    public static RefusedException Refusal(int status, Resource set, KeyFault fault)
    {
        var (code, message) = Of(set, fault);
        return ResourceKind.Refusal(status, code, message);
    }

    /// <summary>Code and words.</summary>
    public static (string Code, string Message) Of(Resource set, KeyFault fault) => fault.Trouble switch
    {
        KeyTrouble.KeyDisabled => ("KeyVaultKeyNotEnabled", $"Unable to access key vault resource '{fault.Key}' to enable encryption at rest. The key is not enabled."),
        KeyTrouble.KeyNotFound => ("KeyVaultKeyNotFound", $"Unable to access key vault resource '{fault.Key}' to enable encryption at rest. The key was not found."),
        KeyTrouble.AccessDenied or KeyTrouble.NetworkDenied or KeyTrouble.OperationNotPermitted => ("KeyVaultAccessForbidden", Forbidden(set, fault)),
        KeyTrouble.TokenRefused => ("ManagedServiceIdentityNotFound", $"The managed service identity associated with DiskEncryptionSet '{set.Name}' was not found."),
        KeyTrouble.KeyExpired or KeyTrouble.KeyNotYetValid => (Assumptions.DiskKeyExpired, $"Unable to access key '{fault.Key}'. Key is expired."),
        KeyTrouble.StoreNotFound => (Assumptions.DiskStoreNotFound, $"Unable to access key vault resource '{fault.Key}' to enable encryption at rest. The key vault was not found."),
        KeyTrouble.NoPurgeProtection => (Assumptions.DiskStoreUnprotected, $"The key vault of '{fault.Key}' must have soft delete and purge protection enabled."),
        KeyTrouble.WrongKind or KeyTrouble.DoesNotUnwrap => (Assumptions.DiskKeyUnfit, $"The key '{fault.Key}' cannot be used to enable encryption at rest: it must be an RSA key of 2048, 3072 or 4096 bits."),
        _ => (Assumptions.DiskStoreUnavailable, $"Unable to access key vault resource '{fault.Key}' to enable encryption at rest. The key vault does not answer. Please try again later."),
    };

    /// <summary>What a set shows after it could not follow its key.</summary>
    public static (string Code, string Message) Rotation(Resource set, KeyFault fault) => fault.Trouble == KeyTrouble.TokenRefused
        ? ("ManagedServiceIdentityNotFound", $"Auto-key rotation was disabled as managed service identity associated with DiskEncryptionSet '{set.Name}' was not found. Please update the resource with correct identity to re-enable auto-key rotation.")
        : Of(set, fault);

    /// <summary>As whom a set asks for its key; <see langword="null"/> where it has no identity yet.</summary>
    public static (string PrincipalId, string? IdentityId)? PrincipalOf(EstateView view, Resource set)
    {
        if (set.Identity?.UserAssigned is [var first, ..])
            return (Shapes.PrincipalOf(view, first)?.ObjectId ?? "", first);
        return set.Identity?.PrincipalId is { } own ? (own, null) : null;
    }

    private static string Forbidden(Resource set, KeyFault fault) =>
        $"Unable to access key vault resource '{fault.Key}' to enable encryption at rest. Please grant get, wrap and unwrap key permissions to {(set.Identity?.UserAssigned is [var first, ..] ? $"user-assigned identity '{first}'" : $"disk encryption set '{set.Name}'")}. Please visit https://aka.ms/keyvaultaccessssecmk for more information.";
}
