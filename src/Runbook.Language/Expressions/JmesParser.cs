using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runbook.Language.Expressions;

/// <summary>
/// Reads the grammar of jmespath.org by operator precedence. A projection takes up everything to its right that binds
/// tighter than <see cref="ProjectionStop"/>.
/// </summary>
internal sealed class JmesParser
{
    private const int ProjectionStop = 10;
    private const int StarPower = 20;
    private const int DotPower = 40;
    private const int NotPower = 45;

    private readonly List<JmesToken> _tokens;
    private int _next;
    private int _depth;

    private JmesParser(List<JmesToken> tokens) => _tokens = tokens;

    private JmesToken Current => _tokens[_next];

    /// <summary>Reads a whole expression.</summary>
    /// <exception cref="JmesSyntaxException">The text is not an expression.</exception>
    public static JmesNode Parse(string text)
    {
        if (text.Length > Limits.ExpressionLengthMax)
        {
            throw JmesSyntaxException.At(Limits.ExpressionLengthMax, $"An expression has at most {Limits.ExpressionLengthMax} characters");
        }

        var parser = new JmesParser(JmesLexer.Read(text));
        if (parser._tokens.Count > Limits.ExpressionTokensMax)
        {
            throw JmesSyntaxException.At(parser._tokens[Limits.ExpressionTokensMax].At, $"An expression has at most {Limits.ExpressionTokensMax} words and signs");
        }

        if (parser.Current.Kind == JmesTokenKind.End) throw JmesSyntaxException.At(0, "The expression is empty");
        var node = parser.Expression(0);
        if (parser.Current.Kind != JmesTokenKind.End) throw Unexpected(parser.Current);
        return node;
    }

    private JmesNode Expression(int rightPower)
    {
        if (++_depth > Limits.ExpressionDepthMax)
        {
            throw JmesSyntaxException.At(Current.At, $"The expression nests more than {Limits.ExpressionDepthMax} deep");
        }

        var left = Prefix(Take());
        while (rightPower < Power(Current)) left = Infix(left, Take());
        _depth--;
        return left;
    }

    private static int Power(JmesToken token) => token.Kind switch
    {
        JmesTokenKind.Pipe => 1,
        JmesTokenKind.Or => 2,
        JmesTokenKind.And => 3,
        JmesTokenKind.Compare => 5,
        JmesTokenKind.Flatten => 9,
        JmesTokenKind.Star => StarPower,
        JmesTokenKind.Filter => 21,
        JmesTokenKind.Dot => DotPower,
        JmesTokenKind.OpenBracket => 55,
        _ => 0,
    };

    private JmesNode Prefix(JmesToken token)
    {
        switch (token.Kind)
        {
            case JmesTokenKind.Literal:
                return new LiteralNode(token.At, ReadLiteral(token));
            case JmesTokenKind.RawString:
                return new LiteralNode(token.At, new JmesString(token.Text));
            case JmesTokenKind.Variable:
                return new VariableNode(token.At, VariableReference.Split(token.Text));
            case JmesTokenKind.Identifier:
                return Current.Kind == JmesTokenKind.OpenParen ? Call(token) : new FieldNode(token.At, token.Text);
            case JmesTokenKind.QuotedIdentifier:
                if (Current.Kind == JmesTokenKind.OpenParen) throw JmesSyntaxException.At(token.At, "A function's name stands without quotation marks");
                return new FieldNode(token.At, token.Text);
            case JmesTokenKind.Current:
                return new CurrentNode(token.At);
            case JmesTokenKind.Not:
                return new NotNode(token.At, Expression(NotPower));
            case JmesTokenKind.Reference:
                return new ReferenceNode(token.At, Expression(0));
            case JmesTokenKind.OpenParen:
                var inner = Expression(0);
                Expect(JmesTokenKind.CloseParen, "A parenthesis is not closed");
                return inner;
            case JmesTokenKind.OpenBrace:
                return MultiHash(token.At);
            case JmesTokenKind.Star:
                return new ObjectProjectionNode(token.At, new CurrentNode(token.At), ProjectionRight(StarPower));
            case JmesTokenKind.Filter:
                return Filter(new CurrentNode(token.At), token);
            case JmesTokenKind.Flatten:
                return new ListProjectionNode(token.At, new FlattenNode(token.At, new CurrentNode(token.At)), ProjectionRight(9));
            case JmesTokenKind.OpenBracket:
                return Current.Kind is JmesTokenKind.Number or JmesTokenKind.Colon || IsStarBracket()
                    ? Bracket(new CurrentNode(token.At), token)
                    : MultiList(token.At);
            case JmesTokenKind.Number:
                throw JmesSyntaxException.At(token.At, $"The number {token.Text} stands without backticks: write `{token.Text}`");
            default:
                throw Unexpected(token);
        }
    }

