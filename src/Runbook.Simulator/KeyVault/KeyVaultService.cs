using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>What managed HSMs and vaults have in common: the challenge, headers, errors, versions and the firewall.</summary>
internal abstract class KeyVaultService(SimulatorCore core) : Service(core)
{
    private static readonly string[] Versions =
    [
        "7.0", "7.1", "7.2-preview", "7.2", "7.3-preview", "7.3", "7.4-preview.1", "7.4", "7.5-preview.1", "7.5", "7.6-preview.2", "7.6",
        "2025-06-01-preview", "2025-07-01", "2026-01-01-preview", "2026-03-01-preview", "2026-04-01", "2026-05-01-preview", "2026-07-01-preview",
    ];

    private readonly List<Operation> _operations = [];

    /// <summary>The resource that tokens are asked for, without a trailing slash.</summary>
    public abstract string Resource { get; }

    protected abstract string StoreKind { get; }

    protected abstract IReadOnlyList<string> Audiences { get; }

    public override IEnumerable<Operation> Operations => _operations;

    public void Plug(IEnumerable<Operation> operations) => _operations.AddRange(operations);

    public override bool Exists(string host) => StoreAt(Core.Estate.Current, host) is { Ready: true, Deleted: null };

    public override IReadOnlyList<string> RegionsOf(string host)
    {
        if (StoreAt(Core.Estate.Current, host) is not { } store)
            return [];
        // The primary region is the nearest to everybody, unless a region's own name is used.
        return store.Regions is { Count: > 0 } regions
            ? [.. regions.Where(region => region.ProvisioningState == "Succeeded")
                .OrderByDescending(region => host.StartsWith(region.Name + ".", StringComparison.OrdinalIgnoreCase)).ThenByDescending(region => region.Primary).Select(region => region.Name)]
            : [store.Location];
    }

    protected KeyStore? StoreAt(EstateView view, string host)
    {
        // A regional name has the region in front: region.name.managedhsm.azure.net.
        var name = host.AsSpan();
        for (var suffixLabels = 3; suffixLabels > 0; suffixLabels--)
        {
            var dot = name.LastIndexOf('.');
            if (dot < 0)
                return null;
            name = name[..dot];
        }
        return view.Find(Tables.Stores, KeyStore.KeyOf(StoreKind, name[(name.LastIndexOf('.') + 1)..].ToString()));
    }

    /// <summary>The store that a call is about.</summary>
    /// <exception cref="RefusedException">It went away while the call was on its way.</exception>
    public KeyStore StoreOf(EstateView view, Call call) =>
        StoreAt(view, call.Request.Host) is { Ready: true, Deleted: null } store
            ? store
            : throw Refuse(call, 404, "NotFound", $"The resource '{call.Request.Host}' was not found.");

    public override void Admit(Call call)
    {
        if (!call.Caller.ByService)
        {
            var fault = Core.Tokens.Check(call.Request.Headers["Authorization"], Audiences, out var caller);
            call.Caller = caller;
            if (fault != TokenFault.None)
                throw new RefusedException(Challenge(call, fault));
        }
        var store = StoreOf(call.Read(), call);
        if (Firewall(call, store) is { } inner)
            throw Refuse(call, 403, "Forbidden", inner == "ForbiddenByConnection"
                ? "Public network access is disabled and request is not from a trusted service nor via an approved private link."
                : $"Client address is not authorized and caller is not a trusted service.\r\nClient address: {call.Request.ClientAddress}\r\nCaller: appid={call.Caller.ApplicationId};oid={call.Caller.ObjectId};iss={call.Caller.Issuer}\r\nVault: {store.Name};location={store.Location}", inner);
    }

    public override void CheckVersion(Call call)
    {
        var version = call.Parameter("api-version");
        if (string.IsNullOrEmpty(version))
        {
            if (call.Route.Operation.IsPoll)
                return;
            throw Refuse(call, 400, "BadParameter", "api-version must be specified");
        }
        var known = Array.FindIndex(Versions, name => name.Equals(version, StringComparison.OrdinalIgnoreCase));
        if (known < 0)
            throw Refuse(call, 400, "BadParameter", $"The specified version ({version}) is not recognized. Consider using the latest supported version ({Versions[^2]}).");
        if (call.Route.Operation.Since is { } since && known < Array.IndexOf(Versions, since))
            throw Refuse(call, 400, "BadParameter", $"The operation is not supported by the specified version ({version}).");
    }

