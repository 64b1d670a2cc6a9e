using System.Text.Json;

namespace Runbook.Simulator.Monitor;

/// <summary>An alert that a rule fired.</summary>
internal sealed record Alert
{
    /// <summary>A GUID.</summary>
    public required string Id { get; init; }

    public required string RuleId { get; init; }

    public required string RuleName { get; init; }

    public required string RuleType { get; init; }

    public required int Severity { get; init; }

    /// <summary><c>Log</c>, <c>Metric</c> or <c>Activity Log</c>.</summary>
    public required string Signal { get; init; }

    /// <summary>As the common schema names it.</summary>
    public required string Service { get; init; }

    /// <summary>Resources that it is about.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    public string? Description { get; init; }

    /// <summary><c>Fired</c> or <c>Resolved</c>.</summary>
    public required string Condition { get; init; }

    /// <summary><c>New</c>, <c>Acknowledged</c> or <c>Closed</c>: what people made of it.</summary>
    public required string State { get; init; }

    public required DateTimeOffset Fired { get; init; }

    public DateTimeOffset? Resolved { get; init; }

    public required DateTimeOffset Changed { get; init; }

    public string? ChangedBy { get; init; }

    public required JsonElement Context { get; init; }
}

/// <summary>Where one rule stands, for one combination of its dimensions.</summary>
internal sealed record AlertProgress
{
    /// <summary>Whether the last checks met the condition, the newest last.</summary>
    public required IReadOnlyList<bool> Met { get; init; }

    /// <summary>The alert that is fired and not resolved.</summary>
    public string? AlertId { get; init; }

    /// <summary>Since when the condition has not been met.</summary>
    public DateTimeOffset? ClearSince { get; init; }
}

/// <summary>One message of an action group to one receiver.</summary>
internal sealed record Notification
{
    public required string AlertId { get; init; }

    public required string GroupId { get; init; }

    public required string Receiver { get; init; }

    /// <summary>Of a webhook; empty for receivers of other kinds.</summary>
    public required string Uri { get; init; }

    public required string Body { get; init; }

    /// <summary><c>waiting</c>, <c>sent</c>, <c>failed</c> or <c>not-sent</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it was not sent, or how it failed.</summary>
    public string? Detail { get; init; }

    public required DateTimeOffset Created { get; init; }
}
