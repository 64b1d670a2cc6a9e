using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Runbook.Language.Expressions;

/// <summary>One of JMESPath's functions: what it takes, what it gives, how.</summary>
internal sealed record JmesFunction(
    string Name,
    ImmutableArray<JmesTypes> Parameters,
    JmesTypes Result,
    bool Variadic,
    Func<JmesCall, JmesValue> Evaluate)
{
    public string CountInWords => Variadic ? $"{Parameters.Length} or more arguments"
        : Parameters.Length == 1 ? "one argument" : $"{Parameters.Length} arguments";

    public bool TakesCount(int count) => Variadic ? count >= Parameters.Length : count == Parameters.Length;

    public JmesTypes ParameterAt(int index) => Parameters[Math.Min(index, Parameters.Length - 1)];
}

/// <summary>One call with its arguments evaluated; an <c>&amp;</c> expression is applied through <see cref="Apply"/>.</summary>
internal sealed record JmesCall(string Name, ImmutableArray<JmesValue> Arguments, Func<JmesValue, JmesValue> Apply, JmesBudget Budget)
{
    public ImmutableArray<JmesValue> Items(int index) => ((JmesArray)Arguments[index]).Items;

    public string Text(int index) => ((JmesString)Arguments[index]).Value;

    public double Number(int index) => ((JmesNumber)Arguments[index]).Value;
}

/// <summary>The functions of jmespath.org, and no others: an expression must mean the same in <c>az --query</c>.</summary>
internal static class JmesFunctions
{
    private const JmesTypes ArrayOrString = JmesTypes.Array | JmesTypes.String;

    public static FrozenDictionary<string, JmesFunction> ByName { get; } = new JmesFunction[]
    {
        Function("abs", [JmesTypes.Number], JmesTypes.Number, c => JmesNumber.Of(Math.Abs(c.Number(0)))),
        Function("avg", [JmesTypes.Array], JmesTypes.Number | JmesTypes.Null, Average),
        Function("ceil", [JmesTypes.Number], JmesTypes.Number, c => JmesNumber.Of(Math.Ceiling(c.Number(0)))),
        Function("contains", [ArrayOrString, JmesTypes.Any], JmesTypes.Boolean, Contains),
        Function("ends_with", [JmesTypes.String, JmesTypes.String], JmesTypes.Boolean, c => JmesValue.Of(c.Text(0).EndsWith(c.Text(1), StringComparison.Ordinal))),
        Function("floor", [JmesTypes.Number], JmesTypes.Number, c => JmesNumber.Of(Math.Floor(c.Number(0)))),
        Function("join", [JmesTypes.String, JmesTypes.Array], JmesTypes.String, Join),
        Function("keys", [JmesTypes.Object], JmesTypes.Array, c => new JmesArray([.. Members(c).Select(m => (JmesValue)new JmesString(m.Name))])),
        Function("length", [ArrayOrString | JmesTypes.Object], JmesTypes.Number, Length),
        Function("map", [JmesTypes.Expression, JmesTypes.Array], JmesTypes.Array, c => new JmesArray([.. c.Items(1).Select(c.Apply)])),
        Function("max", [JmesTypes.Array], JmesTypes.Number | JmesTypes.String | JmesTypes.Null, c => Extreme(c, c.Items(0), v => v, 1)),
        Function("max_by", [JmesTypes.Array, JmesTypes.Expression], JmesTypes.Any, c => Extreme(c, c.Items(0), c.Apply, 1)),
        Function("merge", [JmesTypes.Object], JmesTypes.Object, c => new JmesObject(c.Arguments.SelectMany(a => ((JmesObject)a).Members)), variadic: true),
        Function("min", [JmesTypes.Array], JmesTypes.Number | JmesTypes.String | JmesTypes.Null, c => Extreme(c, c.Items(0), v => v, -1)),
        Function("min_by", [JmesTypes.Array, JmesTypes.Expression], JmesTypes.Any, c => Extreme(c, c.Items(0), c.Apply, -1)),
        Function("not_null", [JmesTypes.Any], JmesTypes.Any, c => c.Arguments.FirstOrDefault(a => a is not JmesNull) ?? JmesValue.Null, variadic: true),
        Function("reverse", [ArrayOrString], ArrayOrString, Reverse),
        Function("sort", [JmesTypes.Array], JmesTypes.Array, c => Sort(c, v => v)),
        Function("sort_by", [JmesTypes.Array, JmesTypes.Expression], JmesTypes.Array, c => Sort(c, c.Apply)),
        Function("starts_with", [JmesTypes.String, JmesTypes.String], JmesTypes.Boolean, c => JmesValue.Of(c.Text(0).StartsWith(c.Text(1), StringComparison.Ordinal))),
        Function("sum", [JmesTypes.Array], JmesTypes.Number, c => JmesNumber.Of(Numbers(c).Sum())),
        Function("to_array", [JmesTypes.Any], JmesTypes.Array, c => c.Arguments[0] is JmesArray ? c.Arguments[0] : new JmesArray([c.Arguments[0]])),
        Function("to_number", [JmesTypes.Any], JmesTypes.Number | JmesTypes.Null, ToNumber),
        Function("to_string", [JmesTypes.Any], JmesTypes.String, ToText),
        Function("type", [JmesTypes.Any], JmesTypes.String, c => new JmesString(NameOf(c.Arguments[0].Type))),
        Function("values", [JmesTypes.Object], JmesTypes.Array, c => new JmesArray([.. Members(c).Select(m => m.Value)])),
    }.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>A type's name as <c>type()</c> gives it.</summary>
    public static string NameOf(JmesTypes type) => type switch
    {
        JmesTypes.Boolean => "boolean",
        JmesTypes.Number => "number",
        JmesTypes.String => "string",
        JmesTypes.Array => "array",
        JmesTypes.Object => "object",
        _ => "null",
    };

