using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>How accounts and scopes look on the control plane. What is shown is stored with the resource, so that queries see it.</summary>
internal static class StorageShape
{
    private static readonly string[] Endpoints = ["blob", "dfs", "file", "queue", "table", "web"];

    /// <summary>Stores the account's resource with properties as they are now.</summary>
    public static Resource Put(EstateTransaction tx, Resource resource, StorageAccount account)
    {
        var shown = resource with
        {
            Location = account.Location,
            Kind = account.Kind,
            Sku = new JsonObject { ["name"] = account.Sku, ["tier"] = account.Sku.Split('_')[0] }.ToElement(),
            Properties = Properties(tx, account).ToElement(),
        };
        tx.Put(Tables.Resources, ArmId.Key(shown.Id), shown);
        return shown;
    }

    public static void Refresh(EstateTransaction tx, StorageAccount account)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(account.ResourceId)) is { } resource)
            Put(tx, resource, account);
    }

    public static void Refresh(EstateTransaction tx, StorageAccount account, EncryptionScope scope)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(ScopeId(account, scope.Name))) is { } resource)
            PutScope(tx, resource, account, scope);
    }

    public static string ScopeId(StorageAccount account, string scope) => $"{account.ResourceId}/encryptionScopes/{scope}";

    public static Resource PutScope(EstateTransaction tx, Resource resource, StorageAccount account, EncryptionScope scope)
    {
        var link = KeyLinkBook.Find(tx, StorageKeys.LinkOf(account, scope.Name));
        var json = new JsonObject
        {
            ["source"] = scope.KeyUrl is null ? "Microsoft.Storage" : "Microsoft.KeyVault",
            ["state"] = scope.Enabled ? "Enabled" : "Disabled",
            ["creationTime"] = Shapes.Time(scope.Created),
            ["lastModifiedTime"] = Shapes.Time(scope.Changed),
        };
        if (scope.AskedInfrastructure is { } asked)
            json["requireInfrastructureEncryption"] = asked;
        if (scope.KeyUrl is not null)
        {
            json["keyVaultProperties"] = new JsonObject
            {
                ["keyUri"] = scope.KeyUrl,
                ["currentVersionedKeyIdentifier"] = link?.Current,
                ["lastKeyRotationTimestamp"] = link is null ? null : Shapes.Time(link.Rotated),
            };
        }
        var shown = resource with { Properties = json.ToElement() };
        tx.Put(Tables.Resources, ArmId.Key(shown.Id), shown);
        return shown;
    }

    private static JsonObject Properties(EstateView view, StorageAccount account)
    {
        var json = account.Settings.ToObject();
        json["provisioningState"] = account.Ready ? "Succeeded" : "Creating";
        json["creationTime"] = Shapes.Time(account.Created);
        json["primaryLocation"] = account.Location;
        json["statusOfPrimary"] = "available";
        if (account.Secondary is not null)
        {
            json["secondaryLocation"] = account.Secondary;
            json["statusOfSecondary"] = "available";
        }
        if (account.FailoverInProgress)
            json["failoverInProgress"] = true;
        if (account.LastFailover is { } failover)
            json["lastGeoFailoverTime"] = Shapes.Time(failover);
        json["primaryEndpoints"] = EndpointsOf(account.Name);
        if (account is { ReadsSecondary: true, Secondary: not null })
        {
            var secondary = EndpointsOf(account.Name + "-secondary");
            secondary.Remove("file");
            json["secondaryEndpoints"] = secondary;
        }
        json["encryption"] = Encryption(view, account);
        return json;
    }

    private static JsonObject EndpointsOf(string name)
    {
        var json = new JsonObject();
        foreach (var service in Endpoints)
            json[service] = service == "web" ? $"https://{name}.z20.web.core.windows.net/" : $"https://{name}.{service}.core.windows.net/";
        return json;
    }

    private static JsonObject Encryption(EstateView view, StorageAccount account)
    {
        var services = new JsonObject();
        foreach (var service in (string[])["blob", "file", .. account.CoveredServices ?? []])
            services[service] = new JsonObject { ["enabled"] = true, ["keyType"] = "Account", ["lastEnabledTime"] = Shapes.Time(account.Created) };
        var json = new JsonObject
        {
            ["services"] = services,
            ["keySource"] = account.UsesCustomerKey ? "Microsoft.Keyvault" : "Microsoft.Storage",
        };
        if (account.Infrastructure is { } infrastructure)
            json["requireInfrastructureEncryption"] = infrastructure;
        if (account.KeyIdentity is not null)
            json["identity"] = new JsonObject { ["userAssignedIdentity"] = account.KeyIdentity };
        if (account.UsesCustomerKey && KeyLinkBook.Find(view, StorageKeys.LinkOf(account)) is { } link && KeyIdentifier.TryParse(link.Key, out var key))
        {
            var properties = new JsonObject
            {
                ["keyvaulturi"] = key.StoreUrl,
                ["keyname"] = key.Name,
                ["keyversion"] = key.Version ?? "",
                ["currentVersionedKeyIdentifier"] = link.Current,
                ["lastKeyRotationTimestamp"] = Shapes.Time(link.Rotated),
            };
            if (link.CurrentExpires is { } expires)
                properties["currentVersionedKeyExpirationTimestamp"] = Shapes.Time(expires);
            json["keyvaultproperties"] = properties;
        }
        return json;
    }
}
