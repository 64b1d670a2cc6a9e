using System.Text.Json;

namespace Runbook.Simulator.ResourceManager;

/// <summary>One entry of the activity log.</summary>
internal sealed record ActivityEvent
{
    /// <summary>A GUID.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>When the log shows it.</summary>
    public required DateTimeOffset Shown { get; init; }

    public required string Correlation { get; init; }

    /// <summary>The request's id: what began and what ended with it share it.</summary>
    public required string OperationId { get; init; }

    /// <summary>The control-plane action.</summary>
    public required string Action { get; init; }

    public required string ResourceId { get; init; }

    public required string ResourceType { get; init; }

    /// <summary>Object id of the caller.</summary>
    public string? Caller { get; init; }

    /// <summary>Application id or user name of the caller.</summary>
    public string? CallerName { get; init; }

    public string? ClientAddress { get; init; }

    public string? Method { get; init; }

    /// <summary><c>Started</c>, <c>Accepted</c>, <c>Succeeded</c> or <c>Failed</c>; platform events have others.</summary>
    public required string Status { get; init; }

    /// <summary>HTTP status of the answer; 0 where there was none.</summary>
    public int HttpStatus { get; init; }

    /// <summary><c>Administrative</c>, <c>Policy</c>, <c>ResourceHealth</c> or <c>Alert</c>.</summary>
    public string Category { get; init; } = "Administrative";

    /// <summary><c>Informational</c>, <c>Warning</c>, <c>Error</c> or <c>Critical</c>.</summary>
    public string Level { get; init; } = "Informational";

    public string? Description { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorText { get; init; }

    public JsonElement? Properties { get; init; }
}
