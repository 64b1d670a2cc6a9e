using System.Net;
using System.Text;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>
/// A network that answers from a script, in order, and keeps what reached it. The bare request by which a client asks what
/// token is wanted is challenged by itself, and counts as nothing. A request that the script does not have fails the test.
/// </summary>
internal sealed class ScriptedNetwork : HttpMessageHandler
{
    private readonly Queue<Func<HttpResponseMessage>> _script = new();

    /// <summary>What was asked with a token, in order: method, URL and body.</summary>
    public List<SeenRequest> Seen { get; } = [];

    /// <summary>Answers the next request.</summary>
    public ScriptedNetwork Answer(int status, string body = "", string type = "application/json", params (string Name, string Value)[] headers)
    {
        _script.Enqueue(() => Make(status, Encoding.UTF8.GetBytes(body), type, headers));
        return this;
    }

    /// <summary>Answers the next request with bytes.</summary>
    public ScriptedNetwork Answer(int status, byte[] body, string type)
    {
        _script.Enqueue(() => Make(status, body, type));
        return this;
    }

    /// <summary>Breaks the next request.</summary>
    public ScriptedNetwork Fail(Exception exception)
    {
        _script.Enqueue(() => throw exception);
        return this;
    }

    /// <summary>The next request leaves, and its answer is lost.</summary>
    public ScriptedNetwork Lose() => Fail(new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely."));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        if (request.Headers.Authorization is null && body.Length == 0) return Challenge(request);
        Seen.Add(new SeenRequest(request.Method.Method, request.RequestUri!.OriginalString, body, request.Headers.Authorization?.Parameter, request.Headers.TryGetValues("x-ms-client-request-id", out var ids) ? ids.Single() : null, request.Headers.UserAgent.ToString()));
        if (!_script.TryDequeue(out var make)) throw new InvalidOperationException($"The script has no answer to {request.Method} {request.RequestUri}.");
        var answer = make();
        answer.RequestMessage = request;
        return answer;
    }

    private static HttpResponseMessage Challenge(HttpRequestMessage request)
    {
        var domain = request.RequestUri!.Host[(request.RequestUri.Host.IndexOf('.', StringComparison.Ordinal) + 1)..];
        var answer = Make(401, [], "application/json", ("WWW-Authenticate", $"Bearer authorization=\"https://login.microsoftonline.com/10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101\", resource=\"https://{domain}\""));
        answer.RequestMessage = request;
        return answer;
    }

    private static HttpResponseMessage Make(int status, byte[] body, string type, params (string Name, string Value)[] headers)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(body) };
        if (body.Length > 0) answer.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        foreach (var (name, value) in headers) answer.Headers.TryAddWithoutValidation(name, value);
        return answer;
    }
}

/// <summary>A request as it reached the network.</summary>
internal sealed record SeenRequest(string Method, string Url, string Body, string? Token, string? ClientRequestId, string UserAgent);
