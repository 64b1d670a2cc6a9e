using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Identity;

/// <summary>One request for a token, field by field, refused as the directory refuses.</summary>
internal sealed class TokenRequest(Call call, LoginService service, IReadOnlyDictionary<string, string> form)
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>Resources that tokens are issued for.</summary>
    private static readonly string[] Known =
    [
        "https://management.azure.com", "https://management.core.windows.net", "https://managedhsm.azure.net", "https://vault.azure.net",
        "https://graph.microsoft.com", "https://storage.azure.com", "https://attest.azure.net", "https://api.loganalytics.io",
        "https://api.loganalytics.azure.com", "https://database.windows.net", "https://ossrdbms-aad.database.windows.net",
    ];

    public static bool IsKnownResource(string resource) =>
        Known.Contains(resource.TrimEnd('/'), StringComparer.OrdinalIgnoreCase)
        || (Uri.TryCreate(resource, UriKind.Absolute, out var uri) && uri.Host.EndsWith(HostNames.Blob, StringComparison.OrdinalIgnoreCase));

    /// <summary>The audience asked for: a scope without its <c>/.default</c>, or the older <c>resource</c>.</summary>
    public string Audience()
    {
        if (form.TryGetValue("resource", out var resource))
            return Checked(resource);
        var scope = Need("scope").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(part => part is not ("openid" or "profile" or "offline_access"));
        const string Default = "/.default";
        if (scope is null || !scope.EndsWith(Default, StringComparison.Ordinal))
            throw Refuse(400, "invalid_scope", $"AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid.");
        return Checked(scope[..^Default.Length]);
    }

    /// <summary>Who signs in, and how: <c>1</c> with a secret, <c>2</c> with an assertion, <c>0</c> as a public client.</summary>
    public (Principal Principal, string How) SignIn(SimulatorCore core)
    {
        var grant = Need("grant_type");
        if (grant == "password")
            return (Password(core), "0");
        if (grant == "refresh_token")
            return (Refreshed(core), "0");
        if (grant != "client_credentials")
            throw Refuse(400, "unsupported_grant_type", $"AADSTS70003: The app requested an unsupported grant type '{grant}'.");
        var clientId = Need("client_id");
        if (core.Estate.Current.FindApplication(clientId) is not { } principal)
            throw Refuse(400, "unauthorized_client", $"AADSTS700016: Application with identifier '{clientId}' was not found in the directory '{core.Tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.");
        if (form.TryGetValue("client_assertion", out var assertion))
            return (Assertion(core, principal, assertion), "2");
        var secret = Need("client_secret");
        foreach (var known in principal.Secrets ?? [])
        {
            if (known.Value is null || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(known.Value), Encoding.UTF8.GetBytes(secret)))
                continue;
            if (call.Now >= known.Expires)
                throw Refuse(401, "invalid_client", $"AADSTS7000222: The provided client secret keys for app '{clientId}' are expired.");
            return (principal, "1");
        }
        throw Refuse(401, "invalid_client", $"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{clientId}'.");
    }

    private Principal Password(SimulatorCore core)
    {
        var name = Need("username");
        var user = core.Estate.Current.Scan(Tables.Principals).Select(pair => pair.Value)
            .FirstOrDefault(principal => principal.Kind == PrincipalKind.User && string.Equals(principal.UserPrincipalName, name, StringComparison.OrdinalIgnoreCase));
        if (user is null)
            throw Refuse(400, "invalid_grant", $"AADSTS50034: The user account {name} does not exist in the {core.Tenant} directory.");
        var password = Need("password");
        return user.Secrets?.Any(secret => secret.Value == password) == true
            ? user
            : throw Refuse(400, "invalid_grant", "AADSTS50126: Error validating credentials due to invalid username or password.");
    }

    private Principal Refreshed(SimulatorCore core) =>
        core.Issuer.RefreshedUser(Need("refresh_token")) is { } user && core.Estate.Current.FindPrincipal(user) is { Kind: PrincipalKind.User } principal
            ? principal
            : throw Refuse(400, "invalid_grant", "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.");

    private Principal Assertion(SimulatorCore core, Principal principal, string assertion)
    {
        if (Need("client_assertion_type") != AssertionType)
            throw Refuse(400, "invalid_request", "AADSTS50012: The client assertion type is not supported.");
        if (!Jwt.TryParse(assertion, out var token))
            throw Refuse(401, "invalid_client", "AADSTS50027: JWT token is invalid or malformed.");
        var now = core.Clock.Host.GetUtcNow().ToUnixTimeSeconds();
        if (Jwt.Number(token.Payload, "exp") is not { } expires || expires + Assumptions.TokenLeewaySeconds <= now
            || Jwt.Number(token.Payload, "nbf") > now + Assumptions.TokenLeewaySeconds)
            throw Refuse(401, "invalid_client", "AADSTS700024: Client assertion is not within its valid time range.");
        return Jwt.Text(token.Payload, "iss") == principal.ApplicationId
            ? OwnAssertion(core, principal, token)
            : FederatedAssertion(core, principal, token);
    }

    /// <summary>An assertion that the application signed with its certificate's key.</summary>
    private Principal OwnAssertion(SimulatorCore core, Principal principal, Jwt token)
    {
        if (Jwt.Text(token.Payload, "sub") != principal.ApplicationId || !IsTokenEndpoint(core, Jwt.Text(token.Payload, "aud")))
            throw Refuse(401, "invalid_client", "AADSTS50027: JWT token is invalid: its subject or audience is not what it should be.");
        foreach (var known in principal.Certificates ?? [])
        {
            using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(known.Der));
            using var key = certificate.GetRSAPublicKey();
            if (key is null || Jwt.Text(token.Header, "alg") is not ("RS256" or "PS256") || !NamesCertificate(token.Header, certificate) || !token.IsSignedBy(key))
                continue;
            if (call.Now >= known.Expires || core.Clock.Host.GetUtcNow() >= certificate.NotAfter.ToUniversalTime())
                throw Refuse(401, "invalid_client", $"AADSTS7000222: The provided client certificate of app '{principal.ApplicationId}' is expired.");
            return principal;
        }
        throw Refuse(401, "invalid_client", $"AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application '{principal.ApplicationId}'.");
    }

    /// <summary>Whether the header's thumbprints are the certificate's; az pads them, other clients do not.</summary>
    private static bool NamesCertificate(JsonElement header, X509Certificate2 certificate) =>
        Names(Jwt.Text(header, "x5t#S256"), SHA256.HashData(certificate.RawData)) && Names(Jwt.Text(header, "x5t"), Convert.FromHexString(certificate.Thumbprint));

    private static bool Names(string? text, byte[] thumbprint) =>
        text is null || (Base64Url.TryDecode(text, out var given) && given.AsSpan().SequenceEqual(thumbprint));

    private static bool IsTokenEndpoint(SimulatorCore core, string? audience) =>
        audience is not null && Uri.TryCreate(audience, UriKind.Absolute, out var uri)
        && string.Equals(uri.Host, HostNames.Login, StringComparison.OrdinalIgnoreCase)
        && uri.AbsolutePath.Contains(core.Tenant, StringComparison.OrdinalIgnoreCase);

    /// <summary>A token of another issuer. The simulator knows the keys of its own tenant and of issuers that were registered with keys.</summary>
    private Principal FederatedAssertion(SimulatorCore core, Principal principal, Jwt token)
    {
        var issuer = Jwt.Text(token.Payload, "iss");
        var subject = Jwt.Text(token.Payload, "sub");
        var match = principal.Federated?.FirstOrDefault(credential =>
            credential.Issuer == issuer && credential.Subject == subject && credential.Audiences.Any(audience => HasAudience(token.Payload, audience)));
        if (match is null)
            throw Refuse(400, "invalid_client", $"AADSTS700213: No matching federated identity record found for presented assertion subject '{subject}'.");
        if (!IssuerKeys(core, issuer!).Any(token.IsSignedBy))
            throw Refuse(400, "invalid_client", "AADSTS700211: No matching federated identity record found: the assertion's signature was not made by its issuer.");
        return principal;
    }

    private static bool HasAudience(JsonElement payload, string audience) =>
        payload.TryGetProperty("aud", out var value) && (value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Any(item => item.GetString() == audience)
            : value.ValueKind == JsonValueKind.String && value.GetString() == audience);

    private static IEnumerable<RSA> IssuerKeys(SimulatorCore core, string issuer)
    {
        if (issuer == core.Issuer.IssuerName || issuer == $"https://{HostNames.Login}/{core.Tenant}/v2.0")
            yield return core.Issuer.Key;
        foreach (var key in OutsideKeys.Of(core.Estate.Current, issuer))
            yield return key;
    }

    private string Checked(string resource)
    {
        if (!IsKnownResource(resource) && !resource.StartsWith("api://", StringComparison.Ordinal))
            throw Refuse(400, "invalid_resource", $"AADSTS500011: The resource principal named {resource} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.");
        return resource;
    }

    private string Need(string field) =>
        form.TryGetValue(field, out var value) && value.Length > 0
            ? value
            : throw Refuse(400, "invalid_request", $"AADSTS900144: The request body must contain the following parameter: '{field}'.");

    private RefusedException Refuse(int status, string code, string message) => new(service.Error(call, status, code, message));
}
