using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>Reads once: all calls of a reading action, without intents, because a reading can always be read again.</summary>
internal sealed class Sampler(SessionScribe scribe, CallRunner runner, CallWait wait, ISessionClock clock)
{
    // A reading that takes longer than this has no answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Takes one sample.</summary>
    /// <exception cref="OperationCanceledException">A command interrupted.</exception>
    public async Task<Sample> SampleAsync(ActionRun run, CancellationToken cancellationToken)
    {
        RequestSummary? summary = null;
        var (last, observed) = await run.ReadAsync(call =>
        {
            var (digest, id) = (CallRendering.Describe(call).Digest, runner.NewRequestId());
            summary = new RequestSummary(call.Method, digest, id);
            return ReadAsync(run.Action, call, digest, id, cancellationToken);
        }).ConfigureAwait(false);
        return new Sample(summary!, observed, last.Status, last.Error is { } e ? (e.Code, e.Message) : null);
    }

    /// <summary>Makes one reading call for whoever needs its answer to know the next call; it stands in no entry.</summary>
    public async Task<CallAnswer> ReadAsync(IAction action, PlannedCall call, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(action, call, CallRendering.Describe(call).Digest, runner.NewRequestId(), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unanswered("NoAnswer", "It was interrupted before there was an answer.");
        }
    }

    private async Task<CallAnswer> ReadAsync(IAction action, PlannedCall call, Digest digest, string id, CancellationToken cancellationToken)
    {
        var permit = scribe.View.PermitSample(digest);
        try
        {
            return await wait.UntilAsync(clock.Time.GetUtcNow() + Patience, token => action.SendAsync(permit, call, runner.ContextOf(id), token), cancellationToken).ConfigureAwait(false);
        }
        catch (CallNotAnsweredException exception)
        {
            return Unanswered(exception.Code, exception.Message);
        }
        catch (CallNotSentException exception)
        {
            return Unanswered(exception.Code, exception.Message);
        }
        catch (OperationCanceledException) when (!wait.IsInterrupted && !cancellationToken.IsCancellationRequested)
        {
            return Unanswered("NoAnswer", "There was no answer in 60 seconds.");
        }
    }

    private static CallAnswer Unanswered(string code, string message) =>
        new() { Observed = BlockEvaluation.EmptyObject, Error = new Actions.CallError(code, message) };
}

/// <summary>What one sample told.</summary>
/// <param name="Request">The last request of it.</param>
/// <param name="Observed">What it told, as far as it is journalled.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Error">The refusal, or why there was no answer.</param>
internal sealed record Sample(RequestSummary Request, System.Text.Json.JsonElement Observed, int? Status, (string Code, string Message)? Error);
