using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language.Yaml;

namespace Runbook.Language.Schemas;

/// <summary>Writes the catalogue's schemas in the words that runbooks use for their inputs.</summary>
public static class Shape
{
    // The catalogue is made anew for every environment, and its schemas are the same each time.
    private static readonly ConcurrentDictionary<(string Members, bool Closed), Schema> Known = new();

    /// <summary>
    /// Reads an object's members: one <c>name: {schema}</c> a line, as under <c>inputs</c> of a runbook; a name that
    /// ends in <c>?</c> may be missing, and so may one with a default. Other members are refused when
    /// <paramref name="closed"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The text is not readable, or uses a keyword outside the closed subset.</exception>
    public static Schema Of(string members, bool closed = true)
    {
        ArgumentNullException.ThrowIfNull(members);
        return Known.GetOrAdd((members, closed), m => Read(m.Members, m.Closed));
    }

    private static Schema Read(string members, bool closed)
    {
        var source = new SourceText(members);
        var found = new DiagnosticBag(source, "shape");
        if (members.Trim().Length == 0) return new Schema { Types = JsonTypes.Object, OpenEnded = !closed };

        var lines = Enumerable.Range(1, source.LineCount).Select(n => (source.Line(n), source.LineStart(n)));
        var node = YamlReader.Read(YamlPiece.FromLines(lines, new SourceSpan(0, members.Length)), found, "the shape");
        var read = node is null ? [] : new SchemaReader(found, isOurs: true).ReadProperties(node, "The shape");
        if (found.HasErrors) throw new ArgumentException(string.Join('\n', found.ToSorted()), nameof(members));

        return new Schema
        {
            Types = JsonTypes.Object,
            OpenEnded = !closed,
            Members =
            [
                .. read.Select(m => m.Name.EndsWith('?')
                    ? m with { Name = m.Name[..^1], Required = false }
                    : m),
            ],
        };
    }

    /// <summary>The schema as JSON Schema 2020-12, for programs that read the catalogue.</summary>
    public static JsonElement ToJson(Schema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) Write(schema, writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void Write(Schema schema, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (schema.Types != JsonTypes.Any) WriteTypes(schema.Types, writer);
        if (schema.Description is { } description) writer.WriteString("description", description);
        if (schema.Format is { } format) writer.WriteString("format", format);
        if (schema.Pattern is { } pattern) writer.WriteString("pattern", pattern);
        if (schema.ContentMediaType is { } media) writer.WriteString("contentMediaType", media);
        WriteNumber("minLength", schema.MinLength, writer);
        WriteNumber("maxLength", schema.MaxLength, writer);
        WriteNumber("minItems", schema.MinItems, writer);
        WriteNumber("maxItems", schema.MaxItems, writer);
        if (schema.Minimum is { } minimum) writer.WriteNumber("minimum", minimum);
        if (schema.Maximum is { } maximum) writer.WriteNumber("maximum", maximum);
        if (schema.WriteOnly) writer.WriteBoolean("writeOnly", true);
        WriteValue("const", schema.Const, writer);
        WriteValue("default", schema.Default, writer);
        WriteValues("enum", schema.Enum, writer);
        WriteValues("examples", schema.Examples, writer);
        if (schema.Items is { } items)
        {
            writer.WritePropertyName("items");
            Write(items, writer);
        }

        if (!schema.Members.IsEmpty)
        {
            writer.WriteStartObject("properties");
            foreach (var member in schema.Members)
            {
                writer.WritePropertyName(member.Name);
                Write(member.Schema, writer);
            }

            writer.WriteEndObject();
            var required = schema.Members.Where(m => m.Required).Select(m => m.Name).ToImmutableArray();
            if (!required.IsEmpty)
            {
                writer.WriteStartArray("required");
                foreach (var name in required) writer.WriteStringValue(name);
                writer.WriteEndArray();
            }
        }

        if (schema.Types.HasFlag(JsonTypes.Object) && schema.Types != JsonTypes.Any)
        {
            if (schema.OtherMembers is { } other)
            {
                writer.WritePropertyName("additionalProperties");
                Write(other, writer);
            }
            else if (!schema.OpenEnded)
            {
                writer.WriteBoolean("additionalProperties", false);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteTypes(JsonTypes types, Utf8JsonWriter writer)
    {
        var names = new List<string>();
        if (types.HasFlag(JsonTypes.Null)) names.Add("null");
        if (types.HasFlag(JsonTypes.Boolean)) names.Add("boolean");
        if (types.HasFlag(JsonTypes.Number)) names.Add("number");
        else if (types.HasFlag(JsonTypes.Integer)) names.Add("integer");
        if (types.HasFlag(JsonTypes.String)) names.Add("string");
        if (types.HasFlag(JsonTypes.Array)) names.Add("array");
        if (types.HasFlag(JsonTypes.Object)) names.Add("object");
        if (names.Count == 1)
        {
            writer.WriteString("type", names[0]);
            return;
        }

        writer.WriteStartArray("type");
        foreach (var name in names) writer.WriteStringValue(name);
        writer.WriteEndArray();
    }

    private static void WriteNumber(string keyword, long? value, Utf8JsonWriter writer)
    {
        if (value is { } number) writer.WriteNumber(keyword, number);
    }

    private static void WriteValue(string keyword, JsonElement? value, Utf8JsonWriter writer)
    {
        if (value is not { } element) return;
        writer.WritePropertyName(keyword);
        element.WriteTo(writer);
    }

    private static void WriteValues(string keyword, ImmutableArray<JsonElement> values, Utf8JsonWriter writer)
    {
        if (values.IsEmpty) return;
        writer.WriteStartArray(keyword);
        foreach (var value in values) value.WriteTo(writer);
        writer.WriteEndArray();
    }
}
