using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>
/// The arguments of an action. A plan is rendered before all of them are known: what is not known is the text
/// <c>${name}</c> in the place of any value, so nothing here insists on types.
/// </summary>
internal readonly struct Arguments(JsonElement with)
{
    /// <summary>The arguments as they are.</summary>
    public JsonElement All => with;

    /// <summary>Whether a member is there.</summary>
    public bool Has(string name) => with.TryGetProperty(name, out _);

    /// <summary>A member as text; numbers and such as JSON spells them. Missing ones are holes of their own name.</summary>
    public string Text(string name) => TextOrNull(name) ?? $"${{{name}}}";

    /// <summary>The same, or <see langword="null"/>.</summary>
    public string? TextOrNull(string name) => !with.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null
        ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    /// <summary>A member to be put into a body; <see langword="null"/> when it is missing.</summary>
    public JsonNode? Node(string name) => with.TryGetProperty(name, out var value) ? ToNode(value) : null;

    /// <summary>A member that is true.</summary>
    public bool IsTrue(string name) => with.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>The items of a list; <see langword="null"/> when it is missing or not known yet.</summary>
    public IReadOnlyList<JsonElement>? Items(string name) =>
        with.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : null;

    /// <summary>A copy of a value.</summary>
    public static JsonNode? ToNode(JsonElement value) => JsonNode.Parse(value.GetRawText());

    /// <summary>A node as a value.</summary>
    public static JsonElement ToElement(JsonNode node) => JsonElement.Parse(node.ToJsonString());

    /// <summary>An object of the members that are there.</summary>
    public static JsonObject ObjectOf(params ReadOnlySpan<(string Name, JsonNode? Value)> members)
    {
        var made = new JsonObject();
        foreach (var (name, value) in members)
        {
            if (value is not null) made[name] = value;
        }

        return made;
    }
}
