using System.Text;

namespace Runbook.Simulator.Kusto;

internal enum KustoTokenKind
{
    Word,
    Text,
    Number,
    Span,
    Sign,
    End,
}

internal readonly record struct KustoToken(KustoTokenKind Kind, string Text, int At)
{
    public bool Is(string text) => Kind is KustoTokenKind.Word or KustoTokenKind.Sign && Text.Equals(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Takes a query apart into words, literals and signs; comments are left out.</summary>
internal static class KustoLexer
{
    private static readonly string[] Signs = ["==", "!=", "=~", "!~", "<=", ">=", "=>", "..", "=", "<", ">", "|", "(", ")", "[", "]", "{", "}", ",", ";", ".", "+", "-", "*", "/", "%", ":", "!", "~"];

    public static List<KustoToken> Read(string query)
    {
        var tokens = new List<KustoToken>();
        for (var at = 0; ;)
        {
            while (at < query.Length && char.IsWhiteSpace(query[at]))
                at++;
            if (at >= query.Length)
            {
                tokens.Add(new KustoToken(KustoTokenKind.End, "", at));
                return tokens;
            }
            if (query.AsSpan(at).StartsWith("//", StringComparison.Ordinal))
            {
                while (at < query.Length && query[at] != '\n')
                    at++;
                continue;
            }
            var token = Next(query, at, out at);
            tokens.Add(token);
        }
    }

    private static KustoToken Next(string query, int from, out int at)
    {
        var letter = query[from];
        if (letter is '\'' or '"')
            return Quoted(query, from, from, verbatim: false, out at);
        if (letter is '@' or 'h' or 'H' && from + 1 < query.Length && query[from + 1] is '\'' or '"')
            return Quoted(query, from + 1, from, verbatim: letter == '@', out at);
        if (char.IsDigit(letter))
            return Number(query, from, out at);
        if (char.IsLetter(letter) || letter is '_' or '$')
        {
            at = from + 1;
            while (at < query.Length && (char.IsLetterOrDigit(query[at]) || query[at] == '_' || (query[at] == '-' && IsHyphenated(query, from, at))))
                at++;
            return new KustoToken(KustoTokenKind.Word, query[from..at], from);
        }
        foreach (var sign in Signs)
        {
            if (!query.AsSpan(from).StartsWith(sign, StringComparison.Ordinal))
                continue;
            at = from + sign.Length;
            return new KustoToken(KustoTokenKind.Sign, sign, from);
        }
        throw new KustoException($"the character '{letter}' is not part of the language", from, letter.ToString());
    }

    /// <summary>Operators such as <c>mv-expand</c> have a hyphen in their name; elsewhere it subtracts.</summary>
    private static bool IsHyphenated(string query, int from, int at)
    {
        var head = query[from..at];
        return (head is "mv" && query.AsSpan(at).StartsWith("-expand", StringComparison.Ordinal))
            || (head is "project" && (query.AsSpan(at).StartsWith("-away", StringComparison.Ordinal) || query.AsSpan(at).StartsWith("-keep", StringComparison.Ordinal)
                || query.AsSpan(at).StartsWith("-rename", StringComparison.Ordinal) || query.AsSpan(at).StartsWith("-reorder", StringComparison.Ordinal)));
    }

    private static KustoToken Number(string query, int from, out int at)
    {
        at = from;
        while (at < query.Length && char.IsDigit(query[at]))
            at++;
        if (at + 1 < query.Length && query[at] == '.' && char.IsDigit(query[at + 1]))
        {
            at++;
            while (at < query.Length && char.IsDigit(query[at]))
                at++;
        }
        var unit = at;
        while (unit < query.Length && char.IsLetter(query[unit]))
            unit++;
        if (unit == at)
            return new KustoToken(KustoTokenKind.Number, query[from..at], from);
        var text = query[from..unit];
        at = unit;
        return new KustoToken(KustoTokenKind.Span, text, from);
    }

    private static KustoToken Quoted(string query, int open, int from, bool verbatim, out int at)
    {
        var quote = query[open];
        var text = new StringBuilder();
        for (at = open + 1; at < query.Length; at++)
        {
            if (query[at] == quote)
            {
                if (verbatim && at + 1 < query.Length && query[at + 1] == quote)
                {
                    text.Append(quote);
                    at++;
                    continue;
                }
                at++;
                return new KustoToken(KustoTokenKind.Text, text.ToString(), from);
            }
            if (query[at] == '\\' && !verbatim && at + 1 < query.Length)
            {
                at++;
                text.Append(query[at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '0' => '\0', var other => other });
                continue;
            }
            text.Append(query[at]);
        }
        throw new KustoException("a text is not closed", from, quote.ToString());
    }
}
