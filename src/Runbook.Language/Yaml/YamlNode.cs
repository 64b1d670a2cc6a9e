using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Runbook.Language.Yaml;

/// <summary>One node of a piece of YAML, with its place in the file. Immutable.</summary>
internal abstract record YamlNode(SourceSpan Span)
{
    /// <summary>What the node is, in words for a message.</summary>
    public abstract string Describe();

    /// <summary>The node as JSON, scalars resolved as <see cref="YamlScalar"/> says.</summary>
    public JsonElement ToJson()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) WriteJson(writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    internal abstract void WriteJson(Utf8JsonWriter writer);
}

/// <summary>
/// A scalar. A quoted one is a string. A plain one is null, a boolean or a number where YAML's core schema says so
/// and JSON can spell it (<c>~</c>, <c>null</c>; <c>true</c>, <c>false</c>; decimal numbers without leading zeros);
/// else a string. <c>yes</c>, <c>on</c>, <c>0x1f</c> and <c>007</c> are therefore strings.
/// </summary>
internal sealed partial record YamlScalar(SourceSpan Span, string Value, bool Plain) : YamlNode(Span)
{
    public bool IsNull => Plain && Value is "" or "~" or "null" or "Null" or "NULL";

    public bool IsString => !Plain || (!IsNull && !IsBoolean && !IsNumber);

    public bool IsBoolean => Plain && Value is "true" or "false" or "True" or "False" or "TRUE" or "FALSE";

    public bool IsNumber => Plain && NumberPattern().IsMatch(Value);

    /// <summary>The scalar as a whole number, where it is one that JSON readers agree on (up to 2^53 - 1).</summary>
    public bool TryInteger(out long value)
    {
        value = 0;
        return Plain && IntegerPattern().IsMatch(Value)
            && long.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            && Math.Abs(value) <= 9007199254740991;
    }

    public override string Describe() => IsNull ? "nothing" : IsBoolean ? "true or false" : IsNumber ? "a number" : "text";

    internal override void WriteJson(Utf8JsonWriter writer)
    {
        if (IsNull) writer.WriteNullValue();
        else if (IsBoolean) writer.WriteBooleanValue(Value[0] is 't' or 'T');
        else if (IsNumber) writer.WriteRawValue(Value);
        else writer.WriteStringValue(Value);
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex IntegerPattern();
}

/// <summary>A list.</summary>
internal sealed record YamlSequence(SourceSpan Span, ImmutableArray<YamlNode> Items) : YamlNode(Span)
{
    public override string Describe() => "a list";

    internal override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var item in Items) item.WriteJson(writer);
        writer.WriteEndArray();
    }
}

/// <summary>One member of a mapping.</summary>
internal sealed record YamlMember(YamlScalar Key, YamlNode Value)
{
    public string Name => Key.Value;
}

/// <summary>A mapping; its keys are distinct scalars, in the order of the file.</summary>
internal sealed record YamlMapping(SourceSpan Span, ImmutableArray<YamlMember> Members) : YamlNode(Span)
{
    public YamlMember? Find(string name) => Members.FirstOrDefault(m => m.Name == name);

    public override string Describe() => "a mapping";

    internal override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var member in Members)
        {
            writer.WritePropertyName(member.Name);
            member.Value.WriteJson(writer);
        }

        writer.WriteEndObject();
    }
}
