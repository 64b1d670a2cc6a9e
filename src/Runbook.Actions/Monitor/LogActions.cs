using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>monitor.diagnostic-setting.*</c>, <c>monitor.logs.query</c> and <c>monitor.alert.list</c>: what is logged where, what the logs say, and what rang.</summary>
internal static class LogActions
{
    private const string SettingType = "Microsoft.Insights/diagnosticSettings";
    private const string SettingVersion = "2021-05-01-preview";
    private const string AlertType = "Microsoft.AlertsManagement/alerts";
    private const string AlertVersion = "2019-05-05-preview";
    private const string Setting = """
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {workspaceId: {type: string}, logs: {type: array, items: {type: object, additionalProperties: false, properties: {category: {type: string}, categoryGroup: {type: string}, enabled: {type: boolean} } } } } }
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var settings = new ResourceFamily(site, wire, SettingType, SettingVersion, "diagnostic setting", "Monitoring Contributor", (_, with) => $"{with.Text("resource").TrimEnd('/')}/providers/{SettingType}/{with.Text("name")}", Setting)
        {
            Errors = [new("BadRequest", "The resource has no such logs, or there is nowhere to send them.", "Nothing changed.", "Read the message; a managed HSM has AuditEvent.")],
        };
        yield return settings.Get("monitor.diagnostic-setting.get", "Reads which logs of a resource are kept where.", SettingArguments, with => $"Read the diagnostic setting '{with.Text("name")}' of {with.Text("resource")}.", "az monitor diagnostic-settings show --name {name} --resource {resource}");
        yield return settings.Change(CreateSetting);
        yield return settings.Change(DeleteSetting);
        yield return Query(site, wire);
        yield return Alerts(site, wire);
    }

    private static string SettingArguments => """
        resource: {type: string, pattern: '^/', description: "Id of the resource whose logs they are"}
        name: {type: string, minLength: 1, maxLength: 260, description: "Name of the setting"}
        """;

    private static ResourceChange CreateSetting => new()
    {
        Name = "monitor.diagnostic-setting.create",
        Summary = "Has logs of a resource kept in a workspace, once it has seen that there is no setting of that name. They show there within ten minutes; what was before is not in them.",
        Effect = EffectClass.Once,
        With = $$"""
            {{SettingArguments}}
            workspace: {type: string, minLength: 1, description: "The workspace: its name in the profile's resource group, or its full id"}
            categories: {type: array, minItems: 1, items: {type: string}, default: [AuditEvent], description: "Which logs"}
            """,
        LooksFirst = true,
        Says = with => $"Keep the logs of {with.Text("resource")} in '{with.Text("workspace")}'.",
        Body = (site, with, _) => new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["workspaceId"] = WorkspaceActions.IdOf(site, with),
                ["logs"] = with.Has("categories") && with.Items("categories") is null
                    ? with.Node("categories")
                    : new JsonArray([.. (with.Items("categories")?.Select(c => c.GetString()) ?? ["AuditEvent"]).Select(c => new JsonObject { ["category"] = c, ["enabled"] = true })]),
            },
        },
        Settles = "Reads the setting, of which there was none before: it took effect when it is there as it was asked for.",
        Inverse = new ActionInverse("monitor.diagnostic-setting.delete", null, "Deletes the setting; what was kept stays."),
        Undo = (with, _) => new JsonObject { ["resource"] = with.Node("resource"), ["name"] = with.Node("name") },
    };

    private static ResourceChange DeleteSetting => new()
    {
        Name = "monitor.diagnostic-setting.delete",
        Summary = "Ends that logs of a resource are kept; what was kept stays. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = SettingArguments,
        Says = with => $"Delete the diagnostic setting '{with.Text("name")}' of {with.Text("resource")}.",
        Az = "az monitor diagnostic-settings delete --name {name} --resource {resource}",
        Settles = "Looks for the setting: it took effect when it is gone.",
    };

    private static RequestAction Query(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "monitor.logs.query",
        Summary = "Queries the logs of a workspace, in Kusto. What an HSM did shows there within ten minutes.",
        Effect = EffectClass.Read,
        With = Shape.Of("""
            workspace: {type: string, format: uuid, description: "The workspace's customerId: monitor.workspace.get"}
            query: {type: string, minLength: 1, maxLength: 8192, description: "The query"}
            timespan: {type: string, pattern: '^P', default: P1D, description: "How far back, as an ISO 8601 duration"}
            """),
        Result = Shape.Of("""
            rows: {type: array, items: {type: object, additionalProperties: true}, description: "One object for each row, by the columns' names"}
            count: {type: integer}
            partial: {type: boolean, description: "Whether Azure says that rows are missing"}
            """),
        Permissions = [Needs.Data("Microsoft.OperationalInsights/workspaces/query/read", "the workspace {workspace}", "Log Analytics Reader")],
        AzCommand = AzRest.Command.Replace("{resource}", site.Cloud.Logs.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal),
        Errors =
        [
            new("InsufficientAccessError", "Your identity may not read these logs.", "Nothing changed.", "Have Log Analytics Reader assigned at the workspace."),
            new("WorkspaceNotFoundError", "There is no such workspace.", "Nothing changed.", "Read its customerId with monitor.workspace.get."),
            new("BadArgumentError", "The query can't be read.", "Nothing changed.", "Read the message, and put the query right."),
            new("TooManyRequests", "The service is asked too much.", "Nothing changed.", "Wait as long as it said."),
        ],
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, with) => $"{s.Cloud.Logs.GetLeftPart(UriPartial.Authority)}/v1/workspaces/{with.Text("workspace")}/query",
            Says = with => $"Query the logs: {with.Text("query")}",
            Body = (_, with, _) => new JsonObject { ["query"] = with.Node("query"), ["timespan"] = with.Node("timespan") ?? "P1D" },
            Tells = (_, answer) => RowsOf(answer),
        });

    private static RequestAction Alerts(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "monitor.alert.list",
        Summary = "Lists the alerts that fired, of the last day unless said otherwise.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            scope: {{PolicyScope.Argument}}
            rule?: {type: string, pattern: '^/', description: "Id of an alert rule; without it those of all"}
            range: {type: string, enum: [1h, 1d, 7d, 30d], default: 1d, description: "How far back"}
            """),
        Result = Shape.Of("""
            value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, name: {type: string}, properties: {type: object, additionalProperties: false, properties: {essentials: {type: object, additionalProperties: false, properties: {severity: {type: string}, monitorCondition: {type: string}, alertState: {type: string}, targetResource: {type: string}, alertRule: {type: string}, startDateTime: {type: string} } } } } } } }
            """),
        Permissions = [Needs.Arm(AlertType + "/read", "the scope {scope}", "Monitoring Reader")],
        AzCommand = AzRest.Command,
        Errors = Refusals.ResourceManager,
    },
        null,
        new RequestCall
        {
            Method = "GET",
            Url = (s, with) => s.Arm($"{PolicyScope.IdOf(s, with)}/providers/{AlertType}", AlertVersion, $"timeRange={with.TextOrNull("range") ?? "1d"}&" + (with.TextOrNull("rule") is { } rule ? $"alertRule={Uri.EscapeDataString(rule)}&" : "")),
            Says = with => $"List the alerts of {PolicyScope.Words(with)}.",
        });

    private static JsonObject RowsOf(HttpAnswer answer)
    {
        var rows = new JsonArray();
        if (answer.Json is not { } json) return new JsonObject { ["rows"] = rows, ["count"] = 0, ["partial"] = true };
        if (json.TryGetProperty("tables", out var tables) && tables.GetArrayLength() > 0)
        {
            var columns = tables[0].GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("name").GetString()!).ToList();
            foreach (var row in tables[0].GetProperty("rows").EnumerateArray())
            {
                var made = new JsonObject();
                foreach (var (name, cell) in columns.Zip(row.EnumerateArray())) made[name] = cell.ValueKind == JsonValueKind.Null ? null : Arguments.ToNode(cell);
                rows.Add((JsonNode)made);
            }
        }

        return new JsonObject { ["rows"] = rows, ["count"] = rows.Count, ["partial"] = json.TryGetProperty("error", out _) };
    }
}
