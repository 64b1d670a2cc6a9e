using System.Text.Json;
using System.Text.RegularExpressions;

namespace Runbook.Engine;

/// <summary>
/// Fills an action's <c>az</c> command with the arguments of a call, so that it can be pasted into a shell. What the
/// arguments don't have leaves its option out.
/// </summary>
public static partial class AzCommands
{
    /// <summary>Fills it.</summary>
    /// <param name="command">The command, with <c>{member}</c> of the arguments in it.</param>
    /// <param name="with">The arguments.</param>
    /// <param name="target">The resource that is called: subscription and resource group are taken from there.</param>
    /// <param name="keep">Whether what is not known stays as it is, to be filled from elsewhere.</param>
    public static string Fill(string command, JsonElement with, string target, bool keep = false)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(target);
        if (!keep) command = Option().Replace(command, m => Find(with, target, m.Groups["name"].Value) is null ? "" : m.Value);
        return Place().Replace(command, m => Find(with, target, m.Groups["name"].Value) ?? m.Value);
    }

    private static string? Find(JsonElement with, string target, string name)
    {
        if (with.ValueKind == JsonValueKind.Object && with.TryGetProperty(name, out var value)) return Words(value);
        return name switch
        {
            "subscription" => After(target, "subscriptions"),
            "resourceGroup" => After(target, "resourceGroups"),
            _ => null,
        };
    }

    private static string? After(string target, string segment)
    {
        var parts = target.Split('/');
        var at = Array.IndexOf(parts, segment);
        return at >= 0 && at + 1 < parts.Length ? Word(parts[at + 1]) : null;
    }

    // az takes lists as words and tags as name=value; what is neither has no place on a command line.
    private static string? Words(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.Array => value.EnumerateArray().Select(Words).ToList() is { Count: > 0 } words && !words.Contains(null) ? string.Join(' ', words) : null,
        JsonValueKind.Object when value.TryGetProperty("digest", out _) && value.TryGetProperty("name", out var name) => Word(name.GetString() ?? ""),
        JsonValueKind.Object => value.EnumerateObject().All(m => m.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
            ? string.Join(' ', value.EnumerateObject().Select(m => Word($"{m.Name}={ShownValues.Text(m.Value)}")))
            : null,
        _ => Word(ShownValues.Text(value)),
    };

    // What could mean something to a shell stands in single quotation marks.
    private static string Word(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '@' or ',' or '=')
            ? text
            : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    [GeneratedRegex(@" --[a-z-]+ \{(?<name>[A-Za-z]+)\}")]
    private static partial Regex Option();

    [GeneratedRegex(@"\{(?<name>[A-Za-z]+)\}")]
    private static partial Regex Place();
}
