namespace Runbook.Language.Checking;

/// <summary>
/// The product explored to its end: every state that a session can be in, and every edge between two of them. States are
/// numbered in the order of a breadth-first search, so that the way by which each was first met is a shortest one.
/// </summary>
internal sealed class ProductGraph(ProductLayout layout, ProductStates states)
{
    /// <summary>Label of the edge from a call to the first step of the runbook that it calls.</summary>
    public const ushort StartLabel = 0xC000;

    /// <summary>Labels from here on: the guard lifts the fault or lease of that number.</summary>
    public const ushort GuardLabel = 0xD000;

    private readonly GrowingArray<int> _first = new();
    private readonly GrowingArray<int> _targets = new();
    private readonly GrowingArray<ushort> _labels = new();
    private readonly GrowingArray<int> _metBy = new();

    public ProductLayout Layout => layout;

    public ProductStates States => states;

    public int Count => states.Count;

    public int EdgeCount => _targets.Count;

    /// <summary>Numbers of the edges that leave a state: from the first to before the second.</summary>
    public (int From, int To) EdgesOf(int state) => (_first[state], state + 1 < _first.Count ? _first[state + 1] : _targets.Count);

    public int Target(int edge) => _targets[edge];

    public ushort Label(int edge) => _labels[edge];

    public bool IsGuards(int edge) => _labels[edge] >= GuardLabel;

    /// <summary>The edge by which a state was first met; -1 for the first.</summary>
    public int MetBy(int state) => _metBy[state];

    /// <summary>The state that an edge leaves.</summary>
    public int Source(int edge) => _first.LastAtMost(edge);

    public int PlaceNumber(int state) => ProductWords.Place(states.Control(state));

    /// <summary>The step that a state is in, or <see langword="null"/> at an end.</summary>
    public ProductPlace? Place(int state) => PlaceNumber(state) is var at && at < layout.Places.Count ? layout.Places[at] : null;

    /// <summary>What the edge follows in its place; <see langword="null"/> for a start and for the guard's.</summary>
    public PlaceEdge? Edge(int source, int edge) => _labels[edge] < StartLabel ? layout.Places[PlaceNumber(source)].Edges[_labels[edge]] : null;

    /// <summary>Whether a state is the end <c>completed</c> with nothing cut short.</summary>
    public bool IsCompleted(int state) => PlaceNumber(state) == layout.Places.Count;

    public bool IsEnd(int state) => PlaceNumber(state) >= layout.Places.Count;

    /// <summary>Begins the edges of the next state, which come in the order of the states' numbers.</summary>
    public void BeginState() => _first.Add(_targets.Count);

    public void AddEdge(int target, ushort label, bool met)
    {
        if (met) _metBy.Add(_targets.Count);
        _targets.Add(target);
        _labels.Add(label);
    }

    public void AddStart() => _metBy.Add(-1);
}

/// <summary>An array that doubles: a list without its checks for changes, since millions are read in a row.</summary>
internal sealed class GrowingArray<T>
    where T : struct, IComparable<T>
{
    private T[] _items = new T[1024];

    public int Count { get; private set; }

    public T this[int index] => _items[index];

    public void Add(T item)
    {
        if (Count == _items.Length) Array.Resize(ref _items, _items.Length * 2);
        _items[Count++] = item;
    }

    /// <summary>Index of the last item that is at most a value, in a sorted array.</summary>
    public int LastAtMost(T value)
    {
        var (low, high) = (0, Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_items[middle].CompareTo(value) <= 0) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
