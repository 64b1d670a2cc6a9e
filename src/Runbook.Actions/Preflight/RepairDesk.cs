using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Words repairs: the exact command, and the action with its arguments. Pure.</summary>
internal sealed class RepairDesk(ActionSet actions, AzureSite site)
{
    /// <summary>A local role on an HSM.</summary>
    public PreflightRepair LocalGrant(StoreFacts store, string role, string principal, string scope, string whom) =>
        With($"Give {whom} the role \"{role}\" at {scope} on {store.Name}.", "keyvault.role-assignment.create", new JsonObject { ["hsm"] = store.Name, ["role"] = role, ["principal"] = principal, ["scope"] = scope });

    /// <summary>A role of Resource Manager's; the catalogue gives none.</summary>
    public static PreflightRepair ArmGrant(string role, string principal, string scope, string whom) => new(
        $"Give {whom} the role \"{role}\" at {scope}.",
        $"az role assignment create --role {AzCommands.Word(role)} --assignee-object-id {AzCommands.Word(principal)} --scope {AzCommands.Word(scope)}");

    /// <summary>What a service needs on its key; where its identity may have been replaced, that it is given it anew.</summary>
    public ImmutableArray<PreflightRepair> ServiceGrant(Dependant dependant, StoreFacts store, string key, string role, bool replaced)
    {
        var name = KeyNames.NameOf(key);
        var whom = dependant.IdentityId is { } id ? JsonParts.LastPiece(id) : dependant.Name;
        if (!store.IsHsm) return [ArmGrant(role, dependant.Principal!, $"{store.ResourceId}/keys/{name}", whom)];
        var grant = LocalGrant(store, role, dependant.Principal!, $"/keys/{name}", whom);
        if (dependant.IdentityId is not { } identity) return [grant];
        return replaced ? [grant, Attach(dependant, identity), ByRunbook(dependant, store, name, identity)] : [grant, ByRunbook(dependant, store, name, identity)];
    }

    /// <summary>What a service needs in a vault's access policies.</summary>
    public static ImmutableArray<PreflightRepair> PolicyGrant(Dependant dependant, StoreFacts store) =>
        [new($"Let {dependant.Principal} get, wrap and unwrap with the keys of {store.Name}.", $"az keyvault set-policy --name {AzCommands.Word(store.Name)} --object-id {AzCommands.Word(dependant.Principal!)} --key-permissions get wrapKey unwrapKey")];

    /// <summary>A new identity in the place of one that is gone.</summary>
    public ImmutableArray<PreflightRepair> NewIdentity(Dependant dependant, string identity, StoreFacts store, string key)
    {
        // The role can't be worded yet: whom it goes to exists only after the first step.
        var make = With($"Make the identity {JsonParts.LastPiece(identity)} again, under another principal.", "identity.user-assigned.create", new JsonObject { ["id"] = identity, ["location"] = "${location}" });
        var attach = Attach(dependant, identity);
        return store.IsHsm ? [make, ByRunbook(dependant, store, KeyNames.NameOf(key), identity), attach] : [make, attach];
    }

    /// <summary>The firewall open for services.</summary>
    public ImmutableArray<PreflightRepair> LetServicesIn(StoreFacts store) => store.IsHsm
        ? [With($"Let trusted services reach {store.Name}.", "keyvault.network-rules.set", new JsonObject { ["hsm"] = store.ResourceId ?? store.Name, ["defaultAction"] = store.Network.DefaultAllows ? "Allow" : "Deny", ["bypass"] = "AzureServices" })]
        : [new($"Let trusted services reach {store.Name}.", $"az keyvault update --name {AzCommands.Word(store.Name)} --bypass AzureServices")];

    /// <summary>The firewall open for whoever asks.</summary>
    public ImmutableArray<PreflightRepair> LetCallerIn(StoreFacts store)
    {
        if (!store.IsHsm) return [new($"Let your own address in to {store.Name}.", $"az keyvault network-rule add --name {AzCommands.Word(store.Name)} --ip-address YOUR-ADDRESS")];
        var addresses = new JsonArray([.. store.Network.Addresses.Select(a => (JsonNode)a), "YOUR-ADDRESS"]);
        return
        [
            With($"Let your own address in to {store.Name}, in the place of YOUR-ADDRESS.", "keyvault.network-rules.set", new JsonObject { ["hsm"] = store.ResourceId ?? store.Name, ["defaultAction"] = "Deny", ["bypass"] = store.Network.TrustsServices ? "AzureServices" : "None", ["addresses"] = addresses })
                with { Az = store.ResourceId is { } id ? $"az rest --method patch --url {AzCommands.Word(site.Arm(id, AzureSite.KeyVaultVersion))} --body {AzCommands.Word(RulesBody(store, addresses))}" : null },
        ];
    }

