namespace Runbook.Simulator;

/// <summary>A principal as it was created, with what it needs to sign in.</summary>
public sealed record PrincipalCredential
{
    /// <summary>What it is.</summary>
    public required PrincipalKind Kind { get; init; }

    /// <summary>Name for people.</summary>
    public required string Name { get; init; }

    /// <summary>Object id: what role assignments name.</summary>
    public required string ObjectId { get; init; }

    /// <summary>Application id: what a client signs in with. <see langword="null"/> for groups.</summary>
    public string? ClientId { get; init; }

    /// <summary>Client secret; <see langword="null"/> where the kind has none.</summary>
    public string? Secret { get; init; }

    /// <summary>Never shows the secret.</summary>
    public override string ToString() => $"{Kind} {Name} ({ObjectId})";
}
