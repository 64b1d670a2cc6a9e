using System.Text.Json;
using System.Text.RegularExpressions;

namespace Runbook.Simulator.Kusto;

/// <summary>Binds expressions to columns: the result takes a row and gives a value.</summary>
internal sealed class KustoBinder(IReadOnlyList<KustoColumn> columns, IReadOnlyDictionary<string, object?> scalars, DateTimeOffset now)
{
    private static readonly TimeSpan RegexTime = TimeSpan.FromSeconds(1);

    private readonly KustoTable _shape = new(columns, []);

    public DateTimeOffset Now { get; } = now;

    public Func<object?[], object?> Bind(KustoExpression expression)
    {
        switch (expression)
        {
            case KustoExpression.Literal literal:
                var constant = literal.Value;
                return _ => constant;
            case KustoExpression.Name name:
                var at = _shape.IndexOf(name.Text);
                if (at >= 0)
                    return row => row[at];
                if (scalars.TryGetValue(name.Text, out var known))
                    return _ => known;
                throw new KustoException($"there is no column '{name.Text}'", name.At, name.Text);
            case KustoExpression.Member member:
                var of = Bind(member.Of);
                return row => Member(of(row), member.Text);
            case KustoExpression.Index index:
                var list = Bind(index.Of);
                var by = Bind(index.By);
                return row => Item(list(row), by(row));
            case KustoExpression.Unary unary:
                var inner = Bind(unary.Of);
                return row => inner(row) switch { TimeSpan span => -span, long number => -number, var other => KustoValue.Number(other) is { } number ? -number : null };
            case KustoExpression.Binary binary:
                return Bind(binary);
            case KustoExpression.Among among:
                return Bind(among);
            case KustoExpression.Between between:
                var value = Bind(between.Left);
                var from = Bind(between.From);
                var to = Bind(between.To);
                return row =>
                {
                    var subject = value(row);
                    var end = to(row) is TimeSpan span && subject is DateTimeOffset && from(row) is DateTimeOffset start ? start + span : to(row);
                    var inside = KustoValue.Order(subject, from(row)) >= 0 && KustoValue.Order(subject, end) <= 0;
                    return inside != between.Not;
                };
            case KustoExpression.Call call:
                return KustoFunctions.Bind(call, this);
            default:
                throw new KustoException("'*' can't stand here", expression.At, "*");
        }
    }

    /// <summary>The type of an expression's column, as far as it can be told before a row is seen.</summary>
    public string TypeOf(KustoExpression expression) => expression switch
    {
        KustoExpression.Name name => _shape.IndexOf(name.Text) is >= 0 and var at ? columns[at].Type : "string",
        KustoExpression.Literal literal => literal.Value switch { long => "long", double => "real", bool => "bool", DateTimeOffset => "datetime", TimeSpan => "timespan", JsonElement => "dynamic", _ => "string" },
        KustoExpression.Call call => KustoFunctions.TypeOf(call, this),
        KustoExpression.Binary { Sign: "+" or "-" or "*" or "/" or "%" } sum => Arithmetic(sum),
        KustoExpression.Binary or KustoExpression.Among or KustoExpression.Between => "bool",
        KustoExpression.Member or KustoExpression.Index => "dynamic",
        KustoExpression.Unary unary => TypeOf(unary.Of),
        _ => "string",
    };

    private string Arithmetic(KustoExpression.Binary sum)
    {
        var (left, right) = (TypeOf(sum.Left), TypeOf(sum.Right));
        if (left == "datetime" || right == "datetime")
            return left == right ? "timespan" : "datetime";
        if (left == "timespan" || right == "timespan")
            return left == right && sum.Sign == "/" ? "real" : "timespan";
        return left == "long" && right == "long" ? "long" : "real";
    }

    public static object? Member(object? value, string name)
    {
        if (value is not JsonElement { ValueKind: JsonValueKind.Object } json)
            return null;
        if (json.TryGetProperty(name, out var exact))
            return KustoValue.Plain(exact);
        // Names inside dynamic values compare with case in the language; Resource Graph is lenient.
        foreach (var member in json.EnumerateObject())
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return KustoValue.Plain(member.Value);
        return null;
    }

    private static object? Item(object? value, object? by)
    {
        if (by is string name)
            return Member(value, name);
        if (value is not JsonElement { ValueKind: JsonValueKind.Array } json || KustoValue.Number(by) is not { } number)
            return null;
        var length = json.GetArrayLength();
        var at = number < 0 ? length + (int)number : (int)number;
        return at >= 0 && at < length ? KustoValue.Plain(json[at]) : null;
    }

    private Func<object?[], object?> Bind(KustoExpression.Binary binary)
    {
        var left = Bind(binary.Left);
        var right = Bind(binary.Right);
        var sign = binary.Sign;
        switch (sign)
        {
            case "and":
                return row => KustoValue.Flag(left(row)) == true && KustoValue.Flag(right(row)) == true;
            case "or":
                return row => KustoValue.Flag(left(row)) == true || KustoValue.Flag(right(row)) == true;
            case "==":
                return row => KustoValue.Same(left(row), right(row));
            case "!=":
                return row => !KustoValue.Same(left(row), right(row));
            case "<":
                return row => KustoValue.Order(left(row), right(row)) < 0;
            case "<=":
                return row => KustoValue.Order(left(row), right(row)) <= 0;
            case ">":
                return row => KustoValue.Order(left(row), right(row)) > 0;
            case ">=":
                return row => KustoValue.Order(left(row), right(row)) >= 0;
            case "+" or "-" or "*" or "/" or "%":
                return row => Calculate(sign, KustoValue.Plain(left(row)), KustoValue.Plain(right(row)));
            case "matches":
                var made = new Dictionary<string, Regex>(StringComparer.Ordinal);
                return row =>
                {
                    var pattern = KustoValue.Text(right(row));
                    if (!made.TryGetValue(pattern, out var regex))
                        made[pattern] = regex = Pattern(pattern, binary.Right.At);
                    return regex.IsMatch(KustoValue.Text(left(row)));
                };
            default:
                var not = sign.StartsWith('!') && sign is not "!=" and not "!~";
                var word = not ? sign[1..] : sign;
                return row => Compare(word, KustoValue.Text(left(row)), KustoValue.Text(right(row))) != not;
        }
    }

