using System.Net;
using System.Text;

namespace Runbook.KeyVault.Tests;

/// <summary>
/// The network of a test: answers from a script, in order, and keeps what was asked. A request that the script does not
/// have is a failure of the test.
/// </summary>
internal sealed class ScriptedHandler : HttpMessageHandler
{
    private readonly Queue<Func<SeenRequest, CancellationToken, Task<HttpResponseMessage>>> _script = new();

    /// <summary>What was asked, in order.</summary>
    public List<SeenRequest> Seen { get; } = [];

    /// <summary>Answers the next request with JSON.</summary>
    public ScriptedHandler Answer(int status, string body = "", string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        _script.Enqueue((_, _) => Task.FromResult(Make(status, body, contentType, headers)));
        return this;
    }

    /// <summary>Answers the next request as a function says.</summary>
    public ScriptedHandler Answer(Func<SeenRequest, HttpResponseMessage> answer)
    {
        _script.Enqueue((request, _) => Task.FromResult(answer(request)));
        return this;
    }

    /// <summary>Answers the next request with the challenge of a managed HSM.</summary>
    public ScriptedHandler Challenge(string resource = "https://managedhsm.azure.net") =>
        Answer(401, "OK", "application/json", ("WWW-Authenticate", $"Bearer authorization=\"https://login.microsoftonline.com/10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101\", resource=\"{resource}\""));

    /// <summary>Breaks the next request.</summary>
    public ScriptedHandler Fail(Exception exception)
    {
        _script.Enqueue((_, _) => Task.FromException<HttpResponseMessage>(exception));
        return this;
    }

    /// <summary>Lets the next request wait until it is cancelled.</summary>
    public ScriptedHandler Hang()
    {
        _script.Enqueue(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("An endless wait ended.");
        });
        return this;
    }

    /// <summary>An answer.</summary>
    public static HttpResponseMessage Make(int status, string body = "", string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        if (body.Length > 0) answer.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        foreach (var (name, value) in headers)
        {
            if (!answer.Headers.TryAddWithoutValidation(name, value)) answer.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return answer;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new SeenRequest(
            request.Method.Method,
            request.RequestUri!.OriginalString,
            body is { Length: > 0 } ? body : null,
            request.Headers.Authorization?.ToString(),
            request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
                .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
        Seen.Add(seen);
        if (!_script.TryDequeue(out var answer)) throw new InvalidOperationException($"The script has no answer to {seen.Method} {seen.Url}.");
        var made = await answer(seen, cancellationToken);
        made.RequestMessage = request;
        return made;
    }
}

/// <summary>A request as it reached the network.</summary>
internal sealed record SeenRequest(string Method, string Url, string? Body, string? Authorization, IReadOnlyDictionary<string, string> Headers);
