using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>storage.network-rules.*</c>: who may reach a storage account over the network.</summary>
internal static class StorageNetworkActions
{
    private const string Version = "2023-05-01";
    private const string Type = "Microsoft.Storage/storageAccounts";
    private const string NameText = """{type: string, minLength: 3, description: "Name of the account in the profile's resource group, or its full id"}""";
    private const string Rules = """
        properties: {type: object, additionalProperties: false, properties: {provisioningState: {type: string}, publicNetworkAccess: {type: string}, networkAcls: {type: object, additionalProperties: false, properties: {bypass: {type: string}, defaultAction: {type: string}, ipRules: {type: array, items: {type: object, additionalProperties: false, properties: {value: {type: string}, action: {type: string} } } }, virtualNetworkRules: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, action: {type: string} } } } } } } }
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var accounts = new ResourceFamily(site, wire, Type, Version, "storage account", "Storage Account Contributor", (s, with) => s.Id(Type, with.Text("name")), Rules);
        yield return accounts.Get("storage.network-rules.get", "Reads who may reach a storage account over the network.", $"name: {NameText}", with => $"Read the network rules of '{with.Text("name")}'.", "az storage account show --name {name:name} --resource-group {resourceGroup} --query networkRuleSet");
        yield return Set(site, wire);
    }

    private static RequestAction Set(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "storage.network-rules.set",
        Summary = "Says who may reach a storage account over the network.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            name: {{NameText}}
            defaultAction: {type: string, enum: [Allow, Deny], description: "What happens to an address that no rule names"}
            bypass: {type: string, enum: [AzureServices, None], default: AzureServices, description: "Whether services that Microsoft trusts come in all the same"}
            addresses?: {type: array, maxItems: 100, items: {type: string}, description: "Addresses and ranges that come in; those that are there stay where it is not said"}
            """),
        Result = Shape.Of(Rules),
        Permissions = [Needs.Arm(Type + "/read", "the storage account", "Storage Account Contributor"), Needs.Arm(Type + "/write", "the storage account", "Storage Account Contributor")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Reads the account: it took effect when the rules are those that were asked for.", TimeSpan.FromMinutes(1)),
        Inverse = new ActionInverse("storage.network-rules.set", "storage.network-rules.get", "Writes the rules that were there before."),
        Errors = Refusals.ResourceManagerWrites.Add(Refusals.NotThere("storage account")),
    },
        Before,
        new RequestCall { Method = "GET", Url = Address, Says = with => $"Read the network rules of '{with.Text("name")}' as they are.", Observes = Shape.Of(Rules) },
        new RequestCall
        {
            Method = "PATCH",
            Url = Address,
            Says = with => $"Set the network rules of '{with.Text("name")}': {with.Text("defaultAction")} by default.",
            // What is written takes the place of all of it: what is not said is written as it was read.
            Body = (_, with, answers) => new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["networkAcls"] = Arguments.ObjectOf(
                        ("defaultAction", with.Node("defaultAction")),
                        ("bypass", with.Node("bypass") ?? "AzureServices"),
                        ("ipRules", with.Items("addresses") is { } addresses ? new JsonArray([.. addresses.Select(a => (JsonNode)new JsonObject { ["value"] = a.GetString(), ["action"] = "Allow" })]) : with.Node("addresses") ?? ListOf(answers, "ipRules")),
                        ("virtualNetworkRules", ListOf(answers, "virtualNetworkRules"))),
                },
            },
        });

    private static JsonObject Before(Arguments with, JsonElement? before)
    {
        var undo = new JsonObject { ["name"] = with.Node("name"), ["defaultAction"] = "Allow", ["bypass"] = "AzureServices" };
        if (before is not { } told || RulesOf(told) is not { } rules) return undo;
        if (rules.TryGetProperty("defaultAction", out var action)) undo["defaultAction"] = action.GetString();
        if (rules.TryGetProperty("bypass", out var bypass)) undo["bypass"] = bypass.GetString();
        if (rules.TryGetProperty("ipRules", out var list)) undo["addresses"] = new JsonArray([.. list.EnumerateArray().Select(r => (JsonNode)r.GetProperty("value").GetString()!)]);
        return undo;
    }

    private static JsonNode ListOf(ImmutableArray<CallAnswer> answers, string name)
    {
        if (answers.IsEmpty) return $"${{{name}}}";
        return RulesOf(answers[^1].Observed) is { } rules && rules.TryGetProperty(name, out var list) ? Arguments.ToNode(list)! : new JsonArray();
    }

    private static JsonElement? RulesOf(JsonElement account) =>
        account.TryGetProperty("properties", out var properties) && properties.TryGetProperty("networkAcls", out var rules) ? rules : null;

    private static string Address(AzureSite site, Arguments with) => site.Arm(site.Id(Type, with.Text("name")), Version);
}
