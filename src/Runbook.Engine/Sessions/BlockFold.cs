using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>What outcomes and samples do to the current visit.</summary>
internal static class BlockFold
{
    public static StepProgress WithOutcome(SessionView view, StepProgress step, JournalEntry entry, Outcome outcome)
    {
        var at = step.Calls.ToList().FindIndex(c => c.Effect == outcome.Effect);
        if (at < 0) return step;
        var call = step.Calls[at] with
        {
            State = StateOf(outcome),
            Observed = outcome.Observed is { } observed ? JournalValue.FromJournal(observed) : null,
            Status = outcome.Status,
            Error = outcome.Error is { } error ? (error.Code.Original(), error.Message.Original()) : null,
        };
        step = step with { Calls = step.Calls.SetItem(at, call) };
        return step with { Outcome = step.Outcome ?? Concluded(view, step, call, outcome) };
    }

    public static StepProgress WithProbe(SessionView view, StepProgress step, JournalEntry entry, Probe probe)
    {
        if (step.Step.Block is not StepBlock.Probe block || probe.Effect is not null) return step;
        var elapsed = probe.ElapsedMs ?? 0;
        var result = BlockEvaluation.Result(
            probe.Observed is { } observed ? JournalValue.FromJournal(observed) : BlockEvaluation.EmptyObject,
            probe.Status,
            probe.Error is { } error ? (error.Code.Original(), error.Message.Original()) : null,
            elapsed);
        var holds = probe.Verdict == ProbeVerdict.Holds;
        var since = holds ? step.Probe.HoldsSinceMs ?? elapsed : (long?)null;
        step = step with { Probe = new ProbeProgress(step.Probe.Samples + probe.Samples, since, elapsed, probe.Verdict, result) };
        return step with { Outcome = step.Outcome ?? ProbeOutcome(view, block, step.Probe) };
    }

    /// <summary>What a sample comes to: whether the probe holds, which takes that everything it saves is there.</summary>
    public static BlockOutcome JudgeSample(SessionView view, StepBlock.Probe block, JsonElement result) =>
        BlockEvaluation.Evaluate(block.Expect, block.Save, result, view.Frame!.Variables, view.Frame.Machine.SecretVariables);

    /// <summary>Whether a refusal is one that passes by itself, so that the same call may be made again.</summary>
    public static bool IsPassing(int? status) => status is 408 or 429 or 500 or 502 or 503 or 504;

    /// <summary>How long to wait before the n-th repetition (from 1) of a call.</summary>
    public static TimeSpan RetryDelay(int repetition)
    {
        var delay = EngineLimits.RetryDelay * Math.Pow(2, Math.Min(repetition - 1, 10));
        return delay < EngineLimits.RetryDelayMax ? delay : EngineLimits.RetryDelayMax;
    }

    private static BlockOutcome? ProbeOutcome(SessionView view, StepBlock.Probe block, ProbeProgress probe)
    {
        var variables = view.Frame!.Variables;
        var held = TimeSpan.FromMilliseconds(probe.LastMs - (probe.HoldsSinceMs ?? probe.LastMs));
        var wanted = block.For?.Resolve(variables.Find) ?? TimeSpan.Zero;
        if (probe.HoldsSinceMs is not null && held >= wanted)
        {
            var outcome = JudgeSample(view, block, probe.LastResult);
            if (outcome.Trigger == TriggerKind.Success) return outcome;
        }

        return block.Within.Resolve(variables.Find) is { } within && probe.LastMs >= within.TotalMilliseconds
            ? new BlockOutcome(TriggerKind.Timeout, [], probe.LastResult, $"it did not hold within {Durations.Format(within)}")
            : null;
    }

    private static EffectState StateOf(Outcome outcome) => outcome.Result switch
    {
        OutcomeResult.Done => EffectState.TookEffect,
        OutcomeResult.Failed => EffectState.Failed,
        OutcomeResult.Settled => outcome.SettledAs switch
        {
            Settlement.TookEffect => EffectState.TookEffect,
            Settlement.DidNot => EffectState.DidNot,
            _ => EffectState.Abandoned,
        },
        _ => EffectState.DidNot,
    };

