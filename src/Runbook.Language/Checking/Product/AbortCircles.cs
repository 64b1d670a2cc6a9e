namespace Runbook.Language.Checking;

/// <summary>
/// RB401: circles that aborting does not leave while a fault or lease is armed. Any other circle is ended by the limit, at
/// which the scope's abort fires in each step that is entered; so aborting has to lead to the revert.
/// </summary>
internal static class AbortCircles
{
    public static IEnumerable<ModelFinding> Find(ProductGraph graph, RevertReach reach, FindingTeller tell)
    {
        if (Circling(graph, Components.Of(graph, (s, e) => IsStop(graph, s, e)), (s, e) => IsStop(graph, s, e)).Count == 0) yield break;
        var told = new HashSet<int>();
        for (var opening = 0; opening < graph.Layout.Openings.Count; opening++)
        {
            var own = opening;
            bool Follows(int state, int edge) => IsStop(graph, state, edge) && IsOutside(graph, state, own) && IsOutside(graph, graph.Target(edge), own);
            foreach (var state in Circling(graph, Components.Of(graph, Follows), Follows))
            {
                var place = graph.Place(state)!;
                if (!reach.IsLost(state, own) && told.Add(place.Index)) yield return ToFinding(graph, tell, state, place, own);
            }
        }
    }

    /// <summary>The edge that a state is left by when every step is aborted as soon as it is entered.</summary>
    private static bool IsStop(ProductGraph graph, int state, int edge)
    {
        if (graph.Label(edge) >= ProductGraph.StartLabel) return false;
        var place = graph.Place(state)!;
        var followed = place.Edges[graph.Label(edge)];
        if (place.IsRevert) return followed.Trigger != TriggerKind.Timeout;
        return followed.Trigger == TriggerKind.Abort || (place.Called >= 0 && ProductWords.Mode(graph.States.Control(state)) >= 2);
    }

    /// <summary>Whether a fault or lease is armed in a state, and the state is not its revert.</summary>
    private static bool IsOutside(ProductGraph graph, int state, int opening) =>
        ProductWords.IsArmed(graph.States[state], opening) && graph.Place(state)?.Reverts != opening;

    /// <summary>The first state of each component that leads back to itself.</summary>
    private static List<int> Circling(ProductGraph graph, Components components, Func<int, int, bool> follows)
    {
        var first = new Dictionary<int, int>();
        for (var state = 0; state < graph.Count; state++)
        {
            var (from, to) = graph.EdgesOf(state);
            for (var edge = from; edge < to; edge++)
            {
                if (follows(state, edge) && components.OfState[graph.Target(edge)] == components.OfState[state]) first.TryAdd(components.OfState[state], state);
            }
        }

        return [.. first.Values.Order()];
    }

    private static ModelFinding ToFinding(ProductGraph graph, FindingTeller tell, int state, ProductPlace place, int opening)
    {
        var edge = place.AbortEdge >= 0 && !place.IsRevert ? place.Edges[place.AbortEdge] : (PlaceEdge?)null;
        return new ModelFinding
        {
            Rule = Rules.RevertMissed,
            Step = place.Path,
            Trigger = "abort",
            Message = $"Aborting leads from '{place.State.Step.Title}' in a circle while {tell.AreArmed([opening])}, and never to its revert.",
            Fix = tell.LeadTo(opening, place, edge),
            Path = [.. tell.Tell(tell.Paths.To(state)), .. Round(graph, tell, state, opening)],
            Span = FindingTeller.SpanOf(place, edge),
        };
    }

    /// <summary>Once around the circle, from a state back to its step.</summary>
    private static IEnumerable<string> Round(ProductGraph graph, FindingTeller tell, int start, int opening)
    {
        var seen = new HashSet<int>();
        var edges = new List<int>();
        for (var state = start; seen.Add(state);)
        {
            var (from, to) = graph.EdgesOf(state);
            var edge = from;
            while (!IsStop(graph, state, edge) || !IsOutside(graph, graph.Target(edge), opening)) edge++;
            edges.Add(edge);
            state = graph.Target(edge);
            if (edge >= to) break;
        }

        return tell.Paths.Tell(edges).Skip(1);
    }
}
