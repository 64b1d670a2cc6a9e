using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>Diagnostic settings of resources: which logs go to which workspace.</summary>
internal sealed class DiagnosticSettings
{
    public const string Type = "Microsoft.Insights/diagnosticSettings";

    private const string Path = "{scope}/providers/Microsoft.Insights/diagnosticSettings/{name}";
    private const string CategoriesType = "Microsoft.Insights/diagnosticSettingsCategories";

    private static readonly string[] Destinations = ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"];

    private readonly ArmService _arm;

    public DiagnosticSettings(ArmService arm)
    {
        _arm = arm;
        arm.Plug(
        [
            Op("Create or update diagnostic setting", "PUT", Path, Type + "/write", Put, Fidelity.Part),
            Op("Get diagnostic setting", "GET", Path, Type + "/read", Get),
            Op("Delete diagnostic setting", "DELETE", Path, Type + "/delete", Delete),
            Op("List diagnostic settings", "GET", "{scope}/providers/Microsoft.Insights/diagnosticSettings", Type + "/read", List),
            Op("Get diagnostic settings category", "GET", "{scope}/providers/Microsoft.Insights/diagnosticSettingsCategories/{name}", CategoriesType + "/read", GetCategory),
            Op("List diagnostic settings categories", "GET", "{scope}/providers/Microsoft.Insights/diagnosticSettingsCategories", CategoriesType + "/read", ListCategories),
        ]);
    }

    /// <summary>The settings of a resource that are in force.</summary>
    public static IEnumerable<DiagnosticSetting> Of(EstateView view, string scope) =>
        view.Scan(Tables.DiagnosticSettings, ArmId.Key(scope) + "\n").Select(pair => pair.Value).Where(setting => setting.Until is null);

    public static JsonObject Shape(DiagnosticSetting setting) => new()
    {
        ["id"] = setting.Id,
        ["type"] = Type,
        ["name"] = setting.Name,
        ["location"] = null,
        ["kind"] = null,
        ["tags"] = null,
        ["properties"] = setting.Properties.ToNode(),
        ["identity"] = null,
    };

    /// <summary>Whether a setting sends a log category.</summary>
    public static bool Sends(DiagnosticSetting setting, string category, string group)
    {
        if (setting.Properties.Loose("logs") is not { ValueKind: JsonValueKind.Array } logs)
            return false;
        return logs.EnumerateArray().Any(log => log.Loose("enabled").Flag() == true
            && (string.Equals(log.Loose("category").Text(), category, StringComparison.OrdinalIgnoreCase)
                || log.Loose("categoryGroup").Text() is { } given && (given.Equals(group, StringComparison.OrdinalIgnoreCase) || given.Equals("allLogs", StringComparison.OrdinalIgnoreCase))));
    }

