namespace Runbook.Simulator.ResourceManager;

/// <summary>A resource group.</summary>
internal sealed record ResourceGroup
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Location { get; init; }

    public SortedDictionary<string, string>? Tags { get; init; }

    public string? ManagedBy { get; init; }

    public required string ProvisioningState { get; init; }

    public required DateTimeOffset Created { get; init; }
}
