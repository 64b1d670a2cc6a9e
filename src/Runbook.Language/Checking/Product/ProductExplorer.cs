namespace Runbook.Language.Checking;

/// <summary>
/// Finds every state of the product, breadth first: machine state, how a revert was entered, what cut a scope short, and
/// which faults and leases are armed.
/// </summary>
/// <remarks>
/// What can happen in a state:
/// <list type="bullet">
/// <item>every trigger of its step, with the condition of a <c>when</c> taken to be possible;</item>
/// <item>leaving a fault or lease by success, it is armed; by anything adverse it may be armed or not, because the call may
/// have taken effect or never been sent;</item>
/// <item>a revert is left as it was entered, with its fault lifted, and times out only while that is armed;</item>
/// <item>the guard lifts an armed fault at any moment. Inside the scope the abort of the current step then fires and cuts
/// it; a revert goes on; outside of the scope nothing else happens. A crash leaves the state as it is, and what a resume
/// finds is this same state, or the one behind the guard's deed.</item>
/// </list>
/// </remarks>
internal sealed class ProductExplorer
{
    private readonly ProductLayout _layout;
    private readonly ProductStates _states;
    private readonly ProductGraph _graph;
    private readonly int _statesMax;
    private readonly ulong[] _from;
    private readonly ulong[] _to;

    private ProductExplorer(ProductLayout layout, int statesMax)
    {
        var stride = 1 + ((layout.Openings.Count + 63) / 64);
        (_layout, _statesMax) = (layout, statesMax);
        _states = new ProductStates(stride);
        _graph = new ProductGraph(layout, _states);
        (_from, _to) = (new ulong[stride], new ulong[stride]);
    }

    /// <summary>The whole product; <see langword="null"/> when it has more states than allowed.</summary>
    public static ProductGraph? Explore(ProductLayout layout, int statesMax) => new ProductExplorer(layout, statesMax).Run();

    private ProductGraph? Run()
    {
        _states.Add(_to, out _);
        _graph.AddStart();
        for (var state = 0; state < _states.Count; state++)
        {
            if (_states.Count > _statesMax) return null;
            _graph.BeginState();
            _states[state].CopyTo(_from);
            if (ProductWords.Place(_from[0]) is var at && at < _layout.Places.Count) Expand(_layout.Places[at]);
        }

        return _graph;
    }

    private void Expand(ProductPlace place)
    {
        for (var edge = 0; edge < place.Edges.Length; edge++)
        {
            if (place.Reverts >= 0) LeaveRevert(place, edge);
            else if (place.Called >= 0) LeaveCall(place, edge);
            else LeaveStep(place, edge, (ushort)edge);
        }

        if (place.Called >= 0 && ProductWords.Mode(_from[0]) == 0) Emit(ProductWords.With(_from[0], place.Called, 0), ProductGraph.StartLabel);
        for (var armed = ProductWords.NextArmed(_from, 0); armed >= 0; armed = ProductWords.NextArmed(_from, armed + 1)) LiftByGuard(place, armed);
    }

    private void LeaveStep(ProductPlace place, int edge, ushort label, int lifted = -1)
    {
        Begin(lifted);
        if (place.Opens < 0)
        {
            Take(place, place.Edges[edge], label);
            return;
        }

        var wasArmed = ProductWords.IsArmed(_from, place.Opens);
        ProductWords.Arm(_to, place.Opens);
        Take(place, place.Edges[edge], label);
        if (wasArmed || !TriggerNames.IsAdverse(place.Edges[edge].Trigger)) return;
        Begin(lifted);
        Take(place, place.Edges[edge], label);
    }

    private void LeaveRevert(ProductPlace place, int edge)
    {
        var trigger = place.Edges[edge].Trigger;
        Begin(-1);
        if (trigger == TriggerKind.Timeout)
        {
            if (ProductWords.IsArmed(_from, place.Reverts)) Take(place, place.Edges[edge], (ushort)edge);
            return;
        }

        if (trigger != LeavingTrigger(ProductWords.Mode(_from[0]))) return;
        ProductWords.Lift(_to, place.Reverts);
        Take(place, place.Edges[edge], (ushort)edge);
    }

