using System.Text.Json;
using Azure.Core;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>
/// One permitted call on its way: what may leave, and what has. Made for one call and thrown away; it goes along with each
/// request that is made for the call, and none leaves without one.
/// </summary>
/// <param name="call">The only request that may be made.</param>
/// <param name="body">Its body, with what it names on this computer put in.</param>
/// <param name="context">The session's id for the request, and its clock.</param>
internal sealed class Exchange(PlannedCall call, JsonElement? body, ActionContext context)
{
    private Uri? _address;

    /// <summary>The only request that may be made.</summary>
    public PlannedCall Call { get; } = call;

    /// <summary>Where it goes.</summary>
    public Uri Address => _address ??= new Uri(Call.Url);

    /// <summary>The body that it must have; <c>${random}</c> in it stands for any text.</summary>
    public JsonElement? Body { get; } = body;

    /// <summary>The id that goes along.</summary>
    public string ClientRequestId => context.ClientRequestId;

    /// <summary>The session's clock.</summary>
    public TimeProvider Time => context.Time;

    /// <summary>How often the request has left.</summary>
    public int Tries { get; set; }

    /// <summary>Whether the request has left, or may have.</summary>
    public bool MayHaveLeft { get; set; }

    /// <summary>The last answer.</summary>
    public HttpAnswer? Answer { get; set; }

    /// <summary>Digest of a value that was made for the request and is told to nobody; <see langword="null"/> for most.</summary>
    public string? SecretDigest { get; set; }

    /// <summary>The answers of a list, page by page.</summary>
    public List<HttpAnswer> Pages { get; } = [];

    /// <summary>The call that a request is made for.</summary>
    /// <param name="message">The request.</param>
    /// <exception cref="InvalidOperationException">It is made for none.</exception>
    public static Exchange Of(HttpMessage message) =>
        message.TryGetProperty(typeof(Exchange), out var exchange) ? (Exchange)exchange! : throw new InvalidOperationException("A request that belongs to no planned call was about to leave.");

    /// <summary>Says that a request is made for this call.</summary>
    /// <param name="message">The request.</param>
    public void GoesWith(HttpMessage message) => message.SetProperty(typeof(Exchange), this);
}
