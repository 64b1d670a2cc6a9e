using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Engine.Actions;

/// <summary>
/// One request that an action is going to make, rendered before it is made: what a plan shows, what approvers sign and
/// what the journal's intent says. Immutable.
/// </summary>
/// <remarks>
/// Where a value is not known yet (a plan rendered before the step that saves it), the strings hold it as written,
/// <c>${name}</c>. When the call is made every value is known, but for those that the action makes itself at that
/// moment, which stand as <c>${random}</c>.
/// </remarks>
public sealed record PlannedCall
{
    /// <summary>Its number among the calls of one run of the action, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>What repeating this request would do; a composite action may read before it changes something.</summary>
    public required EffectClass Effect { get; init; }

    /// <summary>What it does, in one sentence for the operator, with the names involved.</summary>
    public required string Description { get; init; }

    /// <summary>What it touches: a resource id, a key id, or a local file's name.</summary>
    public required string Target { get; init; }

    /// <summary>The HTTP method; <c>LOCAL</c> for what is done on this computer and calls nothing.</summary>
    public required string Method { get; init; }

    /// <summary>The absolute URL as it goes on the wire, query included; for <c>LOCAL</c> the name of the computation.</summary>
    public required string Url { get; init; }

    /// <summary>The JSON body; <see langword="null"/> for a request without one. A secret in it is <c>⟦secret⟧</c>.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>
    /// Headers that say what the request does, beside those that every request has: a blob's type and encryption scope. Part
    /// of what is digested, and sent just so.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Headers { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// What of the answer is journalled, where that is not the action's whole result: one call of an action that makes
    /// several different ones. <see langword="null"/> for the action's result schema.
    /// </summary>
    public Schema? Observes { get; init; }

    /// <summary>
    /// Name of the file in the session's folder that the answer is written to; <see langword="null"/> for most calls.
    /// </summary>
    public string? File { get; init; }

    /// <summary>
    /// The arguments of just this call, for an action that takes a list: its <c>az</c> command is filled in with them.
    /// <see langword="null"/> where they are the action's own.
    /// </summary>
    public JsonElement? Part { get; init; }

    /// <summary>Whether the request as sent holds a secret: its digest is then a commitment.</summary>
    public bool HoldsSecret { get; init; }

    /// <summary>The method of <see cref="Method"/> for what calls nothing.</summary>
    public const string Local = "LOCAL";
}

/// <summary>How a running operation is asked about.</summary>
/// <param name="Url">The absolute URL to poll.</param>
/// <param name="Status">The last status, in the service's word.</param>
/// <param name="RetryAfter">How long to wait before the next poll, as the service said.</param>
/// <param name="Token">
/// What else the action needs to go on polling, as text without secrets; goes through the journal unchanged.
/// </param>
public sealed record PendingOperation(string Url, string Status, TimeSpan RetryAfter, string Token);

/// <summary>Why a call did not do what it should, in the service's words.</summary>
/// <param name="Code">Azure's error code; <c>NoAnswer</c>, <c>NameNotResolved</c> or <c>TlsFailed</c> for a reading without an answer.</param>
/// <param name="Message">Azure's message.</param>
public sealed record CallError(string Code, string Message);

/// <summary>What the world answered to one call. A refusal is an answer like any other.</summary>
public sealed record CallAnswer
{
    /// <summary>
    /// The HTTP status; <see langword="null"/> where no answer came, where this computer refused, and where an operation
    /// that had been accepted ended in failure. 204 where something was to be gone or absent, and is.
    /// </summary>
    public int? Status { get; init; }

    /// <summary>The refusal; <see langword="null"/> when there was none.</summary>
    public CallError? Error { get; init; }

    /// <summary>
    /// What the call told, an object with members named as Azure sends them: at least those of the action's result
    /// schema. The engine journals the declared ones and forgets the rest.
    /// </summary>
    public required JsonElement Observed { get; init; }

    /// <summary>Set while the service is still at it: poll this, the answer is not final.</summary>
    public PendingOperation? Pending { get; init; }

    /// <summary>The service's own request id (<c>x-ms-request-id</c>), for finding the call in its logs.</summary>
    public string? ServiceRequestId { get; init; }

    /// <summary>Resource Manager's correlation id.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The answer's <c>Date</c> header as received.</summary>
    public string? Date { get; init; }

    /// <summary>The whole answer body, for its digest; empty when there was none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>How long the service asks to be left alone before the next try (<c>Retry-After</c>), where it says so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How often the request went out until this answer.</summary>
    public int Tries { get; init; } = 1;
}

/// <summary>What became of a call that was not answered.</summary>
public abstract record SettleVerdict
{
    private SettleVerdict()
    {
    }

    /// <summary>It took effect; the answer is what a reading tells in the place of the lost one.</summary>
    public sealed record TookEffect(CallAnswer Answer) : SettleVerdict;

    /// <summary>It did not take effect, as far as the world shows at this moment.</summary>
    public sealed record DidNot(CallAnswer Reading) : SettleVerdict;

    /// <summary>It is still being carried out: poll this.</summary>
    public sealed record Running(PendingOperation Operation) : SettleVerdict;

    /// <summary>Nobody can tell.</summary>
    public sealed record CannotTell(string Reason) : SettleVerdict
    {
        /// <summary>Whether that may pass: the reading was not answered, or was told to come back. It is worth asking again.</summary>
        public bool MayPass { get; init; }
    }
}

/// <summary>What comes next in a run of an action.</summary>
public abstract record ActionStep
{
    private ActionStep()
    {
    }

    /// <summary>This call is to be made.</summary>
    public sealed record MakeCall(PlannedCall Call) : ActionStep;

    /// <summary>All calls are made; this object is the action's result, without <c>status</c>, <c>error</c> and <c>elapsedMs</c>.</summary>
    public sealed record Finished(JsonElement Result) : ActionStep;
}