    /// <summary>What the block came to with this outcome; <see langword="null"/> while more calls follow.</summary>
    private static BlockOutcome? Concluded(SessionView view, StepProgress step, CallProgress call, Outcome outcome)
    {
        if (Parts(step.Step.Block) is not { } parts) return null;
        switch (outcome.Result)
        {
            case OutcomeResult.NotNeeded:
            case OutcomeResult.Settled when outcome.SettledAs == Settlement.DidNot:
                return null;
            case OutcomeResult.Settled when outcome.SettledAs == Settlement.Abandoned:
                return Abandoned(view, step, call, parts.Timeout, outcome.ElapsedMs ?? 0);
            case OutcomeResult.TimedOut:
                return BlockOutcome.Plain(TriggerKind.Timeout, "it was not answered in time, and did not take effect");
        }

        var whole = outcome.Whole ?? outcome.Observed;
        var elapsed = outcome.ElapsedMs ?? 0;
        var result = BlockEvaluation.Result(whole is null ? BlockEvaluation.EmptyObject : JournalValue.FromJournal(whole), call.Status, call.Error, elapsed);
        // One of several calls that was done: the next one follows. One that was not sent, or refused, ends them all.
        if (call.Element is not null && outcome.Whole is null && call.Error is null && call.Status is null or (>= 200 and < 300)) return null;

        // A call of which people or a probe say that it took effect has succeeded, whatever status was lost with its answer.
        var expect = parts.Expect ?? (outcome.SettledAs == Settlement.TookEffect ? BlockEvaluation.Nothing : null);
        var evaluated = BlockEvaluation.Evaluate(expect, parts.Save, result, view.Frame!.Variables, view.Frame.Machine.SecretVariables);
        return evaluated.Trigger == TriggerKind.Success || !MayBeRepeated(view, step, call, parts.Timeout, elapsed) ? evaluated : null;
    }

    /// <summary>
    /// A doubt that was left behind. What is idempotent is simply called again while there is time; of anything else two
    /// people have said that it is left as it is.
    /// </summary>
    private static BlockOutcome? Abandoned(SessionView view, StepProgress step, CallProgress call, DurationValue? timeout, long elapsedMs)
    {
        var limit = timeout?.Resolve(view.Frame!.Variables.Find) ?? EngineLimits.DefaultTimeout;
        var isIdempotent = view.Effects.Find(call.Effect)?.Intent.Class == Journal.EffectClass.Idempotent;
        if (isIdempotent && TimeSpan.FromMilliseconds(elapsedMs) >= limit) return BlockOutcome.Plain(TriggerKind.Timeout, "it was not answered in time, and nobody can tell whether it took effect");
        if (isIdempotent && step.Calls.Count(c => c.Element == call.Element) < EngineLimits.AttemptsMax) return null;
        return BlockOutcome.Plain(TriggerKind.Failure, "nobody can tell what became of the call, and it was left as it is");
    }

    /// <summary>Whether a refusal that passes by itself leads to another attempt: while there are attempts and time left.</summary>
    private static bool MayBeRepeated(SessionView view, StepProgress step, CallProgress call, DurationValue? timeout, long elapsedMs)
    {
        if (!IsPassing(call.Status) && !IsInItsOwnWay(view, step, call)) return false;
        var attempts = step.Calls.Count(c => c.Element == call.Element);
        if (attempts >= EngineLimits.AttemptsMax) return false;
        var limit = timeout?.Resolve(view.Frame!.Variables.Find) ?? EngineLimits.DefaultTimeout;
        return TimeSpan.FromMilliseconds(elapsedMs) + RetryDelay(attempts) < limit;
    }

    /// <summary>
    /// Whether a conflict may be with the call's own earlier attempt: one that was not answered may still be under way, and
    /// what is idempotent waits for it.
    /// </summary>
    private static bool IsInItsOwnWay(SessionView view, StepProgress step, CallProgress call) =>
        call.Status == 409
        && view.Effects.Find(call.Effect)?.Intent.Class == Journal.EffectClass.Idempotent
        && step.Calls.Any(c => c.Element == call.Element && c.Action == call.Action && c.Status is null && c.State is EffectState.DidNot or EffectState.Abandoned);

    private static (ConditionText? Expect, ImmutableArray<SaveBinding> Save, DurationValue? Timeout)? Parts(StepBlock? block) => block switch
    {
        StepBlock.Action b => (b.Expect, b.Save, b.Timeout),
        StepBlock.Lease b => (b.Expect, b.Save, b.Timeout),
        StepBlock.Fault b => (b.Expect, b.Save, b.Timeout),
        _ => null,
    };
}
