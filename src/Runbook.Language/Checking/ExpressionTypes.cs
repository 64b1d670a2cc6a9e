using Runbook.Language.Expressions;
using Runbook.Language.Schemas;

namespace Runbook.Language.Checking;

/// <summary>
/// Says, as far as schemas tell, what type an expression gives, and reports members that can't be there and orderings
/// of what is no number. An unknown type is <see cref="Schema.Anything"/>: nothing is reported about it.
/// </summary>
internal sealed class ExpressionTypes(Func<string, Schema> variables, Action<Rule, JmesNode, string> report)
{
    private static readonly Schema Boolean = new() { Types = JsonTypes.Boolean };
    private static readonly Schema Text = new() { Types = JsonTypes.String };

    public Schema Infer(JmesNode node, Schema input)
    {
        switch (node)
        {
            case CurrentNode:
                return input;
            case FieldNode field:
                return Member(field, input);
            case LiteralNode literal:
                return OfValue(literal.Value);
            case VariableNode variable:
                return variables(string.Join('.', variable.Path));
            case SubNode sub:
                return Infer(sub.Right, Infer(sub.Left, input));
            case PipeNode pipe:
                return Infer(pipe.Right, Infer(pipe.Left, input));
            case IndexNode:
                return ItemsOf(input);
            case SliceNode:
                return input;
            case ListProjectionNode projection:
                return ListOf(Infer(projection.Right, ItemsOf(Infer(projection.Left, input))));
            case ObjectProjectionNode projection:
                Infer(projection.Left, input);
                return ListOf(Infer(projection.Right, Schema.Anything));
            case FilterProjectionNode filter:
                var items = ItemsOf(Infer(filter.Left, input));
                Infer(filter.Condition, items);
                return ListOf(Infer(filter.Right, items));
            case FlattenNode flatten:
                var list = Infer(flatten.Operand, input);
                var item = ItemsOf(list);
                return ListOf(item.Types == JsonTypes.Array ? ItemsOf(item) : item);
            case OrNode or:
                return Either(Infer(or.Left, input), Infer(or.Right, input));
            case AndNode and:
                return Either(Infer(and.Left, input), Infer(and.Right, input));
            case NotNode not:
                Infer(not.Operand, input);
                return Boolean;
            case ComparisonNode comparison:
                return Compare(comparison, input);
            case MultiListNode multi:
                return ListOf(multi.Items.Select(i => Infer(i, input)).Aggregate((a, b) => Either(a, b)));
            case MultiHashNode hash:
                return new Schema
                {
                    Types = JsonTypes.Object,
                    OpenEnded = false,
                    Members = [.. hash.Members.Select(m => new SchemaMember(m.Name, Infer(m.Value, input), Required: true))],
                };
            case FunctionNode function:
                return Call(function, input);
            default:
                return Schema.Anything;
        }
    }

    /// <summary>The type of a literal value.</summary>
    private static Schema OfValue(JmesValue value) => value switch
    {
        JmesBoolean => Boolean,
        JmesNumber => new Schema { Types = JsonTypes.Number },
        JmesString => Text,
        JmesArray { Items.IsEmpty: true } => ListOf(Schema.Anything),
        JmesArray array => ListOf(array.Items.Select(OfValue).Aggregate(Either)),
        JmesObject => new Schema { Types = JsonTypes.Object },
        _ => new Schema { Types = JsonTypes.Null },
    };

    private Schema Member(FieldNode field, Schema input)
    {
        if (input.Types == JsonTypes.Any) return Schema.Anything;
        if (!input.Types.HasFlag(JsonTypes.Object))
        {
            report(Rules.MemberUnknown, field, $"'{field.Name}' is asked of {SchemaCheck.InWords(input.Types)}, which has no members");
            return Schema.Anything;
        }

        if (input.Member(field.Name) is { } member) return input.WriteOnly ? member.Schema with { WriteOnly = true } : member.Schema;
        if (input.OpenEnded) return input.OtherMembers ?? Schema.Anything;
        var known = input.Members.IsEmpty ? "there are none here" : "there are " + string.Join(", ", input.Members.Select(m => m.Name));
        report(Rules.MemberUnknown, field, $"there is no '{field.Name}' to ask for; {known}");
        return Schema.Anything;
    }

