using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>The alerts that were fired: kept, listed, and acknowledged or closed by people.</summary>
internal sealed class Alerts
{
    private const string Type = "Microsoft.AlertsManagement/alerts";
    private const string Path = "{scope}/providers/Microsoft.AlertsManagement/alerts";

    private readonly ArmService _arm;
    private readonly ActionGroups _groups;

    public Alerts(ArmService arm, ActionGroups groups)
    {
        _arm = arm;
        _groups = groups;
        arm.Plug(
        [
            Op("List alerts", "GET", Path, Type + "/read", List),
            Op("Get alert", "GET", Path + "/{alert}", Type + "/read", call => Answer.Json(200, Shape(call, Need(call, call.Read())))),
            Op("Change state of an alert", "POST", Path + "/{alert}/changestate", Type + "/changestate/action", ChangeState),
        ]);
    }

    private static Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        PermissionFor = _ => permission,
        Handler = handler,
        Fidelity = method == "GET" ? Fidelity.Part : Fidelity.Full,
        Note = method == "GET" ? "The filters targetResource, monitorCondition, alertState, severity and alertRule." : null,
    };

    /// <summary>Keeps a new alert and tells whom it concerns.</summary>
    public void Fire(EstateTransaction tx, Alert alert, IEnumerable<string> groups)
    {
        tx.Put(Tables.Alerts, alert.Id, alert);
        _groups.Notify(tx, alert, groups);
    }

    /// <summary>Ends an alert and tells whom it concerns.</summary>
    public void Resolve(EstateTransaction tx, string id, IEnumerable<string> groups)
    {
        if (tx.Find(Tables.Alerts, id) is not { Condition: "Fired" } alert)
            return;
        alert = alert with { Condition = "Resolved", Resolved = tx.Now, Changed = tx.Now, ChangedBy = "System" };
        tx.Put(Tables.Alerts, id, alert);
        _groups.Notify(tx, alert, groups);
    }

    private Alert Need(Call call, EstateView view) =>
        view.Find(Tables.Alerts, call.Value("alert").ToLowerInvariant())
        ?? throw _arm.Refuse(call, 404, Assumptions.AlertMissing, $"The alert '{call.Value("alert")}' was not found.");

    private Answer List(Call call)
    {
        var scope = call.Value("scope");
        var alerts = call.Read().Scan(Tables.Alerts).Select(pair => pair.Value)
            .Where(alert => alert.Targets.Any(target => ArmId.IsWithin(target, scope)) || ArmId.IsWithin(alert.RuleId, scope))
            .Where(alert => Fits("targetResource", alert.Targets) && Fits("monitorCondition", [alert.Condition]) && Fits("alertState", [alert.State])
                && Fits("severity", [Severity(alert)]) && Fits("alertRule", [alert.RuleName, alert.RuleId]));
        return Answer.Json(200, Shapes.List(alerts.OrderByDescending(alert => alert.Fired).Select(alert => Shape(call, alert))));

        bool Fits(string parameter, IEnumerable<string> values) =>
            call.Parameter(parameter) is not { Length: > 0 } wanted || values.Contains(wanted, StringComparer.OrdinalIgnoreCase);
    }

    private static string Severity(Alert alert) => string.Create(CultureInfo.InvariantCulture, $"Sev{alert.Severity}");

    private Answer ChangeState(Call call)
    {
        var state = call.Parameter("newState") ?? "";
        var known = ((string[])["New", "Acknowledged", "Closed"]).FirstOrDefault(word => word.Equals(state, StringComparison.OrdinalIgnoreCase))
            ?? throw _arm.Refuse(call, 400, Assumptions.AlertRefused, $"The state '{state}' must be New, Acknowledged or Closed.");
        return call.Write(tx =>
        {
            var alert = Need(call, tx) with { State = known, Changed = tx.Now, ChangedBy = call.Caller.UserPrincipalName ?? call.Caller.ApplicationId };
            tx.Put(Tables.Alerts, alert.Id, alert);
            return Answer.Json(200, Shape(call, alert));
        });
    }

    private static JsonObject Shape(Call call, Alert alert)
    {
        var target = alert.Targets.Count > 0 ? alert.Targets[0] : "";
        _ = ArmId.TryParse(target, out var id);
        var essentials = new JsonObject
        {
            ["severity"] = Severity(alert),
            ["signalType"] = alert.Signal.Replace(" ", "", StringComparison.Ordinal),
            ["alertState"] = alert.State,
            ["monitorCondition"] = alert.Condition,
            ["targetResource"] = target,
            ["targetResourceName"] = id?.Name ?? "",
            ["targetResourceGroup"] = id?.Group ?? "",
            ["targetResourceType"] = id?.Type ?? "",
            ["monitorService"] = alert.Service,
            ["alertRule"] = alert.RuleId,
            ["sourceCreatedId"] = alert.Id,
            ["startDateTime"] = Shapes.Time(alert.Fired),
            ["lastModifiedDateTime"] = Shapes.Time(alert.Changed),
            ["lastModifiedUserName"] = alert.ChangedBy ?? "System",
            ["description"] = alert.Description,
            ["actionStatus"] = new JsonObject { ["isSuppressed"] = false },
        };
        if (alert.Resolved is { } resolved)
            essentials["monitorConditionResolvedDateTime"] = Shapes.Time(resolved);
        return new JsonObject
        {
            ["id"] = $"{call.Value("scope")}/providers/{Type}/{alert.Id}",
            ["type"] = Type,
            ["name"] = alert.RuleName,
            ["properties"] = new JsonObject { ["essentials"] = essentials, ["context"] = alert.Context.ToNode() },
        };
    }
}
