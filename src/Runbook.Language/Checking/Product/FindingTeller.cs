using System.Collections.Immutable;

namespace Runbook.Language.Checking;

/// <summary>Puts what was found in the product into words.</summary>
internal sealed class FindingTeller(ProductGraph graph)
{
    public ProductPaths Paths { get; } = new(graph);

    /// <summary>What can happen to a step by an edge: "'Reads fail' can time out".</summary>
    public static string Happening(ProductPlace place, PlaceEdge? edge)
    {
        var title = $"'{place.State.Step.Title}'";
        if (edge is not { } followed) return $"The guard can act in {title}";
        if (place.IsRevert && followed.Trigger != TriggerKind.Timeout)
        {
            return followed.Trigger == TriggerKind.Success ? $"{title} can be done" : $"{title}, entered by {followed.TriggerName}, can be done";
        }

        return followed.Trigger switch
        {
            TriggerKind.Success => $"{title} can succeed",
            TriggerKind.Failure => $"{title} can fail",
            TriggerKind.Timeout => $"{title} can time out",
            TriggerKind.Rejection => $"{title} can be rejected",
            TriggerKind.Abort => $"{title} can be aborted",
            TriggerKind.When => $"{title} can take '{followed.Transition!.Condition!.Expression.Text}'",
            _ => $"{title} can be left by \"{followed.Transition!.Choice}\"",
        };
    }

    /// <summary>"the fault 'Disable the key' and the lease 'Lend it' are armed".</summary>
    public string AreArmed(IReadOnlyList<int> openings)
    {
        var names = openings.Select(Name).ToList();
        return names.Count == 1 ? $"{names[0]} is armed" : $"{string.Join(", ", names.SkipLast(1))} and {names[^1]} are armed";
    }

    public string Name(int opening) => $"the {(Scope(opening).Lease ? "lease" : "fault")} '{Title(opening, Scope(opening).Opening)}'";

    /// <summary>The transition that leads an edge to the revert of a fault, ready to be pasted where the step can write it.</summary>
    public string LeadTo(int opening, ProductPlace place, PlaceEdge? edge)
    {
        var link = $"[{Title(opening, Scope(opening).Revert)}](#{Scope(opening).Revert})";
        if (graph.Layout.Openings[opening].Frame != place.Frame || edge is not { } followed) return $"Let every path from there come to {link}.";
        return followed.Trigger is TriggerKind.When or TriggerKind.Choose ? $"Lead to {link}." : $"Write - **on {followed.TriggerName}** {link}";
    }

    public static SourceSpan SpanOf(ProductPlace place, PlaceEdge? edge) => edge?.Transition?.Span ?? place.State.Step.Span;

    public ImmutableArray<string> Tell(IReadOnlyList<int> edges) => [.. Paths.Tell(edges)];

    private FaultScope Scope(int opening) => graph.Layout.Openings[opening].Scope;

    private string Title(int opening, string slug) => graph.Layout.Openings[opening].Frame.Machine.State(slug)!.Step.Title;
}
