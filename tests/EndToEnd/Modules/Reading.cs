using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Runbook.EndToEnd.Modules;

/// <summary>One resource as one side would ask for it, read in words that both sides share.</summary>
/// <param name="Type">Its type, as that side calls it.</param>
/// <param name="Body">What it is given.</param>
/// <param name="Known">All resources of that side, by address; only Terraform refers to them so.</param>
public sealed partial record Reading(string Type, JsonObject Body, IReadOnlyDictionary<string, JsonObject> Known)
{
    private static readonly string[] Envelope = ["id", "type", "apiVersion"];

    private bool IsTerraform => Type.StartsWith("azurerm_", StringComparison.Ordinal);

    /// <summary>Everything that Terraform evaluated.</summary>
    /// <param name="evaluated">What <see cref="ModuleTools.EvaluateAsync"/> gives.</param>
    public static IReadOnlyList<Reading> OfTerraform(JsonObject evaluated)
    {
        Assert.False(evaluated.ContainsKey("refused"), (string?)evaluated["refused"]);
        var known = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var (address, value) in evaluated["resources"]!.AsObject())
        {
            if (value is JsonArray list)
                foreach (var item in list) known[address] = item!.AsObject();
            else if (value!.AsObject().ContainsKey("id"))
                known[address] = value.AsObject();
            else
                foreach (var (key, item) in value.AsObject()) known[$"{address}[{key}]"] = item!.AsObject();
        }

        var resources = ModuleTools.Names["resources"]!.AsObject();
        return [.. known.Where(k => resources.ContainsKey(TypeOf(k.Key))).Select(k => new Reading(TypeOf(k.Key), Given(TypeOf(k.Key), k.Value), known))];
    }

    /// <summary>Everything that Bicep predicts.</summary>
    /// <param name="predicted">What <see cref="ModuleTools.PredictAsync"/> gives.</param>
    public static IReadOnlyList<Reading> OfBicep(IReadOnlyList<JsonObject> predicted) =>
        [.. predicted.Select(r => new Reading((string)r["type"]!, r, new Dictionary<string, JsonObject>()))];

    /// <summary>The paths at which something stands.</summary>
    public IEnumerable<string> Leaves() => Leaves(Body, "").Where(p => IsTerraform || !Envelope.Contains(p));

    /// <summary>What stands at a path, in words that both sides share; nothing where nothing stands.</summary>
    /// <param name="path">Names with dots between them; <c>parent</c> and <c>scope</c> are read from Bicep's names and ids.</param>
    public string? At(string path)
    {
        if (!IsTerraform && path == "parent") return Joined().Match(Text("name")) is { Success: true } call ? call.Groups["of"].Value : string.Join('/', Text("name").Split('/')[..^1]);
        if (!IsTerraform && path == "scope") return ScopeOf(Text("id"));
        if (!IsTerraform && path == "name") return Text("name").Split('/')[^1];
        JsonNode? node = Body;
        foreach (var part in path.Split('.'))
        {
            if (node is JsonArray { Count: 1 } block && !int.TryParse(part, out _)) node = block[0];
            node = node switch
            {
                JsonObject o => o[part],
                JsonArray a when int.TryParse(part, out var index) && index < a.Count => a[index],
                _ => null,
            };
        }

        return node is null ? null : Word(node);
    }

    private static JsonObject Given(string type, JsonObject value)
    {
        var arguments = ModuleTools.Names["resources"]![type]!["arguments"]!.AsObject();
        return new JsonObject(value.Where(m => m.Key != "id" && m.Value is not null && arguments.ContainsKey(m.Key)).Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value!.DeepClone())));
    }

    private static string TypeOf(string address) => address.Split('.')[0];

    private static IEnumerable<string> Leaves(JsonNode? node, string path) => node switch
    {
        JsonObject { Count: > 0 } o => o.SelectMany(m => Leaves(m.Value, path.Length == 0 ? m.Key : $"{path}.{m.Key}")),
        JsonArray { Count: > 0 } a when a[0] is JsonObject => a.SelectMany((item, index) => Leaves(item, path.StartsWith("properties", StringComparison.Ordinal) ? $"{path}.{index}" : path)),
        null or JsonObject => [],
        _ => [path],
    };

    private static string ScopeOf(string id)
    {
        var before = Extension().Match(id) is { Success: true } call ? call.Groups["of"].Value : id[..id.LastIndexOf("/providers/", StringComparison.Ordinal)];
        return before.Split('/')[^1];
    }

    private string Text(string member) => (string)Body[member]!;

    private string Word(JsonNode node) => node switch
    {
        JsonObject o when o.Count > 0 && o.All(m => m.Value is JsonObject { Count: 0 }) => Listed(o.Select(m => Word(m.Key))),
        JsonObject o => "{" + string.Join(",", o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}:{Word(m.Value!)}")) + "}",
        JsonArray a => Listed(a.Select(i => Word(i!))),
        JsonValue v when v.TryGetValue<string>(out var text) => Word(text),
        _ => node.ToJsonString(),
    };

    private static string Listed(IEnumerable<string> words) => string.Join(", ", words.Order(StringComparer.Ordinal));

    private string Word(string text)
    {
        if (text == ModuleTools.Tenant || text.EndsWith(".tenant_id", StringComparison.Ordinal)) return "the tenant";
        if (text.StartsWith('{')) return Word(JsonSerializer.Deserialize<JsonNode>(text)!);
        if (Reference().Match(text) is { Success: true } reference) return Named(reference.Groups["id"].Value) + (reference.Groups["of"].Value == "keyUriWithVersion" ? "@version" : "");
        if (Address().Match(text) is { Success: true } address && Known.TryGetValue(address.Groups["of"].Value, out var named))
        {
            var attribute = address.Groups["attribute"].Value;
            return (string)named["name"]! + (attribute == "versioned_id" || attribute == "id" && TypeOf(text) == "azurerm_key_vault_key" ? "@version" : "");
        }

        return text.StartsWith('/') ? Named(text) : text;
    }

    private static string Named(string id) => id.Split('/')[^1];

    [GeneratedRegex(@"^\[.*?reference\('(?<id>[^']+)'.*?\)\.(?<of>\w+)", RegexOptions.Singleline)]
    private static partial Regex Reference();

    [GeneratedRegex(@"^(?<of>azurerm_\w+\.\w+(\[[^\]]+\])?)\.(?<attribute>\w+)$")]
    private static partial Regex Address();

    [GeneratedRegex(@"^\[format\('\{0\}/\{1\}', '(?<of>[^']+)'")]
    private static partial Regex Joined();

    [GeneratedRegex(@"^\[extensionResourceId\('(?<of>[^']+)'")]
    private static partial Regex Extension();
}