    private JmesNode Infix(JmesNode left, JmesToken token)
    {
        switch (token.Kind)
        {
            case JmesTokenKind.Pipe:
                return new PipeNode(token.At, left, Expression(1));
            case JmesTokenKind.Or:
                return new OrNode(token.At, left, Expression(2));
            case JmesTokenKind.And:
                return new AndNode(token.At, left, Expression(3));
            case JmesTokenKind.Compare:
                return new ComparisonNode(token.At, Operator(token.Text), left, Expression(5));
            case JmesTokenKind.Dot when Current.Kind == JmesTokenKind.Star:
                Take();
                return new ObjectProjectionNode(token.At, left, ProjectionRight(StarPower));
            case JmesTokenKind.Dot:
                return new SubNode(token.At, left, DotRight(DotPower));
            case JmesTokenKind.Filter:
                return Filter(left, token);
            case JmesTokenKind.Flatten:
                return new ListProjectionNode(token.At, new FlattenNode(token.At, left), ProjectionRight(9));
            case JmesTokenKind.OpenBracket:
                return Bracket(left, token);
            default:
                throw Unexpected(token);
        }
    }

    private static Comparison Operator(string text) => text switch
    {
        "==" => Comparison.Equal,
        "!=" => Comparison.NotEqual,
        "<" => Comparison.Less,
        "<=" => Comparison.LessOrEqual,
        ">" => Comparison.Greater,
        _ => Comparison.GreaterOrEqual,
    };

    private bool IsStarBracket() => Current.Kind == JmesTokenKind.Star && _tokens[_next + 1].Kind == JmesTokenKind.CloseBracket;

