using Runbook.Language.Machine;

namespace Runbook.Language.Checking;

/// <summary>One way out of a place.</summary>
/// <param name="Transition">The compiled edge; <see langword="null"/> where a trigger can fire and no edge is there.</param>
/// <param name="Trigger">What fires it.</param>
/// <param name="Target">A place, or one of the negative targets of <see cref="ProductLayout"/>.</param>
/// <param name="Cut">What it cuts a scope short by: a <see cref="ProductCut"/>.</param>
/// <param name="EndsCutScope">Whether it comes to the revert of a scope that was cut short before.</param>
internal readonly record struct PlaceEdge(MachineTransition? Transition, TriggerKind Trigger, int Target, int Cut, bool EndsCutScope)
{
    public string TriggerName => Transition?.TriggerName ?? TriggerNames.Of(Trigger);
}

/// <summary>What cut a scope short: nothing, a failure (timeout and rejection end alike), or an abort.</summary>
internal static class ProductCut
{
    public const int None = 0;
    public const int Failure = 1;
    public const int Abort = 2;
}

/// <summary>A runbook in its place: the root, or one that a step of another calls.</summary>
/// <param name="Machine">Its machine.</param>
/// <param name="File">Its path relative to the root's folder.</param>
/// <param name="Prefix">What stands before its slugs in a path: empty, or the calling step's path and a slash.</param>
/// <param name="Caller">The place of the call, or <see langword="null"/> for the root.</param>
/// <param name="Depth">How many calls lead to it.</param>
internal sealed record ProductFrame(MachineDefinition Machine, string File, string Prefix, ProductPlace? Caller, int Depth);

/// <summary>A fault or lease of a frame.</summary>
/// <param name="Index">Its number in the layout, and its bit in the set of armed ones.</param>
/// <param name="Frame">The frame.</param>
/// <param name="Scope">Its scope.</param>
internal sealed record ProductOpening(int Index, ProductFrame Frame, FaultScope Scope);

/// <summary>A step of a frame: where a session can be.</summary>
internal sealed class ProductPlace(int index, ProductFrame frame, MachineState state)
{
    public int Index { get; } = index;

    public ProductFrame Frame { get; } = frame;

    public MachineState State { get; } = state;

    /// <summary>Every way out: the compiled edges, then one to nowhere for each trigger that can fire without an edge.</summary>
    public PlaceEdge[] Edges { get; set; } = [];

    /// <summary>Number of its abort edge in <see cref="Edges"/>, or -1.</summary>
    public int AbortEdge { get; set; } = -1;

    /// <summary>The fault or lease that it opens, or -1.</summary>
    public int Opens { get; set; } = -1;

    /// <summary>The fault or lease that it reverts, or -1.</summary>
    public int Reverts { get; set; } = -1;

    /// <summary>The faults and leases in whose scope it lies, those around the calls that lead here included.</summary>
    public HashSet<int> Inside { get; set; } = [];

    /// <summary>The first place of the runbook that it calls, or -1 where no call is followed.</summary>
    public int Called { get; set; } = -1;

    /// <summary>The step's path: slugs of the calling steps and its own, with slashes.</summary>
    public string Path => Frame.Prefix + State.Slug;

    public bool IsRevert => State.Step.Block is StepBlock.Revert;
}

/// <summary>
/// The fixed part of the product: every step of the runbook and of those that it calls, once for each way to be called,
/// with its edges resolved to numbers.
/// </summary>
internal sealed class ProductLayout
{
    public const int Completed = -1;
    public const int Failed = -2;
    public const int Aborted = -3;

    /// <summary>Where a trigger leads that no edge is there for: the session stands still for ever.</summary>
    public const int Nowhere = -4;

    private readonly Func<string, string, (string File, MachineDefinition Machine)?> _called;
    private readonly Dictionary<ProductFrame, int> _first = [];

    private ProductLayout(Func<string, string, (string File, MachineDefinition Machine)?> called) => _called = called;

    public List<ProductPlace> Places { get; } = [];

