using System.Collections.Concurrent;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Security.KeyVault;

/// <summary>
/// Signs requests the way a vault or managed HSM asks for: the first request to a host goes out without token and body,
/// the refusal names tenant and audience, and the request is then made in full.
/// </summary>
/// <remarks>
/// What a host asked for is remembered for the process. A host may only ask for tokens of its own domain, so that a
/// wrong address never sees a token for something else.
/// </remarks>
internal sealed class ChallengeAuthenticationPolicy(TokenCredential credential, bool disableResourceVerification)
    : BearerTokenAuthenticationPolicy(credential, "https://unused.invalid/.default")
{
    private const string StashedContent = "Azure.Security.KeyVault.StashedContent";

    private static readonly ConcurrentDictionary<string, Challenge> Known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Forgets what hosts asked for: for tests that watch the handshake.</summary>
    internal static void Forget() => Known.Clear();

    protected override void AuthorizeRequest(HttpMessage message)
    {
        if (Prepare(message) is { } context) AuthenticateAndAuthorizeRequest(message, context);
    }

    protected override ValueTask AuthorizeRequestAsync(HttpMessage message) =>
        Prepare(message) is { } context ? AuthenticateAndAuthorizeRequestAsync(message, context) : default;

    protected override bool AuthorizeRequestOnChallenge(HttpMessage message)
    {
        if (Answer(message) is not { } context) return false;
        AuthenticateAndAuthorizeRequest(message, context);
        return true;
    }

    protected override async ValueTask<bool> AuthorizeRequestOnChallengeAsync(HttpMessage message)
    {
        if (Answer(message) is not { } context) return false;
        await AuthenticateAndAuthorizeRequestAsync(message, context).ConfigureAwait(false);
        return true;
    }

    /// <summary>What to ask a token for; <see langword="null"/> where the request goes out bare to be challenged.</summary>
    private static TokenRequestContext? Prepare(HttpMessage message)
    {
        if (message.Request.Uri.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidOperationException("Bearer token authentication is not permitted for non TLS protected (https) endpoints.");
        }

        if (Known.TryGetValue(HostOf(message), out var challenge)) return challenge.ForToken(message.Request.ClientRequestId, claims: null);
        if (message.Request.Content is { } content)
        {
            message.SetProperty(StashedContent, content);
            message.Request.Content = null;
        }

        return null;
    }

    private TokenRequestContext? Answer(HttpMessage message)
    {
        if (message.TryGetProperty(StashedContent, out var stashed) && stashed is RequestContent content) message.Request.Content = content;
        if (!message.Response.Headers.TryGetValue("WWW-Authenticate", out var header)) return null;

        var host = HostOf(message);
        var parameters = ParametersOf(header);
        string? claims = null;
        if (parameters.TryGetValue("error", out var error) && error == "insufficient_claims" && parameters.TryGetValue("claims", out var encoded))
        {
            claims = Encoding.UTF8.GetString(Convert.FromBase64String(encoded));
            if (Known.TryGetValue(host, out var known)) return known.ForToken(message.Request.ClientRequestId, claims);
        }

        var scope = parameters.TryGetValue("resource", out var resource) ? resource + "/.default" : parameters.GetValueOrDefault("scope");
        var authority = parameters.GetValueOrDefault("authorization") ?? parameters.GetValueOrDefault("authorization_uri");
        if (string.IsNullOrEmpty(scope) || string.IsNullOrEmpty(authority))
        {
            Known.TryRemove(host, out _);
            return null;
        }

        if (!disableResourceVerification) Verify(message, scope);
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var authorityUri)) throw new UriFormatException($"The challenge authorization URI '{authority}' is invalid.");
        var tenant = authorityUri.Segments.Length > 1 ? authorityUri.Segments[1].Trim('/') : "";
        var challenge = new Challenge(scope, tenant);
        Known[host] = challenge;
        return challenge.ForToken(message.Request.ClientRequestId, claims);
    }

    private static void Verify(HttpMessage message, string scope)
    {
        if (!Uri.TryCreate(scope, UriKind.Absolute, out var scopeUri)) throw new InvalidOperationException($"The challenge contains invalid scope '{scope}'.");
        if (message.Request.Uri.Host!.EndsWith("." + scopeUri.Host, StringComparison.OrdinalIgnoreCase)) return;
        throw new InvalidOperationException($"The challenge resource '{scopeUri.Host}' does not match the requested domain. Set DisableChallengeResourceVerification to true in your client options to disable.");
    }

    private static string HostOf(HttpMessage message) => $"{message.Request.Uri.Host}:{message.Request.Uri.Port}";

    /// <summary>The parameters of the first bearer challenge: <c>name="value"</c>, with commas between.</summary>
    private static Dictionary<string, string> ParametersOf(string header)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var start = header.IndexOf("Bearer", StringComparison.OrdinalIgnoreCase);
        if (start < 0) return parameters;
        foreach (var part in header[(start + "Bearer".Length)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) parameters.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim().Trim('"'));
        }

        return parameters;
    }

    private sealed record Challenge(string Scope, string Tenant)
    {
        public TokenRequestContext ForToken(string requestId, string? claims) => new([Scope], requestId, claims, Tenant, isCaeEnabled: true);
    }
}
