using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Identity;

/// <summary>The look-ups of Microsoft Graph that role assignment commands make.</summary>
internal sealed partial class GraphService(SimulatorCore core) : Service(core)
{
    private const string Root = "https://" + HostNames.Graph + "/v1.0";

    public override ServiceKind Kind => ServiceKind.Graph;

    public override IEnumerable<Operation> Operations =>
    [
        Op("Signed-in user", "GET", "/v1.0/me", Me),
        Op("List service principals", "GET", "/v1.0/servicePrincipals", call => List(call, PrincipalKind.ServicePrincipal)),
        Op("Get service principal", "GET", "/v1.0/servicePrincipals/{id}", call => Get(call, "servicePrincipal")),
        Op("List users", "GET", "/v1.0/users", call => List(call, PrincipalKind.User)),
        Op("Get user", "GET", "/v1.0/users/{id}", call => Get(call, "user")),
        Op("List groups", "GET", "/v1.0/groups", call => List(call, PrincipalKind.Group)),
        Op("Get group", "GET", "/v1.0/groups/{id}", call => Get(call, "group")),
        Op("List members of a group", "GET", "/v1.0/groups/{id}/members", Members),
        Op("Get objects by ids", "POST", "/v1.0/directoryObjects/getByIds", ByIds),
    ];

    private static Operation Op(string name, string method, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.Graph,
        Name = name,
        Method = method,
        Template = template,
        Handler = handler,
        ReadsOnly = true,
        Fidelity = Fidelity.Part,
        Note = "Read only, with the filters that az sends.",
    };

    public override void Admit(Call call)
    {
        var fault = Core.Tokens.Check(call.Request.Headers["Authorization"], ["https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"], out var caller);
        call.Caller = caller;
        if (fault != TokenFault.None)
            throw new RefusedException(Error(call, 401, "InvalidAuthenticationToken", fault == TokenFault.Missing ? "Access token is empty." : "Access token validation failure."));
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => Error(call, knownPath ? 405 : 400, "BadRequest", $"Resource not found for the segment '{(call.Target.Segments is [.., var last] ? last : "")}'.");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "BadRequest", why);

    public override Answer Error(Call call, int status, string code, string message) => Answer.Json(
        status,
        new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = code,
                ["message"] = message,
                ["innerError"] = new JsonObject
                {
                    ["date"] = call.Now.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
                    ["request-id"] = call.RequestId.ToString(),
                    ["client-request-id"] = call.Request.Headers["client-request-id"] ?? call.RequestId.ToString(),
                },
            },
        },
        code,
        message);

    public override Answer Finish(Call call, Answer answer) => answer.With("request-id", call.RequestId.ToString());

    private Answer Me(Call call)
    {
        if (call.Caller.IsApplication && Core.Choices.MeRefusesApplications)
            return Error(call, 400, "BadRequest", "/me request is only valid with delegated authentication flow.");
        var me = call.Read().FindPrincipal(call.Caller.ObjectId);
        if (me is null)
            return NotFound(call, call.Caller.ObjectId);
        var json = Shape(me);
        json.Insert(0, "@odata.context", $"{Root}/$metadata#users/$entity");
        return Answer.Json(200, json);
    }

    private Answer NotFound(Call call, string id) => Error(
        call, 404, "Request_ResourceNotFound", $"Resource '{id}' does not exist or one of its queried reference-property objects are not present.");

    private Answer Get(Call call, string what)
    {
        _ = what;
        var id = call.Value("id");
        var view = call.Read();
        var found = view.FindPrincipal(id) ?? view.Scan(Tables.Principals).Select(pair => pair.Value).FirstOrDefault(principal => string.Equals(principal.UserPrincipalName, id, StringComparison.OrdinalIgnoreCase));
        return found is null ? NotFound(call, id) : Answer.Json(200, Shape(found));
    }

    private static IEnumerable<Principal> All(EstateView view, PrincipalKind kind) =>
        view.Scan(Tables.Principals).Select(pair => pair.Value)
            .Where(principal => principal.Kind == kind || (kind == PrincipalKind.ServicePrincipal && principal.Kind == PrincipalKind.ManagedIdentity));

    private Answer List(Call call, PrincipalKind kind)
    {
        var items = All(call.Read(), kind);
        if (call.Parameter("$filter") is { Length: > 0 } filter)
        {
            var wanted = Quoted().Matches(filter).Select(match => match.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal)).ToList();
            if (wanted.Count == 0)
                return Error(call, 400, "Request_UnsupportedQuery", $"Unsupported or invalid query filter clause specified: {filter}.");
            items = items.Where(principal => wanted.Any(value => Names(principal).Contains(value, StringComparer.OrdinalIgnoreCase)));
        }
        return Answer.Json(200, Wrap(items.Select(Shape)));
    }

    private static IEnumerable<string?> Names(Principal principal) =>
        [principal.ObjectId, principal.ApplicationId, principal.DisplayName, principal.UserPrincipalName];

    private Answer Members(Call call)
    {
        var view = call.Read();
        if (view.FindPrincipal(call.Value("id")) is not { Kind: PrincipalKind.Group } group)
            return NotFound(call, call.Value("id"));
        return Answer.Json(200, Wrap(view.Scan(Tables.Principals).Select(pair => pair.Value)
            .Where(principal => principal.Groups?.Contains(group.ObjectId, StringComparer.OrdinalIgnoreCase) == true)
            .Select(Shape)));
    }

    private Answer ByIds(Call call)
    {
        var ids = call.Json().Member("ids").Texts() ?? [];
        var view = call.Read();
        return Answer.Json(200, Wrap(ids.Select(view.FindPrincipal).OfType<Principal>().Select(Shape)));
    }

    private static JsonObject Wrap(IEnumerable<JsonObject> items)
    {
        var value = new JsonArray();
        foreach (var item in items)
            value.Add((JsonNode)item);
        return new JsonObject { ["@odata.context"] = $"{Root}/$metadata#directoryObjects", ["value"] = value };
    }

    private static JsonObject Shape(Principal principal) => principal.Kind switch
    {
        PrincipalKind.User => new JsonObject
        {
            ["@odata.type"] = "#microsoft.graph.user",
            ["id"] = principal.ObjectId,
            ["displayName"] = principal.DisplayName,
            ["userPrincipalName"] = principal.UserPrincipalName,
            ["mail"] = null,
        },
        PrincipalKind.Group => new JsonObject { ["@odata.type"] = "#microsoft.graph.group", ["id"] = principal.ObjectId, ["displayName"] = principal.DisplayName, ["securityEnabled"] = true },
        _ => new JsonObject
        {
            ["@odata.type"] = "#microsoft.graph.servicePrincipal",
            ["id"] = principal.ObjectId,
            ["appId"] = principal.ApplicationId,
            ["displayName"] = principal.DisplayName,
            ["servicePrincipalNames"] = new JsonArray(principal.ApplicationId),
            ["servicePrincipalType"] = principal.Kind == PrincipalKind.ManagedIdentity ? "ManagedIdentity" : "Application",
        },
    };

    [GeneratedRegex("'((?:[^']|'')*)'", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();
}
