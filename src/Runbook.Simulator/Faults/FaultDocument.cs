using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Faults;

/// <summary>Faults as JSON: the admin interface and scenario files.</summary>
internal static class FaultDocument
{
    private static readonly string[] Members =
        ["kind", "region", "host", "method", "path", "rate", "count", "duration", "delay", "status", "retryAfter"];

    /// <exception cref="ArgumentException">It is no fault; the message says why.</exception>
    public static FaultRule Parse(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new ArgumentException("a fault is a JSON object");
        foreach (var member in json.EnumerateObject())
            if (!Members.Contains(member.Name, StringComparer.Ordinal))
                throw new ArgumentException($"a fault has no member \"{member.Name}\"; it may have {string.Join(", ", Members)}");
        if (Text(json, "kind") is not { } word || !FaultWords.TryParse(word, out var kind))
            throw new ArgumentException($"\"kind\" must be one of {string.Join(", ", FaultWords.All)}");
        var rule = new FaultRule
        {
            Kind = kind,
            Region = Text(json, "region"),
            Host = Text(json, "host"),
            Method = Text(json, "method"),
            Path = Text(json, "path"),
            Rate = json.TryGetProperty("rate", out var rate) ? rate.GetDouble() : null,
            Count = Number(json, "count"),
            Duration = Duration(json, "duration"),
            Delay = Duration(json, "delay"),
            Status = Number(json, "status"),
            RetryAfter = Number(json, "retryAfter"),
        };
        Check(rule);
        return rule;
    }

    /// <exception cref="ArgumentException">Something is missing or out of range.</exception>
    public static void Check(FaultRule rule)
    {
        if (rule.Kind == FaultKind.RegionDown && string.IsNullOrEmpty(rule.Region))
            throw new ArgumentException("a region-down fault needs a \"region\"");
        if (rule.Kind is FaultKind.Latency or FaultKind.StaleRead or FaultKind.SlowGrants or FaultKind.ClockSkew && rule.Delay is null)
            throw new ArgumentException($"a {rule.Kind.Word()} fault needs a \"delay\"");
        if (rule.Kind != FaultKind.ClockSkew && rule.Delay < TimeSpan.Zero)
            throw new ArgumentException("\"delay\" must not be negative");
        if (rule.Duration <= TimeSpan.Zero)
            throw new ArgumentException("\"duration\" must be more than zero");
        if (rule.Rate is <= 0 or > 1 or double.NaN)
            throw new ArgumentException("\"rate\" must be more than 0 and at most 1");
        if (rule.Count < 1)
            throw new ArgumentException("\"count\" must be at least 1");
        if (rule.Status is < 500 or > 599)
            throw new ArgumentException("\"status\" must be from 500 to 599");
        if (rule.RetryAfter is < 0 or > 86400)
            throw new ArgumentException("\"retryAfter\" must be from 0 to 86400 seconds");
    }

    public static JsonObject Write(FaultRule rule)
    {
        var json = new JsonObject { ["id"] = rule.Id, ["kind"] = rule.Kind.Word() };
        Put("region", rule.Region);
        Put("host", rule.Host);
        Put("method", rule.Method);
        Put("path", rule.Path);
        Put("rate", rule.Rate);
        Put("count", rule.Count);
        Put("duration", rule.Duration is { } duration ? IsoDuration.Write(duration) : null);
        Put("delay", rule.Delay is { } delay ? IsoDuration.Write(delay) : null);
        Put("status", rule.Status);
        Put("retryAfter", rule.RetryAfter);
        Put("from", rule.From);
        Put("until", rule.Until);
        if (rule.Count is not null)
            Put("hits", rule.Hits);
        return json;

        void Put(string name, object? value)
        {
            if (value is not null)
                json[name] = JsonSerializer.SerializeToNode(value);
        }
    }

    private static string? Text(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new ArgumentException($"\"{name}\" must be a string");

    private static int? Number(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw new ArgumentException($"\"{name}\" must be a whole number");

    private static TimeSpan? Duration(JsonElement json, string name) =>
        Text(json, name) is not { } text ? null
        : IsoDuration.TryParse(text, out var duration) ? duration
        : throw new ArgumentException($"\"{name}\" must be an ISO 8601 duration such as PT30M");
}