    /// <summary>Whether the call's version is that one or a later one.</summary>
    public static bool AtLeast(Call call, string version)
    {
        var given = Array.FindIndex(Versions, name => name.Equals(call.ApiVersion, StringComparison.OrdinalIgnoreCase));
        return given >= Array.IndexOf(Versions, version);
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => knownPath
        ? Error(call, 405, "MethodNotAllowed", $"The HTTP method {call.Request.Method} is not allowed for this resource.")
        : Error(call, 404, "NotFound", $"The path {call.Target.Path} was not found.");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "BadParameter", $"The request body or path could not be read: {why}");

    public override Answer Error(Call call, int status, string code, string message) => Error(call, status, code, message, null);

    public static Answer Error(Call call, int status, string code, string message, string? inner)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = $"{message} (Activity ID: {call.RequestId})" };
        if (inner is not null)
            error["innererror"] = new JsonObject { ["code"] = inner };
        return Answer.Json(status, new JsonObject { ["error"] = error }, inner ?? code, message);
    }

    public static RefusedException Refuse(Call call, int status, string code, string message, string? inner = null) =>
        new(Error(call, status, code, message, inner));

    public static RefusedException BadParameter(Call call, string message) => Refuse(call, 400, "BadParameter", message);

    public override Answer Finish(Call call, Answer answer)
    {
        var headers = answer.Headers;
        headers.Set("Cache-Control", "no-cache");
        headers.Set("Content-Security-Policy", "default-src 'self'");
        headers.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
        headers.Set("X-Content-Type-Options", "nosniff");
        headers.Set("X-Frame-Options", "SAMEORIGIN");
        headers.Set("x-ms-request-id", call.RequestId.ToString());
        headers.Set("x-ms-server-latency", "1");
        if (call.Caller.ObjectId.Length > 0)
        {
            headers.Set("x-ms-keyvault-network-info", $"conn_type=Ipv4;addr={call.Request.ClientAddress};act_addr_fam=Ipv4;");
            if (answer.Status < 400)
                headers.Set("x-ms-keyvault-region", call.Region ?? "");
        }
        if (string.Equals(call.Request.Headers["x-ms-return-client-request-id"], "true", StringComparison.OrdinalIgnoreCase)
            && call.Request.Headers["x-ms-client-request-id"] is { } client)
            headers.Set("x-ms-client-request-id", client);
        return answer;
    }

    public override string? ResourceOf(Call call) => StoreAt(Core.Estate.Current, call.Request.Host)?.ResourceId;

    private Answer Challenge(Call call, TokenFault fault)
    {
        // Readings get the two bytes that the service sends, everything else gets nothing.
        var answer = call.Request.Method == "GET" ? Answer.Text(401, "OK", Answer.JsonType) : Answer.Bytes(401, default, Answer.JsonType);
        var error = fault == TokenFault.Missing ? "" : $", error=\"invalid_token\", error_description=\"{Words(fault)}\"";
        return answer.With("WWW-Authenticate", $"Bearer authorization=\"https://{HostNames.Login}/{Core.Tenant}\", resource=\"{Resource}\"{error}");
    }

    private static string Words(TokenFault fault) => fault switch
    {
        TokenFault.Expired => "The token is expired.",
        TokenFault.NotYetValid => "The token is not yet valid.",
        TokenFault.WrongAudience => "AKV10022: Invalid audience.",
        TokenFault.WrongTenant or TokenFault.WrongIssuer => "AKV10032: Invalid issuer.",
        _ => "The token could not be validated.",
    };

    private string? Firewall(Call call, KeyStore store)
    {
        var trusted = call.Caller.ByService && !string.Equals(store.NetworkAcls.At("bypass").Text(), "None", StringComparison.OrdinalIgnoreCase);
        if (Core.Faults.DeniesNetwork(call))
            return "ForbiddenByFirewall";
        if (trusted)
            return null;
        if (!store.PublicNetwork)
            return "ForbiddenByConnection";
        if (!string.Equals(store.NetworkAcls.At("defaultAction").Text(), "Deny", StringComparison.OrdinalIgnoreCase))
            return null;
        return AddressIsListed(store.NetworkAcls, call.Request.ClientAddress) ? null : "ForbiddenByFirewall";
    }

    private static bool AddressIsListed(JsonElement? rules, IPAddress address)
    {
        if (rules.At("ipRules") is not { ValueKind: JsonValueKind.Array } list)
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var rule in list.EnumerateArray())
        {
            var value = rule.Loose("value").Text() ?? "";
            var text = value.Contains('/', StringComparison.Ordinal) ? value : value + (plain.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "/32" : "/128");
            if (IPNetwork.TryParse(text, out var network) && network.Contains(plain))
                return true;
        }
        return false;
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