    /// <summary>A version that can be used again.</summary>
    public ImmutableArray<PreflightRepair> EnableKey(string version) => [With("Enable the version.", "keyvault.key.enable", new JsonObject { ["id"] = version })];

    /// <summary>A deleted key back.</summary>
    public ImmutableArray<PreflightRepair> RecoverKey(string key) => [With("Bring the key back, if it was deleted.", "keyvault.key.recover", new JsonObject { ["hsm"] = KeyNames.HostOf(key).Split('.')[0], ["name"] = KeyNames.NameOf(key) })];

    /// <summary>A version whose time is not over.</summary>
    public ImmutableArray<PreflightRepair> ProlongKey(string version) => [With("Move the version's end, until what uses it has moved to a newer one.", "keyvault.key.set-dates", new JsonObject { ["id"] = version, ["expires"] = "2099-12-31T00:00:00Z" })];

    /// <summary>A server on the newest version, and following the next ones.</summary>
    public static ImmutableArray<PreflightRepair> Follow(Dependant dependant, string key) => dependant.Kind == DependantKind.SqlServer
        ? [new($"Move {dependant.Name} to the newest version, and let it follow the next ones.", $"az sql server tde-key set --ids {AzCommands.Word(dependant.Id)} --server-key-type AzureKeyVault --kid \"$(az keyvault key show --id {AzCommands.Word(KeyNames.WithoutVersion(key))} --query key.kid --output tsv)\" --auto-rotation-enabled true")]
        : [new($"Move {dependant.Name} to the newest version of {KeyNames.NameOf(key)} before that.", null)];

    /// <summary>An assignment that grants nobody anything, gone.</summary>
    public PreflightRepair Remove(StoreFacts store, string role, RoleHolding holding) =>
        With("Take the assignment away, so that nobody takes it for a grant.", "keyvault.role-assignment.delete", new JsonObject { ["hsm"] = store.Name, ["role"] = role, ["principal"] = holding.Principal, ["scope"] = holding.Scope });

    // An identity that was made again has another principal; what it was attached to goes on asking as the one that is gone.
    private PreflightRepair Attach(Dependant dependant, string identity) => dependant.Kind == DependantKind.SqlServer
        ? With($"Give {dependant.Name} the identity anew.", "sql.server-identity.set", new JsonObject { ["server"] = dependant.Id, ["identity"] = identity })
        : new PreflightRepair($"Give {dependant.Name} the identity anew.", null);

    private static PreflightRepair ByRunbook(Dependant dependant, StoreFacts store, string key, string identity) => new(
        "Or with the runbook, which journals it.",
        $"runbook run runbooks/repair-key-grants.md --set {AzCommands.Word("hsm=" + store.Name)} --set {AzCommands.Word($"keys=[\"{key}\"]")} --set {AzCommands.Word("identity=" + identity)}"
        + (dependant.Kind == DependantKind.SqlServer ? $" --set {AzCommands.Word("server=" + dependant.Id)}" : ""));

    private static string RulesBody(StoreFacts store, JsonArray addresses) => new JsonObject
    {
        ["properties"] = new JsonObject
        {
            ["networkAcls"] = new JsonObject
            {
                ["defaultAction"] = "Deny",
                ["bypass"] = store.Network.TrustsServices ? "AzureServices" : "None",
                ["ipRules"] = new JsonArray([.. addresses.Select(a => (JsonNode)new JsonObject { ["value"] = a!.GetValue<string>() })]),
            },
        },
    }.ToJsonString();

    private PreflightRepair With(string says, string use, JsonObject with)
    {
        var arguments = Arguments.ToElement(with);
        var action = actions.Get(use);
        var call = action.Plan(arguments).LastOrDefault(c => c.Effect == action.Descriptor.Effect) ?? action.Plan(arguments)[^1];
        return new PreflightRepair(says, AzCommands.Fill(action.Descriptor, arguments, call), use, arguments);
    }
}
