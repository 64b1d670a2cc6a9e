namespace Runbook.Language.Checking;

/// <summary>
/// RB401: the edges by which a fault or lease gets lost, from a state that could still reach its revert, or in which it was
/// not armed, to one that can't. An end is such a state; so is a circle without a way out, and a trigger that leads nowhere.
/// </summary>
internal sealed class MissedReverts
{
    private readonly ProductGraph _graph;
    private readonly RevertReach _reach;
    private readonly FindingTeller _tell;
    private readonly SortedDictionary<(int Place, ushort Label), Blame> _blames = [];

    private MissedReverts(ProductGraph graph, RevertReach reach, FindingTeller tell) => (_graph, _reach, _tell) = (graph, reach, tell);

    public static IEnumerable<ModelFinding> Find(ProductGraph graph, RevertReach reach, FindingTeller tell)
    {
        var missed = new MissedReverts(graph, reach, tell);
        missed.Collect();
        return missed._blames.Values.Select(missed.ToFinding);
    }

    private void Collect()
    {
        var width = _graph.States.Stride - 1;
        var (before, behind) = (new ulong[width], new ulong[width]);
        for (var state = 0; state < _graph.Count; state++)
        {
            if (_graph.Place(state) is not { } place) continue;
            _reach.Lost(state, before);
            var (from, to) = _graph.EdgesOf(state);
            for (var edge = from; edge < to; edge++)
            {
                _reach.Lost(_graph.Target(edge), behind);
                for (var i = 0; i < width; i++) behind[i] &= ~before[i];
                if (behind.AsSpan().ContainsAnyExcept(0UL)) Add(place, edge, state, behind);
            }
        }
    }

    private void Add(ProductPlace place, int edge, int state, ulong[] lost)
    {
        var (blamed, source) = Blamed(edge);
        var key = (_graph.PlaceNumber(source), _graph.Label(blamed));
        var onwards = _tell.Paths.ToEnd(_graph.Target(edge));
        var length = _tell.Paths.Level(state) + Math.Max(0, onwards);
        if (!_blames.TryGetValue(key, out var blame)) _blames[key] = blame = new Blame(edge, length);
        else if (length < blame.Length) (blame.Edge, blame.Length) = (edge, length);
        for (var opening = ProductWords.NextBit(lost, 0); opening >= 0; opening = ProductWords.NextBit(lost, opening + 1)) blame.Lost.Add(opening);
    }

    /// <summary>
    /// How a revert is entered decides how it is left. What is to blame is then the way out of it, not the way in, and behind
    /// several in a row the way out of the last.
    /// </summary>
    private (int Edge, int Source) Blamed(int edge)
    {
        var seen = new HashSet<int>();
        var source = _graph.Source(edge);
        while (_graph.Place(_graph.Target(edge)) is { IsRevert: true } && seen.Add(_graph.Target(edge)))
        {
            source = _graph.Target(edge);
            edge = WayOut(source);
        }

        return (edge, source);
    }

    private int WayOut(int revert)
    {
        var (edge, _) = _graph.EdgesOf(revert);
        while (_graph.Edge(revert, edge) is { Trigger: TriggerKind.Timeout }) edge++;
        return edge;
    }

    private ModelFinding ToFinding(Blame blame)
    {
        var (blamed, source) = Blamed(blame.Edge);
        var (place, edge, target) = (_graph.Place(source)!, _graph.Edge(source, blamed), _graph.Target(blame.Edge));
        var lost = blame.Lost.ToList();
        var then = edge is { Transition: null } ? "and that leads nowhere"
            : _tell.Paths.ToEnd(target) < 0 ? "and then its revert is never reached"
            : lost.Count == 1 ? "and then nothing undoes it" : "and then nothing undoes them";
        var during = lost is [var only] && only == place.Opens && edge is { } left && TriggerNames.IsAdverse(left.Trigger)
            ? "and have taken effect all the same"
            : $"while {_tell.AreArmed(lost)}";
        return new ModelFinding
        {
            Rule = Rules.RevertMissed,
            Step = place.Path,
            Trigger = edge?.TriggerName ?? "guard",
            Message = $"{FindingTeller.Happening(place, edge)} {during}, {then}.",
            Fix = _tell.LeadTo(lost[^1], place, edge),
            Path = _tell.Tell([.. _tell.Paths.To(_graph.Source(blame.Edge)), blame.Edge, .. _tell.Paths.Onwards(target)]),
            Span = FindingTeller.SpanOf(place, edge),
        };
    }

    private sealed class Blame(int edge, int length)
    {
        public int Edge { get; set; } = edge;

        public int Length { get; set; } = length;

        public SortedSet<int> Lost { get; } = [];
    }
}
