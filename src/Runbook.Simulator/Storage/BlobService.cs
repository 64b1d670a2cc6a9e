using System.Globalization;
using System.Net;
using System.Security;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>What an operation of the blob service is on.</summary>
internal enum BlobLevel
{
    Account,
    Container,
    Blob,
}

/// <summary>The data plane of storage accounts: who may come in, which operation is meant, and how it refuses.</summary>
internal sealed partial class BlobService(SimulatorCore core) : Service(core)
{
    public const string BlobActions = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";
    public const string ContainerActions = "Microsoft.Storage/storageAccounts/blobServices/containers/";

    private const string Suffix = "-secondary";

    private static readonly string[] Audiences = ["https://storage.azure.com"];

    /// <summary>Whoever holds a key of the account may do everything.</summary>
    private static readonly Caller KeyHolder = new() { ObjectId = "", Groups = [], Audience = "", ApplicationId = "SharedKey" };

    /// <summary>Whoever holds a shared access signature may do what its letters say.</summary>
    private static readonly Caller SignatureHolder = new() { ObjectId = "", Groups = [], Audience = "", ApplicationId = "SharedAccessSignature" };

    private readonly List<Operation> _operations = [];
    private readonly Dictionary<string, Operation> _found = new(StringComparer.Ordinal);

    public override ServiceKind Kind => ServiceKind.Blob;

    public override IEnumerable<Operation> Operations => _operations;

    /// <summary>Adds an operation.</summary>
    /// <param name="name">As the documentation calls it.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="level">What it is on.</param>
    /// <param name="query">The <c>restype</c> and <c>comp</c> that tell it from others, such as <c>restype=container&amp;comp=list</c>; empty for none.</param>
    /// <param name="permission">Actions of which the caller needs one, separated by bars.</param>
    /// <param name="handler">What it does; <see langword="null"/> where it is known and not simulated.</param>
    /// <param name="variant">The blob type that a header names, where that tells operations apart.</param>
    /// <param name="note">What of it is not there.</param>
    public void Add(string name, string method, BlobLevel level, string query, string permission, Func<Call, Answer>? handler, string variant = "", string? note = null)
    {
        var path = level switch { BlobLevel.Account => "/", BlobLevel.Container => "/{container}", _ => "/{container}/{blob}" };
        var operation = new Operation
        {
            Service = ServiceKind.Blob,
            Name = name,
            Method = method,
            Template = query.Length == 0 ? path : $"{path}?{query}",
            Permission = permission,
            Handler = handler ?? (call => throw Refuse(call, 501, "NotImplemented", $"The simulator does not have the operation \"{name}\".")),
            BodyLimit = Limits.BlobBodyBytes,
            ReadsOnly = method is "GET" or "HEAD",
            Fidelity = handler is null ? Fidelity.None : note is null ? Fidelity.Full : Fidelity.Part,
            Note = handler is null ? "Refused with 501." : note,
        };
        _operations.Add(operation);
        _found.Add(KeyOf(method, level, query, variant), operation);
    }

    private static string KeyOf(string method, BlobLevel level, string query, string variant) => $"{method} {level} {query} {variant}";

    public override bool Exists(string host) =>
        AccountAt(Core.Estate.Current, host) is { Ready: true } account && (!IsSecondary(host) || account is { ReadsSecondary: true, Secondary: not null });

    public override IReadOnlyList<string> RegionsOf(string host) =>
        AccountAt(Core.Estate.Current, host) is { } account ? [IsSecondary(host) ? account.Secondary ?? account.Location : account.Location] : [];

    public static bool IsSecondary(string host) => HostNames.FirstLabel(host).EndsWith(Suffix, StringComparison.Ordinal);

    private static StorageAccount? AccountAt(EstateView view, string host)
    {
        var name = HostNames.FirstLabel(host);
        return view.Find(Tables.StorageAccounts, IsSecondary(host) ? name[..^Suffix.Length] : name);
    }

    /// <summary>The account that a call is about.</summary>
    public StorageAccount AccountOf(EstateView view, Call call) =>
        AccountAt(view, call.Request.Host) ?? throw Refuse(call, 404, "ResourceNotFound", "The specified resource does not exist.");

    /// <summary>Name under which the rows lie that a call sees: the primary's, or those of the copy.</summary>
    public static string RowsOf(Call call) => HostNames.FirstLabel(call.Request.Host);

