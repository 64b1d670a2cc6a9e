namespace Runbook.Language.Checking;

/// <summary>
/// Something that is owed on some stretch of every path: an approval before a step, a probe before a fault or behind its
/// revert. Followed through the product together with whether it is owed.
/// </summary>
internal sealed class Obligation
{
    /// <summary>Whether it is owed from the beginning.</summary>
    public required bool OwedAtStart { get; init; }

    /// <summary>Whether it is owed behind an edge: from the state before, the edge, and whether it was owed there.</summary>
    public required Func<int, int, bool, bool> Behind { get; init; }

    /// <summary>Whether it may not be owed in a state.</summary>
    public required Func<int, bool> Forbidden { get; init; }

    /// <summary>The edges of a shortest way to a state where it is owed and may not be; <see langword="null"/> when there is none.</summary>
    public List<int>? Search(ProductGraph graph)
    {
        var metBy = new int[graph.Count * 2];
        Array.Fill(metBy, -2);
        var start = OwedAtStart ? 1 : 0;
        metBy[start] = -1;
        var queue = new Queue<int>([start]);
        while (queue.TryDequeue(out var node))
        {
            var (state, owed) = (node >> 1, (node & 1) != 0);
            if (owed && Forbidden(state)) return Way(graph, metBy, node);
            var (from, to) = graph.EdgesOf(state);
            for (var edge = from; edge < to; edge++)
            {
                var next = (graph.Target(edge) << 1) | (Behind(state, edge, owed) ? 1 : 0);
                if (metBy[next] != -2) continue;
                metBy[next] = (edge << 1) | (node & 1);
                queue.Enqueue(next);
            }
        }

        return null;
    }

    // What met a node is the edge with whether it was owed before, packed; edges are far fewer than 2^30.
    private static List<int> Way(ProductGraph graph, int[] metBy, int node)
    {
        var edges = new List<int>();
        while (metBy[node] >= 0)
        {
            var edge = metBy[node] >> 1;
            edges.Add(edge);
            node = (graph.Source(edge) << 1) | (metBy[node] & 1);
        }

        edges.Reverse();
        return edges;
    }
}
