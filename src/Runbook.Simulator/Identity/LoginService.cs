using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Identity;

/// <summary>The token endpoint and its discovery documents.</summary>
internal sealed class LoginService(SimulatorCore core) : Service(core)
{
    private const string Host = "https://" + HostNames.Login;

    public override ServiceKind Kind => ServiceKind.Login;

    public override IEnumerable<Operation> Operations =>
    [
        Discovery("Instance discovery", "/common/discovery/instance", Instance),
        Discovery("OpenID configuration (v2.0)", "/{tenant}/v2.0/.well-known/openid-configuration", call => OpenId(call, v2: true)),
        Discovery("OpenID configuration (v1.0)", "/{tenant}/.well-known/openid-configuration", call => OpenId(call, v2: false)),
        Discovery("Signing keys (v2.0)", "/{tenant}/discovery/v2.0/keys", SigningKeys),
        Discovery("Signing keys (v1.0)", "/{tenant}/discovery/keys", SigningKeys),
        Discovery("User realm", "/common/userrealm/{user}", UserRealm),
        Discovery("User realm of a tenant", "/{tenant}/userrealm/{user}", UserRealm),
        Token("Token (v2.0)", "/{tenant}/oauth2/v2.0/token"),
        Token("Token (v1.0)", "/{tenant}/oauth2/token"),
    ];

    public override void Admit(Call call)
    {
        // Whoever asks here has no token yet.
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => Error(call, knownPath ? 405 : 404, "invalid_request", "AADSTS90023: The requested resource does not exist.");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "invalid_request", $"AADSTS900144: {why}");

    public override Answer Error(Call call, int status, string code, string message)
    {
        var number = message.StartsWith("AADSTS", StringComparison.Ordinal)
            ? new string([.. message.AsSpan(6).ToString().TakeWhile(char.IsAsciiDigit)])
            : "90000";
        var time = call.Now.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var correlation = call.Request.Headers["client-request-id"] ?? call.RequestId.ToString();
        return Answer.Json(
            status,
            new JsonObject
            {
                ["error"] = code,
                ["error_description"] = $"{message}\r\nTrace ID: {call.RequestId}\r\nCorrelation ID: {correlation}\r\nTimestamp: {time}",
                ["error_codes"] = new JsonArray(int.Parse(number, CultureInfo.InvariantCulture)),
                ["timestamp"] = time,
                ["trace_id"] = call.RequestId.ToString(),
                ["correlation_id"] = correlation,
                ["error_uri"] = $"{Host}/error?code={number}",
            },
            code,
            message);
    }

    public override Answer Finish(Call call, Answer answer)
    {
        answer.Headers.Set("Cache-Control", "no-store, no-cache");
        answer.Headers.Set("Pragma", "no-cache");
        answer.Headers.Set("x-ms-request-id", call.RequestId.ToString());
        if (call.Request.Headers["client-request-id"] is { } client)
            answer.Headers.Set("client-request-id", client);
        answer.Headers.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
        answer.Headers.Set("X-Content-Type-Options", "nosniff");
        return answer;
    }

    private static Operation Discovery(string name, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.Login,
        Name = name,
        Method = "GET",
        Template = template,
        Handler = handler,
        Anonymous = true,
    };

    private Operation Token(string name, string template) => new()
    {
        Service = ServiceKind.Login,
        Name = name,
        Method = "POST",
        Template = template,
        Handler = IssueToken,
        BodyLimit = Limits.FormBodyBytes,
        Anonymous = true,
        Note = "Client credentials with a secret, a certificate or a federated token, passwords and refresh tokens of users; no interactive flows.",
        Fidelity = Fidelity.Part,
    };

    private static Answer Instance(Call call)
    {
        var endpoint = call.Parameter("authorization_endpoint") is { } authorization && Uri.TryCreate(authorization, UriKind.Absolute, out var uri)
            ? uri.AbsolutePath.Trim('/').Split('/')[0]
            : "common";
        return Answer.Json(200, new JsonObject
        {
            ["tenant_discovery_endpoint"] = $"{Host}/{endpoint}/v2.0/.well-known/openid-configuration",
            ["api-version"] = "1.1",
            ["metadata"] = new JsonArray(new JsonObject
            {
                ["preferred_network"] = HostNames.Login,
                ["preferred_cache"] = "login.windows.net",
                ["aliases"] = new JsonArray(HostNames.Login, "login.windows.net", "login.microsoft.com", "sts.windows.net"),
            }),
        });
    }