    private static JmesFunction Function(string name, ImmutableArray<JmesTypes> parameters, JmesTypes result, Func<JmesCall, JmesValue> evaluate, bool variadic = false) =>
        new(name, parameters, result, variadic, evaluate);

    private static ImmutableArray<(string Name, JmesValue Value)> Members(JmesCall call) => ((JmesObject)call.Arguments[0]).Members;

    private static JmesValue Average(JmesCall call)
    {
        var numbers = Numbers(call);
        return numbers.Count == 0 ? JmesValue.Null : JmesNumber.Of(numbers.Average());
    }

    private static List<double> Numbers(JmesCall call) =>
        [.. call.Items(0).Select(v => v is JmesNumber n ? n.Value : throw new JmesEvaluationException($"{call.Name}() takes a list of numbers"))];

    private static JmesValue Contains(JmesCall call) => call.Arguments[0] is JmesString text
        ? JmesValue.Of(call.Arguments[1] is JmesString part && text.Value.Contains(part.Value, StringComparison.Ordinal))
        : JmesValue.Of(call.Items(0).Any(i => JmesValue.AreEqual(i, call.Arguments[1], call.Budget)));

    private static JmesString Join(JmesCall call)
    {
        var parts = call.Items(1).Select(v => v is JmesString s ? s.Value : throw new JmesEvaluationException("join() takes a list of strings"));
        return new JmesString(string.Join(call.Text(0), parts));
    }

    private static JmesNumber Length(JmesCall call) => JmesNumber.Of(call.Arguments[0] switch
    {
        JmesString text => text.Value.EnumerateRunes().Count(),
        JmesArray array => array.Items.Length,
        _ => Members(call).Length,
    });

    private static JmesValue Reverse(JmesCall call)
    {
        if (call.Arguments[0] is JmesArray array) return new JmesArray([.. array.Items.Reverse()]);
        var reversed = new StringBuilder();
        foreach (var rune in call.Text(0).EnumerateRunes().Reverse()) reversed.Append(rune);
        return new JmesString(reversed.ToString());
    }

    private static JmesValue Extreme(JmesCall call, ImmutableArray<JmesValue> items, Func<JmesValue, JmesValue> by, int sign)
    {
        var best = JmesValue.Null;
        JmesValue? bestKey = null;
        foreach (var item in items)
        {
            var key = by(item);
            if (key is not (JmesNumber or JmesString) || (bestKey is not null && bestKey.Type != key.Type))
            {
                throw new JmesEvaluationException($"{call.Name}() takes numbers only or strings only");
            }

            if (bestKey is not null && CompareKeys(key, bestKey) * sign <= 0) continue;
            best = item;
            bestKey = key;
        }

        return best;
    }

    private static JmesArray Sort(JmesCall call, Func<JmesValue, JmesValue> by)
    {
        var keyed = call.Items(0).Select(item => (Item: item, Key: by(item))).ToList();
        var types = keyed.Aggregate(JmesTypes.None, (all, k) => all | k.Key.Type);
        if (types is not (JmesTypes.None or JmesTypes.Number or JmesTypes.String))
        {
            throw new JmesEvaluationException($"{call.Name}() takes numbers only or strings only");
        }

        return new JmesArray([.. keyed.OrderBy(k => k.Key, Comparer<JmesValue>.Create(CompareKeys)).Select(k => k.Item)]);
    }

    private static int CompareKeys(JmesValue left, JmesValue right) => left is JmesNumber a && right is JmesNumber b
        ? a.Value.CompareTo(b.Value)
        : JmesString.Compare(((JmesString)left).Value, ((JmesString)right).Value);

    private static JmesValue ToNumber(JmesCall call)
    {
        if (call.Arguments[0] is JmesNumber number) return number;
        if (call.Arguments[0] is not JmesString text) return JmesValue.Null;
        try
        {
            var element = JsonElement.Parse(text.Value);
            return element.ValueKind == JsonValueKind.Number ? JmesValue.From(element) : JmesValue.Null;
        }
        catch (JsonException)
        {
            return JmesValue.Null;
        }
    }

    private static JmesValue ToText(JmesCall call)
    {
        if (call.Arguments[0] is JmesString) return call.Arguments[0];
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JmesExpression.PlainText)) call.Arguments[0].Write(writer, call.Budget);
        return new JmesString(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
