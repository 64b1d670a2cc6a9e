using System.Collections.Immutable;
using Runbook.Language.Actions;

namespace Runbook.Language.Checking;

/// <summary>RB4xx as far as reachability alone can say it: faults wait for the model check.</summary>
internal static class SafetyChecks
{
    public static void Run(CheckContext context)
    {
        foreach (var step in context.Document.Steps)
        {
            switch (step.Block)
            {
                case StepBlock.Fault:
                    context.Found.Add(Rules.FaultRefused, step.Block.Span with { Length = 0 }, $"'{step.Title}' is a fault, and this version can't prove yet that it is undone on every path.", "Run the drill with a version that has the model check.");
                    break;
                case StepBlock.Lease lease:
                    CheckLease(context, step, lease);
                    break;
                case StepBlock.Revert revert:
                    CheckRevert(context, step, revert);
                    break;
            }

            foreach (var use in Uses(step.Block)) CheckSettling(context, use);
        }

        CheckScopesApart(context);
        CheckDestructive(context);
    }

    private static IEnumerable<ActionUse> Uses(StepBlock? block) => block switch
    {
        StepBlock.Action b => [b.Use],
        StepBlock.Fault b => [b.Use, .. b.Undo],
        StepBlock.Lease b => [b.Use, .. b.Undo],
        _ => [],
    };

    private static void CheckSettling(CheckContext context, ActionUse use)
    {
        if (context.Catalogue.Find(use.Name) is not { Effect: EffectClass.Once or EffectClass.Destructive, Settle: null }) return;
        context.Found.Add(Rules.NoSettlingProbe, use.NameSpan, $"'{use.Name}' has no settling probe: an unanswered call could never be told from one that took effect.", "Give the action one in the catalogue.");
    }

    private static void CheckLease(CheckContext context, RunbookStep step, StepBlock.Lease lease)
    {
        if (context.Catalogue.Find(lease.Use.Name) is { Inverse: null } action && lease.Undo.IsEmpty)
        {
            context.Found.Add(Rules.LeaseShape, lease.Use.NameSpan, $"'{action.Name}' has no inverse, so this lease could not be ended.", "Write 'undo:' with the actions that end it.");
        }

        var reverts = context.Document.Steps.Where(s => s.Block is StepBlock.Revert r && r.Of == step.Slug).ToList();
        if (reverts.Count != 1 || context.Machine.Scopes.All(s => s.Opening != step.Slug))
        {
            var what = reverts.Count == 0 ? "has no revert" : reverts.Count > 1 ? "has more than one revert" : "is reverted before it begins";
            context.Found.Add(Rules.LeaseShape, step.Span, $"The lease '{step.Title}' {what}.", $"Write one step behind it with a revert block: 'fault: {step.Slug}'.");
            return;
        }

        var scope = context.Machine.Scopes.First(s => s.Opening == step.Slug);
        foreach (var slug in scope.Steps.Where(s => s != scope.Revert))
        {
            foreach (var edge in context.Machine.State(slug)!.Transitions.Where(e => !scope.Contains(e.Target)))
            {
                context.Found.Add(
                    Rules.LeaseEscapes,
                    edge.Span ?? context.Document.Step(slug)!.Span,
                    $"'{context.Document.Step(slug)!.Title}' leaves the lease '{step.Title}' by {edge.TriggerName} without its revert.",
                    $"Lead to [{context.Document.Step(scope.Revert)!.Title}](#{scope.Revert}).",
                    [.. MachineWalk.ShortestPathWithout(context.Machine, slug, static (_, _, _) => false), edge.TriggerName, edge.Target]);
            }
        }

        CheckReturns(context, scope);
    }

