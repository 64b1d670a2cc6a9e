using System.Collections.Immutable;
using Runbook.Language.Expressions;
using Runbook.Language.Yaml;

namespace Runbook.Language.Parsing;

/// <summary>
/// Reads the members of one mapping by name, each with its shape, and at the end refuses those that nobody asked for.
/// </summary>
internal sealed class Form(YamlMapping mapping, DiagnosticBag found, Rule rule, string what)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public YamlMapping Mapping { get; } = mapping;

    public string What { get; } = what;

    /// <summary>The member's node, or <see langword="null"/>, with a finding when it is required.</summary>
    public YamlNode? Node(string name, bool required, string example)
    {
        _asked.Add(name);
        if (Mapping.Find(name) is { } member) return member.Value;
        if (required) found.Add(rule, Mapping.Span with { Length = 0 }, $"{What} lacks '{name}'.", $"Add '{example}'.");
        return null;
    }

    public YamlScalar? Text(string name, bool required, string example)
    {
        var node = Node(name, required, example);
        if (node is null) return null;
        if (node is YamlScalar { IsString: true } scalar && scalar.Value.Length > 0) return scalar;
        Complain(node, $"'{name}' is {node.Describe()}, and must be text.", $"Write '{example}'.");
        return null;
    }

    public long? WholeNumber(string name, long least, long most, string example)
    {
        var node = Node(name, false, example);
        if (node is null) return null;
        if (node is YamlScalar scalar && scalar.TryInteger(out var number) && number >= least && number <= most) return number;
        Complain(node, $"'{name}' is a whole number from {least} to {most}.", $"Write '{example}'.");
        return null;
    }

    public bool Boolean(string name)
    {
        var node = Node(name, false, name);
        if (node is null) return false;
        if (node is YamlScalar { IsBoolean: true } scalar) return scalar.Value[0] is 't' or 'T';
        Complain(node, $"'{name}' is {node.Describe()}, and must be true or false.", $"Write '{name}: true'.");
        return false;
    }

    /// <summary>A word from a closed list.</summary>
    public YamlScalar? Word(string name, ImmutableArray<string> words)
    {
        var scalar = Text(name, true, $"{name}: {words[0]}");
        if (scalar is null || words.Contains(scalar.Value)) return scalar;
        Complain(scalar, $"'{scalar.Value}' is no {name}.", $"Write one of {string.Join(", ", words)}.");
        return null;
    }

    /// <summary>A list of words; one word alone counts as a list of one.</summary>
    public ImmutableArray<YamlScalar> Words(string name, bool required, string example)
    {
        var node = Node(name, required, example);
        if (node is null) return [];
        IEnumerable<YamlNode> items = node is YamlSequence list ? list.Items : [node];
        var words = ImmutableArray.CreateBuilder<YamlScalar>();
        foreach (var item in items)
        {
            if (item is YamlScalar { IsString: true } word && word.Value.Length > 0) words.Add(word);
            else Complain(item, $"'{name}' holds {item.Describe()}, and must be a list of words.", $"Write '{example}'.");
        }

        return words.ToImmutable();
    }

    public YamlMapping? Map(string name, bool required, string example)
    {
        var node = Node(name, required, example);
        if (node is null or YamlMapping) return node as YamlMapping;
        if (node is YamlScalar { IsNull: true }) return null;
        Complain(node, $"'{name}' is {node.Describe()}, and must be a mapping.", $"Write '{example}'.");
        return null;
    }

    public DurationValue? Duration(string name, bool required, string example)
    {
        var node = Node(name, required, example);
        if (node is null) return null;
        if (node is YamlScalar scalar)
        {
            if (Durations.TryParse(scalar.Value, out var duration)) return new DurationValue(duration, null) { Span = scalar.Span };
            if (Template.Whole(scalar) is { } path) return new DurationValue(null, path) { Span = scalar.Span };
        }

        found.Add(Rules.BadDuration, node.Span, $"{What}: '{name}' is no duration.", $"Write '{example}': a whole number and one of ms, s, m, h, d.");
        return null;
    }

    /// <summary>An expression that must be a condition.</summary>
    public ConditionText? Condition(string name, bool required, string example)
    {
        var node = Node(name, required, example);
        if (node is null) return null;
        if (node is not YamlScalar scalar || scalar.IsNull || Bare(scalar))
        {
            Complain(node, $"'{name}' is {node.Describe()}, and must be an expression in quotation marks.", $"Write '{example}'.");
            return null;
        }

        return Expression(scalar, $"'{name}'") is { } expression ? new ConditionText(expression) { Span = scalar.Span } : null;

        // A bare true or false is an expression only by accident: in JMESPath it would be a member's name.
        static bool Bare(YamlScalar s) => s.IsNumber;
    }

    /// <summary>The <c>save</c> of a block: names and expressions.</summary>
    public ImmutableArray<SaveBinding> Save()
    {
        var save = Map("save", false, "save: {name: expression}");
        if (save is null) return [];
        var bindings = ImmutableArray.CreateBuilder<SaveBinding>();
        foreach (var member in save.Members)
        {
            if (!Names.CheckVariable(member.Key, found, "A saved value")) continue;
            if (member.Value is not YamlScalar { IsString: true } scalar)
            {
                found.Add(Rules.Quoting, member.Value.Span, $"'{member.Name}' saves {member.Value.Describe()}, where an expression must stand.", $"Write '{member.Name}: \"{found.Source.Slice(member.Value.Span).Replace("\"", "\\\"", StringComparison.Ordinal)}\"'.");
                continue;
            }

            if (Expression(scalar, $"'{member.Name}'") is { } expression)
            {
                bindings.Add(new SaveBinding(member.Name, expression) { NameSpan = member.Key.Span, Span = scalar.Span });
            }
        }

        return bindings.ToImmutable();
    }

    /// <summary>Refuses every member that was not asked for.</summary>
    public void Close()
    {
        foreach (var member in Mapping.Members)
        {
            if (_asked.Contains(member.Name)) continue;
            found.Add(rule, member.Key.Span, $"{What} has no '{member.Name}'.", $"It has {string.Join(", ", _asked)}.");
        }
    }

    public void Complain(YamlNode node, string message, string fix) => found.Add(rule, node.Span, $"{What}: {message}", fix);

    private JmesExpression? Expression(YamlScalar scalar, string name) => ExpressionReader.Read(scalar, name, found);
}
