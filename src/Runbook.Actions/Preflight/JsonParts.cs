using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>Reads pieces of what Azure answered, where any piece may be missing.</summary>
internal static class JsonParts
{
    /// <summary>A member, or a member of a member; undefined where there is none. Names are compared without case, as Azure spells one name in several ways.</summary>
    public static JsonElement At(this JsonElement value, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (value.ValueKind != JsonValueKind.Object) return default;
            if (value.TryGetProperty(name, out var exact))
            {
                value = exact;
                continue;
            }

            JsonElement found = default;
            foreach (var member in value.EnumerateObject())
            {
                if (string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase)) found = member.Value;
            }

            value = found;
        }

        return value;
    }

    /// <summary>A text at a path; <see langword="null"/> where there is none, or an empty one.</summary>
    public static string? Text(this JsonElement value, params ReadOnlySpan<string> path) =>
        value.At(path) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } some ? some : null;

    /// <summary>Whether there is a true at a path.</summary>
    public static bool IsTrue(this JsonElement value, params ReadOnlySpan<string> path) => value.At(path).ValueKind == JsonValueKind.True;

    /// <summary>The items of a list at a path.</summary>
    public static ImmutableArray<JsonElement> List(this JsonElement value, params ReadOnlySpan<string> path) =>
        value.At(path) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    /// <summary>The texts of a list at a path.</summary>
    public static ImmutableArray<string> Texts(this JsonElement value, params ReadOnlySpan<string> path) =>
        [.. value.List(path).Where(i => i.ValueKind == JsonValueKind.String).Select(i => i.GetString()!)];

    /// <summary>A moment in seconds since 1970 at a path.</summary>
    public static DateTimeOffset? Seconds(this JsonElement value, params ReadOnlySpan<string> path) =>
        value.At(path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>A moment as text at a path.</summary>
    public static DateTimeOffset? Moment(this JsonElement value, params ReadOnlySpan<string> path) =>
        value.Text(path) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>The last piece of an id or address.</summary>
    public static string LastPiece(string id) => id.TrimEnd('/')[(id.TrimEnd('/').LastIndexOf('/') + 1)..];

    /// <summary>Whether two ids or names of Azure are one: letters differ in case from service to service.</summary>
    public static bool Same(string? one, string? other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
