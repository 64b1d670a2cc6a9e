using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator;

namespace Runbook.EndToEnd;

/// <summary>
/// What a drill must leave as it was: keys and their versions, who holds which role on them, each HSM's firewall, which
/// key protects which server, which region an account is in, and which faults are armed, one line each. Names that are made up anew, and times at which something was written, don't count.
/// </summary>
public static class EstateStanding
{
    /// <summary>Of the estate that a session left, with the calls that reached it.</summary>
    /// <param name="session">The session's directory; its embedded Azure must not be running.</param>
    public static async Task<(string Standing, IReadOnlyList<CallRecord> Calls)> OfAsync(string session)
    {
        await using var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { StateFile = Path.Combine(session + ".azure", "estate.db"), Clock = ClockMode.Standing }, CancellationToken.None);
        return (Of(azure.State.Export(EstateSecrets.LeftOut)), azure.Calls.Since());
    }

    /// <summary>Of an exported estate.</summary>
    /// <param name="estate">As the simulator exports it.</param>
    public static string Of(string estate)
    {
        var tables = JsonNode.Parse(estate)!["tables"]!.AsObject();
        var numbers = Rows(tables, "keyVersions").ToDictionary(v => v["version"]!.GetValue<string>(), v => v["number"]!.GetValue<int>(), StringComparer.Ordinal);
        var names = Rows(tables, "principals").ToDictionary(p => p["objectId"]!.GetValue<string>(), p => p["displayName"]!.GetValue<string>(), StringComparer.Ordinal);
        string Who(string id) => names.GetValueOrDefault(id, "somebody who is gone");
        var lines = Rows(tables, "keys").Select(k => $"key {k["store"]}/{k["name"]}: latest is number {numbers[k["latest"]!.GetValue<string>()]}")
            .Concat(Rows(tables, "keyVersions").Select(v => $"version {v["store"]}/{v["name"]}, number {v["number"]}: {(v["enabled"]!.GetValue<bool>() ? "enabled" : "disabled")}, expires {DayOf(v["expires"])}"))
            .Concat(Rows(tables, "localRoleAssignments").Select(a => $"role {a["role"]} of {Who(a["principalId"]!.GetValue<string>())} at {a["store"]}{a["scope"]}"))
            .Concat(Rows(tables, "resources").Where(r => r["type"]!.GetValue<string>() == "Microsoft.Sql/servers/encryptionProtector").Select(r => $"protector of {ServerOf(r)}: {KeyOf(r, numbers)}"))
            .Concat(Rows(tables, "resources").Where(r => r["type"]!.GetValue<string>() == "Microsoft.Storage/storageAccounts").Select(r => $"account {r["name"]} in {r["location"]}"))
            .Concat(Rows(tables, "faults").Where(f => f["until"] is null).Select(f => $"fault {f["kind"]}"))
            .Concat(Rows(tables, "keyStores").Select(s => $"firewall of {s["name"]}: {s["networkAcls"]?["defaultAction"] ?? "Allow"}, {s["networkAcls"]?["bypass"] ?? "AzureServices"}, {s["networkAcls"]?["ipRules"]?.ToJsonString() ?? "[]"}, {s["networkAcls"]?["virtualNetworkRules"]?.ToJsonString() ?? "[]"}"));
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    // A new version's end counts from the moment at which it was made: the day is enough.
    private static string DayOf(JsonNode? seconds) => seconds is null ? "never" : DateTimeOffset.FromUnixTimeSeconds(seconds.GetValue<long>()).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string ServerOf(JsonObject protector) => protector["id"]!.GetValue<string>().Split('/')[^3];

    private static string KeyOf(JsonObject protector, Dictionary<string, int> numbers) => protector["properties"]?["uri"]?.GetValue<string>() is { } uri
        ? $"{uri.Split('/')[^2]}, number {numbers[uri.Split('/')[^1]]}"
        : "Microsoft's";

    private static IEnumerable<JsonObject> Rows(JsonObject tables, string name) =>
        tables.TryGetPropertyValue(name, out var rows) ? rows!.AsObject().Select(r => r.Value!.AsObject()) : [];
}
