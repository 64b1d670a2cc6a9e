using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>A named key: what its versions have in common.</summary>
internal sealed record KeyObject
{
    public required string Store { get; init; }

    /// <summary>As it was first spelled.</summary>
    public required string Name { get; init; }

    /// <summary>The version that was created last.</summary>
    public required string Latest { get; init; }

    public required int Versions { get; init; }

    public required DateTimeOffset Created { get; init; }

    public RotationPolicy? Policy { get; init; }

    public DateTimeOffset? Deleted { get; init; }

    public DateTimeOffset? PurgeAt { get; init; }

    public string Key => KeyOf(Store, Name);

    public static string KeyOf(string store, string name) => $"{store}/{name.ToLowerInvariant()}";
}

/// <summary>One generation of a key.</summary>
internal sealed record KeyVersion
{
    public required string Store { get; init; }

    public required string Name { get; init; }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public required string Version { get; init; }

    /// <summary>1 for the first version, rising.</summary>
    public required int Number { get; init; }

    /// <summary><c>RSA</c>, <c>EC</c> or <c>oct</c>, with <c>-HSM</c> where hardware holds it.</summary>
    public required string Type { get; init; }

    /// <summary>Modulus or key size in bits; 0 for curves.</summary>
    public required int Bits { get; init; }

    public string? Curve { get; init; }

    public required IReadOnlyList<string> Operations { get; init; }

    public required bool Enabled { get; init; }

    public long? NotBefore { get; init; }

    public long? Expires { get; init; }

    public required long Created { get; init; }

    public required long Updated { get; init; }

    public required bool Exportable { get; init; }

    public SortedDictionary<string, string>? Tags { get; init; }

    public ReleasePolicyState? Release { get; init; }

    [Unrepeatable]
    public string? N { get; init; }

    public string? E { get; init; }

    [Unrepeatable]
    public string? X { get; init; }

    [Unrepeatable]
    public string? Y { get; init; }

    /// <summary>PKCS#8 for RSA and EC, the raw key otherwise; base64.</summary>
    [Secret]
    public string? Material { get; init; }

    public string Key => KeyOf(Store, Name, Version);

    public static string KeyOf(string store, string name, string version) => $"{store}/{name.ToLowerInvariant()}/{version}";

    public string BaseType => Type.EndsWith("-HSM", StringComparison.Ordinal) ? Type[..^4] : Type;
}

/// <summary>When a key makes a new version of itself.</summary>
internal sealed record RotationPolicy
{
    /// <summary>ISO 8601, or <see langword="null"/> where versions do not expire.</summary>
    public string? ExpiryTime { get; init; }

    public required IReadOnlyList<LifetimeAction> Actions { get; init; }

    public required long Created { get; init; }

    public required long Updated { get; init; }
}

/// <summary>What happens to a key at an age or before its end.</summary>
internal sealed record LifetimeAction
{
    /// <summary><c>Rotate</c> or <c>Notify</c>.</summary>
    public required string Type { get; init; }

    public string? TimeAfterCreate { get; init; }

    public string? TimeBeforeExpiry { get; init; }
}

/// <summary>To whom a key may be released.</summary>
internal sealed record ReleasePolicyState
{
    public required string ContentType { get; init; }

    /// <summary>Compact JSON with sorted members.</summary>
    public required string Policy { get; init; }

    public required bool Immutable { get; init; }
}

/// <summary>A local role assignment of an HSM.</summary>
internal sealed record LocalAssignment
{
    public required string Store { get; init; }

    /// <summary>A GUID.</summary>
    public required string Name { get; init; }

    /// <summary><c>/</c>, <c>/keys</c> or <c>/keys/name</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>A GUID.</summary>
    public required string Role { get; init; }

    public required string PrincipalId { get; init; }

    public required DateTimeOffset From { get; init; }

    public DateTimeOffset? Until { get; init; }

    public string Key => $"{Store}/{Name.ToLowerInvariant()}";
}

/// <summary>A role that an HSM's administrators defined.</summary>
internal sealed record LocalRole
{
    public required string Store { get; init; }

    public required string Name { get; init; }

    public required string RoleName { get; init; }

    public required string Description { get; init; }

    public required IReadOnlyList<string> Actions { get; init; }

    public required IReadOnlyList<string> NotActions { get; init; }

    public required IReadOnlyList<string> DataActions { get; init; }

    public required IReadOnlyList<string> NotDataActions { get; init; }

    public string Key => $"{Store}/{Name.ToLowerInvariant()}";
}
