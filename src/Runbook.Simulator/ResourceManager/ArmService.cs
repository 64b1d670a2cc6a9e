using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>The control plane. Its operations come from the providers that are plugged in.</summary>
internal sealed partial class ArmService(SimulatorCore core) : Service(core)
{
    private static readonly string[] Audiences =
        ["https://management.azure.com", "https://management.core.windows.net"];

    private readonly List<Operation> _operations = [];
    private readonly List<Action<Call, ArmRequest>> _guards = [];
    private readonly List<Action<Call, ArmRequest, Answer>> _followers = [];

    public override ServiceKind Kind => ServiceKind.ResourceManager;

    public override IEnumerable<Operation> Operations => _operations;

    public void Plug(IEnumerable<Operation> operations) => _operations.AddRange(operations);

    /// <summary>What was changed, tried and refused; set by the wiring.</summary>
    public ActivityLog? Activity { get; set; }

    /// <summary>
    /// Adds a check between permission and handler, for whatever provider the request is: locks and policies. It throws to refuse.
    /// </summary>
    public void Guard(Action<Call, ArmRequest> guard) => _guards.Add(guard);

    /// <summary>Adds something that happens after a request that changed something was carried out.</summary>
    public void Follow(Action<Call, ArmRequest, Answer> follower) => _followers.Add(follower);

    public override Answer Handle(Call call)
    {
        if (ReadsOnly(call))
            return base.Handle(call);
        try
        {
            var request = ArmRequest.Of(call);
            foreach (var guard in _guards)
                guard(call, request);
            var answer = base.Handle(call);
            if (answer.Status < 400)
                foreach (var follower in _followers)
                    follower(call, request, answer);
            Log(call, answer);
            return answer;
        }
        catch (RefusedException refused)
        {
            Log(call, refused.Answer);
            throw;
        }
    }

    public override void Journal(EstateTransaction tx, Call call, Answer answer)
    {
        if (ReadsOnly(call) || call.Logged || Activity is null)
            return;
        Activity.Add(tx, call, answer);
        call.Logged = true;
    }

    private void Log(Call call, Answer answer)
    {
        if (call.Logged || Activity is null)
            return;
        Core.Estate.Write(call.Now, tx =>
        {
            Activity.Add(tx, call, answer);
            return true;
        });
        call.Logged = true;
    }

    private static bool ReadsOnly(Call call) => call.Request.Method is "GET" or "HEAD" || call.Route.Operation.ReadsOnly;

    /// <summary>
    /// What a path shows right now, whoever asks: the body of its GET operation, or <see langword="null"/> where that does not answer
    /// with 200. Not logged, and no permission is asked for.
    /// </summary>
    public JsonElement? Peek(Call call, string path)
    {
        if (!RequestTarget.TryParse($"{path}?api-version={call.ApiVersion}", out var target) || Routes.Match("GET", target.Segments, out _) is not { } match)
            return null;
        var asked = new Call
        {
            Request = new SimulatorRequest
            {
                Method = "GET",
                Host = call.Request.Host,
                Authority = call.Request.Authority,
                Scheme = call.Request.Scheme,
                Target = $"{path}?api-version={call.ApiVersion}",
                Headers = [],
                Body = Stream.Null,
                ContentLength = 0,
                ClientAddress = call.Request.ClientAddress,
            },
            Service = Kind,
            Target = target,
            Now = call.Now,
            Core = Core,
            RequestId = call.RequestId,
            Caller = call.Caller,
            Route = match,
        };
        try
        {
            return match.Operation.Handler(asked) is { Status: 200 } answer ? Call.Parse(answer.Body) : null;
        }
        catch (RefusedException)
        {
            // It is not there: what a reader would be told.
            return null;
        }
    }

