using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;

namespace Runbook.Simulator.Monitor;

/// <summary>A metric that a type of resource has.</summary>
internal sealed record Metric(string Name, string DisplayName, string Unit, string Primary, string[] Dimensions);

/// <summary>Metrics of managed HSMs and vaults, counted out of the call log.</summary>
internal sealed partial class Metrics
{
    private const string Type = "Microsoft.Insights/metrics";
    private const int PointsMax = 20_000;

    private static readonly string[] Dimensions = ["ActivityType", "ActivityName", "TransactionType", "StatusCode", "StatusCodeClass"];

    private static readonly Metric[] HsmMetrics =
    [
        new("Availability", "Overall Service Availability", "Percent", "Average", Dimensions),
        new("ServiceApiHit", "Total Service Api Hits", "Count", "Count", Dimensions),
        new("ServiceApiLatency", "Overall Service Api Latency", "MilliSeconds", "Average", Dimensions),
    ];

    private static readonly Metric[] VaultMetrics = [.. HsmMetrics, new("ServiceApiResult", "Total Service Api Results", "Count", "Count", Dimensions)];

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;

    public Metrics(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        arm.Plug(
        [
            Op("Read metrics", "{scope}/providers/Microsoft.Insights/metrics", Read),
            Op("List metric definitions", "{scope}/providers/Microsoft.Insights/metricDefinitions", Definitions),
        ]);
    }

    private static Operation Op(string name, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = "GET",
        Template = template,
        PermissionFor = _ => Type + "/read",
        Handler = handler,
        ReadsOnly = true,
        Fidelity = Fidelity.Part,
        Note = "Metrics of managed HSMs and vaults.",
    };

    /// <summary>The metrics of a type; empty for types without any here.</summary>
    public static IReadOnlyList<Metric> Of(string type) => type.ToLowerInvariant() switch
    {
        "microsoft.keyvault/managedhsms" => HsmMetrics,
        "microsoft.keyvault/vaults" => VaultMetrics,
        _ => [],
    };

