using System.Net;
using System.Net.Sockets;

namespace Runbook.Simulator.Http;

/// <summary>
/// The transport without a network: an HTTP client that is given this handler talks to the simulator and can't tell. Where a
/// network would fail, it throws what a socket would.
/// </summary>
internal sealed class InProcessHandler(SimulatorCore core, IPAddress clientAddress) : HttpMessageHandler
{
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var uri = request.RequestUri ?? throw new InvalidOperationException("The request has no URI.");
        var delivery = await core.Dispatcher.DispatchAsync(await ReadAsync(request, uri, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return delivery.Fails switch
        {
            Delivery.Failure.None => Respond(request, delivery.Answer!),
            Delivery.Failure.NameNotFound => throw new HttpRequestException(
                HttpRequestError.NameResolutionError, $"Name or service not known ({uri.Host}:{uri.Port})", new SocketException((int)SocketError.HostNotFound)),
            Delivery.Failure.Unreachable => throw new HttpRequestException(
                HttpRequestError.ConnectionError, $"No route to host ({uri.Host}:{uri.Port})", new SocketException((int)SocketError.HostUnreachable)),
            _ => throw new HttpRequestException(
                HttpRequestError.ResponseEnded,
                "An error occurred while sending the request.",
                new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.")),
        };
    }

    private async Task<SimulatorRequest> ReadAsync(HttpRequestMessage request, Uri uri, CancellationToken cancellationToken)
    {
        var headers = new HeaderList();
        foreach (var header in request.Headers)
            foreach (var value in header.Value)
                headers.Add(header.Key, value);
        foreach (var header in request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            foreach (var value in header.Value)
                headers.Add(header.Key, value);
        return new SimulatorRequest
        {
            Method = request.Method.Method.ToUpperInvariant(),
            Host = uri.IdnHost.ToLowerInvariant(),
            Authority = uri.Authority.ToLowerInvariant(),
            Scheme = uri.Scheme,
            Target = uri.PathAndQuery,
            Headers = headers,
            Body = request.Content is null ? Stream.Null : await request.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false),
            ContentLength = request.Content is null ? 0 : request.Content.Headers.ContentLength,
            ClientAddress = clientAddress,
        };
    }

    private static HttpResponseMessage Respond(HttpRequestMessage request, Answer answer)
    {
        var body = request.Method == HttpMethod.Head ? default : answer.Body;
        var response = new HttpResponseMessage((HttpStatusCode)answer.Status)
        {
            RequestMessage = request,
            Version = HttpVersion.Version11,
            Content = new StreamContent(new ForwardStream(body)),
        };
        // The answer to a HEAD tells the length of what it leaves out.
        response.Content.Headers.ContentLength = long.TryParse(answer.Headers["Content-Length"], out var announced) ? announced : body.Length;
        foreach (var (name, value) in answer.Headers)
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && !response.Headers.TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        return response;
    }
}
