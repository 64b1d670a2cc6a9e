using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Azure.Security.KeyVault.Administration;

/// <summary>A role to be made or changed.</summary>
public class CreateOrUpdateRoleDefinitionOptions
{
    /// <summary>A new role.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The official constructor makes a random name; whoever wants a reproducible one gives it.")]
    public CreateOrUpdateRoleDefinitionOptions(KeyVaultRoleScope roleScope)
        : this(roleScope, Guid.NewGuid())
    {
    }

    /// <summary>A role of that name.</summary>
    public CreateOrUpdateRoleDefinitionOptions(KeyVaultRoleScope roleScope, Guid roleDefinitionName)
    {
        RoleScope = roleScope;
        RoleDefinitionName = roleDefinitionName;
    }

    /// <summary>Where it is defined: everywhere.</summary>
    public KeyVaultRoleScope RoleScope { get; }

    /// <summary>The definition's name.</summary>
    public Guid RoleDefinitionName { get; }

    /// <summary>The role's name for people.</summary>
    public string? RoleName { get; set; }

    /// <summary>What it is for.</summary>
    public string? Description { get; set; }

    /// <summary>What it permits.</summary>
    public IList<KeyVaultPermission> Permissions { get; } = [];

    /// <summary>Where it may be assigned; empty for the service's default.</summary>
    public IList<KeyVaultRoleScope> AssignableScopes { get; } = [];

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("properties");
        writer.WriteText("roleName", RoleName);
        writer.WriteText("description", Description);
        writer.WriteString("type", KeyVaultRoleType.CustomRole.ToString());
        writer.WriteStartArray("permissions");
        foreach (var permission in Permissions) permission.Write(writer);
        writer.WriteEndArray();
        if (AssignableScopes.Count > 0) writer.WriteTexts("assignableScopes", AssignableScopes.Select(s => s.ToString()));
        writer.WriteEndObject();
    }
}
