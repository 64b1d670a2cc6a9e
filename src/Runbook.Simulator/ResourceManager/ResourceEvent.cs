using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Something that a service did to a resource by itself, as the activity log tells it.</summary>
internal sealed record ResourceEvent
{
    public required DateTimeOffset Time { get; init; }

    public required string ResourceId { get; init; }

    /// <summary>Such as <c>Microsoft.Sql/servers/databases/MakeDatabaseInaccessible/action</c>.</summary>
    public required string Operation { get; init; }

    /// <summary><c>Started</c>, <c>Succeeded</c> or <c>Failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The service's code for why.</summary>
    public string? Code { get; init; }

    public string? Description { get; init; }

    public static void Record(EstateTransaction tx, string resourceId, string operation, string status, string? code = null, string? description = null) =>
        tx.Put(
            Tables.ResourceEvents,
            string.Create(null, $"{tx.Now.UtcTicks:D19}/{tx.NextHex()}"),
            new ResourceEvent { Time = tx.Now, ResourceId = resourceId, Operation = operation, Status = status, Code = code, Description = description });
}
