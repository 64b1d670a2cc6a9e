using System.Text.Json;

namespace Azure.Security.KeyVault.Administration;

/// <summary>A role that somebody holds.</summary>
public class KeyVaultRoleAssignment
{
    private KeyVaultRoleAssignment()
    {
    }

    /// <summary>The assignment's id.</summary>
    public string? Id { get; private init; }

    /// <summary>Its name, a GUID.</summary>
    public string? Name { get; private init; }

    /// <summary>Its resource type.</summary>
    public string? Type { get; private init; }

    /// <summary>Who holds which role, and where.</summary>
    public KeyVaultRoleAssignmentProperties? Properties { get; private init; }

    internal static KeyVaultRoleAssignment Read(JsonElement from) => new()
    {
        Id = from.Text("id"),
        Name = from.Text("name"),
        Type = from.Text("type"),
        Properties = from.Member("properties") is { } properties ? KeyVaultRoleAssignmentProperties.Read(properties) : null,
    };
}
