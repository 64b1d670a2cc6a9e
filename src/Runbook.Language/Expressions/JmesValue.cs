using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runbook.Language.Expressions;

/// <summary>The types that JMESPath knows, as flags, so that a function can take several.</summary>
[Flags]
internal enum JmesTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Number = 4,
    String = 8,
    Array = 16,
    Object = 32,
    Expression = 64,
    Any = Null | Boolean | Number | String | Array | Object,
}

/// <summary>A value during evaluation. Immutable; parts are shared, so building one copies nothing.</summary>
internal abstract record JmesValue
{
    public static readonly JmesValue Null = new JmesNull();
    public static readonly JmesValue True = new JmesBoolean(true);
    public static readonly JmesValue False = new JmesBoolean(false);

    public abstract JmesTypes Type { get; }

    /// <summary>JMESPath's falsehood: null, false, and what is empty.</summary>
    public abstract bool IsFalse { get; }

    public static JmesValue Of(bool value) => value ? True : False;

    /// <summary>Takes a JSON value over; numbers keep their spelling.</summary>
    public static JmesValue From(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => True,
        JsonValueKind.False => False,
        JsonValueKind.Number => new JmesNumber(element.GetDouble(), element.GetRawText()),
        JsonValueKind.String => new JmesString(element.GetString()!),
        JsonValueKind.Array => new JmesArray([.. element.EnumerateArray().Select(From)]),
        JsonValueKind.Object => new JmesObject(element.EnumerateObject().Select(p => (p.Name, From(p.Value)))),
        _ => Null,
    };

    /// <summary>The value as JSON; each part counts against <paramref name="budget"/>.</summary>
    public void Write(Utf8JsonWriter writer, JmesBudget budget)
    {
        budget.Spend();
        switch (this)
        {
            case JmesBoolean boolean:
                writer.WriteBooleanValue(boolean.Value);
                break;
            case JmesNumber number:
                writer.WriteRawValue(number.Raw);
                break;
            case JmesString text:
                writer.WriteStringValue(text.Value);
                break;
            case JmesArray array:
                writer.WriteStartArray();
                foreach (var item in array.Items) item.Write(writer, budget);
                writer.WriteEndArray();
                break;
            case JmesObject map:
                writer.WriteStartObject();
                foreach (var (name, value) in map.Members)
                {
                    writer.WritePropertyName(name);
                    value.Write(writer, budget);
                }

                writer.WriteEndObject();
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    /// <summary>JMESPath's equality: by type and content, numbers by value, members in any order.</summary>
    public static bool AreEqual(JmesValue left, JmesValue right, JmesBudget budget)
    {
        budget.Spend();
        return (left, right) switch
        {
            (JmesNull, JmesNull) => true,
            (JmesBoolean a, JmesBoolean b) => a.Value == b.Value,
            (JmesNumber a, JmesNumber b) => a.SameAs(b),
            (JmesString a, JmesString b) => string.Equals(a.Value, b.Value, StringComparison.Ordinal),
            (JmesArray a, JmesArray b) => a.Items.Length == b.Items.Length
                && a.Items.Zip(b.Items).All(pair => AreEqual(pair.First, pair.Second, budget)),
            (JmesObject a, JmesObject b) => a.Members.Length == b.Members.Length
                && a.Members.All(m => b.Find(m.Name) is { } other && AreEqual(m.Value, other, budget)),
            _ => false,
        };
    }
}

internal sealed record JmesNull : JmesValue
{
    public override JmesTypes Type => JmesTypes.Null;

    public override bool IsFalse => true;
}

internal sealed record JmesBoolean(bool Value) : JmesValue
{
    public override JmesTypes Type => JmesTypes.Boolean;

    public override bool IsFalse => !Value;
}

internal sealed record JmesNumber(double Value, string Raw) : JmesValue
{
    public override JmesTypes Type => JmesTypes.Number;

    public override bool IsFalse => false;

    public static JmesNumber Of(double value) => new(
        value,
        value == Math.Floor(value) && Math.Abs(value) < 1e15
            ? ((long)value).ToString(CultureInfo.InvariantCulture)
            : value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Whether two spellings are one number: exactly, where both fit a decimal.</summary>
    public bool SameAs(JmesNumber other) =>
        decimal.TryParse(Raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var a)
        && decimal.TryParse(other.Raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var b)
            ? a == b
            : Value.Equals(other.Value);
}

internal sealed record JmesString(string Value) : JmesValue
{
    public override JmesTypes Type => JmesTypes.String;

    public override bool IsFalse => Value.Length == 0;

    /// <summary>Order by code point, as every implementation of JMESPath sorts.</summary>
    public static int Compare(string left, string right)
    {
        using var a = left.EnumerateRunes().GetEnumerator();
        using var b = right.EnumerateRunes().GetEnumerator();
        while (true)
        {
            var more = a.MoveNext();
            if (!b.MoveNext()) return more ? 1 : 0;
            if (!more) return -1;
            var order = a.Current.Value.CompareTo(b.Current.Value);
            if (order != 0) return order;
        }
    }
}

internal sealed record JmesArray(ImmutableArray<JmesValue> Items) : JmesValue
{
    public override JmesTypes Type => JmesTypes.Array;

    public override bool IsFalse => Items.IsEmpty;
}

internal sealed record JmesObject : JmesValue
{
    private readonly Dictionary<string, JmesValue> _byName = new(StringComparer.Ordinal);

    /// <summary>Of members in order; a repeated name keeps its first place and takes its last value.</summary>
    public JmesObject(IEnumerable<(string Name, JmesValue Value)> members)
    {
        var order = new List<string>();
        foreach (var (name, value) in members)
        {
            if (!_byName.ContainsKey(name)) order.Add(name);
            _byName[name] = value;
        }

        Members = [.. order.Select(n => (n, _byName[n]))];
    }

    public ImmutableArray<(string Name, JmesValue Value)> Members { get; }

    public override JmesTypes Type => JmesTypes.Object;

    public override bool IsFalse => Members.IsEmpty;

    public JmesValue? Find(string name) => _byName.GetValueOrDefault(name);
}

/// <summary>How much work one evaluation may still do; an expression can share parts so often that writing them out would never end.</summary>
internal sealed class JmesBudget
{
    private int _left = Limits.ExpressionResultsMax;

    public void Spend()
    {
        if (--_left < 0) throw new JmesEvaluationException($"the result has more than {Limits.ExpressionResultsMax} parts");
    }
}

/// <summary>An evaluation that JMESPath calls an error (a function given the wrong type) or that passed a limit.</summary>
internal sealed class JmesEvaluationException(string message) : Exception(message);
