using Runbook.Language.Expressions;
using Runbook.Language.Yaml;

namespace Runbook.Language.Parsing;

/// <summary>Reads expressions out of YAML scalars and inline code, with their places and the rules of quoting.</summary>
internal static class ExpressionReader
{
    /// <summary>An expression written as a YAML scalar.</summary>
    public static JmesExpression? Read(YamlScalar scalar, string name, DiagnosticBag found)
    {
        if (scalar.Plain && LosesText(scalar, found.Source))
        {
            var position = found.Source.PositionAt(scalar.Span.Start);
            var written = found.Source.Line(position.Line)[(position.Column - 1)..];
            found.Add(Rules.Quoting, scalar.Span, $"{name} holds '#', where YAML begins a comment.", $"Write it in quotation marks: \"{written.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
            return null;
        }

        return Read(scalar.Value, scalar.Span, name, found);
    }

    /// <summary>An expression whose text stands at a place of the file.</summary>
    public static JmesExpression? Read(string text, SourceSpan span, string name, DiagnosticBag found)
    {
        var expression = JmesExpression.TryParse(text, out JmesError? error);
        if (error is null) return expression;

        var rule = error.VariableInQuotes ? Rules.VariableInQuotes : Rules.ExpressionUnreadable;
        var fix = error.VariableInQuotes
            ? "Let it stand by itself, and join texts with join('', ['/keys/', ${key}])."
            : "The language is that of 'az --query' (jmespath.org): members, [?filters], functions; 'text' in single quotation marks, numbers in backticks.";
        found.Add(rule, Place(text, span, error.At, found.Source), $"{name} can't be read: {char.ToLowerInvariant(error.Message[0])}{error.Message[1..]}.", fix);
        return null;
    }

    /// <summary>The place of an offset of the expression, exact where the file holds the expression letter by letter.</summary>
    public static SourceSpan Place(string text, SourceSpan span, int at, SourceText source)
    {
        var written = source.Slice(span);
        var begins = written.IndexOf(text, StringComparison.Ordinal);
        return begins < 0 ? span : new SourceSpan(span.Start + begins + at, 0);
    }

    /// <summary>Whether behind a plain scalar something follows on its line that YAML takes for a comment.</summary>
    private static bool LosesText(YamlScalar scalar, SourceText source)
    {
        var position = source.PositionAt(scalar.Span.Start);
        return source.Line(position.Line).AsSpan(Math.Max(0, position.Column - 1)).Contains('#');
    }
}
