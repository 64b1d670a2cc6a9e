using System.Text.Json.Nodes;

namespace Runbook.Simulator.Policy;

/// <summary>The resource that a rule is held against, as the request would leave it.</summary>
internal sealed class PolicySubject(string id, string type, JsonObject resource)
{
    /// <summary>Types whose resources have neither tags nor a location of their own are left to the mode <c>All</c>.</summary>
    private static readonly HashSet<string> ChildrenWithTags = new(StringComparer.OrdinalIgnoreCase) { "Microsoft.Sql/servers/databases" };

    public string Id { get; } = id;

    public string Type { get; } = type;

    /// <summary>Envelope and properties; changed by <c>modify</c> and <c>append</c>.</summary>
    public JsonObject Resource { get; } = resource;

    public required bool Extends { get; init; }

    /// <summary>The group that it lies in, as <c>resourceGroup()</c> shows it.</summary>
    public JsonObject? Group { get; init; }

    public required string Subscription { get; init; }

    public string ApiVersion { get; init; } = "";

    public string Name => Id[(Id.LastIndexOf('/') + 1)..];

    /// <summary>Whether the mode <c>Indexed</c> looks at it.</summary>
    public bool IsIndexed => !Extends && !Type.Equals(ResourceManager.ArmRequest.GroupType, StringComparison.OrdinalIgnoreCase)
        && (Type.AsSpan().Count('/') == 1 || ChildrenWithTags.Contains(Type));

    /// <summary>
    /// The values that a field's name leads to: one, none where the path does not exist, or several where it passes <c>[*]</c>.
    /// </summary>
    public IReadOnlyList<JsonNode?> Values(string field)
    {
        switch (field.ToLowerInvariant())
        {
            case "type":
                return [Type];
            case "name":
                return [Name];
            case "fullname":
                return [FullName()];
            case "id":
                return [Id];
            case "location" or "kind" or "tags" or "managedby" or "apiversion":
                return Member(Resource, field) is { } value ? [value] : [];
            default:
                return Walk(Resource, PathOf(field));
        }
    }

    /// <summary>Whether the field's path passes an array.</summary>
    public static bool IsArray(string field) => field.Contains("[*]", StringComparison.Ordinal);

    /// <summary>Where a field lies in the resource: its path, for people and for changes.</summary>
    public string? PathOf(string field)
    {
        if (field.StartsWith("tags[", StringComparison.OrdinalIgnoreCase))
            return "tags\n" + field[5..^1].Trim('\'');
        if (field.StartsWith("tags.", StringComparison.OrdinalIgnoreCase))
            return "tags\n" + field[5..];
        if (field.StartsWith("identity.", StringComparison.OrdinalIgnoreCase) || field.StartsWith("sku.", StringComparison.OrdinalIgnoreCase))
            return field.Replace('.', '\n');
        // An alias is the type and a path under the properties; that of another type leads nowhere.
        if (!field.StartsWith(Type + "/", StringComparison.OrdinalIgnoreCase))
            return null;
        var path = field[(Type.Length + 1)..];
        if (path.Contains('/', StringComparison.Ordinal))
            return null;
        var dotted = path.Replace('.', '\n');
        return path.StartsWith("sku.", StringComparison.OrdinalIgnoreCase) || path.StartsWith("identity.", StringComparison.OrdinalIgnoreCase) || path.Equals("kind", StringComparison.OrdinalIgnoreCase)
            ? dotted
            : "properties\n" + dotted;
    }

    public static JsonNode? Member(JsonNode? node, string name) =>
        node is JsonObject members ? members.FirstOrDefault(member => member.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value : null;

    private string FullName()
    {
        var parts = Id[(Id.LastIndexOf("/providers/", StringComparison.OrdinalIgnoreCase) + 1)..].Split('/');
        return string.Join('/', parts.Skip(3).Where((_, index) => index % 2 == 0));
    }

    private static List<JsonNode?> Walk(JsonNode? from, string? path)
    {
        if (path is null)
            return [];
        List<JsonNode?> found = [from];
        foreach (var part in path.Split('\n'))
        {
            var each = part.EndsWith("[*]", StringComparison.Ordinal);
            var name = each ? part[..^3] : part;
            var next = new List<JsonNode?>();
            foreach (var node in found)
            {
                if (Member(node, name) is not { } value)
                    continue;
                if (each && value is JsonArray array)
                    next.AddRange(array);
                else if (!each)
                    next.Add(value);
            }
            found = next;
        }
        return found;
    }

    /// <summary>Sets or removes what a path leads to; what lies on the way is made.</summary>
    public void Set(string path, JsonNode? value, bool remove = false)
    {
        var parts = path.Split('\n');
        JsonNode node = Resource;
        for (var i = 0; i < parts.Length - 1; i++)
        {
            if (Member(node, parts[i]) is JsonObject next)
            {
                node = next;
                continue;
            }
            if (remove || node is not JsonObject parent)
                return;
            node = parent[parts[i]] = new JsonObject();
        }
        if (node is not JsonObject target)
            return;
        var last = parts[^1];
        var name = target.FirstOrDefault(member => member.Key.Equals(last, StringComparison.OrdinalIgnoreCase)).Key ?? last;
        if (remove)
            target.Remove(name);
        else if (last.EndsWith("[*]", StringComparison.Ordinal))
            ((target[last[..^3]] as JsonArray) ?? (JsonArray)(target[last[..^3]] = new JsonArray())!).Add(value?.DeepClone());
        else
            target[name] = value?.DeepClone();
    }
}
