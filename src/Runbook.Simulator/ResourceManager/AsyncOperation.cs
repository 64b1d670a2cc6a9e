using System.Text.Json;

namespace Runbook.Simulator.ResourceManager;

/// <summary>A long-running operation: state with an end that is planned, never a task in memory.</summary>
internal sealed record AsyncOperation
{
    public required string Id { get; init; }

    public required string Kind { get; init; }

    /// <summary>What it works on.</summary>
    public required string ResourceId { get; init; }

    /// <summary><c>InProgress</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Canceled</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>When it will end, or ended.</summary>
    public required DateTimeOffset Ends { get; init; }

    /// <summary>Who asked for it.</summary>
    public string? Caller { get; init; }

    /// <summary>The control-plane action that started it, for the activity log.</summary>
    public string? Action { get; init; }

    /// <summary>Correlation id of the request that started it.</summary>
    [State.Unrepeatable]
    public string? Correlation { get; init; }

    /// <summary>Application id or user name of who asked for it.</summary>
    public string? CallerName { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>What the kind needs to know at its end.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>Status that the Location URL gives at the end where the resource is gone: 200 or 204.</summary>
    public int? EmptyStatus { get; init; }

    /// <summary>The result of actions that give one other than the resource.</summary>
    public JsonElement? Result { get; init; }
}
