using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language.Actions;

namespace Runbook.Engine.Actions;

/// <summary>
/// One action of the catalogue that can be carried out. It renders calls, sends them one at a time when it holds a
/// permit, and finds out what became of one that was not answered. It never decides whether to send, never retries what
/// changes something, and holds no state between calls: everything it needs is in its arguments.
/// </summary>
public interface IAction
{
    /// <summary>The entry of the catalogue.</summary>
    ActionDescriptor Descriptor { get; }

    /// <summary>
    /// The calls as far as the arguments tell, for plans. Pure: no file, clock, network or chance.
    /// </summary>
    /// <param name="with">The arguments; a value that is not known yet is the string <c>${name}</c>.</param>
    ImmutableArray<PlannedCall> Plan(JsonElement with);

    /// <summary>
    /// The next call of a run, or its result. Pure; the same arguments always give the same step, so that a resume goes
    /// on where a run was cut off.
    /// </summary>
    /// <param name="with">
    /// The arguments, all values known but secrets: a secret stands as written, <c>${name}</c>, in what is planned,
    /// approved and journalled, and its value is in <see cref="ActionContext.Secret"/> alone.
    /// </param>
    /// <param name="answers">The answers to the calls made so far, in order, none refused and none pending.</param>
    ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers);

    /// <summary>
    /// Makes one call, exactly as planned, once. The only method that may change anything.
    /// </summary>
    /// <param name="permit">Proof that the intent is durable; spent by this call.</param>
    /// <param name="call">The call, as <see cref="Next"/> gave it.</param>
    /// <param name="context">What the call may use of the session.</param>
    /// <param name="cancellationToken">Ends our wait; the request may take effect all the same.</param>
    /// <exception cref="CallNotAnsweredException">The request left, or may have left, and no answer came.</exception>
    /// <exception cref="CallNotSentException">Nothing left this computer: no token, no route, or not what was planned.</exception>
    Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken);

    /// <summary>Asks once how a running operation stands; its answer is pending again, or final.</summary>
    /// <exception cref="CallNotAnsweredException">No answer came; ask again later.</exception>
    Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Looks for the finished effect of a call: never for a trace of it. Reads only.
    /// </summary>
    Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken);

    /// <summary>
    /// The arguments of the inverse action, from this action's arguments and what its inverse's reading told before; only
    /// called where <see cref="ActionDescriptor.Inverse"/> is set.
    /// </summary>
    JsonElement InvertArguments(JsonElement with, JsonElement? reading);
}

/// <summary>What a call may use of the session that it is made for.</summary>
public sealed record ActionContext
{
    /// <summary>The id that goes along as <c>x-ms-client-request-id</c> and stands in the intent.</summary>
    public required string ClientRequestId { get; init; }

    /// <summary>The session's clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Folder of the files that are carried in and out of the room; relative paths of arguments lie there.</summary>
    public required string FilesFolder { get; init; }

    /// <summary>Opens an artifact by its digest (<c>sha256:…</c>); <see langword="null"/> when there is none.</summary>
    public required Func<string, Stream?> OpenArtifact { get; init; }

    /// <summary>How a reading that has no step of its own waits before it is tried again; on the host's clock where nobody says.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = static (time, cancellationToken) => Task.Delay(time, TimeProvider.System, cancellationToken);

    /// <summary>
    /// The value of a secret by the name that people gave it under; <see langword="null"/> when this process was not told
    /// it. It goes to where it is needed and nowhere else: into no answer, no message and no file.
    /// </summary>
    public Func<string, string?> Secret { get; init; } = static _ => null;
}

/// <summary>A call went out, or may have, and no answer came: what became of it must be settled.</summary>
public sealed class CallNotAnsweredException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="code"><c>NoAnswer</c>, <c>NameNotResolved</c> or <c>TlsFailed</c>.</param>
    /// <param name="message">What was seen.</param>
    /// <param name="inner">The cause.</param>
    public CallNotAnsweredException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary><c>NoAnswer</c>, <c>NameNotResolved</c> or <c>TlsFailed</c>.</summary>
    public string Code { get; }
}

/// <summary>A call was not made: it is certain that nothing left this computer.</summary>
public sealed class CallNotSentException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="code">A stable code, <c>RA</c> and three digits.</param>
    /// <param name="message">Why.</param>
    /// <param name="inner">The cause.</param>
    public CallNotSentException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>A stable code, <c>RA</c> and three digits.</summary>
    public string Code { get; }
}
