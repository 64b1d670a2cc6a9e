using System.Text.Json;

namespace Azure.Security.KeyVault.Administration;

/// <summary>Who holds which role, and where.</summary>
public class KeyVaultRoleAssignmentProperties
{
    private KeyVaultRoleAssignmentProperties()
    {
    }

    /// <summary>Object id of who holds it.</summary>
    public string? PrincipalId { get; private init; }

    /// <summary>Id of the role's definition.</summary>
    public string? RoleDefinitionId { get; private init; }

    /// <summary>Where it holds.</summary>
    public KeyVaultRoleScope? Scope { get; private init; }

    internal static KeyVaultRoleAssignmentProperties Read(JsonElement from) => new()
    {
        PrincipalId = from.Text("principalId"),
        RoleDefinitionId = from.Text("roleDefinitionId"),
        Scope = from.Text("scope") is { } scope ? new KeyVaultRoleScope(scope) : default(KeyVaultRoleScope?),
    };
}
