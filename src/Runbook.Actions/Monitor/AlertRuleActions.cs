using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>monitor.*-alert.*</c>: rules on metrics, on logs and on the activity log.</summary>
internal static class AlertRuleActions
{
    private const string MetricType = "Microsoft.Insights/metricAlerts";
    private const string LogType = "Microsoft.Insights/scheduledQueryRules";
    private const string ActivityType = "Microsoft.Insights/activityLogAlerts";
    private const string NameText = """{type: string, minLength: 1, maxLength: 260, description: "Name of the rule in the profile's resource group, or its full id"}""";
    private const string GroupText = """{type: string, minLength: 1, description: "The action group that is told: its name in the profile's resource group, or its full id"}""";
    private const string OperatorText = """{type: string, enum: [GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual], description: "How it compares with the threshold"}""";
    private const string Frame = "id: {type: string}\nname: {type: string}\nlocation: {type: string}\n";
    private const string Timed = "description: {type: string}, severity: {type: integer}, enabled: {type: boolean}, scopes: {type: array, items: {type: string} }, evaluationFrequency: {type: string}, windowSize: {type: string}";
    private const string MetricRule = $$"""{{Frame}}properties: {type: object, additionalProperties: false, properties: { {{Timed}}, criteria: {type: object, additionalProperties: true}, actions: {type: array, items: {type: object, additionalProperties: false, properties: {actionGroupId: {type: string} } } } } }""";
    private const string LogRule = $$"""{{Frame}}properties: {type: object, additionalProperties: false, properties: { {{Timed}}, criteria: {type: object, additionalProperties: true}, actions: {type: object, additionalProperties: false, properties: {actionGroups: {type: array, items: {type: string} } } } } }""";
    private const string ActivityRule = $$"""{{Frame}}properties: {type: object, additionalProperties: false, properties: {description: {type: string}, enabled: {type: boolean}, scopes: {type: array, items: {type: string} }, condition: {type: object, additionalProperties: true}, actions: {type: object, additionalProperties: false, properties: {actionGroups: {type: array, items: {type: object, additionalProperties: false, properties: {actionGroupId: {type: string} } } } } } } }""";

