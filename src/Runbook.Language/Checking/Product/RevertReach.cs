namespace Runbook.Language.Checking;

/// <summary>
/// Of which faults and leases the revert can be reached from each state, without the guard's help: it is the last resort,
/// and no way that a runbook may count on.
/// </summary>
internal sealed class RevertReach
{
    private readonly ProductGraph _graph;
    private readonly Components _components;
    private readonly ulong[] _masks;
    private readonly int _width;

    private RevertReach(ProductGraph graph)
    {
        _graph = graph;
        _width = graph.States.Stride - 1;
        _components = Components.Of(graph, (_, edge) => !graph.IsGuards(edge));
        _masks = new ulong[_components.Count * _width];
        Fill();
    }

    public static RevertReach Of(ProductGraph graph) => new(graph);

    /// <summary>
    /// Puts into <paramref name="lost"/> the faults and leases that are armed in a state from which their revert can't be
    /// reached any more.
    /// </summary>
    public void Lost(int state, Span<ulong> lost)
    {
        var armed = _graph.States[state][1..];
        var reached = _masks.AsSpan(_components.OfState[state] * _width, _width);
        for (var i = 0; i < _width; i++) lost[i] = armed[i] & ~reached[i];
        if (_graph.Place(state) is { Reverts: >= 0 and var own }) lost[own >> 6] &= ~(1UL << (own & 63));
    }

    /// <summary>Whether one fault or lease is among them.</summary>
    public bool IsLost(int state, int opening)
    {
        var lost = new ulong[_width];
        Lost(state, lost);
        return (lost[opening >> 6] >> (opening & 63) & 1) != 0;
    }

    /// <summary>A component's targets have lower numbers or its own: one pass in the order of the numbers is enough.</summary>
    private void Fill()
    {
        foreach (var state in StatesByComponent())
        {
            var own = _masks.AsSpan(_components.OfState[state] * _width, _width);
            var (from, to) = _graph.EdgesOf(state);
            for (var edge = from; edge < to; edge++)
            {
                if (!_graph.IsGuards(edge)) Take(own, _graph.Target(edge));
            }
        }
    }

    private void Take(Span<ulong> own, int target)
    {
        var theirs = _masks.AsSpan(_components.OfState[target] * _width, _width);
        for (var i = 0; i < _width; i++) own[i] |= theirs[i];
        if (_graph.Place(target) is { Reverts: >= 0 and var revert }) own[revert >> 6] |= 1UL << (revert & 63);
    }

    /// <summary>All states, sorted by their components' numbers by counting.</summary>
    private int[] StatesByComponent()
    {
        var starts = new int[_components.Count + 1];
        foreach (var component in _components.OfState) starts[component + 1]++;
        for (var i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        var sorted = new int[_graph.Count];
        for (var state = 0; state < sorted.Length; state++) sorted[starts[_components.OfState[state]]++] = state;
        return sorted;
    }
}
