using Runbook.Simulator.State;

namespace Runbook.Simulator.Identity;

/// <summary>Somebody or something in the directory that a token can be about, or a group of them.</summary>
internal sealed record Principal
{
    public required string ObjectId { get; init; }

    public required PrincipalKind Kind { get; init; }

    public required string DisplayName { get; init; }

    /// <summary>Application (client) id of service principals and managed identities.</summary>
    public string? ApplicationId { get; init; }

    /// <summary>Of users.</summary>
    public string? UserPrincipalName { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Resource id of the identity or resource that a managed identity belongs to.</summary>
    public string? ResourceId { get; init; }

    /// <summary>Object ids of the groups that it is a member of.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    public IReadOnlyList<ClientSecret>? Secrets { get; init; }

    public IReadOnlyList<ClientCertificate>? Certificates { get; init; }

    public IReadOnlyList<FederatedCredential>? Federated { get; init; }
}

/// <summary>A client secret.</summary>
internal sealed record ClientSecret
{
    [Secret]
    public string? Value { get; init; }

    public required DateTimeOffset Expires { get; init; }
}

/// <summary>A certificate that signs client assertions.</summary>
internal sealed record ClientCertificate
{
    /// <summary>Base64 DER.</summary>
    public required string Der { get; init; }

    public required DateTimeOffset Expires { get; init; }
}

/// <summary>An outside issuer whose tokens are taken as this principal's.</summary>
internal sealed record FederatedCredential
{
    public required string Name { get; init; }

    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    public required IReadOnlyList<string> Audiences { get; init; }
}