    public override RouteMatch? Route(Call call, out bool knownPath)
    {
        knownPath = false;
        var (container, blob) = NamesIn(call.Request.Target);
        var level = blob.Length > 0 ? BlobLevel.Blob : container.Length > 0 ? BlobLevel.Container : BlobLevel.Account;
        var parts = new List<string>(2);
        if (call.Parameter("restype") is { } type)
            parts.Add("restype=" + type.ToLowerInvariant());
        if (call.Parameter("comp") is { } comp)
            parts.Add("comp=" + comp.ToLowerInvariant());
        var query = string.Join('&', parts);
        var variant = call.Request.Method == "PUT" && level == BlobLevel.Blob && query.Length == 0
            ? call.Request.Headers["x-ms-copy-source"] is null ? call.Request.Headers["x-ms-blob-type"] ?? "" : CopyRoutes.VariantOf(call)
            : "";
        if (!_found.TryGetValue(KeyOf(call.Request.Method, level, query, variant), out var operation))
        {
            knownPath = _found.Keys.Any(key => key.EndsWith($" {level} {query} {variant}", StringComparison.Ordinal));
            return null;
        }
        return new RouteMatch { Operation = operation, Values = new Dictionary<string, string>(StringComparer.Ordinal) { ["container"] = container, ["blob"] = blob } };
    }

    /// <summary>The names in a path as they were sent: a blob's name goes on to the end, slashes and all.</summary>
    private static (string Container, string Blob) NamesIn(string target)
    {
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var path = (mark < 0 ? target : target[..mark]).TrimStart('/');
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? (Uri.UnescapeDataString(path), "")
            : (Uri.UnescapeDataString(path[..slash]), Uri.UnescapeDataString(path[(slash + 1)..]));
    }

    public override void Admit(Call call)
    {
        var account = AccountOf(call.Read(), call);
        var isTrusted = call.Caller.ByService && TrustsServices(account);
        // A service that calls with a resource's identity was identified before.
        if (!call.Caller.ByService)
            call.Caller = Identify(call, account);
        if (Core.Faults.DeniesNetwork(call) || (!isTrusted && !IsLetIn(account, call.Request.ClientAddress)))
            throw Refuse(call, 403, "AuthorizationFailure", "This request is not authorized to perform this operation.");
    }

