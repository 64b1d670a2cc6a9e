using System.Collections.Immutable;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// Decides how the current step stands at a moment. Pure, and the only place that knows: the engine asks it what to do
/// next, the fold asks it whether an entry follows.
/// </summary>
public static class StepRules
{
    /// <summary>How the current step stands.</summary>
    /// <param name="view">A view with a current step.</param>
    /// <param name="now">The moment.</param>
    public static StepStand Stand(SessionView view, Moment now)
    {
        ArgumentNullException.ThrowIfNull(view);
        var step = view.Current ?? throw new InvalidOperationException("The session is in no step.");
        if (LeavesByAbort(view, step) is { } aborted) return aborted;

        var before = OpenTicks(view, step, beforeBlock: true);
        if (!before.IsEmpty && !HasBegun(step)) return new StepStand.WaitsForTicks(before);
        if (OutcomeOf(view, step, now) is not { } outcome) return new StepStand.BlockRuns();
        if (outcome.Trigger != TriggerKind.Success) return Leave(step, outcome.Trigger, outcome);
        if (step.Step.Block is StepBlock.Revert) return Leave(step, step.EnteredAdversely ?? TriggerKind.Success, outcome);

        var after = OpenTicks(view, step, beforeBlock: false);
        if (!after.IsEmpty) return new StepStand.WaitsForTicks(after);
        return AfterSuccess(view, step, outcome);
    }

    /// <summary>
    /// Whether leaving the step is what the machine would do at this moment: by this trigger, to this target, with this
    /// choice.
    /// </summary>
    public static bool MayLeave(StepStand stand, TriggerKind trigger, string next, string? choice) => stand switch
    {
        StepStand.Leaves { By: var by } => by.Trigger == trigger && by.Target == next,
        StepStand.WaitsForOperator { By: var by } => by.Trigger == trigger && by.Target == next,
        StepStand.WaitsForChoice { Choices: var choices } => trigger == TriggerKind.Choose && choices.Any(c => c.Choice == choice && c.Target == next),
        _ => false,
    };

