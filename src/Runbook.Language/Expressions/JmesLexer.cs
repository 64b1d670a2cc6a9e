using System.Text;
using System.Text.Json;

namespace Runbook.Language.Expressions;

/// <summary>Cuts an expression into tokens, as jmespath.org's grammar has them, plus <c>${name.path}</c>.</summary>
internal static class JmesLexer
{
    public static List<JmesToken> Read(string text)
    {
        var tokens = new List<JmesToken>();
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] is ' ' or '\t' or '\n' or '\r')
            {
                at++;
                continue;
            }

            var token = Next(text, at);
            tokens.Add(token);
            at += token.Length;
        }

        tokens.Add(new JmesToken(JmesTokenKind.End, text.Length, 0, ""));
        return tokens;
    }

    private static JmesToken Next(string text, int at)
    {
        var c = text[at];
        var next = at + 1 < text.Length ? text[at + 1] : '\0';
        return c switch
        {
            '\'' => RawString(text, at),
            '"' => QuotedIdentifier(text, at),
            '`' => Literal(text, at),
            '$' => Variable(text, at),
            '[' when next == '?' => Simple(JmesTokenKind.Filter, 2),
            '[' when next == ']' => Simple(JmesTokenKind.Flatten, 2),
            '[' => Simple(JmesTokenKind.OpenBracket, 1),
            ']' => Simple(JmesTokenKind.CloseBracket, 1),
            '{' => Simple(JmesTokenKind.OpenBrace, 1),
            '}' => Simple(JmesTokenKind.CloseBrace, 1),
            '(' => Simple(JmesTokenKind.OpenParen, 1),
            ')' => Simple(JmesTokenKind.CloseParen, 1),
            '*' => Simple(JmesTokenKind.Star, 1),
            '@' => Simple(JmesTokenKind.Current, 1),
            '.' => Simple(JmesTokenKind.Dot, 1),
            ',' => Simple(JmesTokenKind.Comma, 1),
            ':' => Simple(JmesTokenKind.Colon, 1),
            '|' when next == '|' => Simple(JmesTokenKind.Or, 2),
            '|' => Simple(JmesTokenKind.Pipe, 1),
            '&' when next == '&' => Simple(JmesTokenKind.And, 2),
            '&' => Simple(JmesTokenKind.Reference, 1),
            '=' when next == '=' => Simple(JmesTokenKind.Compare, 2),
            '!' when next == '=' => Simple(JmesTokenKind.Compare, 2),
            '!' => Simple(JmesTokenKind.Not, 1),
            '<' or '>' => Simple(JmesTokenKind.Compare, next == '=' ? 2 : 1),
            '-' or (>= '0' and <= '9') => Number(text, at),
            '_' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => Identifier(text, at),
            '=' => throw JmesSyntaxException.At(at, "A single '=' compares nothing: equality is '=='"),
            _ => throw JmesSyntaxException.At(at, $"'{c}' has no meaning in an expression"),
        };

        JmesToken Simple(JmesTokenKind kind, int length) => new(kind, at, length, text.Substring(at, length));
    }

    private static JmesToken Identifier(string text, int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')) end++;
        return new JmesToken(JmesTokenKind.Identifier, at, end - at, text[at..end]);
    }

    private static JmesToken Number(string text, int at)
    {
        var end = at + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        if (end == at + 1 && text[at] == '-') throw JmesSyntaxException.At(at, "'-' stands before no number");
        return new JmesToken(JmesTokenKind.Number, at, end - at, text[at..end]);
    }

    private static JmesToken RawString(string text, int at)
    {
        var value = new StringBuilder();
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '\'')
            {
                value.Append('\'');
                i++;
            }
            else if (text[i] == '\\' && i + 1 < text.Length)
            {
                value.Append(text[i]).Append(text[++i]);
            }
            else if (text[i] == '\'')
            {
                RefuseVariable(text, at, i);
                return new JmesToken(JmesTokenKind.RawString, at, i + 1 - at, value.ToString());
            }
            else
            {
                value.Append(text[i]);
            }
        }

        throw JmesSyntaxException.At(at, "A string begins with ' and does not end");
    }

    private static JmesToken QuotedIdentifier(string text, int at)
    {
        var end = Closing(text, at, '"');
        RefuseVariable(text, at, end);
        try
        {
            using var document = JsonDocument.Parse(text.AsMemory(at, end + 1 - at));
            return new JmesToken(JmesTokenKind.QuotedIdentifier, at, end + 1 - at, document.RootElement.GetString()!);
        }
        catch (JsonException)
        {
            throw JmesSyntaxException.At(at, "A quoted name is not a JSON string");
        }
        catch (InvalidOperationException)
        {
            throw JmesSyntaxException.At(at, "A quoted name holds half a character");
        }
    }

    private static JmesToken Literal(string text, int at)
    {
        var end = Closing(text, at, '`');
        RefuseVariable(text, at, end);
        return new JmesToken(JmesTokenKind.Literal, at, end + 1 - at, text[(at + 1)..end].Replace("\\`", "`", StringComparison.Ordinal));
    }

    private static int Closing(string text, int at, char quote)
    {
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == quote) return i;
        }

        throw JmesSyntaxException.At(at, $"{(quote == '`' ? "A literal" : "A quoted name")} begins with {quote} and does not end");
    }

    private static JmesToken Variable(string text, int at)
    {
        if (!VariableReference.TryRead(text, at, out var path, out var length))
        {
            throw JmesSyntaxException.At(at, "A variable is written ${name} or ${name.path}");
        }

        return new JmesToken(JmesTokenKind.Variable, at, length, path);
    }

    private static void RefuseVariable(string text, int from, int until)
    {
        var at = text.IndexOf("${", from, until - from, StringComparison.Ordinal);
        if (at >= 0)
        {
            throw new JmesSyntaxException(new JmesError(at, "A variable stands inside quotation marks, where it would be text", VariableInQuotes: true));
        }
    }
}
