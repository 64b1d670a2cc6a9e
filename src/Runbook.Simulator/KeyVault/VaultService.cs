using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>The keys of vaults. Permission comes from the control plane's data actions, or from access policies.</summary>
internal sealed class VaultService(SimulatorCore core) : KeyVaultService(core)
{
    /// <summary>Each HSM data action with the vault's data action and the word of access policies.</summary>
    private static readonly Dictionary<string, (string Action, string Word)> Permissions = new(StringComparer.Ordinal)
    {
        ["keys/read/action"] = ("keys/read", "get"),
        ["keys/create"] = ("keys/create/action", "create"),
        ["keys/import/action"] = ("keys/import/action", "import"),
        ["keys/write/action"] = ("keys/update/action", "update"),
        ["keys/delete"] = ("keys/delete", "delete"),
        ["keys/deletedKeys/read/action"] = ("keys/read", "get"),
        ["keys/deletedKeys/recover/action"] = ("keys/recover/action", "recover"),
        ["keys/deletedKeys/delete"] = ("keys/purge/action", "purge"),
        ["keys/backup/action"] = ("keys/backup/action", "backup"),
        ["keys/restore/action"] = ("keys/restore/action", "restore"),
        ["keys/encrypt/action"] = ("keys/encrypt/action", "encrypt"),
        ["keys/decrypt/action"] = ("keys/decrypt/action", "decrypt"),
        ["keys/wrap/action"] = ("keys/wrap/action", "wrapKey"),
        ["keys/unwrap/action"] = ("keys/unwrap/action", "unwrapKey"),
        ["keys/sign/action"] = ("keys/sign/action", "sign"),
        ["keys/verify/action"] = ("keys/verify/action", "verify"),
        ["keys/rotate/action"] = ("keys/rotate/action", "rotate"),
        ["keys/release/action"] = ("keys/release/action", "release"),
    };

    public override ServiceKind Kind => ServiceKind.Vault;

    public override string Resource => "https://vault.azure.net";

    protected override string StoreKind => KeyStore.VaultKind;

    protected override IReadOnlyList<string> Audiences { get; } = ["https://vault.azure.net"];

    public override void Authorize(Call call)
    {
        if (call.Route.Operation.Permission is not { } permission)
            return;
        var view = call.Read();
        var store = StoreOf(view, call);
        var (action, word) = Permissions[permission];
        if (call.Route.Operation.Template.EndsWith("/rotationpolicy", StringComparison.Ordinal))
            (action, word) = call.Request.Method == "GET" ? ("keyrotationpolicies/read", "getrotationpolicy") : ("keyrotationpolicies/write", "setrotationpolicy");
        if (call.Route.Operation.Template is "/keys" or "/deletedkeys" or "/keys/{key}/versions")
            word = "list";
        if (store.UsesRoles)
            RequireRole(call, view, store, "Microsoft.KeyVault/vaults/" + action);
        else
            RequirePolicy(call, store, word);
    }

    private static void RequireRole(Call call, EstateView view, KeyStore store, string action)
    {
        var resource = call.Route.Values.TryGetValue("key", out var key) ? $"{store.ResourceId}/keys/{key}" : store.ResourceId;
        if (AccessControl.AllowsData(view, call.Caller, action, resource, call.Now))
            return;
        throw Refuse(
            call,
            403,
            "Forbidden",
            $"Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: {Who(call.Caller)}\r\nAction: '{action}'\r\nResource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: {store.Name};location={store.Location}\r\n",
            "ForbiddenByRbac");
    }

    private static void RequirePolicy(Call call, KeyStore store, string word)
    {
        if (store.AccessPolicies?.Any(policy => call.Caller.Is(policy.ObjectId)
                && policy.Keys.Any(permission => permission.Equals("all", StringComparison.OrdinalIgnoreCase) || permission.Equals(word, StringComparison.OrdinalIgnoreCase))) == true)
            return;
        throw Refuse(
            call,
            403,
            "Forbidden",
            $"Operation is not allowed.\r\nOperation: \"{word}\"\r\nCaller: {Who(call.Caller)};numgroups={call.Caller.Groups.Count}\r\nVault: {store.Name};location={store.Location}",
            "ForbiddenByPolicy");
    }

    private static string Who(Caller caller) => $"appid={caller.ApplicationId};oid={caller.ObjectId};iss={caller.Issuer}";
}
