using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>What a request wants of an account, read and checked, before anything is bound or stored.</summary>
internal sealed record StorageDraft
{
    private static readonly string[] Skus =
        ["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS"];

    private static readonly string[] Kinds = ["StorageV2", "BlobStorage", "BlockBlobStorage", "FileStorage", "Storage"];

    /// <summary>What callers may set and read back, with what stands where they set nothing.</summary>
    private static readonly JsonObject Usual = new()
    {
        ["accessTier"] = "Hot",
        ["allowBlobPublicAccess"] = false,
        ["allowCrossTenantReplication"] = false,
        ["minimumTlsVersion"] = "TLS1_2",
        ["supportsHttpsTrafficOnly"] = true,
        ["networkAcls"] = new JsonObject
        {
            ["bypass"] = "AzureServices",
            ["defaultAction"] = "Allow",
            ["ipRules"] = new JsonArray(),
            ["virtualNetworkRules"] = new JsonArray(),
            ["resourceAccessRules"] = new JsonArray(),
        },
    };

    private static readonly string[] Settable =
    [
        "accessTier", "allowBlobPublicAccess", "allowCrossTenantReplication", "allowSharedKeyAccess", "allowedCopyScope", "azureFilesIdentityBasedAuthentication",
        "customDomain", "defaultToOAuthAuthentication", "dnsEndpointType", "immutableStorageWithVersioning", "isHnsEnabled", "isLocalUserEnabled", "isNfsV3Enabled",
        "isSftpEnabled", "keyPolicy", "largeFileSharesState", "minimumTlsVersion", "networkAcls", "publicNetworkAccess", "routingPreference", "sasPolicy",
        "supportsHttpsTrafficOnly",
    ];

    public required string Sku { get; init; }

    public required string Kind { get; init; }

    public required JsonElement Settings { get; init; }

    public bool? Infrastructure { get; init; }

    public IReadOnlyList<string>? CoveredServices { get; init; }

    /// <summary>The request says something of keys: they are validated at once.</summary>
    public required bool SetsKey { get; init; }

    /// <summary>The customer's key; <see langword="null"/> for the platform's.</summary>
    public KeyIdentifier? Key { get; init; }

    /// <summary>User-assigned identity that reaches the key.</summary>
    public string? KeyIdentity { get; init; }

    /// <exception cref="RefusedException">Something in the request can't be had.</exception>
    public static StorageDraft Read(ArmService arm, Call call, JsonElement body, EstateView view, StorageAccount? before)
    {
        var properties = body.Loose("properties");
        var encryption = properties.At("encryption");
        var sku = body.At("sku", "name").Text() is { } named
            ? Skus.FirstOrDefault(known => known.Equals(named, StringComparison.OrdinalIgnoreCase)) ?? throw arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: sku '{named}'. For more information, see - https://aka.ms/storageaccountskus")
            : before?.Sku ?? throw arm.Refuse(call, 400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: sku.");
        var kind = body.Loose("kind").Text() is { } wanted
            ? Kinds.FirstOrDefault(known => known.Equals(wanted, StringComparison.OrdinalIgnoreCase)) ?? throw arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: kind '{wanted}'.")
            : before?.Kind ?? throw arm.Refuse(call, 400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: kind.");
        var infrastructure = encryption.At("requireInfrastructureEncryption").Flag();
        if (before is not null && infrastructure is { } asked && asked != (before.Infrastructure ?? false))
            throw arm.Refuse(call, 400, StorageAssumptions.ImmutablePropertyCode, StorageAssumptions.InfrastructureFixedText);
        var draft = new StorageDraft
        {
            Sku = sku,
            Kind = kind,
            Settings = ReadSettings(properties, before).ToElement(),
            Infrastructure = before is null ? infrastructure : before.Infrastructure,
            CoveredServices = before is null ? Covered(encryption) : before.CoveredServices,
            SetsKey = false,
            KeyIdentity = before?.KeyIdentity,
        };
        return encryption is null ? draft : draft.WithKey(arm, call, encryption.Value, view, before);
    }

    private StorageDraft WithKey(ArmService arm, Call call, JsonElement encryption, EstateView view, StorageAccount? before)
    {
        var source = encryption.Loose("keySource").Text() ?? (before?.UsesCustomerKey == true ? "Microsoft.Keyvault" : "Microsoft.Storage");
        var given = encryption.Loose("keyvaultproperties");
        var identity = encryption.At("identity", "userAssignedIdentity") is { } block ? ((JsonElement?)block).Text() : KeyIdentity;
        if (source.Equals("Microsoft.Storage", StringComparison.OrdinalIgnoreCase))
            return this with { SetsKey = before?.UsesCustomerKey == true, KeyIdentity = identity };
        if (!source.Equals("Microsoft.Keyvault", StringComparison.OrdinalIgnoreCase))
            throw arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: encryption.keySource '{source}'.");
        var known = before is { UsesCustomerKey: true } && KeyLinkBook.Find(view, StorageKeys.LinkOf(before)) is { } link && KeyIdentifier.TryParse(link.Key, out var parsed) ? parsed : null;
        var name = given.At("keyname").Text() ?? known?.Name;
        var store = given.At("keyvaulturi").Text() ?? known?.StoreUrl;
        // A request that names the key without a version asks to follow it; one that is silent about the key changes nothing.
        var version = given.At("keyversion").Text() ?? (given is null ? known?.Version : null);
        if (!KeyIdentifier.TryMake(store, name, version, out var key))
            throw arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: encryption.keyvaultproperties: '{store}', '{name}' and '{version}' name no key of a key vault or managed HSM.");
        if (before is null && identity is null)
            throw arm.Refuse(call, 400, "CustomerManagedKeyPrerequisitesNotMet", StorageAssumptions.PrerequisitesText + " (A key at creation needs a user-assigned identity in encryption.identity.)");
        return this with { SetsKey = true, Key = key, KeyIdentity = identity };
    }

    private static List<string>? Covered(JsonElement? encryption)
    {
        var covered = ((string[])["queue", "table"])
            .Where(service => string.Equals(encryption.At("services", service, "keyType").Text(), "Account", StringComparison.OrdinalIgnoreCase))
            .ToList();
        return covered.Count > 0 ? covered : null;
    }

    private static JsonObject ReadSettings(JsonElement? properties, StorageAccount? before)
    {
        var settings = before is null ? Usual.DeepClone().AsObject() : before.Settings.ToObject();
        foreach (var name in Settable)
        {
            if (properties.At(name) is not { } value)
                continue;
            if (value.ValueKind == JsonValueKind.Object && settings[name] is JsonObject inner)
                JsonRead.Merge(inner, value);
            else
                settings[name] = value.ToNode();
        }
        return settings;
    }
}
