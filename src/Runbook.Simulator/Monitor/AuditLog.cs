using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Kusto;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>
/// The audit log of managed HSMs and vaults as a workspace shows it: made from the call log when it is asked for, for the stretches
/// of time in which a diagnostic setting sent it there.
/// </summary>
internal sealed class AuditLog(SimulatorCore core)
{
    public static IReadOnlyList<KustoColumn> DiagnosticsColumns { get; } =
    [
        new("TenantId", "string"), new("TimeGenerated", "datetime"), new("ResourceId", "string"), new("Category", "string"), new("ResourceGroup", "string"),
        new("SubscriptionId", "string"), new("ResourceProvider", "string"), new("Resource", "string"), new("ResourceType", "string"), new("OperationName", "string"),
        new("OperationVersion", "string"), new("ResultType", "string"), new("ResultSignature", "string"), new("ResultDescription", "string"), new("DurationMs", "long"),
        new("CallerIPAddress", "string"), new("CorrelationId", "string"), new("httpStatusCode_d", "real"), new("requestUri_s", "string"), new("id_s", "string"),
        new("clientInfo_s", "string"), new("properties_s", "string"), new("identity_claim_oid_g", "string"), new("identity_claim_appid_g", "string"),
        new("identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g", "string"), new("Type", "string"), new("_ResourceId", "string"),
    ];

    public static IReadOnlyList<KustoColumn> DedicatedColumns { get; } =
    [
        new("TenantId", "string"), new("TimeGenerated", "datetime"), new("OperationName", "string"), new("OperationVersion", "string"), new("Category", "string"),
        new("HttpStatusCode", "long"), new("RequestUri", "string"), new("ResultType", "string"), new("ResultSignature", "string"), new("ResultDescription", "string"),
        new("Identity", "dynamic"), new("CallerIpAddress", "string"), new("ClientInfo", "string"), new("DurationMs", "long"), new("CorrelationId", "string"),
        new("Properties", "dynamic"), new("Id", "string"), new("Type", "string"), new("_ResourceId", "string"),
    ];

    /// <summary>The rows of one of the two tables.</summary>
    /// <param name="view">Whose diagnostic settings count.</param>
    /// <param name="workspace">The workspace that is asked.</param>
    /// <param name="dedicated">The table of its own rather than the common one.</param>
    /// <param name="from">Beginning of the stretch.</param>
    /// <param name="until">Its end; what has not arrived by <paramref name="now"/> is left out all the same.</param>
    /// <param name="now">When it is asked.</param>
    public IEnumerable<object?[]> Rows(EstateView view, Resource workspace, bool dedicated, DateTimeOffset from, DateTimeOffset until, DateTimeOffset now)
    {
        var settings = view.Scan(Tables.DiagnosticSettings).Select(pair => pair.Value)
            .Where(setting => string.Equals(setting.Properties.Loose("workspaceId").Text(), workspace.Id, StringComparison.OrdinalIgnoreCase)
                && DiagnosticSettings.Sends(setting, "AuditEvent", "audit")
                && IsDedicated(setting) == dedicated)
            .ToLookup(setting => ArmId.Key(setting.Scope), StringComparer.Ordinal);
        if (settings.Count == 0)
            yield break;
        var oldest = now.AddDays(-(workspace.Properties.Loose("retentionInDays").Number() ?? 30));
        var arrived = now - core.Timings.LogIngestion;
        // The stretch's end counts; so does what arrived at this very instant.
        var end = (until < arrived ? until : arrived).AddTicks(1);
        foreach (var record in core.Calls.Between(from > oldest ? from : oldest, end))
        {
            if (record.Resource is not { } resource || record.Service is not (nameof(ServiceKind.ManagedHsm) or nameof(ServiceKind.Vault)) || record.Status == 0)
                continue;
            if (settings[ArmId.Key(resource)].Any(setting => setting.From <= record.Time && (setting.Until is null || record.Time < setting.Until)))
                yield return dedicated ? Dedicated(record, resource) : Diagnostics(record, resource);
        }
    }

    private static bool IsDedicated(DiagnosticSetting setting) =>
        string.Equals(setting.Properties.Loose("logAnalyticsDestinationType").Text(), "Dedicated", StringComparison.OrdinalIgnoreCase);

    private object?[] Diagnostics(CallRecord record, string resource)
    {
        var (name, uri, path) = Described(record);
        _ = ArmId.TryParse(resource, out var id);
        return
        [
            core.Tenant, record.Time, resource.ToUpperInvariant(), "AuditEvent", id?.Group?.ToUpperInvariant() ?? "", core.Subscription, "MICROSOFT.KEYVAULT",
            id?.Name.ToUpperInvariant() ?? "", record.Service == nameof(ServiceKind.Vault) ? "VAULTS" : "MANAGEDHSMS", name, VersionIn(uri),
            ResultOf(record), SignatureOf(record), record.ErrorText ?? "", (long)record.Duration.TotalMilliseconds, record.ClientAddress ?? "", record.RequestId,
            (double)record.Status, uri, record.Item ?? ItemIn(uri, path), record.UserAgent ?? "", PropertiesOf(record, id).ToJsonString(),
            record.Principal ?? "", record.Application ?? "", record.Principal ?? "", "AzureDiagnostics", resource.ToLowerInvariant(),
        ];
    }

