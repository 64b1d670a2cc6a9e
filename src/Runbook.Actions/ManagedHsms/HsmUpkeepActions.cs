using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>What is done to a managed HSM as a resource once it is there: recover it, spread it, fence it in.</summary>
internal static class HsmUpkeepActions
{
    private const string NameArgument = $"name: {{{ResultText.HsmArgument}}}";
    private const string RegionArgument = """region: {type: string, pattern: '^[a-z0-9]+$', description: "The region, as Azure spells it in short: westeurope"}""";
    private const string Rules = "properties: {type: object, additionalProperties: false, properties: {provisioningState: {type: string}, publicNetworkAccess: {type: string}, networkAcls: {type: object, additionalProperties: false, properties: {bypass: {type: string}, defaultAction: {type: string}, ipRules: {type: array, items: {type: object, additionalProperties: false, properties: {value: {type: string}}}}, virtualNetworkRules: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}}}}}}}}";

    private static readonly Schema RegionsObserved = Shape.Of("properties: {type: object, additionalProperties: false, properties: {regions: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string}, isPrimary: {type: boolean}}}}}}");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Recover(site, wire), ListRegions(site, wire), Region(site, wire, add: true), Region(site, wire, add: false), GetRules(site, wire), SetRules(site, wire), SetIdentity(site, wire)];

    private static RequestAction Recover(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.managed-hsm.recover",
        Summary = "Brings a deleted managed HSM back, with its keys and roles. One that is there counts as recovered.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{NameArgument}}
            location: {type: string, description: "The region where it was"}
            """),
        Result = Shape.Of(ResultText.ManagedHsm),
        Permissions = [Needs.Arm("Microsoft.KeyVault/managedHSMs/write", "the resource group", "Managed HSM contributor")],
        AzCommand = "az keyvault recover --hsm-name {name:name} --resource-group {resourceGroup} --location {location}",
        Settle = new SettlingProbe("Reads the HSM: it took effect when it is there and at rest.", TimeSpan.FromMinutes(5)),
        UsuallyTakes = TimeSpan.FromMinutes(10),
        Errors = Refusals.ResourceManagerWrites.Add(Refusals.NotThere("deleted managed HSM")),
    },
        null,
        new RequestCall
        {
            Method = "PUT",
            Url = Address,
            Says = with => $"Recover the managed HSM '{with.Text("name")}' in {with.Text("location")}.",
            Body = (_, with, _) => Arguments.ObjectOf(
                ("location", with.Node("location")),
                ("sku", new JsonObject { ["family"] = "B", ["name"] = "Standard_B1" }),
                ("properties", new JsonObject { ["createMode"] = "recover" })),
            AsksFirst = true,
            Settle = Settling.By(c => c.Url, (_, _) => true),
        });

    private static RequestAction ListRegions(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.managed-hsm.list-regions",
        Summary = "Lists the regions in which a managed HSM lives.",
        Effect = EffectClass.Read,
        With = Shape.Of(NameArgument),
        Result = Shape.Of("value: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string}, isPrimary: {type: boolean}, provisioningState: {type: string}}}}"),
        Permissions = [Needs.Arm("Microsoft.KeyVault/managedHSMs/regions/read", "the managed HSM {name}", "Reader")],
        AzCommand = AzRest.Command,
        Errors = Refusals.ResourceManager.Add(Refusals.NotThere("managed HSM")),
    },
        null,
        new RequestCall { Method = "GET", Url = (s, with) => s.Arm($"{s.HsmId(with.Text("name"))}/regions", AzureSite.KeyVaultVersion), Says = with => $"List the regions of '{with.Text("name")}'." });

    private static RequestAction Region(AzureSite site, AzureWire? wire, bool add) => new(site, wire, new ActionDescriptor
    {
        Name = $"keyvault.managed-hsm.{(add ? "add" : "remove")}-region",
        Summary = add ? "Extends a managed HSM into a second region." : "Takes a managed HSM out of a region: what it holds there is gone at once, what it holds in the other stays.",
        Effect = add ? EffectClass.Idempotent : EffectClass.Destructive,
        With = Shape.Of($"{NameArgument}\n{RegionArgument}"),
        Result = Shape.Of(ResultText.ManagedHsm),
        Permissions = [Needs.Arm("Microsoft.KeyVault/managedHSMs/read", "the managed HSM {name}", "Managed HSM contributor"), Needs.Arm("Microsoft.KeyVault/managedHSMs/write", "the managed HSM {name}", "Managed HSM contributor")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe($"Reads the HSM: it took effect when the region is {(add ? "among" : "not among")} its regions and nothing is under way.", TimeSpan.FromMinutes(5)),
        UsuallyTakes = TimeSpan.FromMinutes(20),
        Inverse = add ? new ActionInverse("keyvault.managed-hsm.remove-region", null, "Takes it out of the region again.") : new ActionInverse("keyvault.managed-hsm.add-region", null, "Extends it again; keys and roles are copied there anew."),
        Errors = Refusals.ResourceManagerWrites.Add(Refusals.NotThere("managed HSM")),
    },
        (with, _) => new JsonObject { ["name"] = with.Node("name"), ["region"] = with.Node("region") },
        new RequestCall { Method = "GET", Url = Address, Says = with => $"Read in which regions '{with.Text("name")}' lives.", Observes = RegionsObserved },
        new RequestCall
        {
            Method = "PATCH",
            Url = Address,
            Says = with => add ? $"Extend '{with.Text("name")}' into {with.Text("region")}." : $"Take '{with.Text("name")}' out of {with.Text("region")}.",
            Body = (_, with, answers) => new JsonObject { ["properties"] = new JsonObject { ["regions"] = answers.IsEmpty ? "${regions}" : Regions(answers[^1].Observed, with.Text("region"), add) } },
            Settle = Settling.By(c => c.Url, (call, hsm) => NamesOf(hsm).Contains(call.Part!.Value.GetProperty("region").GetString()!, StringComparer.OrdinalIgnoreCase) == add),
        });

    private static RequestAction SetIdentity(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.managed-hsm.set-identity",
        Summary = "Gives a managed HSM the user-assigned identity as which it reads and writes backups.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{NameArgument}}
            identity: {type: string, description: "Id of the user-assigned identity"}
            """),
        Result = Shape.Of(ResultText.ManagedHsm),
        Permissions = [Needs.Arm("Microsoft.KeyVault/managedHSMs/write", "the managed HSM {name}", "Managed HSM contributor"), Needs.Arm("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "the identity {identity}", "Managed Identity Operator")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Reads the HSM: it took effect when the identity is among its identities and nothing is under way.", TimeSpan.FromMinutes(5)),
        UsuallyTakes = TimeSpan.FromMinutes(2),
        Errors = Refusals.ResourceManagerWrites.Add(Refusals.NotThere("managed HSM")),
    },
        null,
        new RequestCall
        {
            Method = "PATCH",
            Url = Address,
            Says = with => $"Give '{with.Text("name")}' the identity {with.Text("identity")}.",
            Body = (_, with, _) => new JsonObject { ["identity"] = new JsonObject { ["type"] = "UserAssigned", ["userAssignedIdentities"] = new JsonObject { [with.Text("identity")] = new JsonObject() } } },
            Settle = Settling.By(c => c.Url, (call, hsm) => IdentitiesOf(hsm).Contains(call.Part!.Value.GetProperty("identity").GetString()!.TrimEnd('/'), StringComparer.OrdinalIgnoreCase)),
        });

    private static IEnumerable<string> IdentitiesOf(JsonElement hsm) =>
        hsm.TryGetProperty("identity", out var identity) && identity.ValueKind == JsonValueKind.Object && identity.TryGetProperty("userAssignedIdentities", out var all) && all.ValueKind == JsonValueKind.Object
            ? all.EnumerateObject().Select(i => i.Name)
            : [];

    private static RequestAction GetRules(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.network-rules.get",
        Summary = "Reads who may reach a managed HSM over the network.",
        Effect = EffectClass.Read,
        With = Shape.Of($"hsm: {{{ResultText.HsmArgument}}}"),
        Result = Shape.Of(Rules),
        Permissions = [Needs.Arm("Microsoft.KeyVault/managedHSMs/read", "the managed HSM {hsm}", "Reader")],
        AzCommand = "az keyvault show --hsm-name {hsm:name} --resource-group {resourceGroup} --query properties.networkAcls",
        Errors = Refusals.ResourceManager.Add(Refusals.NotThere("managed HSM")),
    },
        null,
        new RequestCall { Method = "GET", Url = HsmAddress, Says = with => $"Read the network rules of '{with.Text("hsm")}'." });

    private static RequestAction SetRules(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.network-rules.set",
        Summary = "Says who may reach a managed HSM over the network.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            defaultAction: {type: string, enum: [Allow, Deny], description: "What happens to an address that no rule names"}
            bypass: {type: string, enum: [AzureServices, None], default: AzureServices, description: "Whether services that Microsoft trusts come in all the same"}
            addresses?: {type: array, maxItems: 100, items: {type: string}, description: "Addresses and ranges that come in; those that are there stay where it is not said"}
            """),
        Result = Shape.Of(Rules),
        Permissions = [Needs.Arm("Microsoft.KeyVault/managedHSMs/read", "the managed HSM {hsm}", "Managed HSM contributor"), Needs.Arm("Microsoft.KeyVault/managedHSMs/write", "the managed HSM {hsm}", "Managed HSM contributor")],
        AzCommand = "az keyvault update-hsm --hsm-name {hsm:name} --resource-group {resourceGroup} --default-action {defaultAction} --bypass {bypass}",
        Settle = new SettlingProbe("Reads the HSM: it took effect when the rules are those that were asked for and nothing is under way.", TimeSpan.FromMinutes(2)),
        Inverse = new ActionInverse("keyvault.network-rules.set", "keyvault.network-rules.get", "Writes the rules that were there before."),
        UsuallyTakes = TimeSpan.FromMinutes(2),
        Errors = Refusals.ResourceManagerWrites.Add(Refusals.NotThere("managed HSM")),
    },
        BeforeRules,
        new RequestCall { Method = "GET", Url = HsmAddress, Says = with => $"Read the network rules of '{with.Text("hsm")}' as they are.", Observes = Shape.Of(Rules) },
        new RequestCall
        {
            Method = "PATCH",
            Url = HsmAddress,
            Says = with => $"Set the network rules of '{with.Text("hsm")}': {with.Text("defaultAction")} by default.",
            // What is written takes the place of all of it: what is not said is written as it was read.
            Body = (_, with, answers) => new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["networkAcls"] = Arguments.ObjectOf(
                        ("defaultAction", with.Node("defaultAction")),
                        ("bypass", with.Node("bypass") ?? "AzureServices"),
                        ("ipRules", with.Items("addresses") is { } addresses ? new JsonArray([.. addresses.Select(a => (JsonNode)new JsonObject { ["value"] = a.GetString() })]) : with.Node("addresses") ?? RuleList(answers, "ipRules")),
                        ("virtualNetworkRules", RuleList(answers, "virtualNetworkRules"))),
                },
            },
        });

    private static JsonObject BeforeRules(Arguments with, JsonElement? before)
    {
        var undo = new JsonObject { ["hsm"] = with.Node("hsm"), ["defaultAction"] = "Allow", ["bypass"] = "AzureServices" };
        if (before is not { } told || !told.TryGetProperty("properties", out var properties) || !properties.TryGetProperty("networkAcls", out var rules)) return undo;
        if (rules.TryGetProperty("defaultAction", out var action)) undo["defaultAction"] = action.GetString();
        if (rules.TryGetProperty("bypass", out var bypass)) undo["bypass"] = bypass.GetString();
        if (rules.TryGetProperty("ipRules", out var list)) undo["addresses"] = new JsonArray([.. list.EnumerateArray().Select(r => (JsonNode)r.GetProperty("value").GetString()!)]);
        return undo;
    }

    private static JsonNode RuleList(ImmutableArray<CallAnswer> answers, string name)
    {
        if (answers.IsEmpty) return $"${{{name}}}";
        return answers[^1].Observed.TryGetProperty("properties", out var properties) && properties.TryGetProperty("networkAcls", out var rules) && rules.TryGetProperty(name, out var list) ? Arguments.ToNode(list)! : new JsonArray();
    }

    private static JsonArray Regions(JsonElement hsm, string region, bool add)
    {
        var names = NamesOf(hsm).Where(n => !string.Equals(n, region, StringComparison.OrdinalIgnoreCase)).ToList();
        if (add) names.Add(region);
        return new JsonArray([.. names.Select(n => (JsonNode)new JsonObject { ["name"] = n })]);
    }

    private static IEnumerable<string> NamesOf(JsonElement hsm) =>
        hsm.TryGetProperty("properties", out var properties) && properties.TryGetProperty("regions", out var regions) && regions.ValueKind == JsonValueKind.Array
            ? regions.EnumerateArray().Select(r => r.GetProperty("name").GetString()!)
            : [];

    private static string Address(AzureSite site, Arguments with) => site.Arm(site.HsmId(with.Text("name")), AzureSite.KeyVaultVersion);

    private static string HsmAddress(AzureSite site, Arguments with) => site.Arm(site.HsmId(with.Text("hsm")), AzureSite.KeyVaultVersion);
}
