namespace Runbook.Language.Checking;

/// <summary>
/// A state with, for a revert, how it was entered: a revert that something adverse led to is left the adverse way. Without
/// that, paths would be followed that no session can take.
/// </summary>
/// <param name="Slug">The state, or an end.</param>
/// <param name="Entered">For a revert entered by something adverse: failure (timeout and rejection too) or abort.</param>
internal readonly record struct MachineNode(string Slug, TriggerKind? Entered)
{
    public static MachineNode Start(MachineDefinition machine) => new(machine.Initial.Slug, null);
}

/// <summary>Follows the edges that a session can take.</summary>
internal static class MachineWalk
{
    public static IEnumerable<(MachineTransition Edge, MachineNode Target)> Next(MachineDefinition machine, MachineNode node)
    {
        if (machine.State(node.Slug) is not { } state) yield break;
        var isRevert = state.Step.Block is StepBlock.Revert;
        foreach (var edge in state.Transitions)
        {
            if (isRevert && edge.Trigger != TriggerKind.Timeout && edge.Trigger != (node.Entered ?? TriggerKind.Success)) continue;
            yield return (edge, new MachineNode(edge.Target, Entering(machine, node, edge)));
        }
    }

    private static TriggerKind? Entering(MachineDefinition machine, MachineNode from, MachineTransition edge)
    {
        if (machine.State(edge.Target)?.Step.Block is not StepBlock.Revert) return null;
        if (edge.Target == from.Slug) return from.Entered;
        return edge.Trigger switch
        {
            TriggerKind.Abort => TriggerKind.Abort,
            TriggerKind.Failure or TriggerKind.Timeout or TriggerKind.Rejection => TriggerKind.Failure,
            _ => null,
        };
    }

    /// <summary>
    /// The shortest way on which a fact does not hold when a step is reached, as steps and triggers in turn; empty when
    /// there is none.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="target">The step.</param>
    /// <param name="behind">Whether the fact holds behind an edge, from whether it held before. At the beginning it does not.</param>
    public static List<string> ShortestPathWithout(MachineDefinition machine, string target, Func<bool, MachineState, MachineTransition, bool> behind)
    {
        var start = (Node: MachineNode.Start(machine), Holds: false);
        var cameFrom = new Dictionary<(MachineNode Node, bool Holds), ((MachineNode Node, bool Holds) From, string Trigger)?> { [start] = null };
        var queue = new Queue<(MachineNode Node, bool Holds)>([start]);
        while (queue.TryDequeue(out var at))
        {
            if (at.Node.Slug == target && !at.Holds)
            {
                var path = new List<string> { target };
                for (var step = cameFrom[at]; step is { } s; step = cameFrom[s.From]) path.InsertRange(0, [s.From.Node.Slug, s.Trigger]);
                return path;
            }

            if (machine.State(at.Node.Slug) is not { } state) continue;
            foreach (var (edge, next) in Next(machine, at.Node))
            {
                var arriving = (next, behind(at.Holds, state, edge));
                if (cameFrom.TryAdd(arriving, (at, edge.TriggerName))) queue.Enqueue(arriving);
            }
        }

        return [];
    }
}
