using System.Text.Json;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>A managed HSM or a vault, as its data plane knows it.</summary>
internal sealed record KeyStore
{
    public const string HsmKind = "hsm";
    public const string VaultKind = "vault";

    public required string Kind { get; init; }

    /// <summary>As its creator spelled it; the host name is its lower case.</summary>
    public required string Name { get; init; }

    public required string ResourceId { get; init; }

    public required string Location { get; init; }

    public required string TenantId { get; init; }

    public required int RetentionDays { get; init; }

    public required bool PurgeProtection { get; init; }

    public JsonElement? NetworkAcls { get; init; }

    public required bool PublicNetwork { get; init; }

    /// <summary>False while it is being made.</summary>
    public required bool Ready { get; init; }

    /// <summary>When it was soft-deleted.</summary>
    public DateTimeOffset? Deleted { get; init; }

    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>The resource as it was, for recovery.</summary>
    public JsonElement? DeletedResource { get; init; }

    // Managed HSM.

    public IReadOnlyList<string>? Administrators { get; init; }

    public bool Active { get; init; }

    public SecurityDomainState? Domain { get; init; }

    public IReadOnlyList<HsmRegion>? Regions { get; init; }

    public bool KeysThroughControlPlane { get; init; }

    /// <summary>End of a restore that keeps everything else out.</summary>
    public DateTimeOffset? RestoringUntil { get; init; }

    /// <summary>PKCS#8 of the key under the endpoint's certificate, base64; it signs released keys.</summary>
    [Secret]
    public string? EndpointKey { get; init; }

    // Vaults.

    public bool Premium { get; init; }

    public bool UsesRoles { get; init; }

    public IReadOnlyList<AccessPolicy>? AccessPolicies { get; init; }

    public string Key => KeyOf(Kind, Name);

    public bool IsHsm => Kind == HsmKind;

    public string Host => Name.ToLowerInvariant() + (IsHsm ? HostNames.ManagedHsm : HostNames.Vault);

    public static string KeyOf(string kind, string name) => $"{kind}/{name.ToLowerInvariant()}";
}

/// <summary>A region of a managed HSM.</summary>
internal sealed record HsmRegion
{
    public required string Name { get; init; }

    public required bool Primary { get; init; }

    public required string ProvisioningState { get; init; }

    /// <summary>When it began to take part; what was written earlier is there at once.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>Permissions of one principal on a vault without role-based access.</summary>
internal sealed record AccessPolicy
{
    public required string ObjectId { get; init; }

    public required IReadOnlyList<string> Keys { get; init; }

    public JsonElement? Other { get; init; }
}

/// <summary>The security domain of an HSM and what is being done with it.</summary>
internal sealed record SecurityDomainState
{
    /// <summary>Names the domain without telling it: backups and key blobs carry it.</summary>
    [Unrepeatable]
    public string? Fingerprint { get; init; }

    /// <summary>The key under which backups are made, base64 of 32 bytes; what <c>hsm_backup</c> carries.</summary>
    [Secret]
    public string? DomainKey { get; init; }

    /// <summary>The two other data of a domain file, base64.</summary>
    [Secret]
    public string? BaseEnclave { get; init; }

    [Secret]
    public string? KmspEnclave { get; init; }

    /// <summary><c>Success</c> or <c>Failed</c> once <see cref="DownloadEnds"/> has come.</summary>
    public string? DownloadStatus { get; init; }

    public DateTimeOffset? DownloadEnds { get; init; }

    public string? UploadStatus { get; init; }

    public string? UploadDetails { get; init; }

    public DateTimeOffset? UploadEnds { get; init; }

    /// <summary>PKCS#8 of the transfer key, base64; present while the HSM waits for an upload.</summary>
    [Secret]
    public string? TransferKey { get; init; }

    /// <summary>DER of the transfer certificate, base64.</summary>
    [Unrepeatable]
    public string? TransferCertificate { get; init; }
}
