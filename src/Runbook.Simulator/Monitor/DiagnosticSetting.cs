using System.Text.Json;

namespace Runbook.Simulator.Monitor;

/// <summary>Where a resource's logs go, for as long as that was so: a change ends one and begins another.</summary>
internal sealed record DiagnosticSetting
{
    /// <summary>As its creator spelled it.</summary>
    public required string Scope { get; init; }

    public required string Name { get; init; }

    public required JsonElement Properties { get; init; }

    public required DateTimeOffset From { get; init; }

    /// <summary>When it was changed or deleted; logs that it sent before stay where they are.</summary>
    public DateTimeOffset? Until { get; init; }

    public string Id => $"{Scope}/providers/{DiagnosticSettings.Type}/{Name}";
}
