using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Kusto;

/// <summary>Reads the expressions of a query: what stands behind <c>where</c>, <c>extend</c> and their like.</summary>
internal sealed class KustoExpressionParser(KustoReader reader)
{
    private static readonly string[] Comparisons =
        ["==", "!=", "=~", "!~", "<", "<=", ">", ">=", "has", "has_cs", "hasprefix", "hassuffix", "contains", "contains_cs", "startswith", "startswith_cs", "endswith", "endswith_cs"];

    public List<KustoNamed> NamedList()
    {
        var list = new List<KustoNamed>();
        do
            list.Add(Named());
        while (reader.Take(","));
        return list;
    }

    public KustoNamed Named()
    {
        var isName = reader.Here.Kind == KustoTokenKind.Word && reader.Ahead(1).Is("=");
        var isQuoted = reader.Here.Is("[") && reader.Ahead(1).Kind == KustoTokenKind.Text && reader.Ahead(2).Is("]") && reader.Ahead(3).Is("=");
        if (isName || isQuoted)
        {
            var name = reader.Word();
            reader.Need("=");
            return new KustoNamed(name, Expression());
        }
        var expression = Expression();
        return new KustoNamed(NameOf(expression), expression);
    }

    /// <summary>The name that an expression's column gets by itself.</summary>
    private static string NameOf(KustoExpression expression) => expression switch
    {
        KustoExpression.Name name => name.Text,
        KustoExpression.Member member => $"{NameOf(member.Of)}_{member.Text}",
        KustoExpression.Call { Function: "bin" or "floor" or "tostring" or "tolower" or "toupper" or "todynamic" or "toint" or "tolong", Arguments: [var first, ..] } => NameOf(first),
        KustoExpression.Call { Function: var function, Arguments: [KustoExpression.Name name, ..] } => $"{function}_{name.Text}",
        KustoExpression.Call call => call.Function + "_",
        _ => "Column1",
    };

    public KustoExpression Expression()
    {
        reader.Enter("expression");
        var left = And();
        while (reader.Here.Is("or"))
        {
            var at = reader.Next().At;
            left = new KustoExpression.Binary("or", left, And(), at);
        }
        reader.Leave();
        return left;
    }

    private KustoExpression And()
    {
        var left = Comparison();
        while (reader.Here.Is("and"))
        {
            var at = reader.Next().At;
            left = new KustoExpression.Binary("and", left, Comparison(), at);
        }
        return left;
    }

    private KustoExpression Comparison()
    {
        var left = Sum();
        var at = reader.Here.At;
        var not = reader.Here.Is("!") && reader.Ahead(1).Kind == KustoTokenKind.Word;
        if (not)
            reader.Next();
        var word = reader.Here.Text.ToLowerInvariant();
        if (word == "in" && reader.Here.Kind == KustoTokenKind.Word)
        {
            reader.Next();
            var loose = reader.Take("~");
            return new KustoExpression.Among((not ? "!" : "") + (loose ? "in~" : "in"), left, Items(), at);
        }
        if (word is "has_any" or "has_all" && reader.Here.Kind == KustoTokenKind.Word)
        {
            reader.Next();
            return new KustoExpression.Among((not ? "!" : "") + word, left, Items(), at);
        }
        if (word == "between")
        {
            reader.Next();
            reader.Need("(");
            var from = Sum();
            reader.Need("..");
            var to = Sum();
            reader.Need(")");
            return new KustoExpression.Between(not, left, from, to, at);
        }
        if (word == "matches" && !not)
        {
            reader.Next();
            reader.Need("regex");
            return new KustoExpression.Binary("matches", left, Sum(), at);
        }
        if (reader.Here.Kind is KustoTokenKind.Sign or KustoTokenKind.Word && Comparisons.Contains(word))
        {
            reader.Next();
            return new KustoExpression.Binary((not ? "!" : "") + word, left, Sum(), at);
        }
        return not ? throw reader.Bad("an operator is expected after '!'") : left;
    }

    private List<KustoExpression> Items()
    {
        reader.Need("(");
        var items = new List<KustoExpression>();
        if (reader.Take(")"))
            return items;
        do
            items.Add(Expression());
        while (reader.Take(","));
        reader.Need(")");
        return items;
    }

