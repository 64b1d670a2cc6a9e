using System.Collections.Immutable;

namespace Runbook.Language.Checking;

/// <summary>
/// What holds at the entry of every state on <em>every</em> path to it: a forward analysis that intersects where paths
/// meet, iterated until nothing changes.
/// </summary>
internal static class FlowAnalysis
{
    /// <summary>Runs the analysis.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="initial">What holds at the beginning.</param>
    /// <param name="transfer">What holds behind an edge, from what held at the entry of the state that it leaves.</param>
    /// <returns>What holds at the entry of each state that can be reached.</returns>
    public static Dictionary<string, ImmutableHashSet<string>> Run(
        MachineDefinition machine,
        ImmutableHashSet<string> initial,
        Func<MachineState, MachineTransition, ImmutableHashSet<string>, ImmutableHashSet<string>> transfer)
    {
        var start = MachineNode.Start(machine);
        var entry = new Dictionary<MachineNode, ImmutableHashSet<string>> { [start] = initial };
        var queue = new Queue<MachineNode>([start]);
        while (queue.TryDequeue(out var node))
        {
            foreach (var (edge, next) in MachineWalk.Next(machine, node))
            {
                if (machine.State(next.Slug) is null) continue;
                var arriving = transfer(machine.State(node.Slug)!, edge, entry[node]);
                if (entry.TryGetValue(next, out var known))
                {
                    arriving = known.Intersect(arriving);
                    if (arriving.Count == known.Count) continue;
                }

                entry[next] = arriving;
                queue.Enqueue(next);
            }
        }

        return entry.GroupBy(e => e.Key.Slug, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(e => e.Value).Aggregate((a, b) => a.Intersect(b)), StringComparer.Ordinal);
    }
}
