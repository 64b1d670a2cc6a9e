using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>How the control plane shows a managed HSM.</summary>
internal static class HsmShape
{
    /// <summary>Writes the resource so that it shows the store as it is, and returns it.</summary>
    public static Resource Put(EstateTransaction tx, Resource resource, KeyStore store, string provisioningState)
    {
        var shown = resource with { Properties = Properties(store, provisioningState).ToElement() };
        tx.Put(Tables.Resources, ArmId.Key(resource.Id), shown);
        return shown;
    }

    private static JsonObject Properties(KeyStore store, string provisioningState)
    {
        var json = new JsonObject
        {
            ["tenantId"] = store.TenantId,
            ["hsmUri"] = $"https://{store.Host}/",
            ["initialAdminObjectIds"] = Texts(store.Administrators ?? []),
            ["enableSoftDelete"] = true,
            ["softDeleteRetentionInDays"] = store.RetentionDays,
            ["enablePurgeProtection"] = store.PurgeProtection,
            ["networkAcls"] = store.NetworkAcls?.ToNode() ?? new JsonObject
            {
                ["bypass"] = "AzureServices",
                ["defaultAction"] = "Allow",
                ["ipRules"] = new JsonArray(),
                ["virtualNetworkRules"] = new JsonArray(),
            },
            ["publicNetworkAccess"] = store.PublicNetwork ? "Enabled" : "Disabled",
            ["privateEndpointConnections"] = new JsonArray(),
            ["provisioningState"] = provisioningState,
            ["statusMessage"] = provisioningState == "Provisioning" ? "The Managed HSM is being provisioned." : Assumptions.ProvisionedText,
        };
        if (store.Regions is { Count: > 0 })
        {
            var regions = new JsonArray();
            foreach (var region in Regions(store))
                regions.Add((JsonNode)region);
            json["regions"] = regions;
        }
        if (store.Ready)
        {
            json["securityDomainProperties"] = new JsonObject
            {
                ["activationStatus"] = store.Active ? "Active" : "NotActivated",
                ["activationStatusMessage"] = store.Active ? Assumptions.ActiveText : Assumptions.NotActiveText,
            };
        }
        return json;
    }

    public static IEnumerable<JsonObject> Regions(KeyStore store) => (store.Regions ?? []).Select(region => new JsonObject
    {
        ["name"] = region.Name,
        ["isPrimary"] = region.Primary,
        ["provisioningState"] = region.ProvisioningState,
    });

    public static JsonObject Deleted(string subscription, KeyStore store) => new()
    {
        ["id"] = $"/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{store.Location}/deletedManagedHSMs/{store.Name}",
        ["name"] = store.Name,
        ["type"] = "Microsoft.KeyVault/deletedManagedHSMs",
        ["properties"] = new JsonObject
        {
            ["mhsmId"] = store.ResourceId,
            ["location"] = store.Location,
            ["deletionDate"] = Shapes.Time(store.Deleted!.Value),
            ["scheduledPurgeDate"] = Shapes.Time(store.PurgeAt!.Value),
            ["purgeProtectionEnabled"] = store.PurgeProtection,
            ["tags"] = store.DeletedResource?.Loose("tags").ToNode() ?? new JsonObject(),
        },
    };

    private static JsonArray Texts(IEnumerable<string> items)
    {
        var array = new JsonArray();
        foreach (var item in items)
            array.Add((JsonNode)item.ToString(CultureInfo.InvariantCulture));
        return array;
    }
}
