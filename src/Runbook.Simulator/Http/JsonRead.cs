using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Http;

/// <summary>Reading members of request bodies without trusting their types, and making elements of nodes.</summary>
internal static class JsonRead
{
    /// <summary>The member, or <see langword="null"/> where it is absent or <c>null</c>.</summary>
    public static JsonElement? Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The member whatever its case, as Resource Manager reads.</summary>
    public static JsonElement? Loose(this JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var member in json.EnumerateObject())
            if (string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase))
                return member.Value.ValueKind == JsonValueKind.Null ? null : member.Value;
        return null;
    }

    /// <summary>A member found by walking objects along a dotted path, whatever the case.</summary>
    public static JsonElement? At(this JsonElement json, params ReadOnlySpan<string> path)
    {
        JsonElement? current = json;
        foreach (var name in path)
        {
            if (current is null)
                return null;
            current = current.Value.Loose(name);
        }
        return current;
    }

    public static JsonElement? At(this JsonElement? json, params ReadOnlySpan<string> path) => json is { } value ? value.At(path) : null;

    public static string? Text(this JsonElement? json) => json is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool? Flag(this JsonElement? json) => json?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when bool.TryParse(json.Value.GetString(), out var flag) => flag,
        _ => null,
    };

    public static int? Number(this JsonElement? json) =>
        json is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    /// <summary>The texts of an array; <see langword="null"/> where it is absent or holds something else.</summary>
    public static IReadOnlyList<string>? Texts(this JsonElement? json)
    {
        if (json is not { ValueKind: JsonValueKind.Array } array)
            return null;
        var texts = new List<string>();
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                return null;
            texts.Add(item.GetString()!);
        }
        return texts;
    }

    /// <summary>An immutable copy of a node.</summary>
    public static JsonElement ToElement(this JsonNode node)
    {
        using var document = JsonDocument.Parse(Answer.Serialize(node));
        return document.RootElement.Clone();
    }

    /// <summary>A node that can be changed without changing the element.</summary>
    public static JsonObject ToObject(this JsonElement json) => JsonObject.Create(json.Clone())?.DeepClone().AsObject() ?? [];

    public static JsonNode? ToNode(this JsonElement? json) => json is { } value ? JsonNode.Parse(value.GetRawText()) : null;

    public static JsonNode? ToNode(this JsonElement json) => JsonNode.Parse(json.GetRawText());

    /// <summary>Merges a patch into an object as RFC 7396 says.</summary>
    public static JsonObject Merge(JsonObject target, JsonElement patch)
    {
        foreach (var member in patch.EnumerateObject())
        {
            var existing = target.FirstOrDefault(pair => string.Equals(pair.Key, member.Name, StringComparison.OrdinalIgnoreCase)).Key ?? member.Name;
            if (member.Value.ValueKind == JsonValueKind.Null)
                target.Remove(existing);
            else if (member.Value.ValueKind == JsonValueKind.Object && target[existing] is JsonObject inner)
                Merge(inner, member.Value);
            else
                target[existing] = member.Value.ToNode();
        }
        return target;
    }

    /// <summary>Names and values of a tags object.</summary>
    public static SortedDictionary<string, string>? Tags(this JsonElement? json)
    {
        if (json is not { ValueKind: JsonValueKind.Object } tags)
            return null;
        var read = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in tags.EnumerateObject())
            read[tag.Name] = tag.Value.ValueKind == JsonValueKind.String ? tag.Value.GetString()! : tag.Value.GetRawText();
        return read;
    }
}
