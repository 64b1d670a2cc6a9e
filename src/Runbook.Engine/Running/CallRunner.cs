using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;
using JournalClass = Runbook.Journal.EffectClass;

namespace Runbook.Engine;

/// <summary>
/// Carries out one call of the current step: intent, permit, request, outcome. The one place that sends. A call that is
/// cut short, by a crash or by our own impatience, is left in doubt for <see cref="CallSettler"/>.
/// </summary>
internal sealed class CallRunner(SessionScribe scribe, SessionGround ground, CallWait wait, SecretStore secrets)
{
    /// <summary>How long the service asked to be left alone with its last answer, if it did.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Makes a call and waits for its end.</summary>
    /// <param name="action">The action.</param>
    /// <param name="call">The call.</param>
    /// <param name="isOneOfSeveral">Whether the action makes more than one call.</param>
    /// <param name="requires">Approvals that allow it.</param>
    /// <param name="plan">Digest of the call as approvers saw it.</param>
    /// <param name="deadline">When our patience ends.</param>
    /// <param name="whole">The whole result, if this answer ends a run of several calls.</param>
    /// <param name="cancellationToken">Ends our wait.</param>
    /// <returns>Whether the call has an outcome; else it is in doubt.</returns>
    public async Task<bool> MakeAsync(IAction action, PlannedCall call, bool isOneOfSeveral, ImmutableArray<long> requires, Digest? plan, DateTimeOffset deadline, Func<CallAnswer, JsonElement?> whole, CancellationToken cancellationToken)
    {
        var effect = await AnnounceAsync(action, call, isOneOfSeveral, requires, plan, deadline, cancellationToken).ConfigureAwait(false);
        var permit = scribe.View.PermitFor(effect);
        var sentAt = ground.Clock.Time.GetTimestamp();
        CallAnswer answer;
        try
        {
            answer = await wait.UntilAsync(deadline, token => action.SendAsync(permit, call, Context(effect), token), cancellationToken).ConfigureAwait(false);
        }
        catch (CallNotSentException exception)
        {
            await ConcludeNotSentAsync(effect, exception, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (CallNotAnsweredException exception) when (call.Effect == Language.Actions.EffectClass.Read)
        {
            // For a reading, no answer is an answer like any other.
            answer = new CallAnswer { Observed = BlockEvaluation.EmptyObject, Error = new Actions.CallError(exception.Code, exception.Message) };
        }
        catch (CallNotAnsweredException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            // Cancelling ended our wait, not the call: what became of it is settled, never assumed.
            return false;
        }

        return await FinishAsync(action, call, effect, answer, sentAt, deadline, whole, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes down a call that is not made at all, because what must come before it is not there.</summary>
    public async Task RefuseAsync(IAction action, PlannedCall call, bool isOneOfSeveral, ImmutableArray<long> requires, Digest? plan, DateTimeOffset deadline, ArmingRefusal refusal, CancellationToken cancellationToken)
    {
        var effect = await AnnounceAsync(action, call, isOneOfSeveral, requires, plan, deadline, cancellationToken).ConfigureAwait(false);
        await ConcludeNotSentAsync(effect, new CallNotSentException(refusal.Code, refusal.Message), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes on with a call whose answer is pending or final: polls it to its end and writes the outcome.</summary>
    public async Task<bool> FinishAsync(IAction action, PlannedCall call, EffectId effect, CallAnswer answer, long sentAt, DateTimeOffset deadline, Func<CallAnswer, JsonElement?> whole, CancellationToken cancellationToken)
    {
        string? told = null;
        while (answer.Pending is { } pending)
        {
            if (pending.Status != told)
            {
                told = pending.Status;
                await TellProgressAsync(effect, pending, cancellationToken).ConfigureAwait(false);
            }

            if (ground.Clock.Time.GetUtcNow() >= deadline || wait.IsInterrupted) return false;
            try
            {
                var delay = pending.RetryAfter < EngineLimits.PollDelayMax ? pending.RetryAfter : EngineLimits.PollDelayMax;
                await wait.ForAzureAsync(delay, cancellationToken).ConfigureAwait(false);
                answer = await wait.UntilAsync(deadline, token => action.PollAsync(pending, call, Context(effect), token), cancellationToken).ConfigureAwait(false);
            }
            catch (CallNotAnsweredException)
            {
                // A poll that is not answered says nothing of the operation: it is asked again after the same wait.
                continue;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        RetryAfter = answer.RetryAfter;
        // What changes something and is answered with "something broke here" may have taken effect all the same.
        if (answer.Status is >= 500 or 408 && call.Effect is Language.Actions.EffectClass.Once or Language.Actions.EffectClass.Destructive) return false;
        await ConcludeAsync(action, call, effect, answer, sentAt, whole(answer), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Asks once what became of a call; <see langword="null"/> where the question itself got no answer.</summary>
    public async Task<SettleVerdict?> AskOnceAsync(IAction action, PlannedCall call, string clientRequestId, CancellationToken cancellationToken)
    {
        try
        {
            return await action.SettleAsync(call, ContextOf(clientRequestId), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is CallNotAnsweredException or CallNotSentException)
        {
            return null;
        }
    }

    /// <summary>What a call may use of the session.</summary>
    public ActionContext Context(EffectId effect) => ContextOf(scribe.View.Effects.Find(effect)!.Intent.Request.ClientRequestId);

    /// <summary>The same for a reading that has no intent of its own.</summary>
    public ActionContext ContextOf(string clientRequestId) => new()
    {
        ClientRequestId = clientRequestId,
        Time = ground.Clock.Time,
        FilesFolder = ground.FilesFolder,
        OpenArtifact = digest => Artifacts.Open(scribe.Writer, digest),
        Secret = secrets.Find,
        Wait = ground.Clock.WaitForAzureAsync,
    };

    /// <summary>A fresh request id, from the session's own source of chance.</summary>
    public string NewRequestId()
    {
        Span<byte> bytes = stackalloc byte[16];
        ground.Journal.Random.Fill(bytes);
        return new Guid(bytes).ToString("D");
    }

    private async Task<EffectId> AnnounceAsync(IAction action, PlannedCall call, bool isOneOfSeveral, ImmutableArray<long> requires, Digest? plan, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        var step = view.Current!;
        var description = CallRendering.Describe(call);
        await scribe.KeepAsync("request.json", "application/json", description.Canonical, cancellationToken).ConfigureAwait(false);
        if (call.Body is not null && !call.HoldsSecret) await scribe.KeepAsync("body.json", "application/json", CallRendering.Body(call), cancellationToken).ConfigureAwait(false);

        var effect = view.Effects.Next(step.Path, step.Visit);
        var before = step.Calls.LastOrDefault(c => c.Element == (isOneOfSeveral ? call.Index : null) && c.Action == action.Descriptor.Name);
        var patience = deadline - ground.Clock.Time.GetUtcNow();
        await scribe.InStepAsync(view.Operator, new Intent
        {
            Action = action.Descriptor.Name,
            Class = ClassOf(call.Effect),
            Effect = effect,
            Element = isOneOfSeveral ? call.Index : null,
            Plan = plan,
            // An idempotent call that is repeated keeps its id, so that the service can tell the two apart from one.
            Request = new RequestSummary(call.Method, description.Digest, RequestIdOf(before, call) ?? NewRequestId()),
            Requires = requires,
            Settle = call.Effect == Language.Actions.EffectClass.Read ? null : action.Descriptor.Name,
            Target = call.Target,
            TimeoutMs = Math.Max(0, (long)patience.TotalMilliseconds),
        }, cancellationToken).ConfigureAwait(false);
        return effect;
    }

    private string? RequestIdOf(CallProgress? before, PlannedCall call) =>
        before is { State: EffectState.DidNot or EffectState.Abandoned } && call.Effect == Language.Actions.EffectClass.Idempotent
            ? scribe.View.Effects.Find(before.Effect)?.Intent.Request.ClientRequestId
            : null;

    private async Task TellProgressAsync(EffectId effect, PendingOperation pending, CancellationToken cancellationToken)
    {
        var kept = await scribe.KeepAsync("operation.json", "application/json", OperationText.Write(pending), cancellationToken).ConfigureAwait(false);
        await scribe.InStepAsync(EntryDraft.Console, new Progress { Effect = effect, Operation = kept.Digest, Status = pending.Status }, cancellationToken).ConfigureAwait(false);
    }

    private Task<SessionView> ConcludeNotSentAsync(EffectId effect, CallNotSentException exception, CancellationToken cancellationToken) =>
        scribe.InStepAsync(EntryDraft.Console, new Outcome
        {
            Effect = effect,
            Result = OutcomeResult.Refused,
            Error = new Journal.CallError(exception.Code, exception.Message),
            ElapsedMs = ElapsedMs(),
            Tries = 1,
            DurationUs = 0,
        }, cancellationToken);

    private Task<SessionView> ConcludeAsync(IAction action, PlannedCall call, EffectId effect, CallAnswer answer, long sentAt, JsonElement? whole, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        var observed = ObservedShape.Of(answer.Observed, call.Observes ?? action.Descriptor.Result);
        var outcome = new Outcome
        {
            Effect = effect,
            Result = ResultOf(answer),
            Status = answer.Status,
            Error = ObservedShape.Error(answer.Error),
            Observed = JournalValue.ToJournal(observed),
            Whole = whole is { } w ? JournalValue.ToJournal(w) : null,
            ElapsedMs = ElapsedMs(),
            DurationUs = (long)ground.Clock.Time.GetElapsedTime(sentAt).TotalMicroseconds,
            Tries = Math.Max(1, answer.Tries),
            Response = new ResponseSummary(Response(answer), Inert(answer.ServiceRequestId), Inert(answer.CorrelationId), Inert(answer.Date)),
        };
        return scribe.InStepAsync(EntryDraft.Console, outcome with { Saved = SavedBy(view, outcome) }, cancellationToken);
    }

    private static InertText? Inert(string? text) => text is null ? default(InertText?) : InertText.Of(text);

    /// <summary>What the outcome will bind, worked out by the fold itself on the entry as it is going to be.</summary>
    private static NamedValues SavedBy(SessionView view, Outcome outcome)
    {
        var folded = BlockFold.WithOutcome(view, view.Current!, view.Last!, outcome).Outcome;
        if (folded is not { Trigger: TriggerKind.Success }) return NamedValues.Empty;
        return new NamedValues(folded.Saved.Where(s => !s.Value.Secret).Select(s => new KeyValuePair<string, CanonicalJson>(s.Key, JournalValue.ToJournal(s.Value.Value))));
    }

    private long ElapsedMs()
    {
        var now = scribe.Now;
        return scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall);
    }

    private static Digest Response(CallAnswer answer)
    {
        var headers = new List<KeyValuePair<string, string>>();
        if (answer.ServiceRequestId is { } id) headers.Add(new("x-ms-request-id", id));
        if (answer.CorrelationId is { } correlation) headers.Add(new("x-ms-correlation-request-id", correlation));
        if (answer.Date is { } date) headers.Add(new("date", date));
        return RequestDescription.OfResponse(answer.Status ?? 0, headers, answer.Body.Span).Digest;
    }

    private static OutcomeResult ResultOf(CallAnswer answer) => answer switch
    {
        { Error: null, Status: null or (>= 200 and < 300) } => OutcomeResult.Done,
        { Status: >= 500 } => OutcomeResult.Failed,
        { Status: >= 200 and < 300 } => OutcomeResult.Failed,
        _ => OutcomeResult.Refused,
    };

    private static JournalClass ClassOf(Language.Actions.EffectClass effect) => effect switch
    {
        Language.Actions.EffectClass.Read => JournalClass.Read,
        Language.Actions.EffectClass.Idempotent => JournalClass.Idempotent,
        Language.Actions.EffectClass.Once => JournalClass.Once,
        _ => JournalClass.Destructive,
    };
}
