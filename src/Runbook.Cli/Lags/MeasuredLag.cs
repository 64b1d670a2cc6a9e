using System.Text.Json.Serialization;

namespace Runbook.Cli.Lags;

/// <summary>A time that a session measured: how long the world took, as a step that saves a name ending in <c>_ms</c> saw it.</summary>
internal sealed record MeasuredLag
{
    /// <summary>The form of a line.</summary>
    public const string FormatName = "runbook-lag/1";

    /// <summary>The place of what was measured on the embedded Azure.</summary>
    public const string EmbeddedPlace = "embedded";

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    /// <summary>When the session was closed, on its own clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The session's id.</summary>
    public required string Session { get; init; }

    /// <summary>The runbook's id.</summary>
    public required string Runbook { get; init; }

    /// <summary>Label of the environment.</summary>
    public required string Environment { get; init; }

    /// <summary><see cref="EmbeddedPlace"/>, whose lags are simulated, or the cloud's name.</summary>
    public required string Place { get; init; }

    /// <summary>The step that measured it.</summary>
    public required string Step { get; init; }

    /// <summary>The name under which it was saved.</summary>
    public required string Measure { get; init; }

    /// <summary>What was saved, in milliseconds: it may count from an earlier step on.</summary>
    public required long Ms { get; init; }

    /// <summary>How long the step itself took, in milliseconds: what its time-out is held against.</summary>
    public required long StepMs { get; init; }

    /// <summary>What was read, such as <c>storage.blob.read</c>; <see langword="null"/> for a called runbook.</summary>
    public string? Reading { get; init; }

    /// <summary>What had been broken, such as <c>keyvault.key.disable</c>: the drill's faults that took effect.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

/// <summary>The lines of an atlas; a member that no line has is refused.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, RespectNullableAnnotations = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MeasuredLag))]
internal sealed partial class LagJson : JsonSerializerContext;