    /// <summary>One call as it counts in the metrics, or <see langword="null"/> where the service did not see it as one.</summary>
    public IEnumerable<(CallRecord Record, string Activity)> Samples(string resource, DateTimeOffset from, DateTimeOffset until)
    {
        foreach (var record in _core.Calls.Between(from, until))
        {
            if (record.Service is not (nameof(ServiceKind.ManagedHsm) or nameof(ServiceKind.Vault)) || !string.Equals(record.Resource, resource, StringComparison.OrdinalIgnoreCase))
                continue;
            var path = Uri.TryCreate(record.Url, UriKind.Absolute, out var url) ? url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) : [];
            yield return (record, AuditLog.NameOf(record.Method, path).ToLowerInvariant());
        }
    }

    public static string DimensionOf(string name, CallRecord record, string activity) => name.ToLowerInvariant() switch
    {
        "activitytype" => record.Service == nameof(ServiceKind.Vault) ? "vault" : "managedhsm",
        "activityname" or "transactiontype" => activity,
        "statuscode" => record.Status == 0 ? "503" : record.Status.ToString(CultureInfo.InvariantCulture),
        "statuscodeclass" => record.Status == 0 ? "5xx" : string.Create(CultureInfo.InvariantCulture, $"{record.Status / 100}xx"),
        _ => "",
    };

    /// <summary>The value of one call: a call that nobody answered counts as one that failed.</summary>
    private static double ValueOf(string metric, CallRecord record) => metric switch
    {
        "Availability" => record.Status is 0 or >= 500 ? 0 : 100,
        "ServiceApiLatency" => record.Duration.TotalMilliseconds,
        _ => 1,
    };

    /// <summary>An aggregate; <see langword="null"/> where there is nothing to say.</summary>
    public static double? Aggregate(string metric, string aggregation, IReadOnlyList<CallRecord> records)
    {
        var counts = aggregation.ToLowerInvariant() is "count" or "total";
        if (records.Count == 0)
            return counts ? 0 : null;
        var values = records.Select(record => ValueOf(metric, record));
        return aggregation.ToLowerInvariant() switch
        {
            "count" => records.Count,
            "total" => values.Sum(),
            "minimum" => values.Min(),
            "maximum" => values.Max(),
            _ => values.Average(),
        };
    }

    private Resource Scope(Call call) =>
        call.Read().Find(State.Tables.Resources, ArmId.Key(call.Value("scope")))
        ?? throw _arm.Refuse(call, 404, "ResourceNotFound", $"The resource '{call.Value("scope")}' was not found.");

    private Answer Definitions(Call call)
    {
        var resource = Scope(call);
        return Answer.Json(200, Shapes.List(Of(resource.Type).Select(metric => new JsonObject
        {
            ["id"] = $"{resource.Id}/providers/Microsoft.Insights/metricDefinitions/{metric.Name}",
            ["resourceId"] = resource.Id,
            ["namespace"] = resource.Type,
            ["name"] = new JsonObject { ["value"] = metric.Name, ["localizedValue"] = metric.DisplayName },
            ["unit"] = metric.Unit,
            ["primaryAggregationType"] = metric.Primary,
            ["supportedAggregationTypes"] = new JsonArray("Average", "Count", "Minimum", "Maximum", "Total"),
            ["metricAvailabilities"] = new JsonArray(new JsonObject { ["timeGrain"] = "PT1M", ["retention"] = "P93D" }),
            ["dimensions"] = new JsonArray([.. metric.Dimensions.Select(name => new JsonObject { ["value"] = name, ["localizedValue"] = name })]),
        })));
    }

    private Answer Read(Call call)
    {
        var resource = Scope(call);
        var names = (call.Parameter("metricnames") ?? (Of(resource.Type) is [var first, ..] ? first.Name : "")).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var metrics = names.Select(name => Of(resource.Type).FirstOrDefault(metric => metric.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw _arm.Refuse(call, 400, "BadRequest", $"Failed to find metric configuration for provider: {resource.Type.Split('/')[0]}, resource Type: {resource.Type[(resource.Type.IndexOf('/', StringComparison.Ordinal) + 1)..]}, metric: {name}, Valid metrics: {string.Join(',', Of(resource.Type).Select(metric => metric.Name))}")).ToList();
        var (from, until) = Stretch(call);
        var grain = call.Parameter("interval") is not { Length: > 0 } text ? TimeSpan.FromMinutes(1)
            : IsoDuration.TryParse(text, out var given) && given >= TimeSpan.FromMinutes(1) ? given
            : throw _arm.Refuse(call, 400, "BadRequest", $"The interval '{text}' is no ISO 8601 duration of a minute or more.");
        if ((until - from) / grain > PointsMax)
            throw _arm.Refuse(call, 400, "BadRequest", "The query asks for too many points; choose a longer interval.");
        var value = new JsonArray();
        foreach (var metric in metrics)
            value.Add((JsonNode)Series(call, resource, metric, from, until, grain));
        return Answer.Json(200, new JsonObject
        {
            ["cost"] = 0,
            ["timespan"] = $"{Short(from)}/{Short(until)}",
            ["interval"] = IsoDuration.Write(grain),
            ["value"] = value,
            ["namespace"] = resource.Type,
            ["resourceregion"] = resource.Location,
        });
    }

    private JsonObject Series(Call call, Resource resource, Metric metric, DateTimeOffset from, DateTimeOffset until, TimeSpan grain)
    {
        var (filter, split) = Filter(call);
        var aggregations = (call.Parameter("aggregation") ?? metric.Primary).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var groups = Samples(resource.Id, from, until).Where(sample => filter(sample.Record, sample.Activity))
            .GroupBy(sample => string.Join('\n', split.Select(name => DimensionOf(name, sample.Record, sample.Activity)))).ToList();
        var series = new JsonArray();
        foreach (var group in groups)
            series.Add((JsonNode)Points(metric, aggregations, split, group.Key, [.. group.Select(sample => sample.Record)], from, until, grain));
        if (series.Count == 0 && split.Count == 0)
            series.Add((JsonNode)Points(metric, aggregations, split, "", [], from, until, grain));
        return new JsonObject
        {
            ["id"] = $"{resource.Id}/providers/{Type}/{metric.Name}",
            ["type"] = Type,
            ["name"] = new JsonObject { ["value"] = metric.Name, ["localizedValue"] = metric.DisplayName },
            ["displayDescription"] = metric.DisplayName,
            ["unit"] = metric.Unit,
            ["timeseries"] = series,
            ["errorCode"] = "Success",
        };
    }

    private static JsonObject Points(Metric metric, string[] aggregations, IReadOnlyList<string> split, string key, List<CallRecord> records, DateTimeOffset from, DateTimeOffset until, TimeSpan grain)
    {
        var metadata = new JsonArray();
        var values = key.Split('\n');
        for (var i = 0; i < split.Count; i++)
            metadata.Add((JsonNode)new JsonObject { ["name"] = new JsonObject { ["value"] = split[i].ToLowerInvariant(), ["localizedValue"] = split[i].ToLowerInvariant() }, ["value"] = values[i] });
        var byPoint = records.ToLookup(record => (long)((record.Time - from) / grain));
        var data = new JsonArray();
        for (var at = 0L; from + (at * grain) < until; at++)
        {
            var point = new JsonObject { ["timeStamp"] = Short(from + (at * grain)) };
            var there = byPoint[at].ToList();
            foreach (var aggregation in aggregations)
                if (Aggregate(metric.Name, aggregation, there) is { } number)
                    point[aggregation.ToLowerInvariant()] = number;
            data.Add((JsonNode)point);
        }
        return new JsonObject { ["metadatavalues"] = metadata, ["data"] = data };
    }

    private static string Short(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private (DateTimeOffset From, DateTimeOffset Until) Stretch(Call call)
    {
        if (call.Parameter("timespan") is not { Length: > 0 } text)
            return (call.Now.AddHours(-1), call.Now);
        var parts = text.Split('/');
        if (parts.Length == 2 && DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var from)
            && DateTimeOffset.TryParse(parts[1], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until) && from < until)
            return (from, until);
        return parts.Length == 1 && IsoDuration.TryParse(text, out var duration)
            ? (call.Now - duration, call.Now)
            : throw _arm.Refuse(call, 400, "BadRequest", $"The timespan '{text}' is no ISO 8601 interval.");
    }

    private (Func<CallRecord, string, bool> Filter, IReadOnlyList<string> Split) Filter(Call call)
    {
        if (call.Parameter("$filter") is not { Length: > 0 } text)
            return ((_, _) => true, []);
        var tests = new List<Func<CallRecord, string, bool>>();
        var split = new List<string>();
        foreach (var part in AndWord().Split(text))
        {
            if (Comparison().Match(part.Trim()) is not { Success: true } match || !Dimensions.Contains(match.Groups["name"].Value, StringComparer.OrdinalIgnoreCase))
                throw _arm.Refuse(call, 400, "BadRequest", $"The filter '{text}' is not supported: eq and ne on {string.Join(", ", Dimensions)}, joined by 'and', are.");
            var (name, value, equal) = (match.Groups["name"].Value, match.Groups["value"].Value, match.Groups["op"].Value.Equals("eq", StringComparison.OrdinalIgnoreCase));
            if (value == "*")
                split.Add(name);
            else
                tests.Add((record, activity) => DimensionOf(name, record, activity).Equals(value, StringComparison.OrdinalIgnoreCase) == equal);
        }
        return ((record, activity) => tests.TrueForAll(test => test(record, activity)), split);
    }

    [GeneratedRegex(@"\s+and\s+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AndWord();

    [GeneratedRegex(@"^(?<name>\w+)\s+(?<op>eq|ne)\s+'(?<value>[^']*)'$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Comparison();
}