    /// <summary>The trigger by which a revert is left that was entered so.</summary>
    private static TriggerKind LeavingTrigger(int mode) => mode switch
    {
        ProductCut.Failure => TriggerKind.Failure,
        ProductCut.Abort => TriggerKind.Abort,
        _ => TriggerKind.Success,
    };

    /// <summary>
    /// A call can be aborted before it is followed and, while it waits for ticks, behind it; a <c>save</c> that finds nothing
    /// fails it. Else it is left as the called runbook ended.
    /// </summary>
    private void LeaveCall(ProductPlace place, int edge)
    {
        var trigger = place.Edges[edge].Trigger;
        var saves = !((StepBlock.Call)place.State.Step.Block!).Save.IsEmpty;
        var leaves = ProductWords.Mode(_from[0]) switch
        {
            0 => trigger == TriggerKind.Abort,
            1 => trigger != TriggerKind.Failure || saves,
            2 => trigger == TriggerKind.Failure,
            _ => trigger == TriggerKind.Abort,
        };
        if (!leaves) return;
        Begin(-1);
        Take(place, place.Edges[edge], (ushort)edge);
    }

    private void LiftByGuard(ProductPlace place, int opening)
    {
        // Between the end of a called runbook and what it fires no time passes.
        if (place.Called >= 0 && ProductWords.Mode(_from[0]) >= 2) return;
        var label = (ushort)(ProductGraph.GuardLabel + opening);
        var inside = place.Inside.Contains(opening);
        if (inside && !place.IsRevert && place.AbortEdge >= 0)
        {
            LeaveStep(place, place.AbortEdge, label, opening);
            return;
        }

        Begin(-1);
        ProductWords.Lift(_to, opening);
        var control = inside && place.Reverts != opening ? CutBy(opening, _from[0]) : _from[0];
        Emit(control, label);
    }

    private ulong CutBy(int opening, ulong control) => ProductWords.WithCut(control, _layout.Openings[opening].Frame.Depth, ProductCut.Abort);

    private void Begin(int lifted)
    {
        _from.CopyTo(_to, 0);
        if (lifted < 0) return;
        ProductWords.Lift(_to, lifted);
        _to[0] = CutBy(lifted, _to[0]);
    }

    private void Take(ProductPlace place, PlaceEdge edge, ushort label)
    {
        var depth = place.Frame.Depth;
        var control = edge.Cut == ProductCut.None ? _to[0] : ProductWords.WithCut(_to[0], depth, edge.Cut);
        if (edge.Target >= 0) control = ProductWords.With(control, edge.Target, Entering(place, edge));
        else if (edge.Target == ProductLayout.Nowhere) control = (ulong)_layout.Places.Count + 3;
        else control = End(place, edge.Target, control, depth);
        Emit(control, label);
    }

    /// <summary>How the target is entered, which only a revert remembers.</summary>
    private int Entering(ProductPlace from, PlaceEdge edge)
    {
        if (!_layout.Places[edge.Target].IsRevert) return 0;
        if (edge.Target == from.Index) return ProductWords.Mode(_from[0]);
        if (edge.Trigger == TriggerKind.Abort) return ProductCut.Abort;
        if (TriggerNames.IsAdverse(edge.Trigger)) return ProductCut.Failure;
        return edge.EndsCutScope ? ProductWords.Cut(_to[0], from.Frame.Depth) : ProductCut.None;
    }

    /// <summary>What cut a scope short outweighs the link. The end of a called runbook is where its call goes on.</summary>
    private ulong End(ProductPlace place, int target, ulong control, int depth)
    {
        var end = ProductWords.Cut(control, depth) switch
        {
            ProductCut.Failure => 1,
            ProductCut.Abort => 2,
            _ => -target - 1,
        };
        if (place.Frame.Caller is not { } caller) return (ulong)(_layout.Places.Count + end);
        return ProductWords.With(ProductWords.WithoutCut(control, depth), caller.Index, 1 + end);
    }

    private void Emit(ulong control, ushort label)
    {
        if (label == ProductGraph.StartLabel) _from.CopyTo(_to, 0);
        _to[0] = control;
        var target = _states.Add(_to, out var isNew);
        _graph.AddEdge(target, label, isNew);
    }
}
