namespace Runbook.Simulator.ResourceManager;

/// <summary>A role assignment of the control plane.</summary>
internal sealed record RoleAssignment
{
    /// <summary>A GUID.</summary>
    public required string Name { get; init; }

    /// <summary>Resource id, or empty for the tenant's root.</summary>
    public required string Scope { get; init; }

    /// <summary>Last segment of the role definition's id.</summary>
    public required string Role { get; init; }

    public required string PrincipalId { get; init; }

    public required string PrincipalType { get; init; }

    public string? Description { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>When it is in force.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>When its removal is in force; set by the removal.</summary>
    public DateTimeOffset? Until { get; init; }

    public string Id => $"{Scope}/providers/Microsoft.Authorization/roleAssignments/{Name}";
}

/// <summary>A role that a tenant defined for itself.</summary>
internal sealed record CustomRole
{
    public required string Name { get; init; }

    public required string RoleName { get; init; }

    public string? Description { get; init; }

    public required IReadOnlyList<string> AssignableScopes { get; init; }

    public required IReadOnlyList<string> Actions { get; init; }

    public required IReadOnlyList<string> NotActions { get; init; }

    public required IReadOnlyList<string> DataActions { get; init; }

    public required IReadOnlyList<string> NotDataActions { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }
}
