namespace Runbook.Language.Checking;

/// <summary>Shortest ways through the product, and how they are told: steps and triggers in turn.</summary>
internal sealed class ProductPaths(ProductGraph graph)
{
    private int[]? _levels;
    private int[]? _toEnd;

    /// <summary>How many edges lead to a state at least.</summary>
    public int Level(int state)
    {
        if (_levels is null)
        {
            _levels = new int[graph.Count];
            for (var s = 1; s < _levels.Length; s++) _levels[s] = _levels[graph.Source(graph.MetBy(s))] + 1;
        }

        return _levels[state];
    }

    /// <summary>The edges of a shortest way to a state.</summary>
    public List<int> To(int state)
    {
        var edges = new List<int>();
        for (var edge = graph.MetBy(state); edge >= 0; edge = graph.MetBy(graph.Source(edge))) edges.Add(edge);
        edges.Reverse();
        return edges;
    }

    /// <summary>How many edges, without the guard's, lead from a state to an end at least; -1 where none does.</summary>
    public int ToEnd(int state) => (_toEnd ??= Distances())[state];

    /// <summary>The edges of a shortest way from a state to an end; empty where none leads there.</summary>
    public List<int> Onwards(int state)
    {
        var edges = new List<int>();
        while (ToEnd(state) > 0)
        {
            var (from, to) = graph.EdgesOf(state);
            var edge = from;
            while (edge < to && (graph.IsGuards(edge) || ToEnd(graph.Target(edge)) != ToEnd(state) - 1)) edge++;
            edges.Add(edge);
            state = graph.Target(edge);
        }

        return edges;
    }

    /// <summary>
    /// Steps and triggers of a way. A child's end is left out, because the way goes on in the step that called it; what the
    /// last link names is told, not the end that the session comes to.
    /// </summary>
    public IEnumerable<string> Tell(IReadOnlyList<int> edges)
    {
        yield return graph.Layout.Places[0].Path;
        foreach (var edge in edges)
        {
            var source = graph.Source(edge);
            yield return TriggerName(source, edge);
            yield return graph.Place(graph.Target(edge))?.Path ?? EndName(source, edge);
        }
    }

    private string TriggerName(int source, int edge) => graph.Edge(source, edge) is { } followed
        ? followed.TriggerName
        : graph.IsGuards(edge) ? "guard" : "start";

    private string EndName(int source, int edge) =>
        graph.Edge(source, edge)?.Transition?.Target
        ?? (graph.IsGuards(edge) && graph.Place(source) is { AbortEdge: >= 0 and var abort } place ? place.Edges[abort].Transition?.Target : null)
        ?? "nowhere";

    /// <summary>Backwards from the ends, as many rounds as the longest way has edges.</summary>
    private int[] Distances()
    {
        var distances = new int[graph.Count];
        Array.Fill(distances, -1);
        var sources = SourcesByTarget(out var starts);
        var queue = new Queue<int>();
        for (var state = 0; state < graph.Count; state++)
        {
            if (!graph.IsEnd(state)) continue;
            distances[state] = 0;
            queue.Enqueue(state);
        }

        while (queue.TryDequeue(out var target))
        {
            for (var i = starts[target]; i < starts[target + 1]; i++)
            {
                if (distances[sources[i]] >= 0) continue;
                distances[sources[i]] = distances[target] + 1;
                queue.Enqueue(sources[i]);
            }
        }

        return distances;
    }

    private int[] SourcesByTarget(out int[] starts)
    {
        starts = new int[graph.Count + 1];
        for (var edge = 0; edge < graph.EdgeCount; edge++)
        {
            if (!graph.IsGuards(edge)) starts[graph.Target(edge) + 1]++;
        }

        for (var i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        var next = starts[..^1].ToArray();
        var sources = new int[starts[^1]];
        for (var state = 0; state < graph.Count; state++)
        {
            var (from, to) = graph.EdgesOf(state);
            for (var edge = from; edge < to; edge++)
            {
                if (!graph.IsGuards(edge)) sources[next[graph.Target(edge)]++] = state;
            }
        }

        return sources;
    }
}
