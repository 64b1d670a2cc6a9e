using System.Collections.Immutable;

namespace Runbook.Language.Expressions;

/// <summary>One node of a parsed expression; <paramref name="At"/> is its offset in the expression's text.</summary>
internal abstract record JmesNode(int At);

internal sealed record CurrentNode(int At) : JmesNode(At);

internal sealed record FieldNode(int At, string Name) : JmesNode(At);

internal sealed record LiteralNode(int At, JmesValue Value) : JmesNode(At);

/// <summary><c>${name.path}</c>: the first name is the variable, the rest members of its value.</summary>
internal sealed record VariableNode(int At, ImmutableArray<string> Path) : JmesNode(At);

/// <summary><c>left.right</c>, and an index on a left side.</summary>
internal sealed record SubNode(int At, JmesNode Left, JmesNode Right) : JmesNode(At);

internal sealed record IndexNode(int At, int Index) : JmesNode(At);

internal sealed record SliceNode(int At, int? Start, int? Stop, int Step) : JmesNode(At);

/// <summary>A list projection: <c>left[*].right</c>, and what a slice or a flattening makes.</summary>
internal sealed record ListProjectionNode(int At, JmesNode Left, JmesNode Right) : JmesNode(At);

/// <summary>An object projection: <c>left.*.right</c>.</summary>
internal sealed record ObjectProjectionNode(int At, JmesNode Left, JmesNode Right) : JmesNode(At);

internal sealed record FilterProjectionNode(int At, JmesNode Left, JmesNode Condition, JmesNode Right) : JmesNode(At);

internal sealed record FlattenNode(int At, JmesNode Operand) : JmesNode(At);

internal sealed record PipeNode(int At, JmesNode Left, JmesNode Right) : JmesNode(At);

internal sealed record OrNode(int At, JmesNode Left, JmesNode Right) : JmesNode(At);

internal sealed record AndNode(int At, JmesNode Left, JmesNode Right) : JmesNode(At);

internal sealed record NotNode(int At, JmesNode Operand) : JmesNode(At);

internal enum Comparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

internal sealed record ComparisonNode(int At, Comparison Operator, JmesNode Left, JmesNode Right) : JmesNode(At)
{
    public bool IsOrdering => Operator is not (Comparison.Equal or Comparison.NotEqual);
}

internal sealed record MultiListNode(int At, ImmutableArray<JmesNode> Items) : JmesNode(At);

internal sealed record MultiHashNode(int At, ImmutableArray<(string Name, JmesNode Value)> Members) : JmesNode(At);

internal sealed record FunctionNode(int At, JmesFunction Function, ImmutableArray<JmesNode> Arguments) : JmesNode(At);

/// <summary><c>&amp;expression</c>, an argument of <c>sort_by</c> and its kin.</summary>
internal sealed record ReferenceNode(int At, JmesNode Operand) : JmesNode(At);
