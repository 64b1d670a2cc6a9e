using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Security.KeyVault;

/// <summary>Makes requests to one vault or managed HSM and reads its JSON answers.</summary>
internal sealed class KeyVaultPipeline
{
    // The runtime keeps a source that was made until the process ends, and goes through all of them with each new one: one for each kind of client.
    private static readonly ConcurrentDictionary<string, Lazy<ActivitySource>> Sources = new(StringComparer.Ordinal);

    private readonly string _apiVersion;
    private readonly ActivitySource? _activities;

    public KeyVaultPipeline(Uri endpoint, string apiVersion, TokenCredential credential, bool disableResourceVerification, ClientOptions options, string client)
    {
        Endpoint = endpoint;
        _apiVersion = apiVersion;
        Http = HttpPipelineBuilder.Build(options, new ChallengeAuthenticationPolicy(credential, disableResourceVerification));
        _activities = options.Diagnostics.IsDistributedTracingEnabled ? Sources.GetOrAdd(client, static name => new Lazy<ActivitySource>(() => new ActivitySource(name))).Value : null;
    }

    private KeyVaultPipeline(Uri endpoint, string apiVersion, HttpPipeline http, ActivitySource? activities)
    {
        Endpoint = endpoint;
        _apiVersion = apiVersion;
        Http = http;
        _activities = activities;
    }

    public Uri Endpoint { get; }

    public HttpPipeline Http { get; }

    /// <summary>The same pipeline for another address on the same host.</summary>
    public KeyVaultPipeline At(Uri endpoint) => new(endpoint, _apiVersion, Http, _activities);

    public OperationScope Scope(string name, string? key = null) => OperationScope.Start(_activities, name, key);

    /// <summary>An address below the endpoint, with the service version.</summary>
    /// <param name="path">Path, without leading slash.</param>
    /// <param name="query">Further query parameters, in front of the version.</param>
    public Uri UriOf(string path, params ReadOnlySpan<(string Name, string Value)> query)
    {
        var builder = new RequestUriBuilder();
        builder.Reset(Endpoint);
        if (builder.Path is not { Length: > 0 } before || !before.EndsWith('/')) builder.AppendPath("/", escape: false);
        builder.AppendPath(path, escape: false);
        foreach (var (name, value) in query) builder.AppendQuery(name, value);
        builder.AppendQuery("api-version", _apiVersion);
        return builder.ToUri();
    }

    /// <summary>Makes a request and reads its answer inside a trace scope.</summary>
    /// <exception cref="RequestFailedException">The service refused.</exception>
    public async Task<Response<T>> CallAsync<T>(string name, string? key, RequestMethod method, Uri uri, Action<Utf8JsonWriter>? body, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var scope = Scope(name, key);
        try
        {
            var response = await SendAsync(method, uri, body, cancellationToken).ConfigureAwait(false);
            return Response.FromValue(read(JsonOf(response)), response);
        }
        catch (Exception exception)
        {
            scope.Failed(exception);
            throw;
        }
    }

    /// <summary>Makes a request; an answer that is no success is an exception.</summary>
    /// <exception cref="RequestFailedException">The service refused.</exception>
    public async Task<Response> SendAsync(RequestMethod method, Uri uri, Action<Utf8JsonWriter>? body, CancellationToken cancellationToken)
    {
        using var message = MessageFor(method, uri, body);
        await Http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return Checked(message.Response);
    }

    /// <summary>The same, blocking.</summary>
    public Response Send(RequestMethod method, Uri uri, CancellationToken cancellationToken)
    {
        using var message = MessageFor(method, uri, body: null);
        Http.Send(message, cancellationToken);
        return Checked(message.Response);
    }

    /// <summary>Makes a request whose refusals the caller judges.</summary>
    public async Task<Response> TryAsync(RequestMethod method, Uri uri, CancellationToken cancellationToken)
    {
        using var message = MessageFor(method, uri, body: null);
        await Http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return message.Response;
    }

    /// <summary>The same, blocking.</summary>
    public Response Try(RequestMethod method, Uri uri, CancellationToken cancellationToken)
    {
        using var message = MessageFor(method, uri, body: null);
        Http.Send(message, cancellationToken);
        return message.Response;
    }

    /// <summary>The pages of a list: each names the next in <c>nextLink</c>.</summary>
    public AsyncPageable<T> Pages<T>(string name, Uri first, Func<JsonElement, T> read, CancellationToken cancellationToken)
        where T : notnull => new ListPages<T>(this, name, first, read, cancellationToken);

    public static JsonElement JsonOf(Response response)
    {
        using var document = JsonDocument.Parse(response.Content);
        return document.RootElement.Clone();
    }

    private HttpMessage MessageFor(RequestMethod method, Uri uri, Action<Utf8JsonWriter>? body)
    {
        var message = Http.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(uri);
        message.Request.Headers.Add("Accept", "application/json");
        if (body is not null)
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream))
            {
                writer.WriteStartObject();
                body(writer);
                writer.WriteEndObject();
            }

            message.Request.Headers.Add("Content-Type", "application/json");
            message.Request.Content = RequestContent.Create(stream.ToArray());
        }

        return message;
    }

    /// <summary>An answer that is a success.</summary>
    /// <exception cref="RequestFailedException">The service refused.</exception>
    public static Response Checked(Response response) => response.Status is 200 or 201 or 202 or 204 ? response : throw new RequestFailedException(response);

    private sealed class ListPages<T>(KeyVaultPipeline pipeline, string name, Uri first, Func<JsonElement, T> read, CancellationToken cancellation)
        : AsyncPageable<T>(cancellation)
        where T : notnull
    {
        public override async IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
        {
            var next = continuationToken is null ? first : new Uri(continuationToken);
            while (next is not null)
            {
                using var scope = pipeline.Scope(name);
                var response = await pipeline.SendAsync(RequestMethod.Get, next, body: null, CancellationToken).ConfigureAwait(false);
                var page = JsonOf(response);
                var items = page.GetProperty("value").EnumerateArray().Select(read).ToList();
                var link = page.TryGetProperty("nextLink", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
                next = string.IsNullOrEmpty(link) ? null : new Uri(link);
                yield return Page<T>.FromValues(items, next?.AbsoluteUri, response);
            }
        }
    }
}