    /// <summary>
    /// What the step's block came to at this moment; <see langword="null"/> while it is not known. What only entries can
    /// tell stands in the progress; what follows from time, people and variables is worked out here.
    /// </summary>
    public static BlockOutcome? OutcomeOf(SessionView view, StepProgress step, Moment now)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(step);
        if (step.Outcome is { } known) return known;
        var variables = view.Frame!.Variables;
        switch (step.Step.Block)
        {
            case null:
                return BlockOutcome.Plain(TriggerKind.Success);
            case StepBlock.Check check:
                return BlockEvaluation.Holds(check.Expect, BlockEvaluation.EmptyObject, variables, out var why)
                    ? BlockOutcome.Plain(TriggerKind.Success)
                    : BlockOutcome.Plain(TriggerKind.Failure, why);
            case StepBlock.Approval:
                return ApprovalOutcome(view, step, now);
            case StepBlock.Ask ask:
                return AskOutcome(view, step, ask, now);
            case StepBlock.Wait wait:
                return IsOver(view, wait, now) ? BlockOutcome.Plain(TriggerKind.Success) : null;
            case StepBlock.Revert revert:
                if (step.Lifted || view.Faults.Find(FaultPath(step, revert)) is null) return BlockOutcome.Plain(TriggerKind.Success);
                // Time is over for what can be begun again, never for a call of which nobody knows what became.
                if (step.Calls.Any(c => c.State == EffectState.InDoubt)) return null;
                return revert.Within.Resolve(variables.Find) is { } within && Elapsed(view, now) >= within
                    ? BlockOutcome.Plain(TriggerKind.Timeout, $"it is not seen to be undone after {Durations.Format(within)}")
                    : null;
            default:
                return null;
        }
    }

    /// <summary>Path of the fault or lease that a revert undoes.</summary>
    public static string FaultPath(StepProgress step, StepBlock.Revert revert)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(revert);
        return step.Path[..^step.Slug.Length] + revert.Of;
    }

    /// <summary>The attestations of the step that still wait for people.</summary>
    public static ImmutableArray<OpenTick> OpenTicks(SessionView view, StepProgress step, bool beforeBlock)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(step);
        var open = ImmutableArray.CreateBuilder<OpenTick>();
        foreach (var attestation in step.Step.Attestations.Where(a => a.BeforeBlock == beforeBlock))
        {
            var people = view.PeopleOf(attestation.Role);
            var ticked = people.Count(p => step.HasTicked(attestation.Index, p));
            var required = attestation.Holders switch
            {
                AttestationHolders.Each => people.Length,
                AttestationHolders.One => 1,
                _ => view.Frame!.Machine.Document.Role(attestation.Role)?.Quorum ?? 1,
            };
            if (ticked >= required) continue;
            open.Add(new OpenTick(attestation, [.. people.Where(p => !step.HasTicked(attestation.Index, p))], required - ticked));
        }

        return open.ToImmutable();
    }

    private static StepStand.Leaves? LeavesByAbort(SessionView view, StepProgress step)
    {
        // A revert neither fails nor aborts: it goes on until it holds. A call in doubt is settled first.
        if (step.AbortReason is not { } reason || step.Step.Block is StepBlock.Revert || view.Effects.HasDoubt) return null;
        return Leave(step, TriggerKind.Abort, BlockOutcome.Plain(TriggerKind.Abort, reason));
    }

    // Ticks before a block are asked for once: what has begun does not wait for them again.
    private static bool HasBegun(StepProgress step) => !step.Calls.IsEmpty || step.RequestSeq > 0 || step.Probe.Samples > 0 || step.Outcome is not null;

    private static StepStand AfterSuccess(SessionView view, StepProgress step, BlockOutcome outcome)
    {
        var variables = outcome.Saved.Aggregate(view.Frame!.Variables, (all, s) => all.With(s.Key, s.Value));
        var when = BlockEvaluation.FirstTrue(step.State, outcome.Result, variables);
        if (when > 0) return new StepStand.Leaves(step.State.On(TriggerKind.When, when)!, outcome);
        if (step.State.Choices.Any()) return new StepStand.WaitsForChoice([.. step.State.Choices]);

        var success = step.State.On(TriggerKind.Success)!;
        var decidesByItself = step.Step.Block is not null || (step.Step.Attestations.IsEmpty && step.State.Conditions.Any());
        return decidesByItself ? new StepStand.Leaves(success, outcome) : new StepStand.WaitsForOperator(success);
    }

    private static StepStand.Leaves Leave(StepProgress step, TriggerKind trigger, BlockOutcome outcome) =>
        new(step.State.On(trigger) ?? throw new InvalidOperationException($"'{step.Path}' can't fire {TriggerNames.Of(trigger)}."), outcome);

    private static BlockOutcome? ApprovalOutcome(SessionView view, StepProgress step, Moment now)
    {
        if (view.Approvals.Find(step.RequestSeq) is not { } request) return null;
        switch (request.State)
        {
            case RequestState.Granted:
                return BlockOutcome.Plain(TriggerKind.Success);
            case RequestState.Rejected:
                var who = request.Counted.LastOrDefault(c => c.Decision == Decision.Reject)?.Person;
                return BlockOutcome.Plain(TriggerKind.Rejection, $"{who} refused");
            case RequestState.Open when IsExpired(view, request.Epoch, request.MonoUs, request.Body.ExpiresMs, now):
                return BlockOutcome.Plain(TriggerKind.Timeout, "not enough people agreed in time");
            default:
                return null;
        }
    }

    private static BlockOutcome? AskOutcome(SessionView view, StepProgress step, StepBlock.Ask ask, Moment now)
    {
        if (view.Approvals.FindQuestion(step.RequestSeq) is not { } question) return null;
        if (question.State == RequestState.Granted)
        {
            var result = AnswersResult.Of(step.Answers);
            var evaluated = BlockEvaluation.Evaluate(ask.Expect ?? BlockEvaluation.Nothing, ask.Save, result, view.Frame!.Variables, view.Frame.Machine.SecretVariables);
            return evaluated with { Result = result };
        }

        return ask.Within is not null && question.State == RequestState.Open && IsExpired(view, question.Epoch, question.MonoUs, question.Body.ExpiresMs, now)
            ? BlockOutcome.Plain(TriggerKind.Timeout, "not everybody answered in time")
            : null;
    }

    private static bool IsExpired(SessionView view, int epoch, long monoUs, long expiresMs, Moment now) =>
        view.Clocks.Between(epoch, monoUs, now.Epoch, now.MonoUs) is { } passed && passed.TotalMilliseconds >= expiresMs;

    private static bool IsOver(SessionView view, StepBlock.Wait wait, Moment now)
    {
        var variables = view.Frame!.Variables;
        if (wait.For is { } time) return time.Resolve(variables.Find) is { } duration && Elapsed(view, now) >= duration;
        var until = wait.Until!.Fill(variables.Find);
        return until.TryGetDateTimeOffset(out var moment) && now.Wall >= moment;
    }

    private static TimeSpan Elapsed(SessionView view, Moment now) =>
        TimeSpan.FromMilliseconds(view.ElapsedMs(now.Epoch, now.MonoUs, now.Wall));
}
