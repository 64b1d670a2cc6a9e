using System.Collections.Immutable;
using System.Text.Json;
using Azure;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>
/// What all actions on Azure have in common. To add one: derive a class from <see cref="ArmAction"/>,
/// <see cref="HsmAction"/> or <see cref="LocalAction"/>, give it a descriptor and <see cref="Call"/>, say with which client
/// it asks where the request as planned does not do, and how its finished effect is recognized
/// (<see cref="SettleAsync"/>); then add it to <see cref="AzureActions"/>. docs/actions.md is written from the descriptor.
/// </summary>
internal abstract class AzureAction(AzureSite site, AzureWire? wire) : IAction
{
    /// <inheritdoc/>
    public abstract ActionDescriptor Descriptor { get; }

    /// <summary>The environment's names.</summary>
    protected AzureSite Site => site;

    /// <summary>The way to Azure; a catalogue's actions have none.</summary>
    protected AzureWire Wire => wire ?? throw new InvalidOperationException("An action of the bare catalogue can't be carried out.");

    /// <inheritdoc/>
    public virtual ImmutableArray<PlannedCall> Plan(JsonElement with) => Call(new Arguments(with), []) is { } call ? [call] : [];

    /// <inheritdoc/>
    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers)
    {
        var arguments = new Arguments(with);
        return Call(arguments, answers) is { } call ? new ActionStep.MakeCall(call) : new ActionStep.Finished(Result(arguments, answers));
    }

    /// <inheritdoc/>
    public virtual async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        Permits.Use(permit, call);
        var exchange = new Exchange(call, BodyOf(call, context), context);
        try
        {
            await AskAsync(exchange, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exchange.Answer is null)
        {
            if (call.Effect == EffectClass.Read && cancellationToken.IsCancellationRequested) throw new OperationCanceledException(exception.Message, exception, cancellationToken);
            var meaning = NetworkFailure.Translate(exception, exchange.MayHaveLeft, cancellationToken.IsCancellationRequested);
            if (AnswerOfReading(call, meaning) is { } answer) return answer;
            throw meaning;
        }
        catch (Exception exception) when (exchange.Answer is not null && IsAboutTheAnswer(exception))
        {
            // The answer is what counts: that a client calls a refusal an exception, can't make sense of what came, or was
            // kept from asking something more, adds nothing to it.
            return Take(exchange, context);
        }

        return Take(exchange, context);
    }

    /// <inheritdoc/>
    public virtual Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"{Descriptor.Name} has no operation that goes on by itself.");

    /// <inheritdoc/>
    public virtual Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell($"{Descriptor.Name} only reads: there is nothing to settle."));

    /// <inheritdoc/>
    public virtual JsonElement InvertArguments(JsonElement with, JsonElement? reading) =>
        throw new InvalidOperationException($"{Descriptor.Name} has no inverse.");

    /// <summary>The next call after those answered; <see langword="null"/> when all are made. Pure.</summary>
    protected abstract PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers);

    /// <summary>The result of all calls; the last answer's, unless said otherwise.</summary>
    protected virtual JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty ? Answers.Nothing : answers[^1].Observed;

    /// <summary>The body as it must leave: the planned one, with what it names on this computer put in.</summary>
    /// <exception cref="CallNotSentException">What it names is not there, or can't be used.</exception>
    protected virtual JsonElement? BodyOf(PlannedCall call, ActionContext context) => call.Body;

    /// <summary>Makes the request; the exchange keeps what came back.</summary>
    protected virtual Task AskAsync(Exchange exchange, CancellationToken cancellationToken) => Wire.SendAsync(exchange, cancellationToken);

    /// <summary>What an answer tells.</summary>
    protected virtual CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) => Answers.Of(answer, exchange.Tries);

    /// <summary>Whether a success may hold anything: what is read is no answer of Azure's own.</summary>
    protected virtual bool TakesAnything => false;

    /// <summary>Reads one address outside of any call: to poll and to settle. Never changes anything.</summary>
    /// <param name="url">The address.</param>
    /// <param name="context">Of the call that it is about.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="takesAnything">Whether the caller judges itself what came: a list of blobs is XML.</param>
    /// <exception cref="CallNotAnsweredException">No answer, for whatever reason.</exception>
    protected async Task<HttpAnswer> LookAsync(string url, ActionContext context, CancellationToken cancellationToken, bool takesAnything = false)
    {
        var look = new PlannedCall { Index = 0, Effect = EffectClass.Read, Description = "Look", Target = url, Method = "GET", Url = url };
        var exchange = new Exchange(look, body: null, context);
        try
        {
            await Wire.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exchange.Answer is null && exception is not OperationCanceledException { CancellationToken.IsCancellationRequested: true })
        {
            throw new CallNotAnsweredException(NetworkFailure.WordOf(exception), $"The reading got no answer: {exception.Message}", exception);
        }

        var answer = exchange.Answer!;
        return answer.IsSuccess && !answer.IsReadable && !takesAnything
            ? throw new CallNotAnsweredException(NetworkFailure.NoAnswer, $"What answered {answer.Status} does not speak as Azure does.")
            : answer;
    }

    private static bool IsAboutTheAnswer(Exception exception) =>
        exception is RequestFailedException or JsonException or FormatException or InvalidOperationException or ArgumentException or CallNotSentException;

    private CallAnswer Take(Exchange exchange, ActionContext context)
    {
        var answer = exchange.Answer!;
        if (!answer.IsSuccess || answer.IsReadable || TakesAnything) return Read(exchange, answer, context);

        // A portal or a proxy that says "200" to everything has not carried out anything, and may have swallowed it.
        var message = $"What answered {answer.Status} does not speak as Azure does ({answer.ContentType ?? "no content type"}, {answer.Body.Length} bytes).";
        return exchange.Call.Effect == EffectClass.Read
            ? Answers.Unanswered(NetworkFailure.NoAnswer, message)
            : throw new CallNotAnsweredException(NetworkFailure.NoAnswer, message);
    }

    private static CallAnswer? AnswerOfReading(PlannedCall call, Exception meaning) => call.Effect != EffectClass.Read
        ? null
        : meaning switch
        {
            CallNotAnsweredException lost => Answers.Unanswered(lost.Code, lost.Message),
            CallNotSentException { Code: ActionCodes.NoConnection } unsent => Answers.Unanswered(NetworkFailure.WordOf(unsent), unsent.Message),
            _ => null,
        };
}
