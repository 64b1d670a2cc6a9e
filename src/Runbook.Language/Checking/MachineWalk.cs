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
    /// The shortest way to a step, as steps and triggers in turn, along edges that <paramref name="allowed"/> lets
    /// through; empty when there is none.
    /// </summary>
    public static List<string> ShortestPath(MachineDefinition machine, string target, Func<MachineNode, MachineTransition, bool> allowed)
    {
        var start = MachineNode.Start(machine);
        var cameFrom = new Dictionary<MachineNode, (MachineNode From, string Trigger)?> { [start] = null };
        var queue = new Queue<MachineNode>([start]);
        while (queue.TryDequeue(out var node))
        {
            if (node.Slug == target) return Back(node, cameFrom);
            foreach (var (edge, next) in Next(machine, node))
            {
                if (!allowed(node, edge) || !cameFrom.TryAdd(next, (node, edge.TriggerName))) continue;
                queue.Enqueue(next);
            }
        }

        return [];
    }

    private static List<string> Back(MachineNode node, Dictionary<MachineNode, (MachineNode From, string Trigger)?> cameFrom)
    {
        var path = new List<string> { node.Slug };
        for (var step = cameFrom[node]; step is { } s; step = cameFrom[s.From]) path.InsertRange(0, [s.From.Slug, s.Trigger]);
        return path;
    }
}
