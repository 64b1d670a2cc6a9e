using System.Text.Json;

namespace Runbook.Simulator.Policy;

/// <summary>A policy definition, an initiative, an assignment or an exemption.</summary>
internal sealed record PolicyObject
{
    /// <summary>As its creator spelled it.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Type of the control plane, such as <c>Microsoft.Authorization/policyAssignments</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Where it lies; empty for the tenant's root.</summary>
    public required string Scope { get; init; }

    public required JsonElement Properties { get; init; }

    public JsonElement? Identity { get; init; }

    public string? Location { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public string? CreatedBy { get; init; }

    public string? UpdatedBy { get; init; }

    /// <summary>When an assignment begins to be enforced.</summary>
    public DateTimeOffset? From { get; init; }
}

/// <summary>What the last evaluation of a resource against one definition of an assignment found.</summary>
internal sealed record PolicyState
{
    public required string ResourceId { get; init; }

    public required string ResourceType { get; init; }

    public string? Location { get; init; }

    public required string AssignmentId { get; init; }

    public required string DefinitionId { get; init; }

    /// <summary>The initiative, where the assignment is of one.</summary>
    public string? SetId { get; init; }

    public string? ReferenceId { get; init; }

    /// <summary>In lower case.</summary>
    public required string Effect { get; init; }

    /// <summary><c>Compliant</c>, <c>NonCompliant</c> or <c>Exempt</c>.</summary>
    public required string State { get; init; }

    public required DateTimeOffset Time { get; init; }
}
