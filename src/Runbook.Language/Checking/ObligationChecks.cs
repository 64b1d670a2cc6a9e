using Runbook.Language.Actions;

namespace Runbook.Language.Checking;

/// <summary>
/// RB403, RB407, RB408, RB503, RB602: what must have happened on every path before a step, or must happen behind it.
/// </summary>
internal sealed class ObligationChecks
{
    private const int ProductionQuorum = 2;

    private readonly ProductGraph _graph;
    private readonly MachineDefinition _machine;
    private readonly ActionCatalogue _catalogue;
    private readonly FindingTeller _tell;
    private readonly List<(Obligation Owed, Func<List<int>, ModelFinding> Tell)> _obligations = [];

    private ObligationChecks(ProductGraph graph, MachineDefinition machine, ActionCatalogue catalogue) =>
        (_graph, _machine, _catalogue, _tell) = (graph, machine, catalogue, new FindingTeller(graph));

    public static IEnumerable<ModelFinding> Run(ProductGraph graph, MachineDefinition machine, ActionCatalogue catalogue)
    {
        var checks = new ObligationChecks(graph, machine, catalogue);
        checks.CollectApprovals();
        checks.CollectSteadyStates();
        if ((long)checks._obligations.Count * graph.Count > Limits.ProductWorkMax) return [ModelCheck.TooLarge(machine)];
        return [.. checks._obligations.Select(o => o.Owed.Search(graph) is { } way ? o.Tell(way) : null).OfType<ModelFinding>()];
    }

    private void CollectApprovals()
    {
        var inProduction = _machine.Document.Environments.Contains("production");
        foreach (var state in _machine.States)
        {
            if (BlockUses.IsDestructive(state.Step.Block, _catalogue))
            {
                _obligations.Add((ApprovalBefore(state, static (_, a) => a.Role != "operator"), way => Unapproved(state, way)));
            }

            if (inProduction && state.Step.Block is StepBlock.Fault)
            {
                _obligations.Add((ApprovalBefore(state, HasTwo), way => UnapprovedInProduction(state, way)));
            }
        }
    }

    private static bool HasTwo(MachineDefinition machine, StepBlock.Approval approval) =>
        (approval.Quorum ?? machine.Document.Role(approval.Role)?.Quorum ?? 1) >= ProductionQuorum;

    /// <summary>An approval permits one visit: behind the step it is owed again.</summary>
    private Obligation ApprovalBefore(MachineState state, Func<MachineDefinition, StepBlock.Approval, bool> counts)
    {
        var place = _graph.Layout.PlaceOf(state.Slug);
        var approvals = _machine.States
            .Where(s => s.Step.Block is StepBlock.Approval a && counts(_machine, a) && a.Over.Any(o => Covers(o, state.Slug)))
            .Select(s => _graph.Layout.PlaceOf(s.Slug))
            .ToHashSet();
        return new Obligation
        {
            OwedAtStart = true,
            Behind = (from, edge, owed) =>
            {
                var at = _graph.PlaceNumber(from);
                if (at == place) return owed || Leaves(from, edge);
                return owed && !(approvals.Contains(at) && _graph.Edge(from, edge) is { Trigger: TriggerKind.Success });
            },
            Forbidden = to => _graph.PlaceNumber(to) == place,
        };
    }

    private static bool Covers(ApprovalSubject subject, string slug) =>
        subject.Kind == ApprovalSubjectKind.Plan || (subject.Kind == ApprovalSubjectKind.Step && subject.Step == slug);

    // The guard's deed leads out of a step only where the scope's abort fires.
    private bool Leaves(int from, int edge) => !_graph.IsGuards(edge) || _graph.PlaceNumber(from) != _graph.PlaceNumber(_graph.Target(edge));

    private void CollectSteadyStates()
    {
        foreach (var state in _machine.States)
        {
            if (state.Step.Block is not StepBlock.Fault fault) continue;
            foreach (var name in fault.SteadyState.Distinct(StringComparer.Ordinal))
            {
                if (_machine.State(name) is not { Step.Block: StepBlock.Probe } probe) continue;
                _obligations.Add((HeldBefore(state, probe), way => NotHeld(state, probe, way)));
                _obligations.Add((ProbedAgain(state, probe), way => NotProbedAgain(state, probe, way)));
            }
        }
    }

