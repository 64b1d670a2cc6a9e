using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using CallError = Runbook.Journal.CallError;
using JournalClass = Runbook.Journal.EffectClass;
using LanguageClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Engine;

/// <summary>
/// Undoes a fault outside of any session, until it is seen to be gone: looks first, so that what somebody else has undone is
/// not undone again, and goes on through refusals, throttling and outages for as long as it takes. Once every call of it was
/// answered as done, it is done again only where a reading is answered and does not show it; while none is answered, it looks on.
/// </summary>
/// <param name="order">What to undo.</param>
/// <param name="world">Where.</param>
/// <param name="ground">Disk, clock and machine.</param>
/// <param name="journal">The guard's record; <see langword="null"/> where it can't be written.</param>
/// <param name="complain">Takes what has no place in the record.</param>
public sealed class GuardUndo(GuardOrder order, IGuardWorld world, JournalGround ground, Func<GuardJournal?> journal, Action<string> complain)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastDelay = TimeSpan.FromSeconds(15);

    private int _attempt;
    private bool _hasSent;
    private List<JsonElement>? _done;
    private string? _told;

    /// <summary>Undoes, and returns once the harm is seen to be gone.</summary>
    public async Task UntilGoneAsync(CancellationToken cancellationToken)
    {
        for (var delay = FirstDelay; ; delay = delay * 2 < LastDelay ? delay * 2 : LastDelay)
        {
            var asked = await RoundAsync(cancellationToken).ConfigureAwait(false);
            if (asked is null) return;
            await world.Clock.WaitForAzureAsync(asked > delay ? asked.Value : delay, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks, and undoes what is still there.</summary>
    /// <returns><see langword="null"/> when it is gone; else how long to wait at least.</returns>
    private async Task<TimeSpan?> RoundAsync(CancellationToken cancellationToken)
    {
        if (_done is { } done)
        {
            var (gone, isTold) = await AreGoneAsync(done, cancellationToken).ConfigureAwait(false);
            if (gone) return null;
            if (!isTold) return TimeSpan.Zero;
            _done = null;
        }
        else
        {
            // A round that was cut off is begun again whole: what its last call is about may look done before that call was made.
            var isBegun = order.Undo.Length > 1 && _hasSent;
            if (!isBegun && (await AreGoneAsync(null, cancellationToken).ConfigureAwait(false)).Gone) return null;
        }

        var (results, asked) = (new List<JsonElement>(), TimeSpan.Zero);
        foreach (var one in order.Undo)
        {
            var answer = await MakeAsync(one.After(results), cancellationToken).ConfigureAwait(false);
            if (answer is not { Error: null }) return answer?.RetryAfter is { } retry && retry > asked ? retry : asked;
            results.Add(answer.Observed);
        }

        _done = results;
        return (await AreGoneAsync(results, cancellationToken).ConfigureAwait(false)).Gone ? null : asked;
    }

    /// <summary>
    /// Whether each part of the harm is seen to be gone (recorded, once it is); and where not, whether a reading of one was answered,
    /// for good: another try of the same reading would say no more.
    /// </summary>
    /// <param name="made">What the calls told when they were made; <see langword="null"/> where none was, and the readings must tell.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<(bool Gone, bool Told)> AreGoneAsync(IReadOnlyList<JsonElement>? made, CancellationToken cancellationToken)
    {
        CallAnswer? seen = null;
        var (told, areGone) = (new List<JsonElement>(), true);
        foreach (var one in order.Undo)
        {
            (seen, var isTold) = await IsGoneAsync(one.After(made ?? told), cancellationToken).ConfigureAwait(false);
            if (seen is null)
            {
                // What comes after it is looked for by what the call told; where none was made, by this reading.
                if (made is null || isTold) return (false, isTold);
                areGone = false;
                continue;
            }

            told.Add(ObservedShape.Of(seen.Observed, world.Actions.Get(one.Use).Descriptor.Result));
        }

        if (!areGone) return (false, false);
        Record(new FaultLifted { Fault = order.Fault, How = _hasSent ? LiftedHow.Guard : LiftedHow.ByHand, Observed = JournalValue.ToJournal(seen!.Observed).Digest });
        return (true, true);
    }

    private ActionRun RunOf(UndoCall undo) => new(world.Actions.Get(undo.Use), undo.With);

    /// <summary>Makes all calls of one undoing.</summary>
    /// <returns>The last answer, or the first that refused; <see langword="null"/> where there was none.</returns>
    private async Task<CallAnswer?> MakeAsync(UndoCall undo, CancellationToken cancellationToken)
    {
        var run = RunOf(undo);
        var answers = ImmutableArray<CallAnswer>.Empty;
        while (await NextAsync(run, answers, cancellationToken).ConfigureAwait(false) is ({ } call, var before, var refused))
        {
            if (call.Effect == LanguageClass.Read) return refused;
            var answer = await SendAsync(run, call, cancellationToken).ConfigureAwait(false);
            if (answer is not { Error: null }) return answer;
            answers = before.Add(answer with { Observed = ObservedShape.Of(answer.Observed, call.Observes ?? run.Action.Descriptor.Result) });
        }

        return answers.IsEmpty ? new CallAnswer { Observed = BlockEvaluation.EmptyObject } : answers[^1];
    }

    /// <summary>The next call that changes something, once everything is read that it needs; a reading that was refused is given itself.</summary>
    private async Task<(PlannedCall? Call, ImmutableArray<CallAnswer> Before, CallAnswer? Refused)> NextAsync(ActionRun run, ImmutableArray<CallAnswer> answers, CancellationToken cancellationToken)
    {
        while (run.Next(answers) is { } call)
        {
            if (call.Effect != LanguageClass.Read) return (call, answers, null);
            var read = await ReadAsync(run, call, cancellationToken).ConfigureAwait(false);
            if (read is not { Error: null }) return (call, answers, read);
            answers = answers.Add(read with { Observed = ObservedShape.Of(read.Observed, call.Observes ?? run.Action.Descriptor.Result) });
        }

        return (null, answers, null);
    }

    private async Task<CallAnswer?> ReadAsync(ActionRun run, PlannedCall call, CancellationToken cancellationToken)
    {
        try
        {
            using var late = new CancellationTokenSource(Patience, ground.Time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            return await run.Action.SendAsync(SessionFold.PermitLook(order.Fault, CallRendering.Describe(call).Digest), call, Context(NewId()), stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfTheWorld(exception, cancellationToken))
        {
            Tell(exception.Message);
            return null;
        }
    }

    private async Task<CallAnswer?> SendAsync(ActionRun run, PlannedCall call, CancellationToken cancellationToken)
    {
        var description = CallRendering.Describe(call);
        var intent = new Intent
        {
            Action = run.Action.Descriptor.Name,
            Class = JournalClass.Idempotent,
            Effect = new EffectId(order.Fault, 1, ++_attempt),
            Request = new RequestSummary(call.Method, description.Digest, NewId()),
            Settle = run.Action.Descriptor.Name,
            Target = call.Target,
            TimeoutMs = (long)Patience.TotalMilliseconds,
        };
        var seq = Record(intent)?.Seq ?? 0;
        _hasSent = true;
        var started = ground.Time.GetTimestamp();
        try
        {
            using var late = new CancellationTokenSource(Patience, ground.Time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            var answer = await run.Action.SendAsync(SessionFold.PermitUndo(intent, seq), call, Context(intent.Request.ClientRequestId), stop.Token).ConfigureAwait(false);
            while (answer.Pending is { } pending)
            {
                await world.Clock.WaitForAzureAsync(pending.RetryAfter, cancellationToken).ConfigureAwait(false);
                answer = await run.Action.PollAsync(pending, call, Context(intent.Request.ClientRequestId), cancellationToken).ConfigureAwait(false);
            }

            Conclude(intent, answer, started);
            return answer;
        }
        catch (Exception exception) when (IsOfTheWorld(exception, cancellationToken))
        {
            var (code, sent) = exception switch
            {
                CallNotSentException unsent => (unsent.Code, false),
                CallNotAnsweredException lost => (lost.Code, true),
                _ => ("NoAnswer", true),
            };
            Record(new Outcome
            {
                Effect = intent.Effect,
                Result = sent ? OutcomeResult.TimedOut : OutcomeResult.Refused,
                Error = new CallError(code, Brief(exception.Message)),
                Tries = sent ? null : 1,
                DurationUs = sent ? null : 0,
            });
            return null;
        }
    }

    private void Conclude(Intent intent, CallAnswer answer, long started) => Record(new Outcome
    {
        Effect = intent.Effect,
        Result = answer.Error is null ? OutcomeResult.Done : answer.Status >= 500 ? OutcomeResult.Failed : OutcomeResult.Refused,
        Status = answer.Status,
        Error = answer.Error is { } error ? new CallError(error.Code, Brief(error.Message)) : null,
        Tries = Math.Max(1, answer.Tries),
        DurationUs = (long)ground.Time.GetElapsedTime(started).TotalMicroseconds,
    });

    private async Task<(CallAnswer? Gone, bool Told)> IsGoneAsync(UndoCall one, CancellationToken cancellationToken)
    {
        if (!one.IsWhole) return (null, true);
        var run = RunOf(one);
        var id = NewId();
        var (next, _, refused) = await NextAsync(run, [], cancellationToken).ConfigureAwait(false);
        if (next is not { Effect: not LanguageClass.Read } call)
        {
            var unread = new SettleVerdict.CannotTell("What its first call needs could not be read.") { MayPass = refused is null or { Status: 408 or 429 or >= 500 } };
            Seen(run, id, unread, refused);
            return (null, !unread.MayPass);
        }

        try
        {
            using var late = new CancellationTokenSource(Patience, ground.Time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            var verdict = await run.Action.SettleAsync(call, Context(id), stop.Token).ConfigureAwait(false);
            var answer = verdict switch
            {
                SettleVerdict.TookEffect took => took.Answer,
                SettleVerdict.DidNot did => did.Reading,
                _ => null,
            };
            Seen(run, id, verdict, answer);
            return (verdict is SettleVerdict.TookEffect ? answer : null, verdict is SettleVerdict.TookEffect or SettleVerdict.DidNot or SettleVerdict.CannotTell { MayPass: false });
        }
        catch (Exception exception) when (IsOfTheWorld(exception, cancellationToken))
        {
            Tell(exception.Message);
            return (null, false);
        }
    }

    private void Seen(ActionRun run, string id, SettleVerdict verdict, CallAnswer? answer)
    {
        var now = journal()?.MonoUs ?? 0;
        Record(new Probe
        {
            Action = run.Action.Descriptor.Name,
            Verdict = LookedFor.VerdictOf(verdict),
            Request = new RequestSummary("GET", Digest.OfText(run.Action.Descriptor.Settle?.Reading ?? ""), id),
            Status = answer?.Status,
            Error = LookedFor.ErrorOf(verdict, answer),
            Samples = 1,
            FirstAtUs = now,
            LastAtUs = now,
        });
    }

    private static bool IsOfTheWorld(Exception exception, CancellationToken cancellationToken) =>
        exception is CallNotAnsweredException or CallNotSentException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private Head? Record(EntryBody body)
    {
        try
        {
            return journal()?.Append(body, order.Fault);
        }
        catch (DiskException exception)
        {
            complain($"The guard's record can't be written ({exception.Message}). It goes on without.");
            return null;
        }
    }

    // An outage is told once, not at every look.
    private void Tell(string message)
    {
        if (_told == message) return;
        _told = message;
        complain(message);
    }

    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        ground.Random.Fill(bytes);
        return new Guid(bytes).ToString("D");
    }

    private static string Brief(string text) => text.Length <= EngineLimits.TypedTextMax ? text : text[..EngineLimits.TypedTextMax];

    private ActionContext Context(string id) => new() { ClientRequestId = id, Time = world.Clock.Time, FilesFolder = world.FilesFolder, OpenArtifact = _ => null };
}