    private Caller Identify(Call call, StorageAccount account)
    {
        var header = call.Request.Headers["Authorization"];
        if (header is null && call.Parameter("sig") is not null)
        {
            if (account.Settings.Member("allowSharedKeyAccess").Flag() == false)
                throw Refuse(call, 403, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account.");
            var (container, blob) = NamesIn(call.Request.Target);
            return SharedAccessSignature.Fault(call, account, container, blob, Core.Clock.Host.GetUtcNow()) is { } why
                ? throw Refuse(call, 403, "AuthenticationFailed", $"Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature. {why}")
                : SignatureHolder;
        }
        const string SharedKey = "SharedKey ";
        if (header?.StartsWith(SharedKey, StringComparison.OrdinalIgnoreCase) == true)
        {
            if (account.Settings.Member("allowSharedKeyAccess").Flag() == false)
                throw Refuse(call, 403, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account.");
            return SharedKeySignature.Holds(call.Request, account, header[SharedKey.Length..].Trim(), Core.Clock.Host.GetUtcNow())
                ? KeyHolder
                : throw Refuse(call, 403, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.");
        }
        var fault = Core.Tokens.Check(header, [.. Audiences, $"https://{account.BlobHost}"], out var caller);
        if (fault == TokenFault.None)
            return caller;
        throw new RefusedException(
            Error(call, 401, fault == TokenFault.Missing ? "NoAuthenticationInformation" : "InvalidAuthenticationInfo", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")
                .With("WWW-Authenticate", $"Bearer authorization_uri=https://{HostNames.Login}/{Core.Tenant}/oauth2/authorize resource_id=https://storage.azure.com"));
    }

    /// <summary>Whether the account lets Azure's own services through its firewall, as it does unless told otherwise.</summary>
    private static bool TrustsServices(StorageAccount account) =>
        account.Settings.Member("networkAcls").At("bypass").Text()?.Contains("AzureServices", StringComparison.OrdinalIgnoreCase) != false;

    /// <summary>Whether the firewall of an account knows an address.</summary>
    public static bool IsLetIn(StorageAccount account, IPAddress address)
    {
        if (string.Equals(account.Settings.Member("publicNetworkAccess").Text(), "Disabled", StringComparison.OrdinalIgnoreCase))
            return false;
        var rules = account.Settings.Member("networkAcls");
        if (!string.Equals(rules.At("defaultAction").Text(), "Deny", StringComparison.OrdinalIgnoreCase))
            return true;
        if (rules.At("ipRules") is not { ValueKind: System.Text.Json.JsonValueKind.Array } list)
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return list.EnumerateArray().Any(rule => rule.Loose("value").Text() is { } value
            && IPNetwork.TryParse(value.Contains('/', StringComparison.Ordinal) ? value : value + "/32", out var network) && network.Contains(plain));
    }

    public override void Authorize(Call call)
    {
        var view = call.Read();
        var account = AccountOf(view, call);
        if (!call.Route.Operation.ReadsOnly)
        {
            if (IsSecondary(call.Request.Host))
                throw Refuse(call, 403, "InsufficientAccountPermissions", "Write operations are not allowed.");
            if (account.FailoverInProgress)
                throw new RefusedException(Error(call, 503, "ServerBusy", "The server is currently unable to receive requests. Please retry your request.").With("Retry-After", "10"));
        }
        if (ReferenceEquals(call.Caller, KeyHolder))
            return;
        if (ReferenceEquals(call.Caller, SignatureHolder))
        {
            if (SharedAccessSignature.Permits(call))
                return;
            throw Refuse(call, 403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.");
        }
        var scope = account.ResourceId;
        if (call.Value("container") is { Length: > 0 } container)
            scope += "/blobServices/default/containers/" + container;
        if (call.Value("blob") is { Length: > 0 } blob)
            scope += "/blobs/" + blob;
        foreach (var action in call.Route.Operation.Permission!.Split('|'))
            if (action.StartsWith(BlobActions, StringComparison.Ordinal)
                    ? AccessControl.AllowsData(view, call.Caller, action, scope, call.Now)
                    : AccessControl.Allows(view, call.Caller, action, scope, call.Now))
                return;
        throw Refuse(call, 403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.");
    }

    public override void CheckVersion(Call call)
    {
        if (call.Request.Headers["x-ms-version"] is { } version && !VersionForm().IsMatch(version))
            throw Refuse(call, 400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.");
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => knownPath
        ? Error(call, 405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
        : Error(call, 400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid.");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "InvalidUri", "The requested URI does not represent any resource on the server.");

    public override Answer Error(Call call, int status, string code, string message)
    {
        var time = call.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        var body = $"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{SecurityElement.Escape(message)}\nRequestId:{call.RequestId}\nTime:{time}</Message></Error>";
        var hasBody = status != 304 && call.Request.Method != "HEAD";
        var answer = new Answer
        {
            Status = status,
            Body = !hasBody ? default(ReadOnlyMemory<byte>) : System.Text.Encoding.UTF8.GetBytes(body),
            ErrorCode = code,
            ErrorText = message,
        };
        if (hasBody)
            answer.Headers.Set("Content-Type", "application/xml");
        return answer.With("x-ms-error-code", code);
    }

    public RefusedException Refuse(Call call, int status, string code, string message) => new(Error(call, status, code, message));

    public RefusedException BadHeader(Call call, string name) =>
        Refuse(call, 400, "InvalidHeaderValue", $"The value for one of the HTTP headers is not in the correct format. HeaderName: {name}");

    public override Answer Finish(Call call, Answer answer)
    {
        var headers = answer.Headers;
        headers.Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0");
        headers.Set("x-ms-request-id", call.RequestId.ToString());
        headers.Set("x-ms-version", call.Request.Headers["x-ms-version"] ?? "2021-12-02");
        headers.Set("Date", call.Now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture));
        if (call.Request.Headers["x-ms-client-request-id"] is { } client)
            headers.Set("x-ms-client-request-id", client);
        return answer;
    }

    public override string? ResourceOf(Call call) => AccountAt(Core.Estate.Current, call.Request.Host)?.ResourceId;

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", RegexOptions.CultureInvariant)]
    private static partial Regex VersionForm();
}
