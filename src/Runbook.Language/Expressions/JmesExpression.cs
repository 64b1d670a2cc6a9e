using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Runbook.Language.Expressions;

/// <summary>What an evaluation came to: a value, or the reason why there is none.</summary>
/// <param name="Value">The value; JSON null where the expression found nothing. Undefined when <paramref name="Error"/> is set.</param>
/// <param name="Error">Why it could not be evaluated, without a full stop; <see langword="null"/> when it could.</param>
public readonly record struct Evaluation(JsonElement Value, string? Error)
{
    /// <summary>Whether the expression came out exactly <c>true</c>. Anything else, an error included, counts as false.</summary>
    public bool Holds => Error is null && Value.ValueKind == JsonValueKind.True;
}

/// <summary>
/// A JMESPath expression as jmespath.org defines it, with <c>${name.path}</c> standing where a literal may stand.
/// Immutable; parsed once, evaluated as often as wanted.
/// </summary>
public sealed class JmesExpression
{
    /// <summary>JSON as <c>to_string</c> and <c>az</c> write it: nothing escaped that need not be.</summary>
    internal static readonly JsonWriterOptions PlainText = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonElement Nothing = JsonElement.Parse("null");

    private JmesExpression(string text, JmesNode root)
    {
        Text = text;
        Root = root;
        Variables = [.. JmesWalk.All(root).OfType<VariableNode>().Select(v => string.Join('.', v.Path)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The expression as written.</summary>
    public string Text { get; }

    /// <summary>The variables it uses, as <c>name</c> or <c>name.path</c>, each once.</summary>
    public ImmutableArray<string> Variables { get; }

    internal JmesNode Root { get; }

    /// <summary>Parses an expression.</summary>
    /// <param name="text">The expression, at most <see cref="Limits.ExpressionLengthMax"/> characters.</param>
    /// <param name="error">One sentence without full stop when the text is not one, else empty.</param>
    /// <returns>The expression, or <see langword="null"/>.</returns>
    public static JmesExpression? TryParse(string text, out string error)
    {
        var expression = TryParse(text, out JmesError? reason);
        error = reason?.Message ?? "";
        return expression;
    }

    /// <summary>Evaluates the expression.</summary>
    /// <param name="input">What <c>@</c> and names refer to.</param>
    /// <param name="variables">
    /// Gives the value of <c>name.path</c>, already resolved to the member; <see langword="null"/> when it is not bound.
    /// </param>
    public Evaluation Evaluate(JsonElement input, Func<string, JsonElement?> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        try
        {
            var evaluator = new JmesEvaluator(path =>
                variables(string.Join('.', path)) is { } value
                    ? JmesValue.From(value)
                    : throw new JmesEvaluationException($"${{{string.Join('.', path)}}} is not bound"));
            var result = evaluator.Evaluate(Root, JmesValue.From(input));
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer)) result.Write(writer, evaluator.Budget);
            return new Evaluation(JsonElement.Parse(buffer.WrittenSpan), null);
        }
        catch (JmesEvaluationException exception)
        {
            return new Evaluation(Nothing, exception.Message);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static JmesExpression? TryParse(string text, out JmesError? error)
    {
        try
        {
            error = null;
            return new JmesExpression(text, JmesParser.Parse(text));
        }
        catch (JmesSyntaxException exception)
        {
            error = exception.Error;
            return null;
        }
    }
}

/// <summary>Walks an expression's nodes.</summary>
internal static class JmesWalk
{
    /// <summary>The node and all below it, each before its parts.</summary>
    public static IEnumerable<JmesNode> All(JmesNode node)
    {
        yield return node;
        foreach (var part in Parts(node))
        {
            foreach (var below in All(part)) yield return below;
        }
    }

    public static IEnumerable<JmesNode> Parts(JmesNode node) => node switch
    {
        SubNode n => [n.Left, n.Right],
        PipeNode n => [n.Left, n.Right],
        OrNode n => [n.Left, n.Right],
        AndNode n => [n.Left, n.Right],
        ComparisonNode n => [n.Left, n.Right],
        ListProjectionNode n => [n.Left, n.Right],
        ObjectProjectionNode n => [n.Left, n.Right],
        FilterProjectionNode n => [n.Left, n.Condition, n.Right],
        FlattenNode n => [n.Operand],
        NotNode n => [n.Operand],
        ReferenceNode n => [n.Operand],
        MultiListNode n => n.Items,
        MultiHashNode n => n.Members.Select(m => m.Value),
        FunctionNode n => n.Arguments,
        _ => [],
    };
}
