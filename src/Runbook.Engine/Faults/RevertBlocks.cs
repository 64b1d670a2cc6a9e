using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// Carries out <c>revert</c> blocks: undoes, and looks until the harm is seen to be gone, whoever removed it. What the guard
/// has lifted is taken over from its file, and a guard that still stands by is told that it may go.
/// </summary>
internal sealed class RevertBlocks(SessionScribe scribe, SessionGround ground, CallRunner runner, CallSettler settler, CallWait wait, FaultWatcher watcher, StandingGuards guards)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    /// <summary>Does the next round: looks, undoes if it is still there, looks again.</summary>
    public async Task StepOnAsync(StepBlock.Revert block, CancellationToken cancellationToken)
    {
        wait.Reset();
        var step = scribe.View.Current!;
        var fault = scribe.View.Faults.Find(StepRules.FaultPath(step, block)) ?? throw new InvalidOperationException("There is nothing to undo.");
        if (guards.Lifted(scribe, fault) is { } byGuard)
        {
            await LiftAsync(fault, byGuard, cancellationToken).ConfigureAwait(false);
            return;
        }

        var undo = UndoPlan.Read(Artifacts.Read(scribe.Writer, fault.Body.Inverse.Digest) ?? []);
        if (undo.IsEmpty) throw new InvalidOperationException($"The undoing of '{fault.Fault}' can't be read back.");
        if (step.Calls.FirstOrDefault(c => c.State == EffectState.InDoubt) is { } doubt)
        {
            await SettleAsync(undo, doubt, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (await IsGoneAsync(undo[^1], cancellationToken).ConfigureAwait(false) is { } before)
        {
            await LiftAsync(fault, Lifted(fault, step.Calls.IsEmpty ? HowGone(fault) : LiftedHow.Revert, before), cancellationToken).ConfigureAwait(false);
            return;
        }

        // What one tells, a later one may need; each is idempotent, so a round that was cut off is begun again.
        var results = new List<JsonElement>();
        foreach (var one in undo)
        {
            var (run, call) = CallOf(one.After(results));
            await runner.MakeAsync(run.Action, call, isOneOfSeveral: false, [], CallRendering.Describe(call).Digest, Patience(), a => run.Whole([], a), cancellationToken).ConfigureAwait(false);
            if (scribe.View.Effects.HasDoubt) return;
            results.Add(scribe.View.Current!.Calls[^1].Observed ?? BlockEvaluation.EmptyObject);
        }

        if (await IsGoneAsync(undo[^1].After(results), cancellationToken).ConfigureAwait(false) is { } after) await LiftAsync(fault, Lifted(fault, LiftedHow.Revert, after), cancellationToken).ConfigureAwait(false);
        else await wait.ForAzureAsync(LookAgain, cancellationToken).ConfigureAwait(false);
    }

    private async Task SettleAsync(ImmutableArray<UndoCall> undo, CallProgress doubt, CancellationToken cancellationToken)
    {
        var at = undo.ToList().FindIndex(u => u.Use == doubt.Action);
        var told = scribe.View.Current!.Calls.Where(c => c.State != EffectState.InDoubt).Select(c => c.Observed ?? BlockEvaluation.EmptyObject).TakeLast(Math.Max(0, at)).ToList();
        var (run, call) = CallOf(undo[Math.Max(0, at)].After(told));
        await settler.SettleAsync(run.Action, call, doubt.Effect, Patience(), a => run.Whole([], a), cancellationToken).ConfigureAwait(false);
    }

    private (ActionRun Run, PlannedCall Call) CallOf(UndoCall undo)
    {
        var run = new ActionRun(ground.Actions.Get(undo.Use), undo.With);
        return (run, run.Next([]) ?? throw new InvalidOperationException($"{undo.Use} has nothing to call."));
    }

    private DateTimeOffset Patience() => ground.Clock.Time.GetUtcNow() + TimeSpan.FromMinutes(5);

    // Found gone before anything was sent: either it never came to be, or somebody else has removed it.
    private LiftedHow HowGone(ArmedFault fault)
    {
        var record = scribe.View.Effects.Find(fault.Body.Effect);
        return record is null or { State: EffectState.DidNot } ? LiftedHow.NeverTook : LiftedHow.ByHand;
    }

    /// <summary>What a reading told, when it shows that the harm is gone; else <see langword="null"/>. Journalled either way.</summary>
    private async Task<CallAnswer?> IsGoneAsync(UndoCall last, CancellationToken cancellationToken)
    {
        // What can only be looked for once another call has told its name is not there yet.
        if (!last.IsWhole) return null;
        var (run, call) = CallOf(last);
        var id = runner.NewRequestId();
        var verdict = await run.Action.SettleAsync(call, runner.ContextOf(id), cancellationToken).ConfigureAwait(false);
        var answer = verdict switch
        {
            SettleVerdict.TookEffect took => took.Answer,
            SettleVerdict.DidNot did => did.Reading,
            _ => null,
        };
        var now = scribe.Now;
        await scribe.InStepAsync(EntryDraft.Console, new Probe
        {
            Action = last.Use,
            Verdict = verdict is SettleVerdict.TookEffect ? ProbeVerdict.Holds : ProbeVerdict.NotYet,
            Request = new RequestSummary("GET", Digest.OfText(run.Action.Descriptor.Settle?.Reading ?? ""), id),
            Observed = answer is null ? null : JournalValue.ToJournal(ObservedShape.Of(answer.Observed, run.Action.Descriptor.Result)),
            Status = answer?.Status,
            Error = ObservedShape.Error(answer?.Error),
            Samples = 1,
            FirstAtUs = now.MonoUs,
            LastAtUs = now.MonoUs,
            ElapsedMs = scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall),
        }, cancellationToken).ConfigureAwait(false);
        return verdict is SettleVerdict.TookEffect ? answer : null;
    }

    private static FaultLifted Lifted(ArmedFault fault, LiftedHow how, CallAnswer seen) =>
        new() { Fault = fault.Fault, How = how, Observed = JournalValue.ToJournal(seen.Observed).Digest };

    private async Task LiftAsync(ArmedFault fault, FaultLifted lifted, CancellationToken cancellationToken)
    {
        await watcher.EndAsync(fault.Fault, cancellationToken).ConfigureAwait(false);
        await guards.StandDownAsync(fault, cancellationToken).ConfigureAwait(false);
        await scribe.InStepAsync(EntryDraft.Console, lifted, cancellationToken).ConfigureAwait(false);
    }
}
