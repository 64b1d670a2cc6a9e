using System.Collections.Immutable;
using Runbook.Language.Actions;

namespace Runbook.Language.Checking;

/// <summary>
/// RB409: a revert that would have to work through what a fault took away: its own, or one that is still armed when it is
/// reached.
/// </summary>
internal static class RevertDependence
{
    public static IEnumerable<ModelFinding> Find(ProductGraph graph, ActionCatalogue catalogue, FindingTeller tell)
    {
        var openings = graph.Layout.Openings;
        var reliances = openings.Select(o => OpeningReliances.Of(o, catalogue)).ToList();
        foreach (var broken in openings)
        {
            foreach (var undone in openings)
            {
                if (reliances[undone.Index].Meets(reliances[broken.Index]) is not { } thing) continue;
                if (First(graph, undone.Index, broken.Index) is { } state) yield return ToFinding(graph, tell, state, undone.Index, broken.Index, thing);
            }
        }
    }

    /// <summary>The first state at the revert of one, both armed.</summary>
    private static int? First(ProductGraph graph, int undone, int broken)
    {
        for (var state = 0; state < graph.Count; state++)
        {
            if (graph.Place(state)?.Reverts != undone) continue;
            if (ProductWords.IsArmed(graph.States[state], undone) && ProductWords.IsArmed(graph.States[state], broken)) return state;
        }

        return null;
    }

    private static ModelFinding ToFinding(ProductGraph graph, FindingTeller tell, int state, int undone, int broken, string thing)
    {
        var place = graph.Place(state)!;
        var both = undone == broken ? $"{tell.Name(broken)} takes that away" : $"{tell.Name(broken)}, which takes that away, can still be armed there";
        return new ModelFinding
        {
            Rule = Rules.RevertDepends,
            Step = place.Path,
            Message = $"'{place.State.Step.Title}' works through {thing}, and {both}.",
            Fix = undone == broken ? "Write an 'undo:' that works without it." : "Revert that one first, or undo this one in a way that works without it.",
            Path = tell.Tell(tell.Paths.To(state)),
            Span = place.State.Step.Span,
        };
    }
}

/// <summary>What undoing a fault or lease needs, and what it takes away, with the arguments as the runbook writes them.</summary>
internal sealed record OpeningReliances(ImmutableArray<Reliance> Needs, ImmutableArray<Reliance> Breaks)
{
    public static OpeningReliances Of(ProductOpening opening, ActionCatalogue catalogue)
    {
        var (use, undo) = opening.Frame.Machine.State(opening.Scope.Opening)!.Step.Block switch
        {
            StepBlock.Fault b => (b.Use, b.Undo),
            StepBlock.Lease b => (b.Use, b.Undo),
            _ => throw new InvalidOperationException("Only a fault or a lease opens a scope."),
        };
        var action = catalogue.Find(use.Name);
        var breaks = Resolve(action?.Breaks ?? [], use, opening.Frame);
        if (!undo.IsEmpty) return new([.. undo.SelectMany(u => Resolve(catalogue.Find(u.Name)?.Needs ?? [], u, opening.Frame))], breaks);

        // The inverse takes the fault's own arguments.
        return new(Resolve(action?.Inverse is { } inverse ? catalogue.Find(inverse.Action)?.Needs ?? [] : [], use, opening.Frame), breaks);
    }

    /// <summary>What this one needs and the other takes away, or <see langword="null"/>.</summary>
    public string? Meets(OpeningReliances other) => Needs.FirstOrDefault(n => other.Breaks.Any(b => n.MayBe(b)))?.Thing;

    private static ImmutableArray<Reliance> Resolve(ImmutableArray<ActionReliance> reliances, ActionUse use, ProductFrame frame) =>
        [.. reliances.Select(r => new Reliance(r.Thing, r.Text ?? TextOf(r.Member is null ? null : use.With.Member(r.Member), frame), r.Member))];

    /// <summary>An argument as the outermost runbook writes it: an input of a called one is what the call gives it.</summary>
    private static string? TextOf(Template? template, ProductFrame frame)
    {
        if (template is null) return null;
        var text = Template.InText(template.Fill(static _ => null));
        if (frame.Caller is not { } caller || template.Variables is not [var name] || text != $"${{{name}}}") return text;
        return ((StepBlock.Call)caller.State.Step.Block!).With.Member(name) is { } given ? TextOf(given, caller.Frame) : text;
    }
}

/// <summary>A thing relied on, and which one.</summary>
internal sealed record Reliance(string Thing, string? Which, string? Member)
{
    /// <summary>
    /// Whether the two can be the same thing. Where one does not say which, or says it by another argument (a name here, an
    /// id there), it can't be told and counts as the same; two different texts count as two things.
    /// </summary>
    public bool MayBe(Reliance other) =>
        Thing == other.Thing && (Which is null || other.Which is null || Which == other.Which || (Member is not null && other.Member is not null && Member != other.Member));
}