    public override void Admit(Call call)
    {
        var fault = Core.Tokens.Check(call.Request.Headers["Authorization"], Audiences, out var caller);
        call.Caller = caller;
        if (fault == TokenFault.None)
        {
            if (Core.Throttle.Take(call) is { } seconds)
                throw new RefusedException(Error(call, 429, "SubscriptionRequestsThrottled", $"Number of requests for subscription '{Core.Subscription}' and principal '{caller.ObjectId}' exceeded the limit. Please try again after '{seconds}' seconds.")
                    .With("Retry-After", seconds.ToString(CultureInfo.InvariantCulture)));
            return;
        }
        var (code, message) = fault switch
        {
            TokenFault.Missing => ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
            TokenFault.Expired => ("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."),
            TokenFault.WrongTenant or TokenFault.WrongIssuer => ("InvalidAuthenticationTokenTenant", $"The access token is from the wrong issuer. It must match the tenant '{Core.Issuer.IssuerName}' associated with this subscription."),
            TokenFault.WrongAudience => ("InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience or resource. It should exactly match one of the allowed audiences 'https://management.core.windows.net/','https://management.azure.com/'."),
            TokenFault.NotYetValid => ("InvalidAuthenticationToken", "The access token is not yet valid."),
            _ => ("InvalidAuthenticationToken", "The access token is invalid."),
        };
        throw new RefusedException(Error(call, 401, code, message).With(
            "WWW-Authenticate",
            $"Bearer authorization_uri=\"https://{HostNames.Login}/{Core.Tenant}\", error=\"invalid_token\", error_description=\"{message.Replace('"', '\'')}\""));
    }

    public override void CheckVersion(Call call)
    {
        var version = call.Parameter("api-version");
        if (string.IsNullOrEmpty(version))
            throw Refuse(call, 400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
        if (!ApiVersion().IsMatch(version))
            throw Refuse(call, 400, "InvalidApiVersionParameter", $"The api-version '{version}' is invalid. The supported versions are '2024-11-01,2023-07-01,2022-09-01,2021-04-01'.");
    }

    public override void Authorize(Call call)
    {
        if (call.Route.Values.TryGetValue("subscription", out var subscription) || SubscriptionIn(call.Route.Values.GetValueOrDefault("scope"), out subscription))
            CheckSubscription(call, subscription!);
        if ((call.Route.Operation.Permission ?? call.Route.Operation.PermissionFor?.Invoke(call)) is not { } action)
            return;
        try
        {
            Require(call, call.Read(), action, ScopeOf(call));
        }
        catch (RefusedException refused) when (!ReadsOnly(call))
        {
            Log(call, refused.Answer);
            throw;
        }
    }

    /// <summary>Refuses unless the caller may do that there.</summary>
    public void Require(Call call, EstateView view, string action, string scope)
    {
        if (AccessControl.Allows(view, call.Caller, action, scope, call.Now))
            return;
        var who = call.Caller.UserPrincipalName ?? call.Caller.ApplicationId;
        throw Refuse(
            call,
            403,
            "AuthorizationFailed",
            $"The client '{who}' with object id '{call.Caller.ObjectId}' does not have authorization to perform action '{action}' over scope '{(scope.Length == 0 ? "/" : scope)}' or the scope is invalid. If access was recently granted, please refresh your credentials.");
    }

    /// <summary>Refuses unless the caller may use another resource that the request names.</summary>
    public void RequireLinked(Call call, EstateView view, string action, string linkedAction, string linked)
    {
        if (AccessControl.Allows(view, call.Caller, linkedAction, linked, call.Now))
            return;
        throw Refuse(
            call,
            403,
            "LinkedAuthorizationFailed",
            $"The client '{call.Caller.UserPrincipalName ?? call.Caller.ApplicationId}' with object id '{call.Caller.ObjectId}' has permission to perform action '{action}' on scope '{ScopeOf(call)}'; however, it does not have permission to perform action(s) '{linkedAction}' on the linked scope(s) '{linked}' or the linked scope(s) are invalid.");
    }

    /// <summary>The scope at which a call's permission is checked: the resource itself, or what a list or an action belongs to.</summary>
    public static string ScopeOf(Call call)
    {
        var segments = call.Target.Segments;
        var template = call.Route.Operation.Template;
        var count = segments.Count;
        if (!template.EndsWith('}') && !template.EndsWith("/default", StringComparison.Ordinal) && !template.EndsWith("/current", StringComparison.Ordinal))
            count--;
        // What is left may end in "providers/Namespace": then the scope is what the provider hangs on.
        if (count >= 2 && segments[count - 2].Equals("providers", StringComparison.OrdinalIgnoreCase))
            count -= 2;
        return count <= 0 ? "" : "/" + string.Join('/', segments.Take(count));
    }

    public override Answer NoSuchOperation(Call call, bool knownPath)
    {
        if (call.Target.Segments is [_, var subscription, ..] segments && segments[0].Equals("subscriptions", StringComparison.OrdinalIgnoreCase))
            CheckSubscription(call, subscription);
        // A resource can be asked for with HEAD wherever it can be read.
        if (knownPath && call.Request.Method == "HEAD" && Routes.Match("GET", call.Target.Segments, out _) is { } read)
        {
            call.Route = read;
            CheckVersion(call);
            Authorize(call);
            return Answer.Empty(Peek(call, call.Target.Path) is null ? 404 : 204);
        }
        return knownPath
            ? Error(call, 405, "MethodNotAllowed", $"The HTTP method '{call.Request.Method}' is not supported for this resource.")
            : Error(call, 404, "InvalidResourceType", $"The resource type could not be found for the path '{call.Target.Path}' and api version '{call.ApiVersion}'.");
    }

    public override Answer Malformed(Call call, string why) =>
        Error(call, 400, "InvalidRequestContent", $"The request content was invalid and could not be deserialized: '{why}'.");

    public override Answer Error(Call call, int status, string code, string message)
    {
        var answer = Answer.Json(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }, code, message);
        return Labelled(answer);
    }

    /// <summary>Says that the control plane itself refused, not a provider.</summary>
    public static Answer Labelled(Answer answer) => answer.With("x-ms-failure-cause", "gateway");

    public RefusedException Refuse(Call call, int status, string code, string message) => new(Error(call, status, code, message));

    public override Answer Finish(Call call, Answer answer)
    {
        var headers = answer.Headers;
        headers.Set("x-ms-request-id", call.RequestId.ToString());
        headers.Set("x-ms-correlation-request-id", CorrelationFor(call));
        headers.Set("x-ms-routing-request-id", string.Create(CultureInfo.InvariantCulture, $"EASTUS2:{call.Now:yyyyMMdd'T'HHmmss'Z'}:{call.RequestId}"));
        if (string.Equals(call.Request.Headers["x-ms-return-client-request-id"], "true", StringComparison.OrdinalIgnoreCase)
            && call.Request.Headers["x-ms-client-request-id"] is { } client)
            headers.Set("x-ms-client-request-id", client);
        headers.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
        headers.Set("X-Content-Type-Options", "nosniff");
        headers.Set("Cache-Control", "no-cache");
        headers.Set("Pragma", "no-cache");
        Core.Throttle.Label(call, answer);
        return answer;
    }

    public override string? ResourceOf(Call call) => call.Route is null ? null : ScopeOf(call);

    public override string? CorrelationOf(Call call) => CorrelationFor(call);

    /// <summary>The caller's own correlation id, or the request's id where it sent none.</summary>
    public static string CorrelationFor(Call call) =>
        call.Request.Headers["x-ms-correlation-request-id"] is { } given && Guid.TryParse(given, out _) ? given : call.RequestId.ToString();

    private void CheckSubscription(Call call, string subscription)
    {
        if (!string.Equals(subscription, Core.Subscription, StringComparison.OrdinalIgnoreCase))
            throw Refuse(call, 404, "SubscriptionNotFound", $"The subscription '{subscription}' could not be found.");
    }

    private static bool SubscriptionIn(string? scope, out string? subscription)
    {
        subscription = null;
        var parts = (scope ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !parts[0].Equals("subscriptions", StringComparison.OrdinalIgnoreCase))
            return false;
        subscription = parts[1];
        return true;
    }

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}(-[A-Za-z]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex ApiVersion();
}
