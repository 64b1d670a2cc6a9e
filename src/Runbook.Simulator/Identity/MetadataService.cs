using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Identity;

/// <summary>Where managed identities get their tokens: the instance metadata service, and the endpoint of App Service.</summary>
internal sealed class MetadataService(SimulatorCore core) : Service(core)
{
    public override ServiceKind Kind => ServiceKind.InstanceMetadata;

    /// <summary>The value that App Service's endpoint wants in its header.</summary>
    public string AppServiceHeader => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Core.Estate.Seed}\nidentity header")))[..32];

    public override IEnumerable<Operation> Operations =>
    [
        Op("Managed identity token (instance metadata)", "/metadata/identity/oauth2/token", call => Metadata(call)),
        Op("Managed identity token (App Service)", "/msi/token", call => AppService(call)),
    ];

    private static Operation Op(string name, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.InstanceMetadata,
        Name = name,
        Method = "GET",
        Template = template,
        Handler = handler,
        Anonymous = true,
        ReadsOnly = true,
    };

    public override void Admit(Call call)
    {
        // Reaching the address is the credential; the headers are checked by each endpoint.
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => Error(call, knownPath ? 405 : 404, "invalid_request", "The requested resource does not exist.");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "invalid_request", why);

    public override Answer Error(Call call, int status, string code, string message) =>
        Answer.Json(status, new JsonObject { ["error"] = code, ["error_description"] = message }, code, message);

    private Answer Metadata(Call call) =>
        string.Equals(call.Request.Headers["Metadata"], "true", StringComparison.OrdinalIgnoreCase)
            ? Token(call, seconds => seconds)
            : Error(call, 400, "invalid_request", "Required metadata header not specified");

    private Answer AppService(Call call) =>
        call.Request.Headers["X-IDENTITY-HEADER"] == AppServiceHeader
            ? Token(call, seconds => seconds)
            : Error(call, 401, "unauthorized", "The X-IDENTITY-HEADER is missing or wrong.");

    private Answer Token(Call call, Func<string, string> number)
    {
        if (string.IsNullOrEmpty(call.Parameter("api-version")))
            return Error(call, 400, "invalid_request", "The api-version is missing");
        if (call.Parameter("resource") is not { Length: > 0 } resource)
            return Error(call, 400, "invalid_request", "The resource is missing");
        if (!TokenRequest.IsKnownResource(resource))
            return Error(call, 400, "invalid_resource", $"AADSTS500011: The resource principal named {resource} was not found in the tenant.");
        if (Find(call) is not { } principal)
            return Error(call, 400, "invalid_request", "Identity not found");
        var now = Core.Clock.Host.GetUtcNow().ToUnixTimeSeconds();
        var lifetime = (long)TokenIssuer.ManagedLifetime.TotalSeconds;
        string Text(long value) => number(value.ToString(CultureInfo.InvariantCulture));
        call.Caller = new Caller { ObjectId = principal.ObjectId, Groups = [], Audience = resource, ApplicationId = principal.ApplicationId };
        return Answer.Json(200, new JsonObject
        {
            ["access_token"] = Core.Issuer.Issue(principal, resource, "2", TokenIssuer.ManagedLifetime),
            ["client_id"] = principal.ApplicationId,
            ["expires_in"] = Text(lifetime),
            ["expires_on"] = Text(now + lifetime),
            ["ext_expires_in"] = Text(lifetime),
            ["not_before"] = Text(now),
            ["resource"] = resource,
            ["token_type"] = "Bearer",
        });
    }

    /// <summary>The identity that is named; without a name the only one that belongs to no resource.</summary>
    private static Principal? Find(Call call)
    {
        var view = call.Read();
        if (call.Parameter("client_id") is { } client)
            return view.FindApplication(client) is { Kind: PrincipalKind.ManagedIdentity } byClient ? byClient : null;
        if ((call.Parameter("object_id") ?? call.Parameter("principal_id")) is { } objectId)
            return view.FindPrincipal(objectId) is { Kind: PrincipalKind.ManagedIdentity } byObject ? byObject : null;
        if ((call.Parameter("msi_res_id") ?? call.Parameter("mi_res_id")) is { } resource)
            return ResourceManager.Shapes.PrincipalOf(view, resource);
        var own = view.Scan(Tables.Principals).Select(pair => pair.Value)
            .Where(principal => principal is { Kind: PrincipalKind.ManagedIdentity, ResourceId: null }).Take(2).ToList();
        return own is [var only] ? only : null;
    }
}