    internal static Regex Pattern(string pattern, int at)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, RegexTime);
        }
        catch (ArgumentException error)
        {
            throw new KustoException($"the pattern can't be read: {error.Message}", at, pattern);
        }
    }

    private static bool Compare(string word, string text, string wanted) => word switch
    {
        "=~" => text.Equals(wanted, StringComparison.OrdinalIgnoreCase),
        "!~" => !text.Equals(wanted, StringComparison.OrdinalIgnoreCase),
        "contains" => text.Contains(wanted, StringComparison.OrdinalIgnoreCase),
        "contains_cs" => text.Contains(wanted, StringComparison.Ordinal),
        "startswith" => text.StartsWith(wanted, StringComparison.OrdinalIgnoreCase),
        "startswith_cs" => text.StartsWith(wanted, StringComparison.Ordinal),
        "endswith" => text.EndsWith(wanted, StringComparison.OrdinalIgnoreCase),
        "endswith_cs" => text.EndsWith(wanted, StringComparison.Ordinal),
        "has" => Has(text, wanted, StringComparison.OrdinalIgnoreCase, true, true),
        "has_cs" => Has(text, wanted, StringComparison.Ordinal, true, true),
        "hasprefix" => Has(text, wanted, StringComparison.OrdinalIgnoreCase, true, false),
        "hassuffix" => Has(text, wanted, StringComparison.OrdinalIgnoreCase, false, true),
        _ => throw new KustoException($"there is no operator '{word}'", 0, word),
    };

    /// <summary>Whether a whole term is in the text: letters and digits must not go on at its ends.</summary>
    private static bool Has(string text, string wanted, StringComparison comparison, bool fromStart, bool toEnd)
    {
        if (wanted.Length == 0)
            return true;
        for (var at = text.IndexOf(wanted, comparison); at >= 0; at = at + 1 < text.Length ? text.IndexOf(wanted, at + 1, comparison) : -1)
        {
            var before = at == 0 || !char.IsLetterOrDigit(text[at - 1]) || !char.IsLetterOrDigit(wanted[0]);
            var end = at + wanted.Length;
            var after = end == text.Length || !char.IsLetterOrDigit(text[end]) || !char.IsLetterOrDigit(wanted[^1]);
            if ((before || !fromStart) && (after || !toEnd))
                return true;
        }
        return false;
    }

    private Func<object?[], object?> Bind(KustoExpression.Among among)
    {
        var left = Bind(among.Left);
        var right = among.Right.Select(Bind).ToList();
        var not = among.Word.StartsWith('!');
        var word = not ? among.Word[1..] : among.Word;
        var constant = among.Right.All(item => item is KustoExpression.Literal) && word is "in" or "in~"
            ? right.Select(item => KustoValue.Text(item([]))).ToHashSet(word == "in~" ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal)
            : null;
        if (constant is not null)
            return row => constant.Contains(KustoValue.Text(left(row))) != not;
        return row =>
        {
            var value = left(row);
            var text = KustoValue.Text(value);
            var items = right.Select(item => item(row)).SelectMany(Flat);
            return not != word switch
            {
                "in" => items.Any(item => KustoValue.Same(value, item)),
                "in~" => items.Any(item => text.Equals(KustoValue.Text(item), StringComparison.OrdinalIgnoreCase)),
                "has_any" => items.Any(item => Compare("has", text, KustoValue.Text(item))),
                _ => items.All(item => Compare("has", text, KustoValue.Text(item))),
            };
        };
    }

    private static IEnumerable<object?> Flat(object? value) => value is JsonElement { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(item => KustoValue.Plain(item)) : [value];

    private static object? Calculate(string sign, object? left, object? right)
    {
        switch (left, right)
        {
            case (DateTimeOffset a, TimeSpan b):
                return sign == "+" ? a + b : a - b;
            case (TimeSpan a, DateTimeOffset b) when sign == "+":
                return b + a;
            case (DateTimeOffset a, DateTimeOffset b) when sign == "-":
                return a - b;
            case (TimeSpan a, TimeSpan b):
                return sign switch { "+" => a + b, "-" => a - b, "/" => b == TimeSpan.Zero ? null : a / b, _ => null };
            case (TimeSpan a, _) when KustoValue.Number(right) is { } by:
                return sign switch { "*" => a * by, "/" => by == 0 ? null : a / by, _ => null };
            case (long a, long b):
                unchecked
                {
                    return sign switch { "+" => a + b, "-" => a - b, "*" => a * b, "/" => b == 0 ? null : a / b, _ => b == 0 ? null : a % b };
                }
        }
        if (KustoValue.Number(left) is not { } x || KustoValue.Number(right) is not { } y)
            return null;
        return sign switch { "+" => x + y, "-" => x - y, "*" => x * y, "/" => x / y, _ => x % y };
    }

}
