using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Runbook.Cli.Testing;

/// <summary>
/// What an estate is, without what differs from run to run: times, made-up ids, key material. Two sessions that did the
/// same to Azure have the same shape.
/// </summary>
internal static partial class EstateShape
{
    private static readonly string[] Tables = ["resources", "keyStores", "keys", "keyVersions", "localRoleAssignments", "roleAssignments", "deletedResources", "resourceGroups", "locks"];
    private static readonly string[] Meant = ["principalId", "role", "scope", "name", "bits", "type", "operations", "location"];

    /// <summary>The shape of an exported estate.</summary>
    /// <param name="estate">As the simulator exports it.</param>
    public static string Of(string estate)
    {
        var tables = JsonNode.Parse(estate)!["tables"]!.AsObject();
        var lines = new List<string>();
        foreach (var name in Tables.Where(tables.ContainsKey))
            lines.AddRange(tables[name]!.AsObject().Select(row => $"{name} {Shape(row.Value, "")}").Order(StringComparer.Ordinal));
        return string.Join('\n', lines);
    }

    private static string Shape(JsonNode? node, string member) => node switch
    {
        JsonObject o => "{" + string.Join(",", o.Select(m => $"{m.Key}:{Shape(m.Value, m.Key)}").Order(StringComparer.Ordinal)) + "}",
        JsonArray a => "[" + string.Join(",", a.Select(n => Shape(n, member))) + "]",
        JsonValue v when v.GetValueKind() == JsonValueKind.String && !Meant.Contains(member) => Changing().Replace(v.GetValue<string>(), "…"),
        JsonValue v when v.GetValueKind() == JsonValueKind.String && v.GetValue<string>().Length > 200 => "…",
        null => "null",
        _ when member is "created" or "updated" => "…",
        _ => member == "name" ? Changing().Replace(node.ToString(), "…") : node.ToJsonString(),
    };

    [GeneratedRegex(@"\d{8}T\d{6}Z-[0-9a-f]{16}|\d{4}-\d\d-\d\dT[0-9:.+Z-]*|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}|[A-Za-z0-9+/_=-]{40,}|\d+\.\d{5,}")]
    private static partial Regex Changing();
}
