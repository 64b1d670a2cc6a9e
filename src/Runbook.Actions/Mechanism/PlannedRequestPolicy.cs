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
/// A request that belongs to no <see cref="Exchange"/> does not pass.
/// </remarks>
/// <param name="refused">Told when the call was answered with 401 or 403: its token is no good, or its owner may not.</param>
internal sealed class PlannedRequestPolicy(Action<int> refused) : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var exchange = Exchange.Of(message);
        var kind = Admit(exchange, message);
        try
        {
            ProcessNext(message, pipeline);
        }
        catch (Exception exception) when (Note(exchange, kind, exception))
        {
            throw;
        }

        Keep(exchange, message, kind, ReadBody(message));
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var exchange = Exchange.Of(message);
        var kind = Admit(exchange, message);
        try
        {
            await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
        }
        catch (Exception exception) when (Note(exchange, kind, exception))
        {
            throw;
        }

        Keep(exchange, message, kind, await ReadBodyAsync(message).ConfigureAwait(false));
    }

    private static Passage Admit(Exchange exchange, HttpMessage message)
    {
        var request = message.Request;
        var call = exchange.Call;
        var address = request.Uri.ToUri();
        request.ClientRequestId = exchange.ClientRequestId;
        request.Headers.SetValue("x-ms-client-request-id", exchange.ClientRequestId);
        if (call.Effect == EffectClass.Read && IsFurtherPage(exchange, request, address)) return Passage.Page;
        if (request.Method.Method != call.Method || !RequestMatch.SameAddress(exchange.Address, address)) throw Refusal(exchange, request, address, "another request than the planned one");

        request.Uri.Reset(exchange.Address);
        if (request.Content is null && !request.Headers.Contains("Authorization") && !EmbeddedActions.IsHere(exchange.Address)) return Passage.Challenge;
        foreach (var (name, value) in call.Headers) request.Headers.SetValue(name, value);
        TakeBody(exchange, request, address);
        if (exchange.MayHaveLeft && exchange.Answer?.Status != 401) throw Refusal(exchange, request, address, "the planned request a second time");

        exchange.MayHaveLeft = true;
        exchange.Tries++;
        return Passage.Call;
    }

    private static bool IsFurtherPage(Exchange exchange, Request request, Uri address) =>
        exchange.Pages.Count is > 0 and < ActionsLimits.ListPagesMax
        && request.Method == RequestMethod.Get && request.Content is null && exchange.Call.Method == "GET"
        && RequestMatch.SamePath(exchange.Address, address);

    // The bytes that were compared are the bytes that leave.
    private static void TakeBody(Exchange exchange, Request request, Uri address)
    {
        JsonElement? actual = null;
        if (request.Content is { } content)
        {
            using var stream = new MemoryStream();
            content.WriteTo(stream, CancellationToken.None);
            if (stream.Length > 0)
            {
                var bytes = stream.ToArray();
                actual = Parse(bytes) ?? throw Refusal(exchange, request, address, "a body that is no JSON");
                request.Content = RequestContent.Create(bytes);
            }
        }

        if (!RequestMatch.SameBody(exchange.Body, actual)) throw Refusal(exchange, request, address, "another body than the planned one");
    }

    private static bool Note(Exchange exchange, Passage kind, Exception exception)
    {
        // Whoever never reached the service sent nothing; a retry of the console is then a first try.
        if (kind == Passage.Call && NetworkFailure.NeverLeft(exception)) exchange.MayHaveLeft = false;
        return true;
    }

    private void Keep(Exchange exchange, HttpMessage message, Passage kind, ReadOnlyMemory<byte> body)
    {
        message.Response.ContentStream = new MemoryStream(body.ToArray(), writable: false);
        if (kind == Passage.Challenge && message.Response.Status == 401) return;
        var answer = HttpAnswer.Of(message.Response, body, exchange.Time.GetUtcNow());
        exchange.Answer = answer;
        if (answer.Status is 401 or 403) refused(answer.Status);
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

    private static CallNotSentException Refusal(Exchange exchange, Request request, Uri address, string what) => new(
        ActionCodes.NotWhatWasPlanned,
        $"The client was about to send {what}: {request.Method.Method} {address.GetLeftPart(UriPartial.Path)}, and {exchange.Call.Method} {exchange.Address.GetLeftPart(UriPartial.Path)} was planned. Nothing was sent.");

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
