using System.Collections.Immutable;

namespace Runbook.Language.Expressions;

/// <summary>Evaluates a parsed expression, as jmespath.org says. Total but for <see cref="JmesEvaluationException"/>.</summary>
internal sealed class JmesEvaluator(Func<ImmutableArray<string>, JmesValue> variables)
{
    private readonly JmesBudget _budget = new();

    public JmesBudget Budget => _budget;

    public JmesValue Evaluate(JmesNode node, JmesValue on)
    {
        _budget.Spend();
        switch (node)
        {
            case CurrentNode:
                return on;
            case FieldNode field:
                return (on as JmesObject)?.Find(field.Name) ?? JmesValue.Null;
            case LiteralNode literal:
                return literal.Value;
            case VariableNode variable:
                return variables(variable.Path);
            case SubNode sub:
                return Evaluate(sub.Right, Evaluate(sub.Left, on));
            case PipeNode pipe:
                return Evaluate(pipe.Right, Evaluate(pipe.Left, on));
            case IndexNode index:
                return Index(on, index.Index);
            case SliceNode slice:
                return Slice(on, slice);
            case ListProjectionNode projection:
                return Project((Evaluate(projection.Left, on) as JmesArray)?.Items, projection.Right);
            case ObjectProjectionNode projection:
                return Project((Evaluate(projection.Left, on) as JmesObject)?.Members.Select(m => m.Value), projection.Right);
            case FilterProjectionNode filter:
                return Project((Evaluate(filter.Left, on) as JmesArray)?.Items.Where(i => !Evaluate(filter.Condition, i).IsFalse), filter.Right);
            case FlattenNode flatten:
                return Flatten(Evaluate(flatten.Operand, on));
            case OrNode or:
                var left = Evaluate(or.Left, on);
                return left.IsFalse ? Evaluate(or.Right, on) : left;
            case AndNode and:
                var first = Evaluate(and.Left, on);
                return first.IsFalse ? first : Evaluate(and.Right, on);
            case NotNode not:
                return JmesValue.Of(Evaluate(not.Operand, on).IsFalse);
            case ComparisonNode comparison:
                return Compare(comparison, Evaluate(comparison.Left, on), Evaluate(comparison.Right, on));
            case MultiListNode list:
                return on is JmesNull ? on : new JmesArray([.. list.Items.Select(i => Evaluate(i, on))]);
            case MultiHashNode hash:
                return on is JmesNull ? on : new JmesObject(hash.Members.Select(m => (m.Name, Evaluate(m.Value, on))));
            case FunctionNode function:
                return Call(function, on);
            default:
                throw new JmesEvaluationException("an '&' expression stands outside a function");
        }
    }

    private static JmesValue Index(JmesValue on, int index)
    {
        if (on is not JmesArray { Items: var items }) return JmesValue.Null;
        if (index < 0) index += items.Length;
        return index >= 0 && index < items.Length ? items[index] : JmesValue.Null;
    }

    private static JmesValue Slice(JmesValue on, SliceNode slice)
    {
        if (on is not JmesArray { Items: var items }) return JmesValue.Null;
        var forward = slice.Step > 0;
        var start = slice.Start is { } from ? Bound(from) : forward ? 0 : items.Length - 1;
        var stop = slice.Stop is { } until ? Bound(until) : forward ? items.Length : -1;
        var taken = ImmutableArray.CreateBuilder<JmesValue>();
        for (long i = start; forward ? i < stop : i > stop; i += slice.Step) taken.Add(items[(int)i]);
        return new JmesArray(taken.ToImmutable());

        int Bound(int value)
        {
            if (value < 0) value = Math.Max(value + items.Length, forward ? 0 : -1);
            return Math.Min(value, forward ? items.Length : items.Length - 1);
        }
    }

    private JmesValue Project(IEnumerable<JmesValue>? items, JmesNode right)
    {
        if (items is null) return JmesValue.Null;
        var projected = ImmutableArray.CreateBuilder<JmesValue>();
        foreach (var item in items)
        {
            var value = Evaluate(right, item);
            if (value is not JmesNull) projected.Add(value);
        }

        return new JmesArray(projected.ToImmutable());
    }

    private static JmesValue Flatten(JmesValue on) => on is JmesArray array
        ? new JmesArray([.. array.Items.SelectMany(i => i is JmesArray inner ? inner.Items : [i])])
        : JmesValue.Null;

    private JmesValue Compare(ComparisonNode comparison, JmesValue left, JmesValue right)
    {
        if (comparison.Operator == Comparison.Equal) return JmesValue.Of(JmesValue.AreEqual(left, right, _budget));
        if (comparison.Operator == Comparison.NotEqual) return JmesValue.Of(!JmesValue.AreEqual(left, right, _budget));
        if (left is not JmesNumber { Value: var a } || right is not JmesNumber { Value: var b }) return JmesValue.Null;
        return JmesValue.Of(comparison.Operator switch
        {
            Comparison.Less => a < b,
            Comparison.LessOrEqual => a <= b,
            Comparison.Greater => a > b,
            _ => a >= b,
        });
    }

    private JmesValue Call(FunctionNode node, JmesValue on)
    {
        var arguments = ImmutableArray.CreateBuilder<JmesValue>();
        JmesNode? reference = null;
        for (var i = 0; i < node.Arguments.Length; i++)
        {
            if (node.Arguments[i] is ReferenceNode { Operand: var operand })
            {
                reference = operand;
                arguments.Add(JmesValue.Null);
                continue;
            }

            var value = Evaluate(node.Arguments[i], on);
            if ((value.Type & node.Function.ParameterAt(i)) == 0)
            {
                throw new JmesEvaluationException($"{node.Function.Name}() does not take {JmesFunctions.NameOf(value.Type)} as argument {i + 1}");
            }

            arguments.Add(value);
        }

        return node.Function.Evaluate(new JmesCall(node.Function.Name, arguments.ToImmutable(), v => Evaluate(reference!, v), _budget));
    }
}
