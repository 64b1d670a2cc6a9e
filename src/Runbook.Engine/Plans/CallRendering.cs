using System.Text;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>The canonical description of a planned call, whose digest stands in plans and intents.</summary>
public static class CallRendering
{
    private static readonly KeyValuePair<string, string>[] NoHeaders = [];
    private static readonly KeyValuePair<string, string>[] JsonHeaders = [new("content-type", "application/json")];

    /// <summary>Describes a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="opening">Commits to a body that holds a secret; needed for such a call only.</param>
    /// <param name="secretBody">The body as it is sent, for such a call.</param>
    public static RequestDescription Describe(PlannedCall call, SessionOpening? opening = null, ReadOnlyMemory<byte> secretBody = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        KeyValuePair<string, string>[] headers = [.. call.Body is null ? NoHeaders : JsonHeaders, .. call.Headers];
        if (call.HoldsSecret && opening is not null && !secretBody.IsEmpty)
        {
            return RequestDescription.OfRequest(call.Method, call.Url, headers, opening.Commit($"body/{call.Target}", secretBody.Span));
        }

        return RequestDescription.OfRequest(call.Method, call.Url, headers, Body(call).Span);
    }

    /// <summary>The body in canonical form; empty for a request without one.</summary>
    public static ReadOnlyMemory<byte> Body(PlannedCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call.Body is { } body ? CanonicalJson.Of(body).Utf8 : ReadOnlyMemory<byte>.Empty;
    }

    /// <summary>The call in one line for people: method and cleaned URL.</summary>
    public static string Line(PlannedCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var line = new StringBuilder();
        return line.Append(call.Method).Append(' ').Append(RequestDescription.CleanUrl(call.Url)).ToString();
    }
}
