using System.Text.Json;

namespace Runbook.Simulator.Faults;

/// <summary>
/// A scenario: faults by the clock. <c>{"format":"runbook-scenario/1","description":…,"faults":[{"at":"PT2M","fault":{…}}]}</c>;
/// <c>at</c> counts from the moment at which the scenario starts.
/// </summary>
internal sealed record ScenarioDocument(IReadOnlyList<(TimeSpan At, FaultRule Fault)> Faults)
{
    public const string Format = "runbook-scenario/1";

    /// <exception cref="StateFileException"><c>RS204</c>: it is no scenario.</exception>
    public static ScenarioDocument Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = Limits.JsonDepth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format) || format.GetString() != Format)
                throw StateFileException.BadDocument("scenario", $"its \"format\" is not \"{Format}\"");
            foreach (var member in root.EnumerateObject())
                if (member.Name is not ("format" or "description" or "faults"))
                    throw StateFileException.BadDocument("scenario", $"it has no member \"{member.Name}\"");
            var faults = new List<(TimeSpan, FaultRule)>();
            foreach (var entry in root.GetProperty("faults").EnumerateArray())
            {
                if (!IsoDuration.TryParse(entry.GetProperty("at").GetString(), out var at) || at < TimeSpan.Zero)
                    throw StateFileException.BadDocument("scenario", "an \"at\" is no ISO 8601 duration such as PT2M");
                faults.Add((at, FaultDocument.Parse(entry.GetProperty("fault"))));
            }
            return new ScenarioDocument(faults);
        }
        catch (Exception error) when (error is JsonException or ArgumentException or KeyNotFoundException or InvalidOperationException)
        {
            throw StateFileException.BadDocument("scenario", error.Message, error);
        }
    }
}
