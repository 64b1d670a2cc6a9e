namespace Runbook.Language.Checking;

/// <summary>
/// The strongly connected components of the product, by Tarjan's algorithm without recursion. Components are numbered so
/// that every edge leads to one of the same or a lower number.
/// </summary>
internal sealed class Components
{
    private readonly ProductGraph _graph;
    private readonly Func<int, int, bool> _follows;
    private readonly int[] _order;
    private readonly int[] _low;
    private readonly int[] _component;
    private readonly Stack<int> _open = new();
    private readonly Stack<(int State, int Edge)> _calls = new();
    private int _next;

    private Components(ProductGraph graph, Func<int, int, bool> follows)
    {
        (_graph, _follows) = (graph, follows);
        (_order, _low, _component) = (new int[graph.Count], new int[graph.Count], new int[graph.Count]);
        Array.Fill(_component, -1);
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The component of each state.</summary>
    public ReadOnlySpan<int> OfState => _component;

    /// <summary>Finds them.</summary>
    /// <param name="graph">The product.</param>
    /// <param name="follows">Whether an edge, given with the state that it leaves, counts.</param>
    public static Components Of(ProductGraph graph, Func<int, int, bool> follows)
    {
        var components = new Components(graph, follows);
        for (var state = 0; state < graph.Count; state++)
        {
            if (components._order[state] == 0) components.Visit(state);
        }

        return components;
    }

    private void Visit(int root)
    {
        Enter(root);
        while (_calls.TryPop(out var call))
        {
            var (state, edge) = call;
            var to = _graph.EdgesOf(state).To;
            var descended = false;
            for (; edge < to && !descended; edge++)
            {
                if (!_follows(state, edge)) continue;
                var target = _graph.Target(edge);
                if (_order[target] == 0)
                {
                    // Looked at once more when the target is done, to take over how low it came.
                    _calls.Push((state, edge));
                    Enter(target);
                    descended = true;
                }
                else if (_component[target] < 0)
                {
                    _low[state] = Math.Min(_low[state], _low[target]);
                }
            }

            if (!descended && _low[state] == _order[state]) Close(state);
        }
    }

    private void Enter(int state)
    {
        _order[state] = _low[state] = ++_next;
        _open.Push(state);
        _calls.Push((state, _graph.EdgesOf(state).From));
    }

    private void Close(int state)
    {
        int member;
        do
        {
            member = _open.Pop();
            _component[member] = Count;
        }
        while (member != state);
        Count++;
    }
}