    public List<ProductOpening> Openings { get; } = [];

    /// <summary>Lays a machine out.</summary>
    /// <param name="machine">The root.</param>
    /// <param name="file">The root's file.</param>
    /// <param name="called">
    /// The file and machine that a call leads to, from the calling file and what the call names; <see langword="null"/> leaves
    /// the call a step of three outcomes.
    /// </param>
    /// <returns><see langword="null"/> when there are more places than <see cref="Limits.ProductPlacesMax"/>.</returns>
    public static ProductLayout? Of(MachineDefinition machine, string file, Func<string, string, (string File, MachineDefinition Machine)?> called)
    {
        var layout = new ProductLayout(called);
        return layout.Add(new ProductFrame(machine, file, "", null, 0)) ? layout : null;
    }

    /// <summary>The place of a step of the root.</summary>
    public int PlaceOf(string slug) => PlaceOf(Places[0].Frame, slug);

    private bool Add(ProductFrame frame)
    {
        var first = Places.Count;
        if (first + frame.Machine.States.Length > Limits.ProductPlacesMax) return false;
        _first[frame] = first;
        foreach (var state in frame.Machine.States) Places.Add(new ProductPlace(Places.Count, frame, state));
        var own = Places.GetRange(first, frame.Machine.States.Length);
        AddOpenings(frame, own);
        foreach (var place in own) place.Edges = [.. EdgesOf(place)];
        foreach (var place in own) place.AbortEdge = Array.FindIndex(place.Edges, e => e.Trigger == TriggerKind.Abort);
        return own.TrueForAll(Follow);
    }

    private void AddOpenings(ProductFrame frame, List<ProductPlace> own)
    {
        foreach (var place in own) place.Inside = frame.Caller is null ? [] : [.. frame.Caller.Inside];
        foreach (var scope in frame.Machine.Scopes)
        {
            var opening = new ProductOpening(Openings.Count, frame, scope);
            Openings.Add(opening);
            Places[PlaceOf(frame, scope.Opening)].Opens = opening.Index;
            Places[PlaceOf(frame, scope.Revert)].Reverts = opening.Index;
            foreach (var slug in scope.Steps) Places[PlaceOf(frame, slug)].Inside.Add(opening.Index);
        }
    }

    private IEnumerable<PlaceEdge> EdgesOf(ProductPlace place)
    {
        var state = place.State;
        foreach (var edge in state.Transitions)
        {
            var cuts = place.Frame.Machine.CutsScope(state.Slug, edge);
            var cause = edge.Trigger == TriggerKind.Abort ? ProductCut.Abort : ProductCut.Failure;
            yield return new PlaceEdge(edge, edge.Trigger, TargetOf(place.Frame, edge.Target), cuts ? cause : ProductCut.None, place.Frame.Machine.EndsCutScope(state.Slug, edge.Target));
        }

        var chooses = state.Choices.Any();
        foreach (var trigger in MachineCompiler.Fires(state.Step))
        {
            if (state.On(trigger) is not null || (trigger == TriggerKind.Success && chooses)) continue;
            yield return new PlaceEdge(null, trigger, Nowhere, ProductCut.None, false);
        }
    }

    private bool Follow(ProductPlace place)
    {
        if (place.State.Step.Block is not StepBlock.Call call || _called(place.Frame.File, call.File) is not { } called) return true;
        var child = new ProductFrame(called.Machine, called.File, place.Path + "/", place, place.Frame.Depth + 1);
        place.Called = Places.Count;
        return child.Depth <= Limits.CallDepthMax && Add(child);
    }

    private int TargetOf(ProductFrame frame, string target) => target switch
    {
        EndNames.Completed => Completed,
        EndNames.Failed => Failed,
        EndNames.Aborted => Aborted,
        _ => PlaceOf(frame, target),
    };

    private int PlaceOf(ProductFrame frame, string slug)
    {
        var index = frame.Machine.IndexOf(slug);
        return index < 0 ? Nowhere : _first[frame] + index;
    }
}
