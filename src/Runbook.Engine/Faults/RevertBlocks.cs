using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;
using LanguageClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Engine;

/// <summary>
/// Carries out <c>revert</c> blocks: undoes, and looks until the harm is seen to be gone, whoever removed it. What the guard
/// has lifted is taken over from its file, and a guard that still stands by is told that it may go.
/// </summary>
internal sealed class RevertBlocks(SessionScribe scribe, SessionGround ground, CallRunner runner, CallSettler settler, Sampler sampler, CallWait wait, FaultWatcher watcher, StandingGuards guards, Action<string> pause)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    /// <summary>Does the next round: looks, undoes if it is still there, looks again.</summary>
    public async Task StepOnAsync(StepBlock.Revert block, CancellationToken cancellationToken)
    {
        wait.Reset();
        var step = scribe.View.Current!;
        var fault = scribe.View.Faults.Find(StepRules.FaultPath(step, block)) ?? throw new InvalidOperationException("There is nothing to undo.");
        var undo = UndoPlan.Read(Artifacts.Read(scribe.Writer, fault.Body.Inverse.Digest) ?? []);
        if (undo.IsEmpty) throw new InvalidOperationException($"The undoing of '{fault.Fault}' can't be read back.");
        if (step.Calls.FirstOrDefault(c => c.State == EffectState.InDoubt) is { } doubt)
        {
            await SettleAsync(undo, doubt, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (guards.Lifted(scribe, fault) is { } byGuard)
        {
            await LiftAsync(fault, byGuard, cancellationToken).ConfigureAwait(false);
            return;
        }

        // A round that was cut off is begun again whole: what its last call is about may look done before that call was made.
        var isBegun = undo.Length > 1 && !step.Calls.IsEmpty;
        var (gone, isTold) = isBegun ? (null, true) : await AreGoneAsync(undo, null, cancellationToken).ConfigureAwait(false);
        if (gone is { } before)
        {
            await LiftAsync(fault, Lifted(fault, step.Calls.IsEmpty ? HowGone(fault) : LiftedHow.Revert, before), cancellationToken).ConfigureAwait(false);
            return;
        }

        // Who was refused the doing is often refused the reading too; what every answer said did not happen is not waited for.
        if (!isTold && NeverTook(fault))
        {
            await LiftAsync(fault, Lifted(fault, LiftedHow.NeverTook, new CallAnswer { Observed = BlockEvaluation.EmptyObject }), cancellationToken).ConfigureAwait(false);
            return;
        }

        // In a rehearsal time costs nothing, and what can't be undone would be tried for ever.
        if (ground.Simulated is not null && step.Visit > EngineLimits.RehearsedRevertRoundsMax)
        {
            pause($"'{fault.Fault}' can't be undone: {step.Visit - 1} rounds have passed. The last answer says what keeps it; undo it by hand, and resume");
            return;
        }

        // What one tells, a later one may need; each is idempotent, so a round that was cut off is begun again.
        var results = new List<JsonElement>();
        foreach (var one in undo)
        {
            if (await MakeAsync(one.After(results), cancellationToken).ConfigureAwait(false) is { } told) results.Add(told);
            else break;
        }

        if (scribe.View.Effects.HasDoubt) return;
        if (results.Count == undo.Length && (await AreGoneAsync(undo, results, cancellationToken).ConfigureAwait(false)).Gone is { } after) await LiftAsync(fault, Lifted(fault, LiftedHow.Revert, after), cancellationToken).ConfigureAwait(false);
        else await wait.ForAzureAsync(LookAgain, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes all calls of one undoing.</summary>
    /// <returns>What the last one told; <see langword="null"/> where one was refused, or is in doubt.</returns>
    private async Task<JsonElement?> MakeAsync(UndoCall undo, CancellationToken cancellationToken)
    {
        var run = RunOf(undo);
        var answers = ImmutableArray<CallAnswer>.Empty;
        while (await NextAsync(run, answers, cancellationToken).ConfigureAwait(false) is ({ } call, var before))
        {
            if (call.Effect == LanguageClass.Read) return null;
            await runner.MakeAsync(run.Action, call, run.IsSeveral, [], CallRendering.Describe(call).Digest, Patience(), a => run.Whole(before, a), cancellationToken).ConfigureAwait(false);
            if (scribe.View.Effects.HasDoubt || scribe.View.Current!.Calls[^1] is not { Succeeded: true } made) return null;
            answers = before.Add(Answer(made));
        }

        return answers.IsEmpty ? BlockEvaluation.EmptyObject : answers[^1].Observed;
    }

    private async Task SettleAsync(ImmutableArray<UndoCall> undo, CallProgress doubt, CancellationToken cancellationToken)
    {
        var calls = scribe.View.Current!.Calls;
        var at = Math.Max(0, undo.ToList().FindIndex(u => u.Use == doubt.Action));
        var told = undo.Take(at).Select(u => calls.LastOrDefault(c => c.Action == u.Use && c.Succeeded)?.Observed ?? BlockEvaluation.EmptyObject).ToList();
        var run = RunOf(undo[at].After(told));
        var answers = ImmutableArray<CallAnswer>.Empty;
        while (await NextAsync(run, answers, cancellationToken).ConfigureAwait(false) is ({ } call, var before))
        {
            if (call.Effect == LanguageClass.Read)
            {
                // What comes before the call in doubt can't be read now; it is asked again later.
                await wait.ForAzureAsync(LookAgain, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (!run.IsSeveral || call.Index == doubt.Element)
            {
                await settler.SettleAsync(run.Action, call, doubt.Effect, Patience(), a => run.Whole(before, a), cancellationToken).ConfigureAwait(false);
                return;
            }

            var made = calls.LastOrDefault(c => c.Action == doubt.Action && c.Element == call.Index && c.Succeeded);
            answers = before.Add(made is null ? new CallAnswer { Observed = BlockEvaluation.EmptyObject } : Answer(made));
        }

        throw new InvalidOperationException($"{doubt.Effect} is in doubt, and its action has no such call.");
    }

    private ActionRun RunOf(UndoCall undo) => new(ground.Actions.Get(undo.Use), undo.With);

    private static CallAnswer Answer(CallProgress made) => new() { Observed = made.Observed ?? BlockEvaluation.EmptyObject, Status = made.Status };

    /// <summary>The next call that changes something, once everything is read that it needs; a reading that was refused is given itself.</summary>
    private async Task<(PlannedCall? Call, ImmutableArray<CallAnswer> Before)> NextAsync(ActionRun run, ImmutableArray<CallAnswer> answers, CancellationToken cancellationToken)
    {
        while (run.Next(answers) is { } call)
        {
            if (call.Effect != LanguageClass.Read) return (call, answers);
            var read = await sampler.ReadAsync(run.Action, call, cancellationToken).ConfigureAwait(false);
            if (read.Error is not null) return (call, answers);
            answers = answers.Add(read with { Observed = ObservedShape.Of(read.Observed, call.Observes ?? run.Action.Descriptor.Result) });
        }

        return (null, answers);
    }

    private DateTimeOffset Patience() => ground.Clock.Time.GetUtcNow() + TimeSpan.FromMinutes(5);

    // Found gone before anything was sent: either it never came to be, or somebody else has removed it.
    private LiftedHow HowGone(ArmedFault fault) => NeverTook(fault) ? LiftedHow.NeverTook : LiftedHow.ByHand;

    /// <summary>Whether nothing that was to cause it was sent, or every attempt is known not to have taken effect.</summary>
    private bool NeverTook(ArmedFault fault)
    {
        var (effects, first) = (scribe.View.Effects, fault.Body.Effect);
        return scribe.View.Visits.GetValueOrDefault(first.Step) == first.Visit && Enumerable.Range(1, effects.Next(first.Step, first.Visit).Attempt - 1)
            .Select(attempt => effects.Find(first with { Attempt = attempt }))
            .All(record => record is { State: EffectState.DidNot });
    }

    /// <summary>
    /// What the last reading told, when each of them shows that its part of the harm is gone; and whether the one that does not
    /// told anything.
    /// </summary>
    /// <param name="undo">The undoing.</param>
    /// <param name="made">What its calls told when they were made; <see langword="null"/> where none was, and the readings must tell.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<(CallAnswer? Gone, bool Told)> AreGoneAsync(ImmutableArray<UndoCall> undo, IReadOnlyList<JsonElement>? made, CancellationToken cancellationToken)
    {
        CallAnswer? seen = null;
        var told = new List<JsonElement>();
        foreach (var one in undo)
        {
            (seen, var isTold) = await IsGoneAsync(one.After(made ?? told), cancellationToken).ConfigureAwait(false);
            if (seen is null) return (null, isTold);
            told.Add(ObservedShape.Of(seen.Observed, ground.Actions.Get(one.Use).Descriptor.Result));
        }

        return (seen, true);
    }

    /// <summary>What a reading told, when it shows that the harm is gone, and whether it told anything. Journalled either way.</summary>
    private async Task<(CallAnswer? Gone, bool Told)> IsGoneAsync(UndoCall one, CancellationToken cancellationToken)
    {
        // What can only be looked for once another call has told its name is not there yet.
        if (!one.IsWhole) return (null, false);
        var run = RunOf(one);
        var id = runner.NewRequestId();
        var (next, _) = await NextAsync(run, [], cancellationToken).ConfigureAwait(false);
        var call = next ?? throw new InvalidOperationException($"{one.Use} changes nothing, so it undoes nothing.");
        SettleVerdict verdict = call.Effect == LanguageClass.Read
            ? new SettleVerdict.CannotTell("What its first call needs could not be read.")
            : await runner.AskOnceAsync(run.Action, call, id, cancellationToken).ConfigureAwait(false) ?? new SettleVerdict.CannotTell("The question was not answered.");
        var answer = verdict switch
        {
            SettleVerdict.TookEffect took => took.Answer,
            SettleVerdict.DidNot did => did.Reading,
            _ => null,
        };
        var now = scribe.Now;
        await scribe.InStepAsync(EntryDraft.Console, new Probe
        {
            Action = one.Use,
            Verdict = LookedFor.VerdictOf(verdict),
            Request = new RequestSummary("GET", Digest.OfText(run.Action.Descriptor.Settle?.Reading ?? ""), id),
            Observed = answer is null ? null : JournalValue.ToJournal(ObservedShape.Of(answer.Observed, run.Action.Descriptor.Result)),
            Status = answer?.Status,
            Error = LookedFor.ErrorOf(verdict, answer),
            Samples = 1,
            FirstAtUs = now.MonoUs,
            LastAtUs = now.MonoUs,
            ElapsedMs = scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall),
        }, cancellationToken).ConfigureAwait(false);
        return (verdict is SettleVerdict.TookEffect ? answer : null, verdict is SettleVerdict.TookEffect or SettleVerdict.DidNot);
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