    /// <summary>Behind <c>[</c>: an index, a slice or <c>*</c>.</summary>
    private JmesNode Bracket(JmesNode left, JmesToken open)
    {
        if (IsStarBracket())
        {
            Take();
            Take();
            return new ListProjectionNode(open.At, left, ProjectionRight(StarPower));
        }

        int?[] parts = [null, null, null];
        var part = 0;
        while (Current.Kind is JmesTokenKind.Number or JmesTokenKind.Colon)
        {
            var token = Take();
            if (token.Kind == JmesTokenKind.Colon)
            {
                if (++part > 2) throw JmesSyntaxException.At(token.At, "A slice has at most two colons");
            }
            else if (parts[part] is not null)
            {
                throw JmesSyntaxException.At(token.At, "A colon is missing between two numbers");
            }
            else if (int.TryParse(token.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            {
                parts[part] = number;
            }
            else
            {
                throw JmesSyntaxException.At(token.At, "An index is a number of at most nine digits");
            }
        }

        Expect(JmesTokenKind.CloseBracket, "Brackets hold an index, a slice or '*' here, and are closed");
        if (part > 0)
        {
            if (parts[2] == 0) throw JmesSyntaxException.At(open.At, "A slice's step is not 0");
            var slice = new SubNode(open.At, left, new SliceNode(open.At, parts[0], parts[1], parts[2] ?? 1));
            return new ListProjectionNode(open.At, slice, ProjectionRight(StarPower));
        }

        if (parts[0] is not { } index) throw JmesSyntaxException.At(open.At, "Brackets behind a value hold an index, a slice, '*' or a filter");
        return new SubNode(open.At, left, new IndexNode(open.At, index));
    }

    private FilterProjectionNode Filter(JmesNode left, JmesToken open)
    {
        var condition = Expression(0);
        Expect(JmesTokenKind.CloseBracket, "A filter's bracket is not closed");
        var right = Current.Kind == JmesTokenKind.Flatten ? new CurrentNode(open.At) : ProjectionRight(21);
        return new FilterProjectionNode(open.At, left, condition, right);
    }

    private JmesNode ProjectionRight(int power)
    {
        if (Power(Current) < ProjectionStop) return new CurrentNode(Current.At);
        switch (Current.Kind)
        {
            case JmesTokenKind.OpenBracket or JmesTokenKind.Filter:
                return Expression(power);
            case JmesTokenKind.Dot:
                Take();
                return DotRight(power);
            default:
                throw Unexpected(Current);
        }
    }

    private JmesNode DotRight(int power)
    {
        switch (Current.Kind)
        {
            case JmesTokenKind.Identifier or JmesTokenKind.QuotedIdentifier or JmesTokenKind.Star:
                return Expression(power);
            case JmesTokenKind.OpenBracket:
                return MultiList(Take().At);
            case JmesTokenKind.OpenBrace:
                return MultiHash(Take().At);
            default:
                throw Unexpected(Current);
        }
    }

    private MultiListNode MultiList(int at)
    {
        var items = ImmutableArray.CreateBuilder<JmesNode>();
        do items.Add(Expression(0));
        while (TakeIf(JmesTokenKind.Comma));
        Expect(JmesTokenKind.CloseBracket, "A list's bracket is not closed");
        return new MultiListNode(at, items.ToImmutable());
    }

    private MultiHashNode MultiHash(int at)
    {
        var members = ImmutableArray.CreateBuilder<(string, JmesNode)>();
        do
        {
            var name = Take();
            if (name.Kind is not (JmesTokenKind.Identifier or JmesTokenKind.QuotedIdentifier))
            {
                throw JmesSyntaxException.At(name.At, "A member of {…} begins with its name");
            }

            Expect(JmesTokenKind.Colon, "A member of {…} is written 'name: expression'");
            members.Add((name.Text, Expression(0)));
        }
        while (TakeIf(JmesTokenKind.Comma));
        Expect(JmesTokenKind.CloseBrace, "A brace is not closed");
        return new MultiHashNode(at, members.ToImmutable());
    }

    private FunctionNode Call(JmesToken name)
    {
        if (!JmesFunctions.ByName.TryGetValue(name.Text, out var function))
        {
            throw JmesSyntaxException.At(name.At, $"There is no function '{name.Text}'");
        }

        Take();
        var arguments = ImmutableArray.CreateBuilder<JmesNode>();
        if (Current.Kind != JmesTokenKind.CloseParen)
        {
            do arguments.Add(Expression(0));
            while (TakeIf(JmesTokenKind.Comma));
        }

        Expect(JmesTokenKind.CloseParen, $"The parenthesis of '{name.Text}' is not closed");
        if (!function.TakesCount(arguments.Count))
        {
            throw JmesSyntaxException.At(name.At, $"'{name.Text}' takes {function.CountInWords}, not {arguments.Count}");
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is ReferenceNode != (function.ParameterAt(i) == JmesTypes.Expression))
            {
                throw JmesSyntaxException.At(arguments[i].At, arguments[i] is ReferenceNode
                    ? $"'{name.Text}' takes no '&' expression in this place"
                    : $"'{name.Text}' takes an '&' expression in this place");
            }
        }

        return new FunctionNode(name.At, function, arguments.ToImmutable());
    }

    private static JmesValue ReadLiteral(JmesToken token)
    {
        try
        {
            return JmesValue.From(JsonElement.Parse(token.Text, new JsonDocumentOptions { MaxDepth = 32 }));
        }
        catch (JsonException)
        {
            throw JmesSyntaxException.At(token.At, "Between backticks stands JSON; a string there keeps its quotation marks, or is written 'so'");
        }
    }

    private JmesToken Take()
    {
        var token = Current;
        if (token.Kind != JmesTokenKind.End) _next++;
        return token;
    }

    private bool TakeIf(JmesTokenKind kind)
    {
        if (Current.Kind != kind) return false;
        _next++;
        return true;
    }

    private void Expect(JmesTokenKind kind, string otherwise)
    {
        if (!TakeIf(kind)) throw JmesSyntaxException.At(Current.At, otherwise);
    }

    private static JmesSyntaxException Unexpected(JmesToken token) => token.Kind switch
    {
        JmesTokenKind.End => JmesSyntaxException.At(token.At, "The expression ends too early"),
        JmesTokenKind.Number => JmesSyntaxException.At(token.At, $"The number {token.Text} stands without backticks: write `{token.Text}`"),
        _ => JmesSyntaxException.At(token.At, $"'{token.Text}' does not fit here"),
    };
}
