using System.Globalization;
using System.Text.Json;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;

namespace Runbook.Simulator.KeyVault;

/// <summary>What a request wants a managed HSM to be, and which changes it may ask for.</summary>
internal sealed record HsmDraft(JsonElement Sku, IReadOnlyList<string> Administrators, int RetentionDays, bool PurgeProtection, JsonElement? NetworkAcls, bool PublicNetwork)
{
    private static readonly string[] Skus = ["Standard_B1", "Custom_B32", "Custom_B6", "Custom_C42", "Custom_C10"];

    public static HsmDraft Read(ArmService arm, Call call, JsonElement body, JsonElement properties)
    {
        if (body.Loose("sku") is not { } sku || sku.Loose("name").Text() is not { } skuName || !Skus.Contains(skuName, StringComparer.OrdinalIgnoreCase))
            throw arm.Refuse(call, 400, "BadRequest", $"The parameter sku is missing or invalid. The family must be B or C, and the name one of {string.Join(", ", Skus)}.");
        if (properties.Loose("initialAdminObjectIds").Texts() is not { Count: > 0 } administrators || administrators.Any(id => !Guid.TryParse(id, out _)))
            throw arm.Refuse(call, 400, "BadRequest", "The parameter initialAdminObjectIds must hold the object ids of one or more initial administrators.");
        if (properties.Loose("tenantId").Text() is { } tenant && !string.Equals(tenant, call.Core.Tenant, StringComparison.OrdinalIgnoreCase))
            throw arm.Refuse(call, 400, "BadRequest", $"The tenant '{tenant}' is not the tenant of the subscription.");
        if (properties.Loose("enableSoftDelete").Flag() == false)
            throw arm.Refuse(call, 400, "BadRequest", "Disabling soft delete is not allowed.");
        var days = 90;
        if (properties.Loose("softDeleteRetentionInDays") is { } given && ((JsonElement?)given).Number() is not ({ } and >= 7 and <= 90))
            throw arm.Refuse(call, 400, "BadRequest", $"The property softDeleteRetentionInDays must be a number between 7 and 90; it is {given.GetRawText()}.");
        if (properties.Loose("softDeleteRetentionInDays").Number() is { } wanted)
            days = wanted;
        return new HsmDraft(
            sku.Clone(),
            administrators,
            days,
            properties.Loose("enablePurgeProtection").Flag() ?? false,
            properties.Loose("networkAcls")?.Clone(),
            !string.Equals(properties.Loose("publicNetworkAccess").Text(), "Disabled", StringComparison.OrdinalIgnoreCase));
    }

    public KeyStore ToStore(string name, string id, string location, string tenant, DateTimeOffset now) => new()
    {
        Kind = KeyStore.HsmKind,
        Name = name,
        ResourceId = id,
        Location = location,
        TenantId = tenant,
        RetentionDays = RetentionDays,
        PurgeProtection = PurgeProtection,
        NetworkAcls = NetworkAcls,
        PublicNetwork = PublicNetwork,
        Ready = false,
        Administrators = Administrators,
        Regions = [new HsmRegion { Name = location, Primary = true, ProvisioningState = "Succeeded", Since = now }],
    };

    /// <summary>Refuses what can never be changed.</summary>
    public static void RefuseForbiddenChanges(ArmService arm, Call call, KeyStore store, JsonElement? properties, string? location, Resource existing)
    {
        if (location is not null && Locations.Normal(location) != existing.Location)
            throw arm.Refuse(call, 409, "InvalidResourceLocation", $"The resource '{existing.Name}' already exists in location '{existing.Location}' in resource group '{call.Value("group")}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.");
        if (properties is not { } changes)
            return;
        if (store.PurgeProtection && changes.Loose("enablePurgeProtection").Flag() == false)
            throw arm.Refuse(call, 400, "BadRequest", "Disabling purge protection is not allowed. The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection is an irreversible action.");
        if (changes.Loose("softDeleteRetentionInDays").Number() is { } days && days != store.RetentionDays)
            throw arm.Refuse(call, 400, "BadRequest", string.Create(CultureInfo.InvariantCulture, $"softDeleteRetentionInDays cannot be changed. It was set to {store.RetentionDays} when the managed HSM was created."));
        if (changes.Loose("enableSoftDelete").Flag() == false)
            throw arm.Refuse(call, 400, "BadRequest", "Disabling soft delete is not allowed.");
    }

    /// <summary>Whether the properties ask for something that is not so already.</summary>
    public static bool Changes(KeyStore store, JsonElement changes) =>
        (changes.Loose("enablePurgeProtection").Flag() == true && !store.PurgeProtection)
        || changes.Loose("networkAcls") is not null
        || (changes.Loose("publicNetworkAccess").Text() is { } access && access.Equals("Enabled", StringComparison.OrdinalIgnoreCase) != store.PublicNetwork)
        || (WantedRegions(changes) is { } wanted && !wanted.SequenceEqual((store.Regions ?? []).Select(region => region.Name), StringComparer.Ordinal));

    /// <summary>Marks regions that come as being provisioned, and drops those that go; says whether one comes.</summary>
    public static bool BeginRegionChanges(ArmService arm, Call call, ref KeyStore store, JsonElement changes, DateTimeOffset now)
    {
        if (WantedRegions(changes) is not { } wanted)
            return false;
        var primary = store.Regions!.First(region => region.Primary);
        if (!wanted.Contains(primary.Name))
            throw arm.Refuse(call, 400, "BadRequest", $"The primary region '{primary.Name}' cannot be removed.");
        if (wanted.Count > 2 || wanted.Distinct(StringComparer.Ordinal).Count() != wanted.Count)
            throw arm.Refuse(call, 400, "BadRequest", "A managed HSM can have one extended region.");
        if (wanted.FirstOrDefault(name => Locations.Find(name) is null) is { } unknown)
            throw arm.Refuse(call, 400, "BadRequest", $"The region '{unknown}' is not available.");
        var before = store.Regions!;
        store = store with
        {
            Regions = [.. wanted.Select(name => before.FirstOrDefault(region => region.Name == name)
                ?? new HsmRegion { Name = name, Primary = false, ProvisioningState = "Provisioning", Since = now })],
        };
        return wanted.Any(name => before.All(region => region.Name != name));
    }

    public static KeyStore ApplyChanges(KeyStore store, JsonElement changes, DateTimeOffset now) => store with
    {
        PurgeProtection = store.PurgeProtection || changes.Loose("enablePurgeProtection").Flag() == true,
        NetworkAcls = changes.Loose("networkAcls")?.Clone() ?? store.NetworkAcls,
        PublicNetwork = changes.Loose("publicNetworkAccess").Text() is { } access ? access.Equals("Enabled", StringComparison.OrdinalIgnoreCase) : store.PublicNetwork,
        Regions = [.. (store.Regions ?? []).Select(region => region.ProvisioningState == "Provisioning" ? region with { ProvisioningState = "Succeeded", Since = now } : region)],
    };

    private static List<string>? WantedRegions(JsonElement changes) =>
        changes.Loose("regions") is { ValueKind: JsonValueKind.Array } regions
            ? [.. regions.EnumerateArray().Select(region => Locations.Normal(region.Loose("name").Text() ?? ""))]
            : null;
}