    /// <summary>A written timeout of a revert may lead to a person, from whom every path leads back to the revert.</summary>
    private static void CheckReturns(CheckContext context, FaultScope scope)
    {
        var timeout = context.Machine.State(scope.Revert)!.On(TriggerKind.Timeout);
        if (timeout is null || timeout.Target == scope.Revert) return;
        var seen = new HashSet<string>(StringComparer.Ordinal) { scope.Revert };
        var queue = new Queue<string>([timeout.Target]);
        while (queue.TryDequeue(out var slug))
        {
            if (!seen.Add(slug)) continue;
            if (context.Machine.State(slug) is not { } state)
            {
                context.Found.Add(Rules.LeaseEscapes, timeout.Span ?? default, $"After a timeout of '{context.Document.Step(scope.Revert)!.Title}' an end can be reached while the lease may still stand.", $"Let every path from there lead back to it (#{scope.Revert}).", [scope.Revert, "timeout", timeout.Target]);
                return;
            }

            foreach (var edge in state.Transitions) queue.Enqueue(edge.Target);
        }
    }

    private static void CheckRevert(CheckContext context, RunbookStep step, StepBlock.Revert revert)
    {
        if (context.Document.Step(revert.Of) is { IsBroken: true } or { Block: StepBlock.Fault or StepBlock.Lease }) return;
        context.Found.Add(Rules.LeaseShape, revert.OfSpan, $"'{step.Title}' reverts '{revert.Of}', which is no fault and no lease of this file.", "Name the slug of the step that begins it.");
    }

    private static void CheckScopesApart(CheckContext context)
    {
        foreach (var scope in context.Machine.Scopes)
        {
            var other = context.Machine.Scopes.FirstOrDefault(s => s.Opening != scope.Opening && s.Contains(scope.Opening));
            if (other is null) continue;
            context.Found.Add(Rules.LeasesNested, context.Document.Step(scope.Opening)!.Span, $"'{context.Document.Step(scope.Opening)!.Title}' begins inside '{context.Document.Step(other.Opening)!.Title}'.", "End one before the next begins.");
        }
    }

    /// <summary>
    /// A destructive step is covered, on every path, by an approval that it has not used up yet, and of a role other
    /// than the operator's alone.
    /// </summary>
    private static void CheckDestructive(CheckContext context)
    {
        var destructive = context.Document.Steps.Where(s => IsDestructive(context, s)).Select(s => s.Slug).ToImmutableHashSet(StringComparer.Ordinal);
        if (destructive.IsEmpty) return;
        var approved = FlowAnalysis.Run(context.Machine, [], (state, edge, before) => Approved(state, edge, before, destructive));
        foreach (var slug in destructive)
        {
            if (!context.AllRead || !approved.TryGetValue(slug, out var covered) || covered.Contains(slug)) continue;
            var step = context.Document.Step(slug)!;
            var path = MachineWalk.ShortestPathWithout(context.Machine, slug, (covered, state, edge) => Approved(state, edge, covered ? [slug] : [], destructive).Contains(slug));
            var onlyOperator = context.Document.Steps.Any(s => s.Block is StepBlock.Approval { Role: "operator" } a && a.Over.Any(o => Covers(o, slug)));
            context.Found.Add(
                onlyOperator ? Rules.TwoPersonRule : Rules.DestructiveUnapproved,
                step.Span,
                onlyOperator
                    ? $"'{step.Title}' takes something away, and only the operator approves it."
                    : $"'{step.Title}' takes something away, and on some path nobody has approved it (again) before.",
                $"Put an approval in front of it: 'over: step:{slug}', of a role that is not the operator's.",
                [.. path]);
        }
    }

    private static ImmutableHashSet<string> Approved(MachineState state, MachineTransition edge, ImmutableHashSet<string> before, ImmutableHashSet<string> destructive)
    {
        if (destructive.Contains(state.Slug)) return before.Remove(state.Slug);
        if (edge.Trigger != TriggerKind.Success || state.Step.Block is not StepBlock.Approval approval || approval.Role == "operator") return before;
        return before.Union(destructive.Where(slug => approval.Over.Any(o => Covers(o, slug))));
    }

    private static bool Covers(ApprovalSubject subject, string slug) =>
        subject.Kind == ApprovalSubjectKind.Plan || (subject.Kind == ApprovalSubjectKind.Step && subject.Step == slug);

    private static bool IsDestructive(CheckContext context, RunbookStep step) =>
        step.Block is StepBlock.Action or StepBlock.Fault or StepBlock.Lease
        && Uses(step.Block).Any(u => context.Catalogue.Find(u.Name) is { Effect: EffectClass.Destructive });
}