    private Obligation HeldBefore(MachineState fault, MachineState probe)
    {
        var (opening, probing) = (_graph.Layout.PlaceOf(fault.Slug), _graph.Layout.PlaceOf(probe.Slug));
        return new Obligation
        {
            OwedAtStart = true,
            Behind = (from, edge, owed) => _graph.PlaceNumber(from) == probing && Leaves(from, edge) ? !Holds(from, edge) : owed,
            Forbidden = to => _graph.PlaceNumber(to) == opening,
        };
    }

    /// <summary>Owed from the arming on; paid by the probe, or one the same as it, once the fault is lifted.</summary>
    private Obligation ProbedAgain(MachineState fault, MachineState probe)
    {
        var opening = _graph.Layout.Places[_graph.Layout.PlaceOf(fault.Slug)].Opens;
        var same = _machine.States.Where(s => IsSame(s, probe)).Select(s => _graph.Layout.PlaceOf(s.Slug)).ToHashSet();
        return new Obligation
        {
            OwedAtStart = false,
            Behind = (from, edge, owed) => IsArmed(_graph.Target(edge), opening)
                || (owed && !(same.Contains(_graph.PlaceNumber(from)) && !IsArmed(from, opening) && Holds(from, edge))),
            Forbidden = to => _graph.IsCompleted(to) && !IsArmed(to, opening),
        };
    }

    private static bool IsSame(MachineState state, MachineState probe) =>
        state.Step.Block is StepBlock.Probe again && (state.Slug == probe.Slug || again.SameAs == probe.Slug)
        && again.Expect?.Expression.Text == ((StepBlock.Probe)probe.Step.Block!).Expect?.Expression.Text;

    private bool Holds(int from, int edge) => _graph.Edge(from, edge) is { } followed && !TriggerNames.IsAdverse(followed.Trigger);

    private bool IsArmed(int state, int opening) => opening >= 0 && ProductWords.IsArmed(_graph.States[state], opening);

    private ModelFinding Unapproved(MachineState state, List<int> way)
    {
        var title = state.Step.Title;
        var onlyOperator = _machine.States.Any(s => s.Step.Block is StepBlock.Approval { Role: "operator" } a && a.Over.Any(o => Covers(o, state.Slug)));
        return new ModelFinding
        {
            Rule = onlyOperator ? Rules.TwoPersonRule : Rules.DestructiveUnapproved,
            Step = state.Slug,
            Message = onlyOperator
                ? $"'{title}' takes something away, and only the operator approves it."
                : $"'{title}' takes something away, and on some path nobody has approved it (again) before.",
            Fix = $"Put an approval in front of it: 'over: step:{state.Slug}', of a role that is not the operator's.",
            Path = _tell.Tell(way),
            Span = state.Step.Span,
        };
    }

    private ModelFinding UnapprovedInProduction(MachineState state, List<int> way) => new()
    {
        Rule = Rules.ProductionQuorum,
        Step = state.Slug,
        Message = $"'{state.Step.Title}' breaks something, this runbook may run in production, and on some path fewer than two people have approved it (again) before.",
        Fix = $"Put an approval in front of it: 'over: step:{state.Slug}' with 'quorum: 2'; or leave production out of the environments.",
        Path = _tell.Tell(way),
        Span = state.Step.Span,
    };

    private ModelFinding NotHeld(MachineState fault, MachineState probe, List<int> way) => new()
    {
        Rule = Rules.SteadyStateNotHeld,
        Step = fault.Slug,
        Message = $"'{fault.Step.Title}' can be reached without '{probe.Step.Title}' having held before.",
        Fix = $"Let every path to it pass [{probe.Step.Title}](#{probe.Slug}) with success.",
        Path = _tell.Tell(way),
        Span = fault.Step.Span,
    };

    private ModelFinding NotProbedAgain(MachineState fault, MachineState probe, List<int> way) => new()
    {
        Rule = Rules.SteadyStateNotProbedAgain,
        Step = fault.Slug,
        Message = $"After '{fault.Step.Title}' is reverted the runbook can end as completed without '{probe.Step.Title}' having held again.",
        Fix = $"Put a probe with 'same-as: {probe.Slug}' behind the revert, on every path to completed.",
        Path = _tell.Tell(way),
        Span = fault.Step.Span,
    };
}
