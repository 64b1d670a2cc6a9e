using System.Text.Json;

namespace Runbook.Journal;

/// <summary>Answers a reader's questions with defaults, and writes down what was asked as a JSON Schema (2020-12).</summary>
/// <remarks>Also holds the readers to their order: asking out of order is a bug that would never show on good bytes alone.</remarks>
internal sealed class SchemaFields(Utf8JsonWriter json) : EntryFields
{
    private readonly Stack<Shape> _open = new();
    private string? _optional;

    /// <summary>Writes the schema of one object as a value.</summary>
    internal static void Write<T>(Utf8JsonWriter json, Func<EntryFields, T> read)
    {
        var fields = new SchemaFields(json);
        fields.StartObject();
        read(fields);
        fields.EndObject();
    }

    internal override bool May(string name)
    {
        _optional = name;
        return true;
    }

    internal override string Token(string name, TextRule rule)
    {
        Start(name, "string");
        json.WriteString("pattern", rule.Pattern);
        json.WriteNumber("maxLength", rule.MaxChars);
        json.WriteEndObject();
        return "";
    }

    internal override InertText Text(string name, int maxChars)
    {
        Start(name, "string");
        json.WriteNumber("maxLength", maxChars);
        json.WriteEndObject();
        return default;
    }

    internal override Digest Digest(string name)
    {
        Pattern(name, "^sha256:[0-9a-f]{64}$");
        return default;
    }

    internal override Digest Hex(string name)
    {
        Pattern(name, "^[0-9a-f]{64}$");
        return default;
    }

    internal override long Integer(string name, long min, long max)
    {
        Start(name, "integer");
        json.WriteNumber("minimum", min);
        json.WriteNumber("maximum", max);
        json.WriteEndObject();
        return min;
    }

    internal override bool Flag(string name)
    {
        Start(name, "boolean");
        json.WriteEndObject();
        return false;
    }

    internal override bool True(string name)
    {
        Name(name);
        json.WriteStartObject();
        json.WriteBoolean("const", true);
        json.WriteEndObject();
        return true;
    }

    internal override JournalTime Time(string name)
    {
        Pattern(name, @"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}Z$");
        return default;
    }

    internal override string Base64(string name, int maxBytes)
    {
        Start(name, "string");
        json.WriteString("pattern", "^[A-Za-z0-9+/]+={0,2}$");
        json.WriteNumber("maxLength", (maxBytes + 2) / 3 * 4);
        json.WriteEndObject();
        return "";
    }

    internal override Digest Root(string name)
    {
        Pattern(name, "^[A-Za-z0-9+/]{43}=$");
        return default;
    }

    internal override CanonicalJson Value(string name)
    {
        Name(name);
        json.WriteBooleanValue(true);
        return CanonicalJson.Null;
    }

    internal override CanonicalJson ObjectValue(string name)
    {
        Start(name, "object");
        json.WriteEndObject();
        return CanonicalJson.EmptyObject;
    }

    protected override int OneOf(string name, string[] words)
    {
        Name(name);
        json.WriteStartObject();
        json.WriteStartArray("enum");
        foreach (var word in words) json.WriteStringValue(word);
        json.WriteEndArray();
        json.WriteEndObject();
        return 0;
    }

    protected override bool OpenObject(string name)
    {
        Name(name);
        StartObject();
        return true;
    }

    protected override void CloseObject() => EndObject();

    protected override bool OpenList(string name, int itemsMin)
    {
        Start(name, "array");
        if (itemsMin > 0) json.WriteNumber("minItems", itemsMin);
        json.WriteNumber("maxItems", Limits.ListItems);
        json.WritePropertyName("items");
        return true;
    }

    protected override bool NextItem(int count) => count == 0;

    protected override void CloseList(int count, int itemsMin) => json.WriteEndObject();

    protected override bool OpenMap(string name, TextRule names)
    {
        Start(name, "object");
        json.WriteNumber("maxProperties", Limits.ListItems);
        json.WriteStartObject("propertyNames");
        json.WriteString("pattern", names.Pattern);
        json.WriteEndObject();
        json.WritePropertyName("additionalProperties");
        return true;
    }

    protected override bool NextName(TextRule names, int count, out string key)
    {
        key = "";
        return count == 0;
    }

    protected override void CloseMap() => json.WriteEndObject();

    private void StartObject()
    {
        _open.Push(new Shape());
        json.WriteStartObject();
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
    }

    private void EndObject()
    {
        json.WriteEndObject();
        var shape = _open.Pop();
        if (shape.Required.Count > 0)
        {
            json.WriteStartArray("required");
            foreach (var name in shape.Required) json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void Pattern(string name, string pattern)
    {
        Start(name, "string");
        json.WriteString("pattern", pattern);
        json.WriteEndObject();
    }

    private void Start(string name, string type)
    {
        Name(name);
        json.WriteStartObject();
        json.WriteString("type", type);
    }

    private void Name(string name)
    {
        if (name == Item) return;
        var shape = _open.Peek();
        if (string.CompareOrdinal(shape.Last, name) >= 0) throw new InvalidOperationException($"\"{name}\" is asked for behind \"{shape.Last}\": members are read in ascending order.");
        shape.Last = name;
        if (_optional is null) shape.Required.Add(name);
        else if (_optional != name) throw new InvalidOperationException($"\"{_optional}\" was asked after, but \"{name}\" is read.");
        _optional = null;
        json.WritePropertyName(name);
    }

    private sealed class Shape
    {
        internal string Last { get; set; } = "";

        internal List<string> Required { get; } = [];
    }
}
