namespace Runbook.Language.Expressions;

internal enum JmesTokenKind
{
    End,
    Identifier,
    QuotedIdentifier,
    RawString,
    Literal,
    Variable,
    Number,
    Star,
    Current,
    Dot,
    Comma,
    Colon,
    OpenBracket,
    CloseBracket,
    Filter,
    Flatten,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    Pipe,
    Or,
    And,
    Not,
    Reference,
    Compare,
}

/// <summary>One token; <paramref name="Text"/> is its meaning (quotation marks and escapes resolved) where it has one.</summary>
internal readonly record struct JmesToken(JmesTokenKind Kind, int At, int Length, string Text);

/// <summary>What keeps an expression from being read.</summary>
/// <param name="At">Offset in the expression's text.</param>
/// <param name="Message">One sentence.</param>
/// <param name="VariableInQuotes">Whether it is a variable that stands inside quotation marks.</param>
internal sealed record JmesError(int At, string Message, bool VariableInQuotes = false);

internal sealed class JmesSyntaxException(JmesError error) : Exception(error.Message)
{
    public JmesError Error { get; } = error;

    public static JmesSyntaxException At(int at, string message) => new(new JmesError(at, message));
}
