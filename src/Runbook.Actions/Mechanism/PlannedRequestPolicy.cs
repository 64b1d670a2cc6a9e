using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>
/// The last thing before the network: lets the planned request pass, and nothing else.
/// </summary>
/// <remarks>
/// What passes: the request as planned, once (again only after a 401, which means that it was not looked at); the bare
/// request, without token and body, by which a managed HSM is asked what token it takes; for a reading, the further pages
/// of the same list. The request leaves with the URL as it was planned, letter for letter, with the body that was
/// compared, and with the id that stands in the journal. Everything that comes back is kept as it came.
/// </remarks>
internal sealed class PlannedRequestPolicy(Exchange exchange) : HttpPipelinePolicy
{
    private readonly Uri _planned = new(exchange.Call.Url);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var kind = Admit(message);
        try
        {
            ProcessNext(message, pipeline);
        }
        catch (Exception exception) when (Note(kind, exception))
        {
            throw;
        }

        Keep(message, kind, ReadBody(message));
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var kind = Admit(message);
        try
        {
            await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
        }
        catch (Exception exception) when (Note(kind, exception))
        {
            throw;
        }

        Keep(message, kind, await ReadBodyAsync(message).ConfigureAwait(false));
    }

    private Passage Admit(HttpMessage message)
    {
        var request = message.Request;
        var call = exchange.Call;
        var address = request.Uri.ToUri();
        request.ClientRequestId = exchange.ClientRequestId;
        request.Headers.SetValue("x-ms-client-request-id", exchange.ClientRequestId);
        if (call.Effect == EffectClass.Read && IsFurtherPage(request, address)) return Passage.Page;
        if (request.Method.Method != call.Method || !RequestMatch.SameAddress(_planned, address)) throw Refusal(request, address, "another request than the planned one");

        request.Uri.Reset(_planned);
        if (request.Content is null && !request.Headers.Contains("Authorization") && !EmbeddedActions.IsHere(_planned)) return Passage.Challenge;
        foreach (var (name, value) in call.Headers) request.Headers.SetValue(name, value);
        TakeBody(request, address);
        if (exchange.MayHaveLeft && exchange.Answer?.Status != 401) throw Refusal(request, address, "the planned request a second time");

        exchange.MayHaveLeft = true;
        exchange.Tries++;
        return Passage.Call;
    }

    private bool IsFurtherPage(Request request, Uri address) =>
        exchange.Pages.Count is > 0 and < ActionsLimits.ListPagesMax
        && request.Method == RequestMethod.Get && request.Content is null && exchange.Call.Method == "GET"
        && RequestMatch.SamePath(_planned, address);

    // The bytes that were compared are the bytes that leave.
    private void TakeBody(Request request, Uri address)
    {
        JsonElement? actual = null;
        if (request.Content is { } content)
        {
            using var stream = new MemoryStream();
            content.WriteTo(stream, CancellationToken.None);
            if (stream.Length > 0)
            {
                var bytes = stream.ToArray();
                actual = Parse(bytes) ?? throw Refusal(request, address, "a body that is no JSON");
                request.Content = RequestContent.Create(bytes);
            }
        }

        if (!RequestMatch.SameBody(exchange.Body, actual)) throw Refusal(request, address, "another body than the planned one");
    }

    private bool Note(Passage kind, Exception exception)
    {
        // Whoever never reached the service sent nothing; a retry of the console is then a first try.
        if (kind == Passage.Call && NetworkFailure.NeverLeft(exception)) exchange.MayHaveLeft = false;
        return true;
    }

    private void Keep(HttpMessage message, Passage kind, ReadOnlyMemory<byte> body)
    {
        message.Response.ContentStream = new MemoryStream(body.ToArray(), writable: false);
        if (kind == Passage.Challenge && message.Response.Status == 401) return;
        var answer = HttpAnswer.Of(message.Response, body, exchange.Time.GetUtcNow());
        exchange.Answer = answer;
        if (answer.Status != 401) exchange.Pages.Add(answer);
    }

    private static byte[] ReadBody(HttpMessage message)
    {
        using var stream = new MemoryStream();
        if (message.Response.ContentStream is { } source)
        {
            using var limited = new LimitedStream(source, ActionsLimits.AnswerBytesMax);
            limited.CopyTo(stream);
        }

        return stream.ToArray();
    }

    private static async Task<byte[]> ReadBodyAsync(HttpMessage message)
    {
        using var stream = new MemoryStream();
        if (message.Response.ContentStream is { } source)
        {
            await using var limited = new LimitedStream(source, ActionsLimits.AnswerBytesMax);
            await limited.CopyToAsync(stream, message.CancellationToken).ConfigureAwait(false);
        }

        return stream.ToArray();
    }

    private static JsonElement? Parse(byte[] bytes)
    {
        try
        {
            return JsonElement.Parse(bytes);
        }
        catch (JsonException)
        {
            // The caller refuses what is no JSON.
            return null;
        }
    }

    private CallNotSentException Refusal(Request request, Uri address, string what) => new(
        ActionCodes.NotWhatWasPlanned,
        $"The client was about to send {what}: {request.Method.Method} {address.GetLeftPart(UriPartial.Path)}, and {exchange.Call.Method} {_planned.GetLeftPart(UriPartial.Path)} was planned. Nothing was sent.");

    private enum Passage
    {
        /// <summary>The call itself.</summary>
        Call,

        /// <summary>The bare request that asks what token is wanted; changes nothing.</summary>
        Challenge,

        /// <summary>A further page of a list that is being read.</summary>
        Page,
    }
}