    private static readonly ImmutableArray<ActionError> Errors = [new("BadRequest", "The rule can't be kept as it is: the message says which part.", "Nothing changed.", "Put that part right; a rule's scope must exist, and its query must be readable.")];

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var metrics = new ResourceFamily(site, wire, MetricType, "2018-03-01", "metric alert rule", "Monitoring Contributor", (s, with) => s.Id(MetricType, with.Text("name")), MetricRule) { Errors = Errors };
        var logs = new ResourceFamily(site, wire, LogType, "2021-08-01", "log alert rule", "Monitoring Contributor", (s, with) => s.Id(LogType, with.Text("name")), LogRule) { Errors = Errors };
        var activities = new ResourceFamily(site, wire, ActivityType, "2020-10-01", "activity log alert rule", "Monitoring Contributor", (s, with) => s.Id(ActivityType, with.Text("name")), ActivityRule) { Errors = Errors };
        yield return metrics.Get("monitor.metric-alert.get", "Reads an alert rule on a metric.", $"name: {NameText}", with => $"Read the metric alert rule '{with.Text("name")}'.", "az monitor metrics alert show --name {name:name} --resource-group {resourceGroup}");
        yield return metrics.Change(CreateMetric);
        yield return metrics.Change(Delete("monitor.metric-alert.delete", "metric alert rule", "az monitor metrics alert delete --name {name:name} --resource-group {resourceGroup}"));
        yield return logs.Get("monitor.log-alert.get", "Reads an alert rule on a query of logs.", $"name: {NameText}", with => $"Read the log alert rule '{with.Text("name")}'.");
        yield return logs.Change(CreateLog);
        yield return logs.Change(Delete("monitor.log-alert.delete", "log alert rule", null));
        yield return activities.Get("monitor.activity-alert.get", "Reads an alert rule on the activity log.", $"name: {NameText}", with => $"Read the activity log alert rule '{with.Text("name")}'.", "az monitor activity-log alert show --name {name:name} --resource-group {resourceGroup}");
        yield return activities.Change(CreateActivity);
        yield return activities.Change(Delete("monitor.activity-alert.delete", "activity log alert rule", "az monitor activity-log alert delete --name {name:name} --resource-group {resourceGroup}"));
    }

    private static ResourceChange CreateMetric => new()
    {
        Name = "monitor.metric-alert.create",
        Summary = "Makes an alert rule on a metric of a resource, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            description: {type: string, maxLength: 1000, description: "What whoever is told reads"}
            resource: {type: string, minLength: 1, description: "Id of the resource"}
            metric: {type: string, minLength: 1, description: "Name of the metric, such as Availability"}
            aggregation: {type: string, enum: [Average, Count, Maximum, Minimum, Total], description: "How its values are put together"}
            operator: {{OperatorText}}
            threshold: {type: number, description: "What it is compared with"}
            severity: {type: integer, minimum: 0, maximum: 4, default: 1, description: "0 is the gravest"}
            every: {type: string, enum: [PT1M, PT5M, PT15M, PT30M, PT1H], default: PT1M, description: "How often it is looked at"}
            window: {type: string, enum: [PT1M, PT5M, PT15M, PT30M, PT1H, PT6H, PT12H, P1D], default: PT5M, description: "How far back"}
            actionGroup: {{GroupText}}
            """,
        LooksFirst = true,
        Says = with => $"Have '{with.Text("actionGroup")}' told when {with.Text("metric")} of {with.Text("resource")} is {with.Text("operator")} {with.Text("threshold")}.",
        Body = (site, with, _) => new JsonObject
        {
            ["location"] = "global",
            ["properties"] = new JsonObject
            {
                ["description"] = with.Node("description"),
                ["severity"] = with.Node("severity") ?? 1,
                ["enabled"] = true,
                ["scopes"] = new JsonArray(with.Node("resource")),
                ["evaluationFrequency"] = with.Node("every") ?? "PT1M",
                ["windowSize"] = with.Node("window") ?? "PT5M",
                ["criteria"] = new JsonObject
                {
                    ["odata.type"] = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                    ["allOf"] = new JsonArray(new JsonObject
                    {
                        ["criterionType"] = "StaticThresholdCriterion",
                        ["name"] = "condition",
                        ["metricName"] = with.Node("metric"),
                        ["timeAggregation"] = with.Node("aggregation"),
                        ["operator"] = with.Node("operator"),
                        ["threshold"] = with.Node("threshold"),
                    }),
                },
                ["actions"] = new JsonArray(new JsonObject { ["actionGroupId"] = ActionGroupActions.IdOf(site, with) }),
                ["autoMitigate"] = true,
            },
        },
        Settles = Made,
        Inverse = new ActionInverse("monitor.metric-alert.delete", null, "Deletes the rule."),
        Undo = (with, _) => new JsonObject { ["name"] = with.Node("name") },
    };

    private static ResourceChange CreateLog => new()
    {
        Name = "monitor.log-alert.create",
        Summary = "Makes an alert rule on a query of a workspace's logs: it fires when the query finds more rows than allowed. It looks first that there is none of that name.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            description: {type: string, maxLength: 1000, description: "What whoever is told reads"}
            location: {type: string, description: "The workspace's region"}
            workspace: {type: string, minLength: 1, description: "The workspace: its name in the profile's resource group, or its full id"}
            query: {type: string, minLength: 1, maxLength: 4096, description: "The query, in Kusto"}
            allowed: {type: integer, minimum: 0, default: 0, description: "How many rows are none of its business"}
            severity: {type: integer, minimum: 0, maximum: 4, default: 1, description: "0 is the gravest"}
            every: {type: string, enum: [PT1M, PT5M, PT10M, PT15M, PT30M, PT1H, P1D], default: PT5M, description: "How often it is looked at"}
            window: {type: string, enum: [PT1M, PT5M, PT10M, PT15M, PT30M, PT1H, P1D], default: PT5M, description: "How far back"}
            actionGroup: {{GroupText}}
            """,
        LooksFirst = true,
        Says = with => $"Have '{with.Text("actionGroup")}' told when the logs of '{with.Text("workspace")}' show: {with.Text("query")}",
        Body = (site, with, _) => new JsonObject
        {
            ["location"] = with.Node("location"),
            ["kind"] = "LogAlert",
            ["properties"] = new JsonObject
            {
                ["description"] = with.Node("description"),
                ["severity"] = with.Node("severity") ?? 1,
                ["enabled"] = true,
                ["scopes"] = new JsonArray(WorkspaceActions.IdOf(site, with)),
                ["evaluationFrequency"] = with.Node("every") ?? "PT5M",
                ["windowSize"] = with.Node("window") ?? "PT5M",
                ["criteria"] = new JsonObject
                {
                    ["allOf"] = new JsonArray(new JsonObject
                    {
                        ["query"] = with.Node("query"),
                        ["timeAggregation"] = "Count",
                        ["operator"] = "GreaterThan",
                        ["threshold"] = with.Node("allowed") ?? 0,
                        ["failingPeriods"] = new JsonObject { ["numberOfEvaluationPeriods"] = 1, ["minFailingPeriodsToAlert"] = 1 },
                    }),
                },
                ["actions"] = new JsonObject { ["actionGroups"] = new JsonArray(ActionGroupActions.IdOf(site, with)) },
                ["autoMitigate"] = true,
            },
        },
        Settles = Made,
        Inverse = new ActionInverse("monitor.log-alert.delete", null, "Deletes the rule."),
        Undo = (with, _) => new JsonObject { ["name"] = with.Node("name") },
    };

    private static ResourceChange CreateActivity => new()
    {
        Name = "monitor.activity-alert.create",
        Summary = "Makes an alert rule on an operation in the activity log, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            description: {type: string, maxLength: 1000, description: "What whoever is told reads"}
            scope: {{PolicyScope.Argument}}
            category: {type: string, enum: [Administrative, ResourceHealth, ServiceHealth, Policy], default: Administrative, description: "Which part of the log"}
            operation?: {type: string, minLength: 3, description: "The operation, such as Microsoft.Sql/servers/databases/MakeDatabaseInaccessible/action; without it every one"}
            actionGroup: {{GroupText}}
            """,
        LooksFirst = true,
        Says = with => $"Have '{with.Text("actionGroup")}' told of {with.TextOrNull("operation") ?? with.TextOrNull("category") ?? "Administrative"} at {PolicyScope.Words(with)}.",
        Body = (site, with, _) => new JsonObject
        {
            ["location"] = "Global",
            ["properties"] = new JsonObject
            {
                ["description"] = with.Node("description"),
                ["enabled"] = true,
                ["scopes"] = new JsonArray(PolicyScope.IdOf(site, with)),
                ["condition"] = new JsonObject { ["allOf"] = Conditions(with) },
                ["actions"] = new JsonObject { ["actionGroups"] = new JsonArray(new JsonObject { ["actionGroupId"] = ActionGroupActions.IdOf(site, with) }) },
            },
        },
        Settles = Made,
        Inverse = new ActionInverse("monitor.activity-alert.delete", null, "Deletes the rule."),
        Undo = (with, _) => new JsonObject { ["name"] = with.Node("name") },
    };

    private const string Made = "Reads the rule, of which there was none before: it took effect when it is there as it was asked for.";

    private static ResourceChange Delete(string name, string what, string? az) => new()
    {
        Name = name,
        Summary = $"Deletes a {what}: nobody is told any more. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = $"name: {NameText}",
        Says = with => $"Delete the {what} '{with.Text("name")}'.",
        Az = az,
        Settles = "Looks for the rule: it took effect when it is gone.",
    };

    private static JsonArray Conditions(Arguments with)
    {
        var all = new JsonArray(new JsonObject { ["field"] = "category", ["equals"] = with.Node("category") ?? "Administrative" });
        if (with.Node("operation") is { } operation) all.Add((JsonNode)new JsonObject { ["field"] = "operationName", ["equals"] = operation });
        return all;
    }
}