    private object?[] Dedicated(CallRecord record, string resource)
    {
        var (name, uri, path) = Described(record);
        _ = ArmId.TryParse(resource, out var id);
        var identity = new JsonObject { ["claim"] = new JsonObject { ["oid"] = record.Principal, ["appid"] = record.Application, ["http://schemas.microsoft.com/identity/claims/objectidentifier"] = record.Principal } };
        return
        [
            core.Tenant, record.Time, name, VersionIn(uri), "AuditEvent", (long)record.Status, uri, ResultOf(record), SignatureOf(record), record.ErrorText ?? "",
            identity.ToElement(), record.ClientAddress ?? "", record.UserAgent ?? "", (long)record.Duration.TotalMilliseconds, record.RequestId,
            PropertiesOf(record, id).ToElement(), record.Item ?? ItemIn(uri, path), "AZKVAuditLogs", resource.ToLowerInvariant(),
        ];
    }

    private static JsonObject PropertiesOf(CallRecord record, ArmId? id) => record.Service == nameof(ServiceKind.Vault)
        ? new JsonObject { ["sku"] = "vault", ["id"] = record.Item }
        : new JsonObject { ["PoolType"] = "M-HSM", ["sku_Family"] = "B", ["sku_Name"] = "Standard_B1", ["PoolName"] = id?.Name, ["id"] = record.Item };

    private static string ResultOf(CallRecord record) => record.Status < 400 ? "Success" : SignatureOf(record);

    private static string SignatureOf(CallRecord record) => ((HttpStatusCode)record.Status).ToString();

    private static (string Name, string Uri, string[] Path) Described(CallRecord record)
    {
        var path = Uri.TryCreate(record.Url, UriKind.Absolute, out var url) ? url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) : [];
        return (record.Status == 401 && record.Principal is null ? "Authentication" : NameOf(record.Method, path), record.Url, path);
    }

    private static string VersionIn(string url)
    {
        var at = url.IndexOf("api-version=", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? "" : url[(at + 12)..].Split('&')[0];
    }

    private static string ItemIn(string url, string[] path) =>
        path is ["keys", var key, ..] && Uri.TryCreate(url, UriKind.Absolute, out var uri) ? $"https://{uri.Host}/keys/{key}" : "";

    /// <summary>The log's name of an operation. Those of keys are the vault's names; the others are chosen in their manner.</summary>
    public static string NameOf(string method, string[] path)
    {
        if (path.Length >= 2 && path.Any(part => part.Equals("roleAssignments", StringComparison.OrdinalIgnoreCase)))
            return "RoleAssignment" + Verb(method);
        if (path.Length >= 2 && path.Any(part => part.Equals("roleDefinitions", StringComparison.OrdinalIgnoreCase)))
            return "RoleDefinition" + Verb(method);
        var words = path.Select(part => part.ToLowerInvariant()).ToArray();
        return (method, words) switch
        {
            ("POST", [.., "unwrapkey"]) => "KeyUnwrap",
            ("POST", [.., "wrapkey"]) => "KeyWrap",
            ("POST", [.., "encrypt"]) => "KeyEncrypt",
            ("POST", [.., "decrypt"]) => "KeyDecrypt",
            ("POST", [.., "sign"]) => "KeySign",
            ("POST", [.., "verify"]) => "KeyVerify",
            ("POST", [.., "release"]) => "KeyRelease",
            ("POST", ["keys", _, "create"]) => "KeyCreate",
            ("POST", ["keys", _, "rotate"]) => "KeyRotate",
            ("POST", ["keys", _, "backup"]) => "KeyBackup",
            ("POST", ["keys", "restore"]) => "KeyRestore",
            ("GET", ["keys", _, "rotationpolicy"]) => "KeyRotationPolicyGet",
            ("PUT", ["keys", _, "rotationpolicy"]) => "KeyRotationPolicySet",
            ("PUT", ["keys", _, "restore"]) => "SelectiveKeyRestore",
            ("PUT", ["keys", _]) => "KeyImport",
            ("PATCH", ["keys", ..]) => "KeyUpdate",
            ("DELETE", ["keys", _]) => "KeyDelete",
            ("GET", ["keys"]) => "KeyList",
            ("GET", ["keys", _, "versions"]) => "KeyListVersions",
            ("GET", ["keys", ..]) => "KeyGet",
            ("GET", ["deletedkeys"]) => "KeyListDeleted",
            ("GET", ["deletedkeys", _]) => "KeyGetDeleted",
            ("POST", ["deletedkeys", _, "recover"]) => "KeyRecover",
            ("DELETE", ["deletedkeys", _]) => "KeyPurge",
            ("POST", ["securitydomain", "download"]) => "SecurityDomainBackup",
            ("GET", ["securitydomain", "download", ..]) => "SecurityDomainBackupStatusGet",
            ("POST", ["securitydomain", "upload"]) => "SecurityDomainRestore",
            ("GET", ["securitydomain", "upload", "pending"]) => "SecurityDomainRestoreStatusGet",
            ("GET", ["securitydomain", "upload"]) => "SecurityDomainTransferKeyGet",
            ("POST", ["backup" or "prebackup"]) => "BackupCreate",
            ("GET", ["backup", ..]) => "BackupStatusGet",
            ("PUT", ["restore" or "prerestore"]) => "RestoreCreate",
            ("GET", ["restore", ..]) => "RestoreStatusGet",
            ("POST", ["rng"]) => "RandomBytesGet",
            (_, ["settings", ..]) => "Setting" + Verb(method),
            _ => string.Create(CultureInfo.InvariantCulture, $"Unknown{Verb(method)}"),
        };
    }

    private static string Verb(string method) => method switch { "PUT" => "Create", "DELETE" => "Delete", "PATCH" => "Update", _ => "Get" };
}
