using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>
/// Action groups: who is told of an alert. Webhooks on this machine's loopback are called; nothing leaves the machine, so all other
/// receivers are only noted.
/// </summary>
internal sealed class ActionGroups
{
    public const string Type = "Microsoft.Insights/actionGroups";

    private const int ShortNameMax = 12;

    private readonly NotificationSender _sender;

    public ActionGroups(ArmService arm, GenericRoutes routes, NotificationSender sender)
    {
        _sender = sender;
        routes.Add(Type, new GenericType
        {
            Global = true,
            Properties = (_, call, _, _, properties) =>
            {
                var name = (string?)properties["groupShortName"];
                if (name is not { Length: > 0 and <= ShortNameMax })
                    throw arm.Refuse(call, 400, Assumptions.AlertRefused, $"The group short name '{name}' must have 1 to {ShortNameMax} characters.");
                properties["enabled"] ??= true;
                foreach (var list in (string[])["emailReceivers", "smsReceivers", "webhookReceivers", "itsmReceivers", "azureAppPushReceivers", "automationRunbookReceivers", "voiceReceivers", "logicAppReceivers", "azureFunctionReceivers", "armRoleReceivers", "eventHubReceivers"])
                    properties[list] ??= new JsonArray();
                return properties;
            },
        });
    }

    /// <summary>Plans the messages about an alert; they leave once the transaction has ended.</summary>
    public void Notify(EstateTransaction tx, Alert alert, IEnumerable<string> groups)
    {
        var body = CommonSchema(alert, tx).ToJsonString();
        foreach (var id in groups.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (tx.Find(Tables.Resources, ArmId.Key(id)) is not { Type: Type } group || group.Properties.Loose("enabled").Flag() == false)
                continue;
            foreach (var list in group.Properties.EnumerateObject().Where(member => member.Name.EndsWith("Receivers", StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind == JsonValueKind.Array))
                foreach (var receiver in list.Value.EnumerateArray())
                    Plan(tx, alert, group, list.Name, receiver, body);
        }
        _sender.Wake();
    }

    private static void Plan(EstateTransaction tx, Alert alert, Resource group, string kind, JsonElement receiver, string body)
    {
        var isWebhook = kind.Equals("webhookReceivers", StringComparison.OrdinalIgnoreCase);
        var uri = isWebhook ? receiver.Loose("serviceUri").Text() ?? "" : "";
        var reason = !isWebhook ? $"{kind} are not simulated" : IsLoopback(uri) ? null : "only webhooks on the loopback are called";
        tx.Put(Tables.Notifications, string.Create(CultureInfo.InvariantCulture, $"{tx.Now.UtcTicks:D19}/{tx.Count(Tables.Notifications):D8}"), new Notification
        {
            AlertId = alert.Id,
            GroupId = group.Id,
            Receiver = receiver.Loose("name").Text() ?? "",
            Uri = uri,
            Body = body,
            State = reason is null ? "waiting" : "not-sent",
            Detail = reason,
            Created = tx.Now,
        });
    }

    private static bool IsLoopback(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && (uri.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(uri.IdnHost.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)));

    private static JsonObject CommonSchema(Alert alert, EstateView view)
    {
        var targets = new JsonArray();
        foreach (var target in alert.Targets)
            targets.Add((JsonNode)target.ToLowerInvariant());
        var essentials = new JsonObject
        {
            ["alertId"] = $"/subscriptions/{view.Find(Tables.Meta, MetaKeys.Subscription)!.Text}/providers/Microsoft.AlertsManagement/alerts/{alert.Id}",
            ["alertRule"] = alert.RuleName,
            ["severity"] = string.Create(CultureInfo.InvariantCulture, $"Sev{alert.Severity}"),
            ["signalType"] = alert.Signal,
            ["monitorCondition"] = alert.Condition,
            ["monitoringService"] = alert.Service,
            ["alertTargetIDs"] = targets,
            ["configurationItems"] = new JsonArray([.. alert.Targets.Select(target => (JsonNode)target[(target.LastIndexOf('/') + 1)..])]),
            ["originAlertId"] = alert.Id,
            ["firedDateTime"] = Shapes.Time(alert.Fired),
            ["description"] = alert.Description ?? "",
            ["essentialsVersion"] = "1.0",
            ["alertContextVersion"] = "1.0",
        };
        if (alert.Resolved is { } resolved)
            essentials["resolvedDateTime"] = Shapes.Time(resolved);
        return new JsonObject
        {
            ["schemaId"] = "azureMonitorCommonAlertSchema",
            ["data"] = new JsonObject { ["essentials"] = essentials, ["alertContext"] = alert.Context.ToNode() },
        };
    }
}
