using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runbook.Language.Schemas;

/// <summary>Holds a value against a schema and says everything that does not fit.</summary>
internal static class SchemaCheck
{
    public static ImmutableArray<SchemaProblem> Of(Schema schema, JsonElement value)
    {
        var problems = ImmutableArray.CreateBuilder<SchemaProblem>();
        Check(schema, value, "", problems);
        return problems.ToImmutable();
    }

    /// <summary>The type of a value; a number without fraction counts as whole.</summary>
    public static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.Number => IsWhole(value) ? JsonTypes.Integer : JsonTypes.Number,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        _ => JsonTypes.Null,
    };

    /// <summary>Types in words: "a string or a list".</summary>
    public static string InWords(JsonTypes types)
    {
        var words = new List<string>();
        if (types.HasFlag(JsonTypes.String)) words.Add("text");
        if (types.HasFlag(JsonTypes.Number)) words.Add("a number");
        else if (types.HasFlag(JsonTypes.Integer)) words.Add("a whole number");
        if (types.HasFlag(JsonTypes.Boolean)) words.Add("true or false");
        if (types.HasFlag(JsonTypes.Array)) words.Add("a list");
        if (types.HasFlag(JsonTypes.Object)) words.Add("an object");
        if (types.HasFlag(JsonTypes.Null)) words.Add("nothing");
        return string.Join(" or ", words);
    }

    private static bool IsWhole(JsonElement value) =>
        value.TryGetInt64(out _) || (value.TryGetDecimal(out var number) && number == decimal.Truncate(number));

    private static void Check(Schema schema, JsonElement value, string path, ImmutableArray<SchemaProblem>.Builder problems)
    {
        if (schema.IsFile && value.ValueKind == JsonValueKind.Object)
        {
            CheckFile(schema, value, path, problems);
            return;
        }

        var type = TypeOf(value);
        if ((type & schema.Types) != type)
        {
            problems.Add(new SchemaProblem(path, $"is {InWords(type)}, and must be {InWords(schema.Types)}"));
            return;
        }

        if (schema.Const is { } only && !JsonElement.DeepEquals(only, value)) problems.Add(new SchemaProblem(path, $"is not {only.GetRawText()}"));
        if (!schema.Enum.IsEmpty && !schema.Enum.Any(e => JsonElement.DeepEquals(e, value)))
        {
            problems.Add(new SchemaProblem(path, $"is not one of {string.Join(", ", schema.Enum.Select(e => e.ValueKind == JsonValueKind.String ? e.GetString() : e.GetRawText()))}"));
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                CheckText(schema, value.GetString()!, path, problems);
                break;
            case JsonValueKind.Number:
                CheckNumber(schema, value, path, problems);
                break;
            case JsonValueKind.Array:
                CheckList(schema, value, path, problems);
                break;
            case JsonValueKind.Object:
                CheckObject(schema, value, path, problems);
                break;
        }
    }

    private static void CheckText(Schema schema, string text, string path, ImmutableArray<SchemaProblem>.Builder problems)
    {
        var length = text.EnumerateRunes().Count();
        if (!schema.IsFile)
        {
            if (length < schema.MinLength) problems.Add(new SchemaProblem(path, $"has {length} characters, and must have at least {schema.MinLength}"));
            if (length > schema.MaxLength) problems.Add(new SchemaProblem(path, $"has {length} characters, and may have at most {schema.MaxLength}"));
        }

        if (schema.PatternMatcher is { } pattern && !pattern.IsMatch(text)) problems.Add(new SchemaProblem(path, $"does not match {schema.Pattern}"));
        if (schema.Format is { } format && SchemaFormats.Complaint(format, text) is { } complaint) problems.Add(new SchemaProblem(path, complaint));
    }

    private static void CheckNumber(Schema schema, JsonElement value, string path, ImmutableArray<SchemaProblem>.Builder problems)
    {
        if (schema.Minimum is null && schema.Maximum is null) return;
        if (!value.TryGetDecimal(out var number))
        {
            problems.Add(new SchemaProblem(path, "is too large or too small a number"));
            return;
        }

        if (number < schema.Minimum) problems.Add(new SchemaProblem(path, string.Create(CultureInfo.InvariantCulture, $"is {number}, and must be at least {schema.Minimum}")));
        if (number > schema.Maximum) problems.Add(new SchemaProblem(path, string.Create(CultureInfo.InvariantCulture, $"is {number}, and may be at most {schema.Maximum}")));
    }

    private static void CheckList(Schema schema, JsonElement value, string path, ImmutableArray<SchemaProblem>.Builder problems)
    {
        var count = value.GetArrayLength();
        if (count < schema.MinItems) problems.Add(new SchemaProblem(path, $"has {count} items, and must have at least {schema.MinItems}"));
        if (count > schema.MaxItems) problems.Add(new SchemaProblem(path, $"has {count} items, and may have at most {schema.MaxItems}"));
        if (schema.Items is null) return;
        var index = 0;
        foreach (var item in value.EnumerateArray()) Check(schema.Items, item, $"{path}[{index++}]", problems);
    }

    private static void CheckObject(Schema schema, JsonElement value, string path, ImmutableArray<SchemaProblem>.Builder problems)
    {
        foreach (var member in schema.Members)
        {
            if (value.TryGetProperty(member.Name, out var inner)) Check(member.Schema, inner, Join(path, member.Name), problems);
            else if (member.Required) problems.Add(new SchemaProblem(path, $"lacks '{member.Name}'"));
        }

        foreach (var property in value.EnumerateObject())
        {
            if (schema.Member(property.Name) is not null) continue;
            if (!schema.OpenEnded) problems.Add(new SchemaProblem(path, $"has no member '{property.Name}'{Known(schema)}"));
            else if (schema.OtherMembers is { } other) Check(other, property.Value, Join(path, property.Name), problems);
        }
    }

    private static void CheckFile(Schema schema, JsonElement value, string path, ImmutableArray<SchemaProblem>.Builder problems)
    {
        if (!value.TryGetProperty("digest", out var digest) || digest.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("bytes", out var bytes) || !bytes.TryGetInt64(out var length)
            || !value.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
        {
            problems.Add(new SchemaProblem(path, "is not a file: it has no digest, bytes and name"));
            return;
        }

        if (length < schema.MinLength) problems.Add(new SchemaProblem(path, $"has {length} bytes, and must have at least {schema.MinLength}"));
        if (length > schema.MaxLength) problems.Add(new SchemaProblem(path, $"has {length} bytes, and may have at most {schema.MaxLength}"));
    }

    private static string Known(Schema schema) => schema.Members.IsEmpty ? "" : $"; it has {string.Join(", ", schema.Members.Select(m => m.Name))}";

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
