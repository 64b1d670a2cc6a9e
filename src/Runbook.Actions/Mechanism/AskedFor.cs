using System.Text.Json;

namespace Runbook.Actions;

/// <summary>Compares what was asked for with what is there.</summary>
/// <remarks>
/// Azure spells ids and regions in its own way, leaves out what is off, and adds what it knows; so texts compare without
/// regard to case and blanks in regions, what is false or empty may be missing, and what was not asked for may be anything.
/// </remarks>
internal static class AskedFor
{
    /// <summary>Whether everything that was asked for is there.</summary>
    public static bool IsIn(JsonElement? asked, JsonElement there) => asked is not { } wanted || IsIn(wanted, there, "");

    private static bool IsIn(JsonElement asked, JsonElement there, string name) => asked.ValueKind switch
    {
        JsonValueKind.Object => there.ValueKind == JsonValueKind.Object && asked.EnumerateObject().All(m => IsMember(m, there)),
        JsonValueKind.Array => there.ValueKind == JsonValueKind.Array && asked.GetArrayLength() == there.GetArrayLength() && asked.EnumerateArray().All(a => there.EnumerateArray().Any(t => IsIn(a, t, name))),
        JsonValueKind.String => there.ValueKind == JsonValueKind.String && IsText(asked.GetString()!, there.GetString()!, name),
        JsonValueKind.Null => there.ValueKind == JsonValueKind.Null,
        _ => JsonElement.DeepEquals(asked, there),
    };

    private static bool IsMember(JsonProperty asked, JsonElement there)
    {
        foreach (var member in there.EnumerateObject())
        {
            if (string.Equals(member.Name, asked.Name, StringComparison.OrdinalIgnoreCase)) return IsIn(asked.Value, member.Value, asked.Name) || (IsNothing(asked.Value) && IsNothing(member.Value));
        }

        return IsNothing(asked.Value);
    }

    private static bool IsNothing(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.False
        || (value.ValueKind == JsonValueKind.String && value.GetString()!.Length == 0)
        || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);

    private static bool IsText(string asked, string there, string name)
    {
        if (name is "location") (asked, there) = (asked.Replace(" ", "", StringComparison.Ordinal), there.Replace(" ", "", StringComparison.Ordinal));
        return string.Equals(asked.TrimEnd('/'), there.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);
    }
}
