using System.Text.Json.Nodes;
using Runbook.Simulator;

namespace Runbook.Cli.Exploring;

/// <summary>
/// What a drill must leave as it was: keys and their versions, who holds which role on them, and each HSM's firewall, one
/// line each. Names that are made up anew, and times at which something was written, don't count.
/// </summary>
internal static class EstateStanding
{
    /// <summary>Of an exported estate.</summary>
    /// <param name="estate">As the simulator exports it.</param>
    public static string Of(string estate) => Of(JsonNode.Parse(estate)!["tables"]!.AsObject());

    /// <summary>Of an embedded Azure as it is now.</summary>
    public static string Of(EmbeddedAzure azure) => Of(azure.State.ExportTables(EstateSecrets.LeftOut, "keys", "keyVersions", "localRoleAssignments", "keyStores"));

    private static string Of(JsonObject tables)
    {
        var numbers = Rows(tables, "keyVersions").ToDictionary(v => $"{v["store"]}/{v["name"]}/{v["version"]}", v => v["number"]!.GetValue<int>(), StringComparer.Ordinal);
        var lines = Rows(tables, "keys").Select(k => $"key {k["store"]}/{k["name"]}: latest is number {numbers[$"{k["store"]}/{k["name"]}/{k["latest"]}"]}")
            .Concat(Rows(tables, "keyVersions").Select(v => $"version {v["store"]}/{v["name"]}, number {v["number"]}: {(v["enabled"]!.GetValue<bool>() ? "enabled" : "disabled")}, expires {v["expires"] ?? "never"}"))
            .Concat(Rows(tables, "localRoleAssignments").Select(a => $"role {a["role"]} of {a["principalId"]} at {a["store"]}{a["scope"]}"))
            .Concat(Rows(tables, "keyStores").Select(s => $"firewall of {s["name"]}: {s["networkAcls"]?["defaultAction"] ?? "Allow"}, {s["networkAcls"]?["bypass"] ?? "AzureServices"}, {s["networkAcls"]?["ipRules"]?.ToJsonString() ?? "[]"}, {s["networkAcls"]?["virtualNetworkRules"]?.ToJsonString() ?? "[]"}"));
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<JsonObject> Rows(JsonObject tables, string name) =>
        tables.TryGetPropertyValue(name, out var rows) ? rows!.AsObject().Select(r => r.Value!.AsObject()) : [];
}
