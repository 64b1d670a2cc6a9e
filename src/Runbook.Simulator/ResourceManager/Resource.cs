using System.Text.Json;

namespace Runbook.Simulator.ResourceManager;

/// <summary>A resource as the control plane shows it.</summary>
internal sealed record Resource
{
    /// <summary>As its creator spelled it.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Namespace and type path, such as <c>Microsoft.KeyVault/managedHSMs</c>.</summary>
    public required string Type { get; init; }

    public string? Location { get; init; }

    public SortedDictionary<string, string>? Tags { get; init; }

    public string? Kind { get; init; }

    public JsonElement? Sku { get; init; }

    public ResourceIdentity? Identity { get; init; }

    public string? ManagedBy { get; init; }

    public required JsonElement Properties { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Changed { get; init; }

    public string? CreatedBy { get; init; }

    public string? ChangedBy { get; init; }
}

/// <summary>The managed identities of a resource.</summary>
internal sealed record ResourceIdentity
{
    /// <summary><c>None</c>, <c>SystemAssigned</c>, <c>UserAssigned</c>, or the two together.</summary>
    public required string Type { get; init; }

    /// <summary>Object id of the system-assigned identity.</summary>
    public string? PrincipalId { get; init; }

    /// <summary>Resource ids of the user-assigned identities, as they were spelled.</summary>
    public IReadOnlyList<string>? UserAssigned { get; init; }

    public bool HasSystem => Type.Contains("SystemAssigned", StringComparison.OrdinalIgnoreCase);
}