    private static Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler, Fidelity fidelity = Fidelity.Full) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        PermissionFor = _ => permission,
        Handler = handler,
        Fidelity = fidelity,
        Note = fidelity == Fidelity.Part ? "Logs reach workspaces. Storage accounts, event hubs and partners are kept as destinations, and nothing is sent there." : null,
    };

    /// <summary>Categories of logs by type; a type that is not listed has metrics only.</summary>
    private static string[] CategoriesOf(string type) => type.ToLowerInvariant() switch
    {
        "microsoft.keyvault/managedhsms" => ["AuditEvent"],
        "microsoft.keyvault/vaults" => ["AuditEvent", "AzurePolicyEvaluationDetails"],
        _ => [],
    };

    private static string Prefix(Call call) => ArmId.Key(call.Value("scope")) + "\n" + call.Value("name").ToLowerInvariant() + "\n";

    private static (string Key, DiagnosticSetting Setting)? Find(EstateView view, Call call)
    {
        foreach (var (key, setting) in view.Scan(Tables.DiagnosticSettings, Prefix(call)))
            if (setting.Until is null)
                return (key, setting);
        return null;
    }

    private Resource Scope(Call call, EstateView view) =>
        view.Find(Tables.Resources, ArmId.Key(call.Value("scope")))
        ?? throw _arm.Refuse(call, 404, "ResourceNotFound", $"The resource '{call.Value("scope")}' was not found.");

    private Answer Put(Call call)
    {
        var given = call.Json().Loose("properties")?.ToObject() ?? throw _arm.Refuse(call, 400, "BadRequest", "The properties are missing.");
        if (Destinations.All(name => TextOf(given, name) is null))
            throw _arm.Refuse(call, 400, "BadRequest", "At least one data sink needs to be specified.");
        return call.Write(tx =>
        {
            var resource = Scope(call, tx);
            if (TextOf(given, "workspaceId") is { } workspace && tx.Find(Tables.Resources, ArmId.Key(workspace)) is not { Type: Workspaces.Type })
                throw _arm.Refuse(call, 404, "ResourceNotFound", $"Resource '{workspace}' could not be found.");
            var known = CategoriesOf(resource.Type);
            foreach (var log in given["logs"] as JsonArray ?? [])
                if ((string?)log?["category"] is { } category && !known.Contains(category, StringComparer.OrdinalIgnoreCase))
                    throw _arm.Refuse(call, 400, "BadRequest", $"Category '{category}' is not supported.");
            foreach (var name in (string[])["logs", "metrics"])
                given[name] ??= new JsonArray();
            foreach (var name in (string[])[.. Destinations, "eventHubName", "serviceBusRuleId", "logAnalyticsDestinationType"])
                if (!given.ContainsKey(name))
                    given[name] = null;
            if (Find(tx, call) is { } before)
                tx.Put(Tables.DiagnosticSettings, before.Key, before.Setting with { Until = tx.Now });
            var setting = new DiagnosticSetting { Scope = resource.Id, Name = call.Value("name"), Properties = given.ToElement(), From = tx.Now };
            tx.Put(Tables.DiagnosticSettings, KeyFor(tx, call), setting);
            return Answer.Json(200, Shape(setting));
        });
    }

    /// <summary>A key of its own for each stretch of time, several at one instant included.</summary>
    private static string KeyFor(EstateView view, Call call) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix(call)}{call.Now.UtcTicks:D19}/{view.CountWithPrefix(Tables.DiagnosticSettings, Prefix(call)):D6}");

    private static string? TextOf(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private Answer Get(Call call) => Find(call.Read(), call) is { } found
        ? Answer.Json(200, Shape(found.Setting))
        : throw _arm.Refuse(call, 404, "ResourceNotFound", $"The diagnostic setting '{call.Value("name")}' doesn't exist.");

    private Answer Delete(Call call) => call.Write(tx =>
    {
        if (Find(tx, call) is not { } found)
            return Answer.Empty(204);
        tx.Put(Tables.DiagnosticSettings, found.Key, found.Setting with { Until = tx.Now });
        return Answer.Empty(200);
    });

    private Answer List(Call call)
    {
        var view = call.Read();
        return Answer.Json(200, Shapes.List(Of(view, Scope(call, view).Id).Select(Shape)));
    }

    private static JsonObject Category(Resource resource, string name, bool logs) => new()
    {
        ["id"] = $"{resource.Id}/providers/{CategoriesType}/{name}",
        ["type"] = CategoriesType,
        ["name"] = name,
        ["properties"] = logs
            ? new JsonObject { ["categoryType"] = "Logs", ["categoryGroups"] = name == "AuditEvent" ? new JsonArray("audit", "allLogs") : new JsonArray("allLogs") }
            : new JsonObject { ["categoryType"] = "Metrics" },
    };

    private Answer GetCategory(Call call)
    {
        var resource = Scope(call, call.Read());
        var name = call.Value("name");
        if (CategoriesOf(resource.Type).FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } category)
            return Answer.Json(200, Category(resource, category, logs: true));
        return name.Equals("AllMetrics", StringComparison.OrdinalIgnoreCase)
            ? Answer.Json(200, Category(resource, "AllMetrics", logs: false))
            : throw _arm.Refuse(call, 404, "ResourceNotFound", $"The category '{name}' doesn't exist.");
    }

    private Answer ListCategories(Call call)
    {
        var resource = Scope(call, call.Read());
        return Answer.Json(200, Shapes.List(CategoriesOf(resource.Type).Select(name => Category(resource, name, logs: true)).Append(Category(resource, "AllMetrics", logs: false))));
    }
}
