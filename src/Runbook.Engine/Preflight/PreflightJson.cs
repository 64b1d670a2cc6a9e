using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>Writes a preflight's report, and what is kept where none was made.</summary>
internal static class PreflightJson
{
    private const string Format = "runbook-preflight/1";

    /// <summary>The words of a state.</summary>
    public static string Word(NeedState state) => state switch
    {
        NeedState.Held => "held",
        NeedState.AtRisk => "at-risk",
        NeedState.GivenByStep => "given-by-step",
        NeedState.Missing => "missing",
        NeedState.MissingForDetour => "missing-for-detour",
        _ => "unjudged",
    };

    /// <summary>A report.</summary>
    public static CanonicalJson Write(PreflightReport report) => Make(writer =>
    {
        writer.WriteString("at", Time(report.At));
        if (report.Caller is { } caller)
        {
            writer.WriteStartObject("caller");
            writer.WriteString("objectId", caller.ObjectId);
            writer.WriteString("name", caller.Name);
            List("groups", caller.Groups, writer);
            writer.WriteEndObject();
        }

        writer.WriteStartArray("needs");
        foreach (var need in report.Needs) Write(need, writer);
        writer.WriteEndArray();
        writer.WriteStartArray("findings");
        foreach (var finding in report.Findings) Write(finding, writer);
        writer.WriteEndArray();
        writer.WriteStartArray("outages");
        foreach (var outage in report.Outages) Write(outage, writer);
        writer.WriteEndArray();
        List("unchecked", report.Unchecked, writer);
    });

    /// <summary>What steps need, where nobody looked who holds it.</summary>
    public static CanonicalJson OfNeedsAlone(IEnumerable<PlannedStep> steps) => Make(writer =>
    {
        writer.WriteString("held", "unjudged");
        writer.WriteStartArray("needed");
        foreach (var permission in steps.OrderBy(s => s.Descriptor.Name, StringComparer.Ordinal).SelectMany(s => s.Descriptor.Permissions).Distinct())
        {
            writer.WriteStartObject();
            writer.WriteString("plane", Plane(permission.Plane));
            writer.WriteString("operation", permission.Operation);
            writer.WriteString("scope", permission.Scope);
            writer.WriteString("role", permission.Role);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static void Write(PreflightNeed need, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("plane", Plane(need.Plane));
        writer.WriteString("operation", need.Operation);
        if (need.Store is { } store) writer.WriteString("store", store);
        writer.WriteString("scope", need.Scope);
        writer.WriteString("role", need.Role);
        writer.WriteString("state", Word(need.State));
        writer.WriteString("why", need.Why);
        List("steps", need.Steps, writer);
        Write(need.Repairs, writer);
        writer.WriteEndObject();
    }

    private static void Write(PreflightFinding finding, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("code", finding.Code);
        writer.WriteString("about", finding.About);
        writer.WriteString("says", finding.Says);
        Write(finding.Repairs, writer);
        writer.WriteEndObject();
    }

    private static void Write(PredictedOutage outage, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("resource", outage.Resource);
        List("also", outage.Also, writer);
        writer.WriteString("key", outage.Key);
        writer.WriteString("cause", outage.Cause);
        if (outage.Step is { } step) writer.WriteString("step", step);
        if (outage.At is { } at) writer.WriteString("when", Time(at));
        if (outage.Rotation is { } rotation) writer.WriteString("rotation", Time(rotation));
        writer.WriteString("says", outage.Says);
        if (outage.Failover is { } failover)
        {
            writer.WriteStartObject("failover");
            writer.WriteString("group", failover.Group);
            writer.WriteString("partner", failover.Partner);
            writer.WriteBoolean("helps", failover.Helps);
            writer.WriteString("says", failover.Says);
            writer.WriteEndObject();
        }

        Write(outage.Repairs, writer);
        writer.WriteEndObject();
    }

    private static void Write(ImmutableArray<PreflightRepair> repairs, Utf8JsonWriter writer)
    {
        if (repairs.IsEmpty) return;
        writer.WriteStartArray("repairs");
        foreach (var repair in repairs)
        {
            writer.WriteStartObject();
            writer.WriteString("says", repair.Says);
            if (repair.Az is { } az) writer.WriteString("az", az);
            if (repair.Use is { } use)
            {
                writer.WriteString("use", use);
                writer.WritePropertyName("with");
                repair.With!.Value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static CanonicalJson Make(Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("format", Format);
            body(writer);
            writer.WriteEndObject();
        }

        return CanonicalJson.Of(JsonElement.Parse(stream.ToArray()));
    }

    private static void List(string name, ImmutableArray<string> items, Utf8JsonWriter writer)
    {
        if (items.IsEmpty) return;
        writer.WriteStartArray(name);
        foreach (var item in items) writer.WriteStringValue(item);
        writer.WriteEndArray();
    }

    private static string Plane(PermissionPlane plane) => plane == PermissionPlane.ResourceManager ? "resource-manager" : "data-plane";

    /// <summary>A moment, in whole seconds.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
