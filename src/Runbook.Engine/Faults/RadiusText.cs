using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>A fault's blast radius as a plan shows it and an artifact keeps it.</summary>
public static class RadiusText
{
    /// <summary>Name of the artifact.</summary>
    public const string ArtifactName = "blast-radius.json";

    /// <summary>The resources that may suffer, as a fault's block names them.</summary>
    public static ImmutableArray<string> Allowed(StepBlock.Fault fault, Func<string, JsonElement?> variables)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.BlastRadius?.Fill(variables) is not { ValueKind: JsonValueKind.Array } allow) return [];
        return [.. allow.EnumerateArray().Where(a => a.ValueKind == JsonValueKind.String).Select(a => a.GetString()!)];
    }

    /// <summary>The dependants that nobody allowed. What lies within an allowed resource is allowed with it.</summary>
    public static ImmutableArray<AffectedResource> Outside(BlastRadius radius, ImmutableArray<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(radius);
        return [.. radius.Resources.Where(d => !allowed.Any(a => IsWithin(d.Id, a)))];
    }

    /// <summary>The radius in canonical form.</summary>
    public static CanonicalJson Write(string step, BlastRadius radius, ImmutableArray<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(radius);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("format", "runbook-blast-radius/1");
            writer.WriteString("step", step);
            writer.WriteStartArray("allow");
            foreach (var id in allowed) writer.WriteStringValue(id);
            writer.WriteEndArray();
            writer.WriteStartArray("dependants");
            foreach (var dependant in radius.Resources.OrderBy(d => d.Id, StringComparer.OrdinalIgnoreCase)) Write(dependant, writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return CanonicalJson.Of(JsonElement.Parse(stream.ToArray()));
    }

    /// <summary>The ids of a written radius.</summary>
    public static ImmutableArray<string> Ids(JsonElement written) => written.TryGetProperty("dependants", out var dependants)
        ? [.. dependants.EnumerateArray().Select(d => d.GetProperty("id").GetString()!)]
        : [];

    /// <summary>The radii that a rendered plan shows, by step.</summary>
    public static IReadOnlyDictionary<string, CanonicalJson> OfPlan(RenderedPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!JournalValue.FromJournal(plan.Json).TryGetProperty("steps", out var steps)) return new Dictionary<string, CanonicalJson>();
        return steps.EnumerateArray().Where(s => s.TryGetProperty("blastRadius", out _)).ToDictionary(s => s.GetProperty("step").GetString()!, s => CanonicalJson.Of(s.GetProperty("blastRadius")), StringComparer.Ordinal);
    }

    private static void Write(AffectedResource dependant, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id", dependant.Id);
        writer.WriteString("type", dependant.Type);
        writer.WriteString("through", dependant.Through);
        if (dependant.Owner is { } owner) writer.WriteString("owner", owner);
        if (dependant.Environment is { } environment) writer.WriteString("environment", environment);
        writer.WriteEndObject();
    }

    private static bool IsWithin(string id, string allowed) =>
        id.Equals(allowed.TrimEnd('/'), StringComparison.OrdinalIgnoreCase) || id.StartsWith(allowed.TrimEnd('/') + "/", StringComparison.OrdinalIgnoreCase);
}
