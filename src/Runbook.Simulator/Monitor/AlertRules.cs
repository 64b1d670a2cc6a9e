using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Kusto;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>
/// Alert rules on metrics, on logs and on the activity log. Rules of the first two kinds are checked by the clock, each at its own
/// frequency; those of the third see each entry when the log shows it.
/// </summary>
internal sealed class AlertRules
{
    public const string MetricType = "Microsoft.Insights/metricAlerts";
    public const string LogType = "Microsoft.Insights/scheduledQueryRules";
    public const string ActivityType = "Microsoft.Insights/activityLogAlerts";

    private const string Check = "alert-rule";
    private const string Entry = "activity-alert";

    /// <summary>Checks in a row without the condition after which a metric alert is over.</summary>
    private const int ClearChecks = 3;

    private static readonly string[] MetricOperators = ["Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"];
    private static readonly string[] LogOperators = ["Equal", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"];
    private static readonly string[] Aggregations = ["Average", "Count", "Maximum", "Minimum", "Total"];

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly Metrics _metrics;
    private readonly LogAnalyticsService _logs;
    private readonly Alerts _alerts;

    public AlertRules(SimulatorCore core, ArmService arm, GenericRoutes routes, GenericResources resources, Metrics metrics, LogAnalyticsService logs, Alerts alerts)
    {
        _core = core;
        _arm = arm;
        _metrics = metrics;
        _logs = logs;
        _alerts = alerts;
        routes.Add(MetricType, new GenericType { Global = true, Created = 200, Properties = (tx, call, _, _, properties) => CheckMetricRule(tx, call, properties), Kept = Watch });
        routes.Add(LogType, new GenericType { Properties = (tx, call, _, _, properties) => CheckLogRule(tx, call, properties), Kept = Watch });
        routes.Add(ActivityType, new GenericType { Global = true, Properties = (_, call, _, _, properties) => CheckActivityRule(call, properties), Kept = Watch });
        foreach (var type in (string[])[MetricType, LogType, ActivityType])
            resources.OnRemoval(type, Forget);
        core.Work.OnChange(Check, (tx, item) => Run(tx, item.Target));
        core.Work.OnChange(Entry, (tx, item) => See(tx, item.Target));
        arm.Activity!.OnAdded((tx, key, entry) =>
        {
            if (tx.Scan(Tables.AlertRules).Any(pair => pair.Value.Text == ActivityType))
                tx.Schedule(entry.Shown, Entry, key);
        });
    }

    private static string KeyOf(Resource rule) => ArmId.Key(rule.Id);

    private static void Watch(EstateTransaction tx, Resource rule)
    {
        tx.Put(Tables.AlertRules, KeyOf(rule), new MetaRow { Text = rule.Type });
        tx.Unschedule(Check, KeyOf(rule));
        if (rule.Type != ActivityType && IsEnabled(rule))
            tx.Schedule(tx.Now + Frequency(rule), Check, KeyOf(rule));
    }

    private static void Forget(EstateTransaction tx, Resource rule)
    {
        tx.Remove(Tables.AlertRules, KeyOf(rule));
        tx.Unschedule(Check, KeyOf(rule));
        foreach (var (key, _) in tx.Scan(Tables.AlertProgress, KeyOf(rule) + "\n").ToList())
            tx.Remove(Tables.AlertProgress, key);
    }

    private static bool IsEnabled(Resource rule) => rule.Properties.Loose("enabled").Flag() != false;

    private static TimeSpan Frequency(Resource rule) => Span(rule.Properties.Loose("evaluationFrequency").Text()) ?? TimeSpan.FromMinutes(5);

    private static TimeSpan? Span(string? text) => IsoDuration.TryParse(text, out var span) && span > TimeSpan.Zero ? span : null;

    private static IReadOnlyList<string> GroupsOf(Resource rule) => rule.Type switch
    {
        MetricType => Ids(rule.Properties.Loose("actions"), "actionGroupId"),
        LogType => rule.Properties.At("actions", "actionGroups").Texts() ?? [],
        _ => Ids(rule.Properties.At("actions", "actionGroups"), "actionGroupId"),
    };

    private static IReadOnlyList<string> Ids(JsonElement? list, string name) =>
        list is { ValueKind: JsonValueKind.Array } items ? [.. items.EnumerateArray().Select(item => item.Loose(name).Text()).OfType<string>()] : [];

    // What may be put.

    private RefusedException Bad(Call call, string message) => _arm.Refuse(call, 400, Assumptions.AlertRefused, message);

    private void CheckTimes(Call call, JsonObject properties, string[] frequencies)
    {
        foreach (var name in (string[])["evaluationFrequency", "windowSize"])
        {
            properties[name] ??= "PT5M";
            if (Span((string?)properties[name]) is null)
                throw Bad(call, $"'{name}' must be an ISO 8601 duration such as PT5M.");
        }
        if (!frequencies.Contains((string?)properties["evaluationFrequency"]))
            throw Bad(call, $"'evaluationFrequency' must be one of {string.Join(", ", frequencies)}.");
        if (properties["severity"] is { } severity && Policy.PolicyExpressions.Number(severity) is not (>= 0 and <= 4))
            throw Bad(call, "'severity' must be from 0 to 4.");
    }

    private JsonObject CheckMetricRule(EstateView view, Call call, JsonObject properties)
    {
        CheckTimes(call, properties, ["PT1M", "PT5M", "PT15M", "PT30M", "PT1H"]);
        var json = properties.ToElement();
        if (json.Loose("scopes").Texts() is not [var scope, ..] || view.Find(Tables.Resources, ArmId.Key(scope)) is not { } target)
            throw Bad(call, "The scope of the alert rule must be a resource that exists.");
        var conditions = json.At("criteria", "allOf") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        if (conditions.Count == 0)
            throw Bad(call, "The criteria of the alert rule need at least one condition.");
        foreach (var condition in conditions)
        {
            if (string.Equals(condition.Loose("criterionType").Text(), "DynamicThresholdCriterion", StringComparison.OrdinalIgnoreCase))
                throw Bad(call, "Dynamic thresholds are not simulated; use a StaticThresholdCriterion.");
            var metric = condition.Loose("metricName").Text();
            if (!Metrics.Of(target.Type).Any(known => known.Name.Equals(metric, StringComparison.OrdinalIgnoreCase)))
                throw Bad(call, $"Couldn't find a metric named {metric} for the resource type {target.Type}.");
            if (!MetricOperators.Contains(condition.Loose("operator").Text()))
                throw Bad(call, $"'operator' must be one of {string.Join(", ", MetricOperators)}.");
            if (condition.Loose("timeAggregation").Text() is not { } aggregation || !Aggregations.Contains(aggregation))
                throw Bad(call, $"'timeAggregation' must be one of {string.Join(", ", Aggregations)}.");
            if (condition.Loose("threshold") is not { ValueKind: JsonValueKind.Number })
                throw Bad(call, "'threshold' must be a number.");
        }
        properties["enabled"] ??= true;
        properties["autoMitigate"] ??= true;
        return properties;
    }

    private JsonObject CheckLogRule(EstateView view, Call call, JsonObject properties)
    {
        CheckTimes(call, properties, ["PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D"]);
        var json = properties.ToElement();
        if (json.Loose("scopes").Texts() is not [var scope] || view.Find(Tables.Resources, ArmId.Key(scope)) is not { Type: Workspaces.Type } workspace)
            throw Bad(call, "The scope of the rule must be one workspace that exists.");
        var conditions = json.At("criteria", "allOf") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        if (conditions.Count != 1)
            throw Bad(call, "The criteria of the rule need exactly one condition.");
        var condition = conditions[0];
        if (!LogOperators.Contains(condition.Loose("operator").Text()))
            throw Bad(call, $"'operator' must be one of {string.Join(", ", LogOperators)}.");
        if (condition.Loose("timeAggregation").Text() is not { } aggregation || !Aggregations.Contains(aggregation))
            throw Bad(call, $"'timeAggregation' must be one of {string.Join(", ", Aggregations)}.");
        if (aggregation != "Count" && condition.Loose("metricMeasureColumn").Text() is null)
            throw Bad(call, $"'metricMeasureColumn' is needed for the aggregation {aggregation}.");
        try
        {
            _ = _logs.Run(view, workspace, condition.Loose("query").Text() ?? throw Bad(call, "The query is missing."), call.Now, call.Now, call.Now);
        }
        catch (KustoException error)
        {
            throw Bad(call, $"The query of the rule can't be read: {error.Message}.");
        }
        properties["enabled"] ??= true;
        properties["autoMitigate"] ??= true;
        return properties;
    }

    private JsonObject CheckActivityRule(Call call, JsonObject properties)
    {
        var json = properties.ToElement();
        if (json.Loose("scopes").Texts() is not { Count: > 0 })
            throw Bad(call, "The scopes of the alert rule are missing.");
        var conditions = json.At("condition", "allOf") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        if (!conditions.Any(condition => string.Equals(condition.Loose("field").Text(), "category", StringComparison.OrdinalIgnoreCase)))
            throw Bad(call, "The condition of the alert rule must name a category.");
        properties["enabled"] ??= true;
        return properties;
    }

    // By the clock.

    private void Run(EstateTransaction tx, string key)
    {
        if (tx.Find(Tables.Resources, key) is not { } rule || !IsEnabled(rule))
            return;
        var window = Span(rule.Properties.Loose("windowSize").Text()) ?? TimeSpan.FromMinutes(5);
        var found = rule.Type == MetricType ? OfMetrics(tx, rule, window) : OfLogs(tx, rule, window);
        foreach (var (dimensions, met, context) in found)
            Step(tx, rule, dimensions, met, context);
        // Combinations that showed nothing this time are clear.
        foreach (var (progressKey, _) in tx.Scan(Tables.AlertProgress, key + "\n").ToList())
            if (found.All(item => $"{key}\n{item.Dimensions}" != progressKey))
                Step(tx, rule, progressKey[(key.Length + 1)..], false, null);
        tx.Schedule(tx.Now + Frequency(rule), Check, key);
    }

    private List<(string Dimensions, bool Met, JsonObject Context)> OfMetrics(EstateTransaction tx, Resource rule, TimeSpan window)
    {
        var scope = rule.Properties.Loose("scopes").Texts()![0];
        var samples = _metrics.Samples(scope, tx.Now - window, tx.Now).ToList();
        var met = true;
        var all = new JsonArray();
        foreach (var condition in rule.Properties.At("criteria", "allOf")!.Value.EnumerateArray())
        {
            var metric = Metrics.Of(tx.Find(Tables.Resources, ArmId.Key(scope))?.Type ?? "").FirstOrDefault(known => known.Name.Equals(condition.Loose("metricName").Text(), StringComparison.OrdinalIgnoreCase))?.Name;
            var counted = samples.Where(sample => DimensionsOf(condition).All(dimension =>
                dimension.Values.Contains(Metrics.DimensionOf(dimension.Name, sample.Record, sample.Activity), StringComparer.OrdinalIgnoreCase) != dimension.Excludes || dimension.Values.Contains("*"))).Select(sample => sample.Record).ToList();
            var value = metric is null ? null : Metrics.Aggregate(metric, condition.Loose("timeAggregation").Text()!, counted);
            var threshold = condition.Loose("threshold")!.Value.GetDouble();
            met &= value is { } number && Compares(condition.Loose("operator").Text()!, number, threshold);
            all.Add((JsonNode)new JsonObject
            {
                ["metricName"] = metric,
                ["metricNamespace"] = condition.Loose("metricNamespace").Text(),
                ["operator"] = condition.Loose("operator").Text(),
                ["threshold"] = condition.Loose("threshold")!.Value.GetRawText(),
                ["timeAggregation"] = condition.Loose("timeAggregation").Text(),
                ["dimensions"] = new JsonArray(),
                ["metricValue"] = value,
            });
        }
        var context = new JsonObject
        {
            ["conditionType"] = "SingleResourceMultipleMetricCriteria",
            ["condition"] = new JsonObject { ["windowSize"] = IsoDuration.Write(window), ["allOf"] = all, ["windowStartTime"] = Shapes.Time(tx.Now - window), ["windowEndTime"] = Shapes.Time(tx.Now) },
        };
        return [("", met, context)];
    }

    private static IEnumerable<(string Name, bool Excludes, IReadOnlyList<string> Values)> DimensionsOf(JsonElement condition) =>
        condition.Loose("dimensions") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(dimension => (dimension.Loose("name").Text() ?? "", string.Equals(dimension.Loose("operator").Text(), "Exclude", StringComparison.OrdinalIgnoreCase), dimension.Loose("values").Texts() ?? []))
            : [];

    /// <summary>
    /// Each row counts in exactly one window: the window ends where the log is complete, which is some time ago. So a window shorter
    /// than the ingestion takes misses nothing.
    /// </summary>
    private List<(string Dimensions, bool Met, JsonObject Context)> OfLogs(EstateTransaction tx, Resource rule, TimeSpan window)
    {
        var condition = rule.Properties.At("criteria", "allOf")!.Value[0];
        if (tx.Find(Tables.Resources, ArmId.Key(rule.Properties.Loose("scopes").Texts()![0])) is not { } workspace)
            return [];
        var until = tx.Now - _core.Timings.LogIngestion;
        var table = _logs.Run(tx, workspace, condition.Loose("query").Text()!, until - window, until.AddTicks(-1), tx.Now);
        var split = DimensionsOf(condition).Select(dimension => (dimension, At: table.IndexOf(dimension.Name))).Where(pair => pair.At >= 0).ToList();
        var rows = table.Rows.Where(row => split.All(pair => pair.dimension.Values.Contains("*") || pair.dimension.Values.Contains(KustoValue.Text(row[pair.At]), StringComparer.OrdinalIgnoreCase) != pair.dimension.Excludes)).ToList();
        var groups = split.Count > 0 ? rows.GroupBy(row => string.Join('\t', split.Select(pair => KustoValue.Text(row[pair.At])))).Select(group => (group.Key, group.ToList())) : [("", rows)];
        var measure = condition.Loose("metricMeasureColumn").Text() is { } column ? table.IndexOf(column) : -1;
        return [.. groups.Select(group =>
        {
            var value = ValueOf(condition.Loose("timeAggregation").Text()!, measure, group.Item2);
            var threshold = condition.Loose("threshold") is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : 0;
            var context = new JsonObject
            {
                ["conditionType"] = "LogQueryCriteria",
                ["condition"] = new JsonObject
                {
                    ["windowSize"] = IsoDuration.Write(window),
                    ["allOf"] = new JsonArray(new JsonObject
                    {
                        ["searchQuery"] = condition.Loose("query").Text(),
                        ["operator"] = condition.Loose("operator").Text(),
                        ["threshold"] = threshold,
                        ["timeAggregation"] = condition.Loose("timeAggregation").Text(),
                        ["dimensions"] = new JsonArray([.. split.Select((pair, i) => new JsonObject { ["name"] = pair.dimension.Name, ["value"] = group.Item1.Split('\t')[i] })]),
                        ["metricValue"] = value,
                    }),
                    ["windowStartTime"] = Shapes.Time(until - window),
                    ["windowEndTime"] = Shapes.Time(until),
                },
            };
            return (group.Item1, value is { } met && Compares(condition.Loose("operator").Text()!, met, threshold), context);
        })];
    }

    private static double? ValueOf(string aggregation, int measure, List<object?[]> rows)
    {
        if (measure < 0 || aggregation == "Count")
            return rows.Count;
        var numbers = rows.Select(row => KustoValue.Number(row[measure])).OfType<double>().ToList();
        if (numbers.Count == 0)
            return null;
        return aggregation switch { "Total" => numbers.Sum(), "Minimum" => numbers.Min(), "Maximum" => numbers.Max(), _ => numbers.Average() };
    }

    private static bool Compares(string word, double value, double threshold) => word switch
    {
        "GreaterThan" => value > threshold,
        "GreaterThanOrEqual" => value >= threshold,
        "LessThan" => value < threshold,
        "LessThanOrEqual" => value <= threshold,
        _ => value.Equals(threshold),
    };

    private void Step(EstateTransaction tx, Resource rule, string dimensions, bool met, JsonObject? context)
    {
        var key = $"{KeyOf(rule)}\n{dimensions}";
        var before = tx.Find(Tables.AlertProgress, key);
        var periods = rule.Type == LogType && rule.Properties.At("criteria", "allOf") is { } conditions ? conditions[0].Loose("failingPeriods") : null;
        var looksAt = Math.Max(1, periods.At("numberOfEvaluationPeriods").Number() ?? 1);
        var needs = Math.Clamp(periods.At("minFailingPeriodsToAlert").Number() ?? 1, 1, looksAt);
        List<bool> history = [.. (before?.Met ?? []).TakeLast(looksAt - 1), met];
        var fires = history.Count(item => item) >= needs && met;
        var alertId = before?.AlertId;
        DateTimeOffset? clear = met ? null : before?.ClearSince ?? tx.Now;
        var lasting = rule.Properties.Loose("autoMitigate").Flag() != false;
        if (fires && (alertId is null || !lasting))
        {
            alertId = Fire(tx, rule, context!);
        }
        else if (alertId is not null && lasting && clear is { } since && tx.Now - since >= ClearAfter(rule))
        {
            _alerts.Resolve(tx, alertId, GroupsOf(rule));
            alertId = null;
        }
        if (alertId is null && history.TrueForAll(item => !item))
            tx.Remove(Tables.AlertProgress, key);
        else
            tx.Put(Tables.AlertProgress, key, new AlertProgress { Met = history, AlertId = alertId, ClearSince = clear });
    }

    /// <summary>How long the condition must not have been met before an alert is over, as documented for either kind.</summary>
    private static TimeSpan ClearAfter(Resource rule)
    {
        var frequency = Frequency(rule);
        if (rule.Type == MetricType)
            return frequency * (ClearChecks - 1);
        return frequency.TotalMinutes switch
        {
            <= 1 => TimeSpan.FromMinutes(10),
            <= 15 => frequency * 3,
            < 660 => frequency * 2,
            _ => frequency,
        };
    }

    private string Fire(EstateTransaction tx, Resource rule, JsonObject context)
    {
        var alert = new Alert
        {
            Id = tx.NextGuid().ToString(),
            RuleId = rule.Id,
            RuleName = rule.Name,
            RuleType = rule.Type,
            Severity = rule.Properties.Loose("severity").Number() ?? 3,
            Signal = rule.Type == MetricType ? "Metric" : rule.Type == LogType ? "Log" : "Activity Log",
            Service = rule.Type == MetricType ? "Platform" : rule.Type == LogType ? "Log Alerts V2" : $"Activity Log - {(string?)context["category"] ?? "Administrative"}",
            Targets = rule.Type == ActivityType ? [(string)context["authorization"]!["scope"]!] : rule.Properties.Loose("scopes").Texts() ?? [],
            Description = rule.Properties.Loose("description").Text(),
            Condition = "Fired",
            State = "New",
            Fired = tx.Now,
            Changed = tx.Now,
            Context = context.ToElement(),
        };
        _alerts.Fire(tx, alert, GroupsOf(rule));
        return alert.Id;
    }

    // By the activity log.

    private void See(EstateTransaction tx, string key)
    {
        if (tx.Find(Tables.Activity, key) is not { } entry)
            return;
        foreach (var (ruleKey, _) in tx.Scan(Tables.AlertRules).Where(pair => pair.Value.Text == ActivityType).ToList())
        {
            if (tx.Find(Tables.Resources, ruleKey) is not { } rule || !IsEnabled(rule))
                continue;
            var inScope = rule.Properties.Loose("scopes").Texts()!.Any(scope => ArmId.IsWithin(entry.ResourceId, scope));
            if (inScope && rule.Properties.At("condition", "allOf")!.Value.EnumerateArray().All(condition => Holds(condition, entry)))
                Fire(tx, rule, ContextOf(entry));
        }
    }

    private static bool Holds(JsonElement condition, ActivityEvent entry)
    {
        if (condition.Loose("anyOf") is { ValueKind: JsonValueKind.Array } any)
            return any.EnumerateArray().Any(inner => Holds(inner, entry));
        var value = FieldOf(condition.Loose("field").Text() ?? "", entry);
        if (condition.Loose("equals").Text() is { } wanted)
            return string.Equals(value, wanted, StringComparison.OrdinalIgnoreCase);
        return condition.Loose("containsAny").Texts() is { } parts && parts.Any(part => value?.Contains(part, StringComparison.OrdinalIgnoreCase) == true);
    }

    private static string? FieldOf(string field, ActivityEvent entry) => field.ToLowerInvariant() switch
    {
        "category" => entry.Category,
        "operationname" => entry.Action,
        "level" => entry.Level,
        "status" => entry.Status,
        "substatus" => entry.HttpStatus > 0 ? ((System.Net.HttpStatusCode)entry.HttpStatus).ToString() : "",
        "caller" => entry.CallerName,
        "resourceid" => entry.ResourceId,
        "resourcetype" => entry.ResourceType,
        "resourceprovider" => entry.ResourceType.Split('/')[0],
        "resourcegroup" => ArmId.TryParse(entry.ResourceId, out var id) ? id.Group : null,
        var name when name.StartsWith("properties.", StringComparison.Ordinal) => entry.Properties.At(name["properties.".Length..]) is { } value ? Policy.PolicyExpressions.Text(value.ToNode()) : null,
        _ => null,
    };

    private static JsonObject ContextOf(ActivityEvent entry) => new()
    {
        ["authorization"] = new JsonObject { ["action"] = entry.Action, ["scope"] = entry.ResourceId },
        ["channels"] = "Operation",
        ["caller"] = entry.CallerName,
        ["category"] = entry.Category,
        ["correlationId"] = entry.Correlation,
        ["eventSource"] = entry.Category,
        ["eventTimestamp"] = Shapes.Time(entry.Time),
        ["eventDataId"] = entry.Id,
        ["level"] = entry.Level,
        ["operationName"] = entry.Action,
        ["operationId"] = entry.OperationId,
        ["status"] = entry.Status,
        ["subStatus"] = FieldOf("subStatus", entry),
        ["submissionTimestamp"] = Shapes.Time(entry.Shown),
        ["properties"] = entry.Properties.ToNode(),
    };
}