    private Answer OpenId(Call call, bool v2)
    {
        var tenant = Tenant(call);
        var version = v2 ? "/v2.0" : "";
        return Answer.Json(200, new JsonObject
        {
            ["token_endpoint"] = $"{Host}/{tenant}/oauth2{version}/token",
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_post", "private_key_jwt", "client_secret_basic"),
            ["jwks_uri"] = $"{Host}/{tenant}/discovery{version}/keys",
            ["response_modes_supported"] = new JsonArray("query", "fragment", "form_post"),
            ["subject_types_supported"] = new JsonArray("pairwise"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["response_types_supported"] = new JsonArray("code", "id_token", "code id_token", "id_token token"),
            ["scopes_supported"] = new JsonArray("openid", "profile", "email", "offline_access"),
            ["issuer"] = v2 ? $"{Host}/{tenant}/v2.0" : Core.Issuer.IssuerName,
            ["authorization_endpoint"] = $"{Host}/{tenant}/oauth2{version}/authorize",
            ["device_authorization_endpoint"] = $"{Host}/{tenant}/oauth2{version}/devicecode",
            ["end_session_endpoint"] = $"{Host}/{tenant}/oauth2{version}/logout",
            ["claims_supported"] = new JsonArray("sub", "iss", "aud", "exp", "iat", "tid", "oid", "ver"),
            ["tenant_region_scope"] = "NA",
            ["cloud_instance_name"] = "microsoftonline.com",
            ["cloud_graph_host_name"] = "graph.windows.net",
            ["msgraph_host"] = HostNames.Graph,
        });
    }

    private Answer SigningKeys(Call call)
    {
        Tenant(call);
        using var certificate = X509CertificateLoader.LoadCertificate(Core.Issuer.Certificate);
        var parameters = Core.Issuer.Key.ExportParameters(includePrivateParameters: false);
        return Answer.Json(200, new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["use"] = "sig",
                ["kid"] = Core.Issuer.KeyId,
                ["x5t"] = Core.Issuer.KeyId,
                ["n"] = Base64Url.Encode(parameters.Modulus),
                ["e"] = Base64Url.Encode(parameters.Exponent),
                ["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData)),
                ["issuer"] = $"{Host}/{Core.Tenant}/v2.0",
            }),
        });
    }

    /// <summary>The tenant that a path names; every name of this one's stands for its id.</summary>
    private string Tenant(Call call)
    {
        var name = call.Value("tenant");
        if (name is "common" or "organizations" || string.Equals(name, Core.Tenant, StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".onmicrosoft.com", StringComparison.OrdinalIgnoreCase))
            return Core.Tenant;
        throw new RefusedException(Error(call, 400, "invalid_tenant", $"AADSTS90002: Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."));
    }

    /// <summary>Where a user's password is checked: here, for every user of this tenant.</summary>
    private static Answer UserRealm(Call call)
    {
        var user = call.Value("user");
        var at = user.IndexOf('@', StringComparison.Ordinal);
        return Answer.Json(200, new JsonObject
        {
            ["ver"] = "1.0",
            ["account_type"] = "Managed",
            ["domain_name"] = at < 0 ? "" : user[(at + 1)..],
            ["cloud_instance_name"] = "microsoftonline.com",
            ["cloud_audience_urn"] = "urn:federation:MicrosoftOnline",
        });
    }

    private Answer IssueToken(Call call)
    {
        Tenant(call);
        var form = RequestTarget.ParsePairs(Encoding.UTF8.GetString(call.Body.Span))
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Value, StringComparer.Ordinal);
        var request = new TokenRequest(call, this, form);
        var audience = request.Audience();
        var (principal, how) = request.SignIn(Core);
        call.Caller = new Caller { ObjectId = principal.ObjectId, Groups = [], Audience = audience, ApplicationId = principal.ApplicationId };
        var token = Core.Issuer.Issue(principal, audience, how, TokenIssuer.Lifetime);
        var seconds = (int)TokenIssuer.Lifetime.TotalSeconds;
        var answer = new JsonObject
        {
            ["token_type"] = "Bearer",
            ["expires_in"] = seconds,
            ["ext_expires_in"] = seconds,
            ["access_token"] = token,
        };
        if (principal.Kind == PrincipalKind.User)
        {
            // Public clients keep an account: who it is, and what they get further tokens with.
            answer["scope"] = form.GetValueOrDefault("scope", audience);
            answer["refresh_token"] = Core.Issuer.IssueRefresh(principal);
            answer["id_token"] = Core.Issuer.IssueIdentity(principal, form.GetValueOrDefault("client_id", Assumptions.AzureCliApplicationId), form.GetValueOrDefault("nonce"));
            if (form.ContainsKey("client_info"))
                answer["client_info"] = Base64Url.Encode(Answer.Serialize(new JsonObject { ["uid"] = principal.ObjectId, ["utid"] = Core.Tenant }));
        }
        if (form.ContainsKey("resource"))
        {
            answer["expires_in"] = seconds.ToString(CultureInfo.InvariantCulture);
            answer["resource"] = audience;
            answer["expires_on"] = (Core.Clock.Host.GetUtcNow() + TokenIssuer.Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }
        return Answer.Json(200, answer);
    }
}