    private Schema Compare(ComparisonNode comparison, Schema input)
    {
        var left = Infer(comparison.Left, input);
        var right = Infer(comparison.Right, input);
        if (comparison.IsOrdering)
        {
            foreach (var (side, node) in new[] { (left, comparison.Left), (right, comparison.Right) })
            {
                if ((side.Types & JsonTypes.Number) != JsonTypes.None) continue;
                report(Rules.StringOrdering, node, $"{SchemaCheck.InWords(side.Types)} is compared with an ordering");
            }
        }

        return Boolean;
    }

    private Schema Call(FunctionNode call, Schema input)
    {
        var arguments = new List<Schema>();
        for (var i = 0; i < call.Arguments.Length; i++)
        {
            if (call.Arguments[i] is ReferenceNode reference)
            {
                var list = call.Arguments.Length > 1 ? call.Arguments.First(a => a is not ReferenceNode) : null;
                arguments.Add(Infer(reference.Operand, list is null ? Schema.Anything : ItemsOf(Infer(list, input))));
                continue;
            }

            var argument = Infer(call.Arguments[i], input);
            arguments.Add(argument);
            if (argument.Types != JsonTypes.Any && (ToJmes(argument.Types) & call.Function.ParameterAt(i)) == 0)
            {
                report(Rules.NotACondition, call.Arguments[i], $"{call.Function.Name}() does not take {SchemaCheck.InWords(argument.Types)}");
            }
        }

        var result = call.Function.Name switch
        {
            "sort" or "sort_by" or "reverse" or "to_array" when arguments[0].Types is JsonTypes.Array => arguments[0],
            "max" or "min" or "max_by" or "min_by" => ItemsOf(arguments[0]),
            "map" => ListOf(arguments[0]),
            "keys" => ListOf(Text),
            "not_null" => arguments.Aggregate(Either),
            "length" => new Schema { Types = JsonTypes.Integer },
            _ => new Schema { Types = FromJmes(call.Function.Result) },
        };
        return arguments.Exists(a => a.HoldsSecret()) ? result with { WriteOnly = true } : result;
    }

    private static Schema ItemsOf(Schema list) => list.Types switch
    {
        JsonTypes.Any => Schema.Anything,
        _ => list.Items is { } items ? (list.WriteOnly ? items with { WriteOnly = true } : items) : Schema.Anything,
    };

    private static Schema ListOf(Schema items) => new() { Types = JsonTypes.Array, Items = items };

    private static Schema Either(Schema left, Schema right)
    {
        if (ReferenceEquals(left, right)) return left;
        return new Schema { Types = left.Types | right.Types, WriteOnly = left.HoldsSecret() || right.HoldsSecret() };
    }

    private static JmesTypes ToJmes(JsonTypes types)
    {
        var all = JmesTypes.None;
        if (types.HasFlag(JsonTypes.Null)) all |= JmesTypes.Null;
        if (types.HasFlag(JsonTypes.Boolean)) all |= JmesTypes.Boolean;
        if ((types & JsonTypes.Number) != 0) all |= JmesTypes.Number;
        if (types.HasFlag(JsonTypes.String)) all |= JmesTypes.String;
        if (types.HasFlag(JsonTypes.Array)) all |= JmesTypes.Array;
        if (types.HasFlag(JsonTypes.Object)) all |= JmesTypes.Object;
        return all;
    }

    private static JsonTypes FromJmes(JmesTypes types)
    {
        var all = JsonTypes.None;
        if (types.HasFlag(JmesTypes.Null)) all |= JsonTypes.Null;
        if (types.HasFlag(JmesTypes.Boolean)) all |= JsonTypes.Boolean;
        if (types.HasFlag(JmesTypes.Number)) all |= JsonTypes.Number;
        if (types.HasFlag(JmesTypes.String)) all |= JsonTypes.String;
        if (types.HasFlag(JmesTypes.Array)) all |= JsonTypes.Array;
        if (types.HasFlag(JmesTypes.Object)) all |= JsonTypes.Object;
        return all;
    }
}
