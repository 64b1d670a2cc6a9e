using System.Globalization;
using System.Text.Json;
using Runbook.Language.Schemas;

namespace Runbook.Tui;

/// <summary>Reads what a person typed as a value of a schema.</summary>
internal static class TypedValue
{
    /// <summary>The value, or what is wrong with what was typed.</summary>
    /// <param name="member">The member that it is for.</param>
    /// <param name="typed">What was typed; nothing stands for no value.</param>
    /// <returns>Neither, where nothing was typed and nothing has to be.</returns>
    public static (JsonElement? Value, string? Complaint) Read(SchemaMember member, string typed)
    {
        if (typed.Length == 0) return (null, member.Required ? "It is needed." : null);
        var schema = member.Schema;
        if (Parse(schema.Types, typed) is not { } value) return (null, $"It has to be {InWords(schema.Types)}.");
        var problems = schema.Check(value);
        return problems.IsEmpty ? (value, null) : (null, $"It {problems[0].Message}.");
    }

    /// <summary>What a person may be told of a schema: what it is for, what fits, what is taken when nothing is typed.</summary>
    public static IEnumerable<string> Help(SchemaMember member)
    {
        var schema = member.Schema;
        if (schema.Description is { } description) yield return description;
        if (!schema.Enum.IsEmpty) yield return "One of: " + string.Join(", ", schema.Enum.Select(Text));
        if (schema.Pattern is { } pattern) yield return "Has to match " + pattern;
        if (schema.Format is { } format && !schema.IsFile) yield return "Format: " + format;
        if (Range(schema) is { Length: > 0 } range) yield return range;
        if (!schema.Examples.IsEmpty) yield return "Such as: " + string.Join(", ", schema.Examples.Select(Text));
        if (schema.IsFile) yield return "Path of a file; Tab completes.";
        if (!member.Required) yield return "May be left empty.";
    }

    /// <summary>A value as it is typed.</summary>
    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static JsonElement? Parse(JsonTypes types, string typed)
    {
        var trimmed = typed.Trim();
        if (types.HasFlag(JsonTypes.Boolean) && !types.HasFlag(JsonTypes.String))
        {
            if (trimmed is "true" or "yes" or "y") return JsonElement.Parse("true");
            if (trimmed is "false" or "no" or "n") return JsonElement.Parse("false");
        }

        var isNumber = (types & JsonTypes.Number) != 0 && !types.HasFlag(JsonTypes.String);
        if (isNumber && decimal.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return JsonElement.Parse(number.ToString(CultureInfo.InvariantCulture));
        }

        if (types.HasFlag(JsonTypes.String)) return JsonElement.Parse(JsonSerializer.Serialize(typed, TypedJson.Default.String));
        if ((types & (JsonTypes.Array | JsonTypes.Object)) != 0 && TryJson(trimmed) is { } json) return json;
        return null;
    }

    private static JsonElement? TryJson(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            // What is no JSON is no value; the person is told what is wanted.
            return null;
        }
    }

    private static string Range(Schema schema) => (schema.Minimum, schema.Maximum, schema.MinLength, schema.MaxLength) switch
    {
        ({ } min, { } max, _, _) => string.Create(CultureInfo.InvariantCulture, $"{min} to {max}"),
        ({ } min, null, _, _) => string.Create(CultureInfo.InvariantCulture, $"At least {min}"),
        (null, { } max, _, _) => string.Create(CultureInfo.InvariantCulture, $"At most {max}"),
        (_, _, { } min, { } max) => $"{min} to {max} {Unit(schema)}",
        (_, _, { } min, null) => $"At least {min} {Unit(schema)}",
        (_, _, null, { } max) => $"At most {max} {Unit(schema)}",
        _ => "",
    };

    private static string Unit(Schema schema) => schema.IsFile ? "bytes" : "characters";

    private static string InWords(JsonTypes types)
    {
        var words = new List<string>();
        if ((types & JsonTypes.Number) == JsonTypes.Number) words.Add("a number");
        else if (types.HasFlag(JsonTypes.Integer)) words.Add("a whole number");
        if (types.HasFlag(JsonTypes.Boolean)) words.Add("yes or no");
        if (types.HasFlag(JsonTypes.Array)) words.Add("a list in JSON, such as [\"a\", \"b\"]");
        if (types.HasFlag(JsonTypes.Object)) words.Add("an object in JSON, such as {\"a\": 1}");
        return words.Count == 0 ? "text" : string.Join(" or ", words);
    }
}
