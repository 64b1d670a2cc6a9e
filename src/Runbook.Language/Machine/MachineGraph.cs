using System.Text;

namespace Runbook.Language;

/// <summary>Draws a machine as Mermaid or DOT. Only edges that a reader would miss are left out: an abort that leads where every abort leads.</summary>
public static class MachineGraph
{
    /// <summary>A Mermaid state diagram, ended by a line feed.</summary>
    public static string ToMermaid(MachineDefinition machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var text = new StringBuilder("stateDiagram-v2\n    direction TB\n");
        var names = Number(machine);
        foreach (var state in machine.States)
        {
            text.Append("    state \"").Append(MermaidText(Caption(state))).Append("\" as ").Append(names[state.Slug]).Append('\n');
        }

        foreach (var end in EndNames.All) text.Append("    state \"").Append(end).Append("\" as ").Append(end).Append('\n');
        foreach (var scope in machine.Scopes)
        {
            text.Append("    note right of ").Append(names[scope.Opening]).Append(" : ").Append(scope.Lease ? "lease" : "fault scope")
                .Append(" until ").Append(MermaidText(machine.State(scope.Revert)!.Step.Title)).Append('\n');
        }

        text.Append("    [*] --> ").Append(names[machine.Initial.Slug]).Append('\n');
        foreach (var (from, transition) in Edges(machine))
        {
            text.Append("    ").Append(names[from.Slug]).Append(" --> ").Append(Target(transition.Target))
                .Append(" : ").Append(MermaidText(Label(transition))).Append('\n');
        }

        foreach (var end in EndNames.All) text.Append("    ").Append(end).Append(" --> [*]\n");
        return text.ToString();

        string Target(string target) => EndNames.IsEnd(target) ? target : names.GetValueOrDefault(target, target);
    }

    /// <summary>A DOT graph, ended by a line feed.</summary>
    public static string ToDot(MachineDefinition machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var text = new StringBuilder();
        text.Append("digraph ").Append(DotText(machine.Document.Id)).Append(" {\n  rankdir=TB;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
        foreach (var state in machine.States.Where(s => s.Scope is null)) DotNode(state, "  ", text);
        foreach (var scope in machine.Scopes.Where(s => s.Enclosing is null)) DotScope(machine, scope, "  ", text);
        foreach (var end in EndNames.All)
        {
            text.Append("  ").Append(DotText(MachineFactory.EndState(end))).Append(" [shape=doublecircle, label=").Append(DotText(end)).Append("];\n");
        }

        foreach (var (from, transition) in Edges(machine))
        {
            text.Append("  ").Append(DotText(from.Slug)).Append(" -> ").Append(DotText(MachineFactory.StateOf(transition.Target)))
                .Append(" [label=").Append(DotText(Label(transition)))
                .Append(TriggerNames.IsAdverse(transition.Trigger) ? ", style=dashed" : "").Append("];\n");
        }

        return text.Append("}\n").ToString();
    }

    private static void DotScope(MachineDefinition machine, FaultScope scope, string indent, StringBuilder text)
    {
        text.Append(indent).Append("subgraph ").Append(DotText("cluster_" + scope.Opening)).Append(" {\n")
            .Append(indent).Append("  label=").Append(DotText(scope.Lease ? "lease" : "fault scope")).Append(";\n");
        foreach (var state in machine.States.Where(s => s.Scope?.Opening == scope.Opening)) DotNode(state, indent + "  ", text);
        foreach (var inner in machine.Scopes.Where(s => s.Enclosing == scope.Opening)) DotScope(machine, inner, indent + "  ", text);
        text.Append(indent).Append("}\n");
    }

    private static void DotNode(MachineState state, string indent, StringBuilder text) =>
        text.Append(indent).Append(DotText(state.Slug)).Append(" [label=").Append(DotText(Caption(state))).Append("];\n");

    private static string Caption(MachineState state) => state.Step.Block is { } block ? $"{state.Step.Title} ({block.Kind})" : state.Step.Title;

    private static string Label(MachineTransition transition) => transition.Trigger switch
    {
        TriggerKind.When => $"when {transition.Condition!.Expression.Text}",
        TriggerKind.Choose => $"choose {transition.Choice}",
        _ => transition.TriggerName,
    };

    private static IEnumerable<(MachineState From, MachineTransition Transition)> Edges(MachineDefinition machine) =>
        from state in machine.States
        from transition in state.Transitions
        where !(transition is { Trigger: TriggerKind.Abort, Origin: TransitionOrigin.Default or TransitionOrigin.Shared })
            && !(state.Step.Block is StepBlock.Revert && transition.Origin == TransitionOrigin.Default && transition.Trigger is TriggerKind.Failure or TriggerKind.Abort)
        select (state, transition);

    private static Dictionary<string, string> Number(MachineDefinition machine) =>
        machine.States.ToDictionary(s => s.Slug, s => "s" + s.Step.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>Mermaid's labels know no escape but HTML entities written with # instead of &amp;.</summary>
    private static string MermaidText(string text)
    {
        var safe = new StringBuilder();
        foreach (var c in text)
        {
            if (c is '#' or '"' or ';' or ':' or '<' or '>' or '{' or '}') safe.Append('#').Append((int)c).Append(';');
            else safe.Append(c is '\n' or '\r' ? ' ' : c);
        }

        return safe.ToString();
    }

    private static string DotText(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal) + "\"";
}
