using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using JournalClass = Runbook.Journal.EffectClass;

namespace Runbook.Engine;

/// <summary>
/// Finds out what became of a call that was not answered: by polling the operation that it began, by the action's settling
/// probe, and where neither can tell, by two people. It never sends the call again; whoever wants that makes a new intent.
/// </summary>
internal sealed class CallSettler(SessionScribe scribe, SessionGround ground, CallRunner runner, CallWait wait, PeopleDesk people)
{
    /// <summary>Settles one effect. Afterwards it has an outcome, or the session waits for people.</summary>
    /// <param name="action">Its action.</param>
    /// <param name="call">The call as it was announced.</param>
    /// <param name="effect">The effect.</param>
    /// <param name="deadline">When our patience with a running operation ends.</param>
    /// <param name="whole">The whole result, if an answer ends a run of several calls.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task SettleAsync(IAction action, PlannedCall call, EffectId effect, DateTimeOffset deadline, Func<CallAnswer, JsonElement?> whole, CancellationToken cancellationToken)
    {
        var record = scribe.View.Effects.Find(effect)!;
        if (record.Intent.Class == JournalClass.Read)
        {
            await NotNeededAsync(record, deadline, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (await PollOnAsync(action, call, record, deadline, whole, cancellationToken).ConfigureAwait(false)) return;
        var verdict = await AskAsync(action, call, effect, cancellationToken).ConfigureAwait(false);
        if (verdict is SettleVerdict.Running running)
        {
            var pending = new CallAnswer { Observed = BlockEvaluation.EmptyObject, Pending = running.Operation };
            // Whoever wants to stop gets the end of what runs first: an effect that is under way is never left behind.
            wait.Reset();
            if (await runner.FinishAsync(action, call, effect, pending, ground.Clock.Time.GetTimestamp(), Later(deadline), whole, cancellationToken).ConfigureAwait(false)) return;
            verdict = await AskAsync(action, call, effect, cancellationToken).ConfigureAwait(false);
        }

        if (verdict is SettleVerdict.DidNot && record.Intent.Class != JournalClass.Idempotent)
        {
            await wait.ForAzureAsync(action.Descriptor.Settle!.Quiet, cancellationToken).ConfigureAwait(false);
            verdict = await AskAsync(action, call, effect, cancellationToken).ConfigureAwait(false);
        }

        await ConcludeAsync(action, call, record, verdict, deadline, whole, cancellationToken).ConfigureAwait(false);
    }

    // Somebody who has just run out of patience still gives Azure the chance to finish what it reports as running.
    private DateTimeOffset Later(DateTimeOffset deadline)
    {
        var least = ground.Clock.Time.GetUtcNow() + EngineLimits.DefaultTimeout;
        return deadline > least ? deadline : least;
    }

    private async Task<bool> PollOnAsync(IAction action, PlannedCall call, EffectRecord record, DateTimeOffset deadline, Func<CallAnswer, JsonElement?> whole, CancellationToken cancellationToken)
    {
        if (record.LastProgress is not { } progress || Artifacts.Read(scribe.Writer, progress.Operation) is not { } text || OperationText.Read(text) is not { } pending) return false;
        var answer = new CallAnswer { Observed = BlockEvaluation.EmptyObject, Pending = pending };
        wait.Reset();
        return await runner.FinishAsync(action, call, record.Intent.Effect, answer, ground.Clock.Time.GetTimestamp(), Later(deadline), whole, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Asks the action's settling probe until it is answered, and journals what it found. What lost the answer to a call mostly keeps
    /// the next question from being answered as well, so it is asked for a while; who is stopped, or out of patience, can't tell.
    /// </summary>
    private async Task<SettleVerdict> AskAsync(IAction action, PlannedCall call, EffectId effect, CancellationToken cancellationToken)
    {
        var (id, until) = (runner.NewRequestId(), ground.Clock.Time.GetUtcNow() + EngineLimits.SettlePatience);
        var verdict = await runner.AskOnceAsync(action, call, id, cancellationToken).ConfigureAwait(false);
        while (verdict is null or SettleVerdict.CannotTell { MayPass: true } && !wait.IsInterrupted && ground.Clock.Time.GetUtcNow() < until)
        {
            await wait.ForAzureAsync(EngineLimits.SettleAgain, cancellationToken).ConfigureAwait(false);
            id = runner.NewRequestId();
            verdict = await runner.AskOnceAsync(action, call, id, cancellationToken).ConfigureAwait(false);
        }

        verdict ??= new SettleVerdict.CannotTell("The question what became of it was not answered.");
        var reading = verdict switch
        {
            SettleVerdict.TookEffect took => took.Answer,
            SettleVerdict.DidNot did => did.Reading,
            _ => null,
        };
        var now = scribe.Now;
        await scribe.InStepAsync(EntryDraft.Console, new Probe
        {
            Action = action.Descriptor.Name,
            Effect = effect,
            Verdict = verdict switch
            {
                SettleVerdict.TookEffect => ProbeVerdict.TookEffect,
                SettleVerdict.DidNot => ProbeVerdict.DidNot,
                _ => ProbeVerdict.CannotTell,
            },
            Request = new RequestSummary("GET", Digest.OfText(action.Descriptor.Settle?.Reading ?? ""), id),
            Status = reading?.Status,
            Error = ObservedShape.Error(reading?.Error),
            Observed = reading is null ? null : JournalValue.ToJournal(ObservedShape.Of(reading.Observed, call.Observes ?? action.Descriptor.Result)),
            Samples = 1,
            FirstAtUs = now.MonoUs,
            LastAtUs = now.MonoUs,
            ElapsedMs = scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall),
        }, cancellationToken).ConfigureAwait(false);
        return verdict;
    }

    private async Task ConcludeAsync(IAction action, PlannedCall call, EffectRecord record, SettleVerdict verdict, DateTimeOffset deadline, Func<CallAnswer, JsonElement?> whole, CancellationToken cancellationToken)
    {
        var effect = record.Intent.Effect;
        var probe = scribe.View.Effects.Find(effect)!.LastProbeSeq!.Value;
        switch (verdict)
        {
            case SettleVerdict.TookEffect took:
                await SettledAsync(call, effect, Settlement.TookEffect, probe, took.Answer, action, whole(took.Answer), cancellationToken).ConfigureAwait(false);
                break;
            case SettleVerdict.DidNot when ground.Clock.Time.GetUtcNow() >= deadline:
                await scribe.InStepAsync(EntryDraft.Console, new Outcome { Effect = effect, Result = OutcomeResult.TimedOut, SettledBy = probe, ElapsedMs = ElapsedMs() }, cancellationToken).ConfigureAwait(false);
                break;
            case SettleVerdict.DidNot:
                await SettledAsync(call, effect, Settlement.DidNot, probe, null, action, null, cancellationToken).ConfigureAwait(false);
                break;
            case SettleVerdict.CannotTell or SettleVerdict.Running when record.Intent.Class == JournalClass.Idempotent:
                // Repeating what is idempotent is harmless by definition: the doubt is left behind.
                await SettledAsync(call, effect, Settlement.Abandoned, probe, null, action, null, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await people.SettleByPeopleAsync(record, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private Task SettledAsync(PlannedCall call, EffectId effect, Settlement settlement, long by, CallAnswer? answer, IAction action, JsonElement? whole, CancellationToken cancellationToken) =>
        scribe.InStepAsync(EntryDraft.Console, new Outcome
        {
            Effect = effect,
            Result = OutcomeResult.Settled,
            SettledAs = settlement,
            SettledBy = by,
            Status = answer?.Status,
            Error = ObservedShape.Error(answer?.Error),
            Observed = answer is null ? null : JournalValue.ToJournal(ObservedShape.Of(answer.Observed, call.Observes ?? action.Descriptor.Result)),
            Whole = whole is { } w ? JournalValue.ToJournal(w) : null,
            ElapsedMs = ElapsedMs(),
        }, cancellationToken);

    private Task NotNeededAsync(EffectRecord record, DateTimeOffset deadline, CancellationToken cancellationToken) =>
        scribe.InStepAsync(EntryDraft.Console, new Outcome
        {
            Effect = record.Intent.Effect,
            Result = ground.Clock.Time.GetUtcNow() >= deadline ? OutcomeResult.TimedOut : OutcomeResult.NotNeeded,
            ElapsedMs = ElapsedMs(),
        }, cancellationToken);

    private long ElapsedMs()
    {
        var now = scribe.Now;
        return scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall);
    }
}