    private KustoExpression Sum()
    {
        var left = Product();
        while (reader.Here.Is("+") || reader.Here.Is("-"))
        {
            var sign = reader.Next();
            left = new KustoExpression.Binary(sign.Text, left, Product(), sign.At);
        }
        return left;
    }

    private KustoExpression Product()
    {
        var left = Unary();
        while (reader.Here.Is("*") || reader.Here.Is("/") || reader.Here.Is("%"))
        {
            var sign = reader.Next();
            left = new KustoExpression.Binary(sign.Text, left, Unary(), sign.At);
        }
        return left;
    }

    private KustoExpression Unary()
    {
        if (!reader.Here.Is("-"))
            return Postfix();
        var at = reader.Next().At;
        return new KustoExpression.Unary("-", Postfix(), at);
    }

    private KustoExpression Postfix()
    {
        var value = Primary();
        while (true)
        {
            var at = reader.Here.At;
            if (reader.Take("."))
            {
                value = new KustoExpression.Member(value, reader.Word(), at);
            }
            else if (reader.Take("["))
            {
                var index = Expression();
                reader.Need("]");
                value = new KustoExpression.Index(value, index, at);
            }
            else
            {
                return value;
            }
        }
    }

    private KustoExpression Primary()
    {
        var token = reader.Here;
        switch (token.Kind)
        {
            case KustoTokenKind.Text:
                reader.Next();
                return new KustoExpression.Literal(token.Text, token.At);
            case KustoTokenKind.Number:
                reader.Next();
                return new KustoExpression.Literal(token.Text.Contains('.', StringComparison.Ordinal) ? double.Parse(token.Text, CultureInfo.InvariantCulture)
                    : long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : throw reader.Bad("the number is too large"), token.At);
            case KustoTokenKind.Span:
                reader.Next();
                return new KustoExpression.Literal(KustoValue.Span(token.Text) ?? throw new KustoException($"'{token.Text}' is no length of time", token.At, token.Text), token.At);
            case KustoTokenKind.Sign when token.Is("("):
                reader.Next();
                var inner = Expression();
                reader.Need(")");
                return inner;
            case KustoTokenKind.Sign when token.Is("*"):
                reader.Next();
                return new KustoExpression.Star(token.At);
            case KustoTokenKind.Sign when token.Is("["):
                return new KustoExpression.Name(reader.Word(), token.At);
            case KustoTokenKind.Word:
                return Named(token);
            default:
                throw reader.Bad("an expression is expected");
        }
    }

    private KustoExpression Named(KustoToken token)
    {
        reader.Next();
        switch (token.Text.ToLowerInvariant())
        {
            case "true":
                return new KustoExpression.Literal(true, token.At);
            case "false":
                return new KustoExpression.Literal(false, token.At);
            case "null":
                return new KustoExpression.Literal(null, token.At);
            case "dynamic" when reader.Here.Is("("):
                return Dynamic(token);
            case "datetime" or "timespan" or "time" when reader.Here.Is("("):
                return Moment(token);
        }
        if (!reader.Take("("))
            return new KustoExpression.Name(token.Text, token.At);
        var arguments = new List<KustoExpression>();
        if (!reader.Take(")"))
        {
            do
                arguments.Add(Expression());
            while (reader.Take(","));
            reader.Need(")");
        }
        return new KustoExpression.Call(token.Text.ToLowerInvariant(), arguments, token.At);
    }

    private KustoExpression.Literal Dynamic(KustoToken token)
    {
        var text = reader.Raw();
        try
        {
            return new KustoExpression.Literal(JsonNode.Parse(text.Replace('\'', '"'))?.ToElement(), token.At);
        }
        catch (System.Text.Json.JsonException)
        {
            throw new KustoException("dynamic() holds no JSON", token.At, token.Text);
        }
    }

    private KustoExpression.Literal Moment(KustoToken token)
    {
        // Numbers and words in a date fall apart into tokens, so the text itself is taken.
        var text = reader.Raw().Trim('\'', '"');
        if (text.Equals("null", StringComparison.OrdinalIgnoreCase))
            return new KustoExpression.Literal(null, token.At);
        object? value = token.Is("datetime") ? KustoValue.Moment(text) : KustoValue.Span(text);
        return new KustoExpression.Literal(value ?? throw new KustoException($"'{text}' is no {token.Text}", token.At, token.Text), token.At);
    }
}
