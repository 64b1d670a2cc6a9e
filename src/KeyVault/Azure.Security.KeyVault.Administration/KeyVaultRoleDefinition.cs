using System.Text.Json;

namespace Azure.Security.KeyVault.Administration;

/// <summary>A role.</summary>
public class KeyVaultRoleDefinition
{
    /// <summary>A role of which nothing is known yet.</summary>
    public KeyVaultRoleDefinition()
    {
    }

    /// <summary>The definition's id.</summary>
    public string? Id { get; private init; }

    /// <summary>Its name, a GUID.</summary>
    public string? Name { get; private init; }

    /// <summary>Its resource type.</summary>
    public KeyVaultRoleDefinitionType? Type { get; private init; }

    /// <summary>The role's name for people.</summary>
    public string? RoleName { get; set; }

    /// <summary>What it is for.</summary>
    public string? Description { get; set; }

    /// <summary>Whether it is built in.</summary>
    public KeyVaultRoleType? RoleType { get; set; }

    /// <summary>What it permits.</summary>
    public IList<KeyVaultPermission> Permissions { get; } = [];

    /// <summary>Where it may be assigned.</summary>
    public IList<KeyVaultRoleScope> AssignableScopes { get; } = [];

    internal static KeyVaultRoleDefinition Read(JsonElement from)
    {
        var properties = from.Member("properties");
        var definition = new KeyVaultRoleDefinition
        {
            Id = from.Text("id"),
            Name = from.Text("name"),
            Type = from.Text("type") is { } type ? new KeyVaultRoleDefinitionType(type) : default(KeyVaultRoleDefinitionType?),
            RoleName = properties?.Text("roleName"),
            Description = properties?.Text("description"),
            RoleType = properties?.Text("type") is { } kind ? new KeyVaultRoleType(kind) : default(KeyVaultRoleType?),
        };
        if (properties is not { } members) return definition;
        foreach (var permission in members.Items("permissions")) definition.Permissions.Add(KeyVaultPermission.Read(permission));
        foreach (var scope in members.Items("assignableScopes")) definition.AssignableScopes.Add(new KeyVaultRoleScope(scope.GetString() ?? ""));
        return definition;
    }
}
