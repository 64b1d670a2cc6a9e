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
        var losing = Losing(behind);
        for (var state = 0; state < _graph.Count; state++)
        {
            if (_graph.Place(state) is not { } place) continue;
            _reach.Lost(state, before);
            var (from, to) = _graph.EdgesOf(state);
            for (var edge = from; edge < to; edge++)
            {
                if (!losing[_graph.Target(edge)]) continue;
                _reach.Lost(_graph.Target(edge), behind);
                for (var i = 0; i < width; i++) behind[i] &= ~before[i];
                if (behind.AsSpan().ContainsAnyExcept(0UL)) Add(place, edge, state, behind);
            }
        }
    }

    /// <summary>The states in which anything is lost: asked once for each state, not once for each of its many edges.</summary>
    private bool[] Losing(ulong[] lost)
    {
        var losing = new bool[_graph.Count];
        for (var state = 0; state < losing.Length; state++)
        {
            _reach.Lost(state, lost);
            losing[state] = lost.AsSpan().ContainsAnyExcept(0UL);
        }

        return losing;
    }

    private void Add(ProductPlace place, int edge, int state, ulong[] lost)
    {
        var blamed = Blamed(edge, lost);
        var key = (_graph.PlaceNumber(_graph.Source(blamed)), _graph.Label(blamed));
        var onwards = _tell.Paths.ToEnd(_graph.Target(edge));
        var length = _tell.Paths.Level(state) + Math.Max(0, onwards);
        if (!_blames.TryGetValue(key, out var blame)) _blames[key] = blame = new Blame(edge, blamed, length);
        else if (length < blame.Length) (blame.Edge, blame.Blamed, blame.Length) = (edge, blamed, length);
        for (var opening = ProductWords.NextBit(lost, 0); opening >= 0; opening = ProductWords.NextBit(lost, opening + 1)) blame.Lost.Add(opening);
    }

    /// <summary>
    /// How a revert is entered decides how it is left. Where it lies in the scopes of all that is lost, what is to blame is
    /// not the way into it but the way out, and behind several in a row the way out of the last.
    /// </summary>
    private int Blamed(int edge, ulong[] lost)
    {
        var seen = new HashSet<int>();
        while (_graph.Place(_graph.Target(edge)) is { IsRevert: true } revert && LiesInAll(revert, lost) && seen.Add(_graph.Target(edge)))
        {
            edge = WayOut(_graph.Target(edge));
        }

        return edge;
    }

    private static bool LiesInAll(ProductPlace revert, ulong[] lost)
    {
        for (var opening = ProductWords.NextBit(lost, 0); opening >= 0; opening = ProductWords.NextBit(lost, opening + 1))
        {
            if (!revert.Inside.Contains(opening)) return false;
        }

        return true;
    }

    private int WayOut(int revert)
    {
        var (edge, _) = _graph.EdgesOf(revert);
        while (_graph.Edge(revert, edge) is { Trigger: TriggerKind.Timeout }) edge++;
        return edge;
    }

    private ModelFinding ToFinding(Blame blame)
    {
        var source = _graph.Source(blame.Blamed);
        var (place, edge, target) = (_graph.Place(source)!, _graph.Edge(source, blame.Blamed), _graph.Target(blame.Edge));
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

    private sealed class Blame(int edge, int blamed, int length)
    {
        /// <summary>Behind it something is lost.</summary>
        public int Edge { get; set; } = edge;

        /// <summary>It would have to lead elsewhere.</summary>
        public int Blamed { get; set; } = blamed;

        public int Length { get; set; } = length;

        public SortedSet<int> Lost { get; } = [];
    }
}
