namespace Runbook.Language.Checking;

/// <summary>
/// RB410: the edges that lead to a fault or lease which is armed already. What its undo needs would be read anew, from what
/// the fault has broken.
/// </summary>
internal static class ArmedAgain
{
    public static IEnumerable<ModelFinding> Find(ProductGraph graph, FindingTeller tell)
    {
        var found = new SortedDictionary<(int Place, ushort Label), int>();
        var armed = new bool[graph.Count];
        for (var state = 0; state < armed.Length; state++) armed[state] = IsArmedAt(graph, state);
        if (!armed.Contains(true)) return [];
        for (var state = 0; state < graph.Count; state++)
        {
            if (graph.Place(state) is not { } place || armed[state]) continue;
            var (from, to) = graph.EdgesOf(state);
            for (var edge = from; edge < to; edge++)
            {
                if (armed[graph.Target(edge)]) found.TryAdd((place.Index, graph.Label(edge)), edge);
            }
        }

        return found.Values.Select(edge => ToFinding(graph, tell, edge));
    }

    private static bool IsArmedAt(ProductGraph graph, int state) =>
        graph.Place(state) is { Opens: >= 0 and var opening } && ProductWords.IsArmed(graph.States[state], opening);

    private static ModelFinding ToFinding(ProductGraph graph, FindingTeller tell, int edge)
    {
        var source = graph.Source(edge);
        var (place, followed, opening) = (graph.Place(source)!, graph.Edge(source, edge), graph.Place(graph.Target(edge))!.Opens);
        return new ModelFinding
        {
            Rule = Rules.ArmedAgain,
            Step = place.Path,
            Trigger = followed?.TriggerName ?? "guard",
            Message = $"{FindingTeller.Happening(place, followed)} while {tell.AreArmed([opening])}, and leads to it once more before its revert.",
            Fix = tell.LeadTo(opening, place, followed),
            Path = tell.Tell([.. tell.Paths.To(source), edge]),
            Span = FindingTeller.SpanOf(place, followed),
        };
    }
}
