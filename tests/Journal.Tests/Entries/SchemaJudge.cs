using System.Text.Json;
using System.Text.RegularExpressions;

namespace Runbook.Journal.Tests.Entries;

/// <summary>A small judge of JSON Schema 2020-12: the keywords that the published schema uses, and no other.</summary>
internal static class SchemaJudge
{
    internal static bool Accepts(JsonElement schema, JsonElement value, out string why)
    {
        why = "";
        if (schema.ValueKind == JsonValueKind.True) return true;
        foreach (var keyword in schema.EnumerateObject())
        {
            if (Holds(schema, keyword, value, out why)) continue;
            if (why.Length == 0) why = $"{keyword.Name} of {value.GetRawText()[..Math.Min(80, value.GetRawText().Length)]}";
            return false;
        }

        return true;
    }

    private static bool Holds(JsonElement schema, JsonProperty keyword, JsonElement value, out string why)
    {
        why = "";
        var inner = "";
        var holds = keyword.Name switch
        {
            "$schema" or "$id" or "title" or "then" => true,
            "type" => IsOfType(value, keyword.Value.GetString()!),
            "const" => JsonElement.DeepEquals(keyword.Value, value),
            "enum" => keyword.Value.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)),
            "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!, RegexOptions.ECMAScript),
            "maxLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() <= keyword.Value.GetInt32(),
            "minimum" => value.ValueKind != JsonValueKind.Number || value.GetInt64() >= keyword.Value.GetInt64(),
            "maximum" => value.ValueKind != JsonValueKind.Number || value.GetInt64() <= keyword.Value.GetInt64(),
            "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= keyword.Value.GetInt32(),
            "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= keyword.Value.GetInt32(),
            "maxProperties" => value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() <= keyword.Value.GetInt32(),
            "items" => value.ValueKind != JsonValueKind.Array || value.EnumerateArray().All(i => Accepts(keyword.Value, i, out inner)),
            "required" => value.ValueKind != JsonValueKind.Object || keyword.Value.EnumerateArray().All(n => value.TryGetProperty(n.GetString()!, out _)),
            "properties" => value.ValueKind != JsonValueKind.Object || keyword.Value.EnumerateObject().All(p => !value.TryGetProperty(p.Name, out var v) || Accepts(p.Value, v, out inner)),
            "propertyNames" => value.ValueKind != JsonValueKind.Object || value.EnumerateObject().All(p => Regex.IsMatch(p.Name, keyword.Value.GetProperty("pattern").GetString()!, RegexOptions.ECMAScript)),
            "additionalProperties" => Additional(schema, keyword.Value, value, out inner),
            "allOf" => keyword.Value.EnumerateArray().All(s => Accepts(s, value, out inner)),
            "if" => !Accepts(keyword.Value, value, out _) || Accepts(schema.GetProperty("then"), value, out inner),
            _ => throw new InvalidOperationException($"The judge does not know \"{keyword.Name}\"."),
        };
        why = inner;
        return holds;
    }

    private static bool Additional(JsonElement schema, JsonElement keyword, JsonElement value, out string why)
    {
        why = "";
        if (value.ValueKind != JsonValueKind.Object) return true;
        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out _)) continue;
            if (keyword.ValueKind != JsonValueKind.False && Accepts(keyword, member.Value, out why)) continue;
            why = $"\"{member.Name}\" is additional";
            return false;
        }

        return true;
    }

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new InvalidOperationException(type),
    };
}
