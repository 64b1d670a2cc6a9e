using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Runbook.Journal;

/// <summary>One run from any JSON value to canonical bytes: strings made inert, names sorted, the rest kept as JSON text.</summary>
internal sealed class Canonicalization
{
    private readonly CanonicalWriter _out = new();
    private readonly ImmutableArray<WholeText>.Builder _wholes = ImmutableArray.CreateBuilder<WholeText>();

    internal CanonicalJson Run(JsonElement value)
    {
        Value(value, 0);
        return new CanonicalJson(_out.Written.ToArray(), _wholes.DrainToImmutable());
    }

    private void Value(JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when depth < Limits.ValueDepth && HasPlainNames(value):
                Object(value, depth);
                break;
            case JsonValueKind.Array when depth < Limits.ValueDepth:
                Array(value, depth);
                break;
            case JsonValueKind.Object or JsonValueKind.Array:
                Wrapped(value);
                break;
            case JsonValueKind.String:
                String(value);
                break;
            case JsonValueKind.Number when IsPlainInteger(value.GetRawText()):
                _out.Raw(Encoding.ASCII.GetBytes(value.GetRawText()));
                break;
            case JsonValueKind.Number:
                Wrapped(value);
                break;
            case JsonValueKind.True:
                _out.Raw("true"u8);
                break;
            case JsonValueKind.False:
                _out.Raw("false"u8);
                break;
            default:
                _out.Raw("null"u8);
                break;
        }
    }

    private void Object(JsonElement value, int depth)
    {
        _out.Raw("{"u8);
        var first = true;
        foreach (var (name, member) in Sorted(value))
        {
            if (!first) _out.Raw(","u8);
            _out.String(name);
            _out.Raw(":"u8);
            Value(member, depth + 1);
            first = false;
        }

        _out.Raw("}"u8);
    }

    private void Array(JsonElement value, int depth)
    {
        _out.Raw("["u8);
        var first = true;
        foreach (var item in value.EnumerateArray())
        {
            if (!first) _out.Raw(","u8);
            Value(item, depth + 1);
            first = false;
        }

        _out.Raw("]"u8);
    }

    private void String(JsonElement value)
    {
        _out.String(Inert.Cut(Inert.Text(TextOf(value)), Limits.TextChars, out var whole));
        if (whole is not null) _wholes.Add(new WholeText(whole));
    }

    private void Wrapped(JsonElement value)
    {
        var text = new StringBuilder();
        AsText(value, text, 0);
        _out.Raw("{\"$json\":"u8);
        _out.String(text.ToString());
        _out.Raw("}"u8);
    }

    // The text of a wrapped value: compact, members as they came, each string inert. Being inert already, it is not escaped again.
    private static void AsText(JsonElement value, StringBuilder text, int depth)
    {
        if (depth > Limits.ForeignDepth) throw new CanonicalException(Reason.TooDeep, "A value is nested too deeply to be kept.");
        var first = true;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var (name, member) in Sorted(value))
                {
                    if (!first) text.Append(',');
                    Quote(Inert.Text(name), text);
                    text.Append(':');
                    AsText(member, text, depth + 1);
                    first = false;
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    if (!first) text.Append(',');
                    AsText(item, text, depth + 1);
                    first = false;
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                Quote(Inert.Text(TextOf(value)), text);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void Quote(string inert, StringBuilder text)
    {
        text.Append('"');
        foreach (var c in inert)
        {
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }

    private static List<(string Name, JsonElement Value)> Sorted(JsonElement value)
    {
        var members = value.EnumerateObject().Select(m => (NameOf(m), m.Value)).ToList();
        members.Sort((a, b) => string.CompareOrdinal(a.Item1, b.Item1));
        for (var i = 1; i < members.Count; i++)
            if (members[i].Item1 == members[i - 1].Item1)
                throw new CanonicalException(Reason.DuplicateName, "An object of the value has a name twice.");
        return members;
    }

    // A plain object that has one of the wrapper's names would be taken for what it is not.
    private static bool HasPlainNames(JsonElement value)
    {
        foreach (var member in value.EnumerateObject())
        {
            var name = NameOf(member);
            if (name is CanonicalJson.WrapperName or Commitment.MemberName || !IsPlainName(name)) return false;
        }

        return true;
    }

    internal static bool IsPlainName(string name)
        => name.Length is > 0 and <= Limits.NameBytes && !name.AsSpan().ContainsAnyExceptInRange(' ', '~') && name.AsSpan().IndexOfAny('"', '\\') < 0;

    private static bool IsPlainInteger(string raw)
        => raw != "-0" && raw.AsSpan().IndexOfAny('.', 'e', 'E') < 0
           && long.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value is >= -Limits.IntegerMax and <= Limits.IntegerMax;

    // A lone surrogate is text that the framework refuses to hand out; its escapes are decoded here then.
    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return LooseJsonString.Decode('"' + Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member)) + '"');
        }
    }

    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return LooseJsonString.Decode(value.GetRawText());
        }
    }
}
