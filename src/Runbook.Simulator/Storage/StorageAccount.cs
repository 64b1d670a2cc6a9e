using System.Text.Json;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>A storage account as its data plane knows it.</summary>
internal sealed record StorageAccount
{
    /// <summary>Lower case; the first label of its host names.</summary>
    public required string Name { get; init; }

    public required string ResourceId { get; init; }

    /// <summary>Region that takes writes.</summary>
    public required string Location { get; init; }

    /// <summary>Region that the data is copied to; <see langword="null"/> for redundancy within one region.</summary>
    public string? Secondary { get; init; }

    /// <summary>Such as <c>Standard_GRS</c>.</summary>
    public required string Sku { get; init; }

    public required string Kind { get; init; }

    /// <summary>False while it is being made.</summary>
    public required bool Ready { get; init; }

    /// <summary>What callers set and may read back, encryption aside.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>A second layer of encryption for everything; <see langword="null"/> where nobody asked either way.</summary>
    public bool? Infrastructure { get; init; }

    /// <summary>The data key, wrapped by the platform; <see langword="null"/> while a customer's key wraps it.</summary>
    [Unrepeatable]
    public byte[]? DataKey { get; init; }

    /// <summary>The second layer's key, wrapped by the platform.</summary>
    [Unrepeatable]
    public byte[]? InfrastructureKey { get; init; }

    /// <summary>Services beside blobs and files that the account's key covers.</summary>
    public IReadOnlyList<string>? CoveredServices { get; init; }

    /// <summary>Resource id of the user-assigned identity that reaches the keys; <see langword="null"/>: the account's own identity.</summary>
    public string? KeyIdentity { get; init; }

    public required IReadOnlyList<AccessKey> AccessKeys { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The secondary region has everything that was written up to then.</summary>
    public DateTimeOffset? LastSync { get; init; }

    /// <summary>Something was written since, and its copying is planned.</summary>
    public bool SyncPlanned { get; init; }

    public bool FailoverInProgress { get; init; }

    /// <summary>When the last failover ended.</summary>
    public DateTimeOffset? LastFailover { get; init; }

    public bool UsesCustomerKey => DataKey is null;

    public bool ReadsSecondary => Sku.EndsWith("RAGRS", StringComparison.OrdinalIgnoreCase) || Sku.EndsWith("RAGZRS", StringComparison.OrdinalIgnoreCase);

    public bool IsGeoRedundant => IsGeo(Sku);

    public string BlobHost => Name + HostNames.Blob;

    public static bool IsGeo(string sku) => sku.Contains("GRS", StringComparison.OrdinalIgnoreCase) || sku.Contains("GZRS", StringComparison.OrdinalIgnoreCase);
}

/// <summary>One of the two keys that open the whole account.</summary>
internal sealed record AccessKey
{
    public required string Name { get; init; }

    /// <summary>Base64 of 64 bytes.</summary>
    [Secret]
    public string? Value { get; init; }

    public required DateTimeOffset Created { get; init; }
}

/// <summary>A part of an account with a key of its own.</summary>
internal sealed record EncryptionScope
{
    public required string Account { get; init; }

    /// <summary>Lower case letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>The key's URL as it was set; <see langword="null"/> where the platform keeps the key.</summary>
    public string? KeyUrl { get; init; }

    /// <summary>A second layer of encryption, whether from the account or asked for.</summary>
    public required bool Infrastructure { get; init; }

    public bool? AskedInfrastructure { get; init; }

    [Unrepeatable]
    public byte[]? DataKey { get; init; }

    [Unrepeatable]
    public byte[]? InfrastructureKey { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Changed { get; init; }

    public string Key => KeyOf(Account, Name);

    public static string KeyOf(string account, string name) => $"{account}/{name}";
}
