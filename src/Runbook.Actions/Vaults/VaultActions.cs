using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.vault.*</c>: a key vault, the store beside a managed HSM.</summary>
internal static class VaultActions
{
    private const string Type = "Microsoft.KeyVault/vaults";
    private const string NameArgument = """name: {type: string, minLength: 3, description: "Name of the vault in the profile's resource group, or its full id"}""";
    private const string Vault = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        tags: {type: object, additionalProperties: {type: string}}
        properties: {type: object, additionalProperties: false, properties: {provisioningState: {type: string}, vaultUri: {type: string}, tenantId: {type: string}, sku: {type: object, additionalProperties: false, properties: {family: {type: string}, name: {type: string}}}, enableRbacAuthorization: {type: boolean}, enableSoftDelete: {type: boolean}, softDeleteRetentionInDays: {type: integer}, enablePurgeProtection: {type: boolean}, publicNetworkAccess: {type: string}}}
        """;

    private static readonly Schema NothingObserved = Shape.Of("");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Create(site, wire), Get(site, wire)];

    private static RequestAction Create(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.vault.create",
        Summary = "Makes a key vault with Azure's roles for its keys, once it has seen that there is none of that name here. The premium one keeps keys in HSMs that are shared.",
        Effect = EffectClass.Once,
        With = Shape.Of($$"""
            {{NameArgument}}
            location: {type: string, description: "The region"}
            sku: {type: string, enum: [premium, standard], default: premium, description: "Premium keeps keys in HSMs"}
            retentionDays: {type: integer, minimum: 7, maximum: 90, default: 90, description: "How long what is deleted is kept; can never be changed"}
            purgeProtection: {type: boolean, default: true, description: "Whether nobody may purge; services that use its keys ask for it, and it can never be turned off"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """),
        Result = Shape.Of(Vault),
        Permissions = [Needs.Arm("Microsoft.KeyVault/vaults/read", "the resource group", "Key Vault Contributor"), Needs.Arm("Microsoft.KeyVault/vaults/write", "the resource group", "Key Vault Contributor")],
        AzCommand = "az keyvault create --name {name:name} --resource-group {resourceGroup} --location {location} --sku {sku} --retention-days {retentionDays} --enable-purge-protection {purgeProtection} --enable-rbac-authorization true --tags {tags}",
        Settle = new SettlingProbe("Reads the vault, of which there was none before: it took effect when it is there as it was asked for.", TimeSpan.FromMinutes(1)),
        Errors = Refusals.ResourceManagerWrites.AddRange(
            new ActionError("AlreadyExists", "A vault of that name is in the group already.", "Nothing was sent: the console refuses to write over it.", "Take another name, or go on with the one that is there."),
            new ActionError("VaultAlreadyExists", "The name is taken, perhaps by somebody else, perhaps by a deleted vault.", "Nothing changed.", "Take another name: nothing here purges.")),
    },
        null,
        new RequestCall { Method = "GET", Url = Address, Says = with => $"See that no vault '{with.Text("name")}' is here yet.", MustBeAbsent = true, Observes = NothingObserved },
        new RequestCall
        {
            Method = "PUT",
            Url = Address,
            Says = with => $"Create the {with.TextOrNull("sku") ?? "premium"} vault '{with.Text("name")}' in {with.Text("location")}.",
            Body = (s, with, _) => Arguments.ObjectOf(
                ("location", with.Node("location")),
                ("tags", with.Node("tags")),
                ("properties", Arguments.ObjectOf(
                    ("tenantId", s.TenantId),
                    ("sku", new JsonObject { ["family"] = "A", ["name"] = with.TextOrNull("sku") ?? "premium" }),
                    ("enableRbacAuthorization", true),
                    ("enableSoftDelete", true),
                    ("softDeleteRetentionInDays", with.Node("retentionDays") ?? 90),
                    // Azure takes "true" and nothing else here; off is said by not saying it.
                    ("enablePurgeProtection", with.TextOrNull("purgeProtection") is "false" ? null : with.Node("purgeProtection") ?? true)))),
            Settle = Settling.Created,
        });

    private static RequestAction Get(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.vault.get",
        Summary = "Reads a key vault as Resource Manager shows it.",
        Effect = EffectClass.Read,
        With = Shape.Of(NameArgument),
        Result = Shape.Of(Vault),
        Permissions = [Needs.Arm("Microsoft.KeyVault/vaults/read", "the vault {name}", "Reader")],
        AzCommand = "az keyvault show --name {name:name} --resource-group {resourceGroup}",
        Errors = Refusals.ResourceManager.Add(Refusals.NotThere("vault")),
    },
        null,
        new RequestCall { Method = "GET", Url = Address, Says = with => $"Read the vault '{with.Text("name")}'." });

    private static string Address(AzureSite site, Arguments with) => site.Arm(site.Id(Type, with.Text("name")), AzureSite.KeyVaultVersion);
}
