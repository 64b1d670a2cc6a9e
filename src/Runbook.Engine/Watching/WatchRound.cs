using System.Diagnostics;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>What one check came to in one round.</summary>
/// <param name="Check">The check.</param>
/// <param name="Holds">Whether what is expected holds.</param>
/// <param name="Why">Why not, as a sentence without full stop; else empty.</param>
/// <param name="Status">HTTP status of the last answer; <see langword="null"/> without one.</param>
/// <param name="Took">How long it took, by the machine's clock.</param>
public sealed record WatchedResult(WatchedCheck Check, bool Holds, string Why, int? Status, TimeSpan Took);

/// <summary>Looks at everything once, in order. Only readings are made, each at most once a round: the next round is the repetition.</summary>
/// <param name="actions">What can be asked there.</param>
/// <param name="time">The clock that actions see.</param>
/// <param name="inputs">The runbook's inputs.</param>
/// <param name="newRequestId">Gives each call its id, by which Azure's own logs know it.</param>
public sealed class WatchRound(ActionSet actions, TimeProvider time, Variables inputs, Func<string> newRequestId)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Variables _known = inputs;

    /// <summary>Makes one check, with what the earlier ones of this round saved.</summary>
    /// <param name="check">The check.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="OperationCanceledException">The watch was ended.</exception>
    public async Task<WatchedResult> LookAsync(WatchedCheck check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(check);
        var begun = Stopwatch.GetTimestamp();
        if (check.Use?.With.Variables.FirstOrDefault(v => _known.Find(v) is null) is { } missing)
            return new WatchedResult(check, false, $"it needs '{missing}', which an earlier check did not find", null, TimeSpan.Zero);

        var result = check.Use is null ? BlockEvaluation.EmptyObject : await ReadAsync(check, cancellationToken).ConfigureAwait(false);
        var outcome = BlockEvaluation.Evaluate(check.Expect, check.Save, result, _known);
        _known = outcome.Saved.Aggregate(_known, (known, saved) => known.With(saved.Key, saved.Value));
        var status = result.TryGetProperty("status", out var number) && number.ValueKind == JsonValueKind.Number ? number.GetInt32() : (int?)null;
        return new WatchedResult(check, outcome.Trigger == TriggerKind.Success, outcome.Why, status, Stopwatch.GetElapsedTime(begun));
    }

    private async Task<JsonElement> ReadAsync(WatchedCheck check, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        var run = new ActionRun(actions.Get(check.Use!.Name), check.Use.With.Fill(_known.Find));
        var (last, observed) = await run.ReadAsync(call => SendAsync(check, run, call, cancellationToken)).ConfigureAwait(false);
        return BlockEvaluation.Result(observed, last.Status, last.Error is { } error ? (error.Code, error.Message) : null, (long)Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
    }

    private async Task<CallAnswer> SendAsync(WatchedCheck check, ActionRun run, PlannedCall call, CancellationToken cancellationToken)
    {
        if (call.Effect != EffectClass.Read) throw new InvalidOperationException($"{run.Action.Descriptor.Name} was about to change something in a watch.");
        using var late = new CancellationTokenSource(Patience, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var context = new ActionContext { ClientRequestId = newRequestId(), Time = time, FilesFolder = Path.GetTempPath(), OpenArtifact = static _ => null };
        try
        {
            return await run.Action.SendAsync(SessionFold.PermitLook(check.Slug, CallRendering.Describe(call).Digest), call, context, stop.Token).ConfigureAwait(false);
        }
        catch (CallNotAnsweredException exception)
        {
            return Unanswered(exception.Code, exception.Message);
        }
        catch (CallNotSentException exception)
        {
            return Unanswered(exception.Code, exception.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unanswered("NoAnswer", "There was no answer in 60 seconds.");
        }
    }

    private static CallAnswer Unanswered(string code, string message) => new() { Observed = BlockEvaluation.EmptyObject, Error = new CallError(code, message) };
}
