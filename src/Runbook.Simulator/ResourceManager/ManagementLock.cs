namespace Runbook.Simulator.ResourceManager;

/// <summary>A lock of the control plane.</summary>
internal sealed record ManagementLock
{
    /// <summary>As its creator spelled it.</summary>
    public required string Scope { get; init; }

    public required string Name { get; init; }

    /// <summary><c>CanNotDelete</c> or <c>ReadOnly</c>.</summary>
    public required string Level { get; init; }

    public string? Notes { get; init; }

    public string Id => $"{Scope}/providers/{Locks.Type}/{Name}";
}
