using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>The estates with every kind of service in them: one in which all is well, and the same with a fault of each kind.</summary>
internal static partial class EstateRecipes
{
    private const string ComputeVersion = "2023-04-02";
    private const string PostgresVersion = "2024-08-01";

    private static readonly string[] Keys = ["cmk-storage", "cmk-disks", "cmk-postgres"];

    private static string Set(World world, string name) => $"{Group(world)}/providers/Microsoft.Compute/diskEncryptionSets/{name}";

    private static string Disk(World world, string name) => $"{Group(world)}/providers/Microsoft.Compute/disks/{name}";

    /// <summary>
    /// Storage with a scope and a container, disks, a SQL pair and a PostgreSQL server, each under a key of its own by an identity of
    /// its own, twice encrypted where that is to be had, following rotation. The operator may also set the subscription's policies.
    /// </summary>
    private static async Task WellKeptAsync(World world)
    {
        await SqlAsync(world, "canary");
        (await world.ArmGrantAsync(world.Subscription, Roles.PolicyContributor, world.Azure.Principals.Find("operator")!.ObjectId)).Expect(201);
        foreach (var key in Keys) await RotatingKeyAsync(world, key);
        foreach (var server in (string[])["sql-prod", "sql-prod-dr"]) await FollowAsync(world, server);
        await KeptAccountAsync(world, "stkvdataprod", "cmk-storage");
        await ScopeAsync(world, "stkvdataprod", "tenant-acme", $"https://{Hsm}.managedhsm.azure.net/keys/cmk-storage");
        await ContainerAsync(world, "stkvdataprod", "acme-data", "tenant-acme", denied: true);
        var identity = await IdentityAsync(world, "id-des-prod", "eastus2", "cmk-disks");
        await SetAsync(world, "des-prod", identity, "EncryptionAtRestWithPlatformAndCustomerKeys", follows: true);
        await DiskAsync(world, "osdisk-app01", "des-prod");
        var postgres = await IdentityAsync(world, "id-pg-payments-prod", "eastus2", "cmk-postgres");
        await PostgresAsync(world, "pg-payments-prod", postgres, $"https://{Hsm}.managedhsm.azure.net/keys/cmk-postgres");
    }

    /// <summary>The same with one fault of each kind that <c>verify-encryption</c> looks for.</summary>
    private static async Task PlantedFaultsAsync(World world)
    {
        await WellKeptAsync(world);

        // A second HSM without purge protection.
        (await world.ArmAsync("PUT", $"{Group(world)}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-lab", World.HsmBody(world.Owner.ObjectId, purgeProtection: false))).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(25));

        // Microsoft's key, no second layer; and a key of ours, but with queues and tables left out and a version pinned.
        await SucceedOrDoneAsync(world, await world.ArmAsync("PUT", Account(world, "stplatform"), StorageKit.AccountBody(), version: StorageVersion));
        var queues = await IdentityAsync(world, "id-stqueues", "eastus2", "cmk-storage");
        var version = (await VersionAsync(world, "cmk-storage")).Split('/')[^1];
        await SucceedOrDoneAsync(world, await world.ArmAsync("PUT", Account(world, "stqueues"), StorageKit.AccountBody(queues, Hsm, "cmk-storage", version), version: StorageVersion));

        // A container that lets its writers choose, and a scope without a second layer that stays at one version.
        await ContainerAsync(world, "stkvdataprod", "acme-drafts", "tenant-acme", denied: false);

        // A set that encrypts once, follows nothing, and is on nobody's list.
        await SetAsync(world, "des-rogue", await IdentityAsync(world, "id-des-rogue", "eastus2", "cmk-disks"), "EncryptionAtRestWithCustomerKey", follows: false);
        await DiskAsync(world, "datadisk-rogue", "des-rogue");
        await DiskAsync(world, "datadisk-platform", null);

        // A server on Microsoft's key; a PostgreSQL server that stays at one version.
        await ServerAsync(world, "sql-plain", "eastus2", kid: null);
        await PostgresAsync(world, "pg-pinned", await IdentityAsync(world, "id-pg-pinned", "eastus2", "cmk-postgres"), await VersionAsync(world, "cmk-postgres"));

        // A failover group whose partner has another key.
        await ServerAsync(world, "sql-left", "eastus2", kid: null);
        await ServerAsync(world, "sql-right", "centralus", await VersionAsync(world, "cmk-sql"));
        await SucceedAsync(world, "PUT", $"{Server(world, "sql-left")}/failoverGroups/fg-apart", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["readWriteEndpoint"] = new JsonObject { ["failoverPolicy"] = "Manual" },
                ["readOnlyEndpoint"] = new JsonObject { ["failoverPolicy"] = "Disabled" },
                ["partnerServers"] = new JsonArray(new JsonObject { ["id"] = Server(world, "sql-right") }),
                ["databases"] = new JsonArray(),
            },
        }, SqlVersion);

        // Roles: too much for a service, on another key than the one in use, of somebody who is gone, and purging in a job's hands.
        var storage = await PrincipalAsync(world, "id-stkvdataprod");
        await HsmGrantAsync(world, "/keys/cmk-storage", Roles.CryptoUser, storage);
        var stray = await PrincipalAsync(world, "id-stqueues");
        await RotatingKeyAsync(world, "cmk-old");
        await HsmGrantAsync(world, "/keys/cmk-old", Roles.ServiceEncryption, stray);
        await TakeAsync(world, "/keys/cmk-storage", Roles.ServiceEncryption, stray);
        await IdentityAsync(world, "id-gone", "eastus2", "cmk-storage");
        (await world.ArmAsync("DELETE", $"{Group(world)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-gone")).Expect(200);
        await HsmGrantAsync(world, "/", Roles.CryptoOfficer, world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "cleanup-job").ObjectId);

        // A key that runs out in ten days.
        (await world.SendAsync("PATCH", $"{await VersionAsync(world, "cmk-old")}?api-version=7.4", new JsonObject
        {
            ["attributes"] = new JsonObject { ["exp"] = world.Azure.Clock.GetUtcNow().AddDays(10).ToUnixTimeSeconds() },
        })).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
    }

    private static async Task RotatingKeyAsync(World world, string key)
    {
        await world.KeyAsync(Hsm, key, new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 3072, ["key_ops"] = new JsonArray("wrapKey", "unwrapKey") });
        (await world.HsmAsync("PUT", Hsm, $"/keys/{key}/rotationpolicy", new JsonObject
        {
            ["lifetimeActions"] = new JsonArray(new JsonObject { ["trigger"] = new JsonObject { ["timeAfterCreate"] = "P180D" }, ["action"] = new JsonObject { ["type"] = "Rotate" } }),
            ["attributes"] = new JsonObject { ["expiryTime"] = "P1Y" },
        })).Expect(200);
    }

    private static async Task<string> VersionAsync(World world, string key) => (string)(await world.HsmAsync("GET", Hsm, "/keys/" + key)).Expect(200).Json["key"]!["kid"]!;

    private static async Task<string> PrincipalAsync(World world, string identity) =>
        (string)(await world.ArmAsync("GET", $"{Group(world)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identity}")).Expect(200).Json["properties"]!["principalId"]!;

    private static async Task TakeAsync(World world, string scope, string role, string principal) => (await world.HsmAsync(
        "DELETE", Hsm, $"{scope}/providers/Microsoft.Authorization/roleAssignments/{World.GuidOf($"{Hsm}{scope}{role}{principal}")}")).Expect(200);

    private static async Task FollowAsync(World world, string server)
    {
        var protector = (await world.ArmAsync("GET", $"{Server(world, server)}/encryptionProtector/current", version: SqlVersion)).Expect(200).Json["properties"]!;
        await SucceedAsync(world, "PUT", $"{Server(world, server)}/encryptionProtector/current", new JsonObject
        {
            ["properties"] = new JsonObject { ["serverKeyName"] = (string)protector["serverKeyName"]!, ["serverKeyType"] = "AzureKeyVault", ["autoRotationEnabled"] = true },
        }, SqlVersion);
    }

    private static async Task KeptAccountAsync(World world, string name, string key)
    {
        var identity = await IdentityAsync(world, "id-" + name, "eastus2", key);
        var body = StorageKit.AccountBody(identity, Hsm, key, sku: "Standard_GRS", infrastructure: true);
        body["properties"]!["encryption"]!["services"] = new JsonObject
        {
            ["blob"] = Covered(),
            ["file"] = Covered(),
            ["queue"] = Covered(),
            ["table"] = Covered(),
        };
        await SucceedOrDoneAsync(world, await world.ArmAsync("PUT", Account(world, name), body, version: StorageVersion));

        static JsonObject Covered() => new() { ["enabled"] = true, ["keyType"] = "Account" };
    }

    private static async Task SucceedOrDoneAsync(World world, Reply first)
    {
        first.Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(20));
    }

    private static async Task ScopeAsync(World world, string account, string scope, string keyUri) => (await world.ArmAsync("PUT", $"{Account(world, account)}/encryptionScopes/{scope}", new JsonObject
    {
        ["properties"] = new JsonObject { ["source"] = "Microsoft.KeyVault", ["requireInfrastructureEncryption"] = true, ["keyVaultProperties"] = new JsonObject { ["keyUri"] = keyUri } },
    }, version: StorageVersion)).Expect(201);

    private static async Task ContainerAsync(World world, string account, string container, string scope, bool denied) => (await world.ArmAsync("PUT", $"{Account(world, account)}/blobServices/default/containers/{container}", new JsonObject
    {
        ["properties"] = new JsonObject { ["defaultEncryptionScope"] = scope, ["denyEncryptionScopeOverride"] = denied },
    }, version: StorageVersion)).Expect(201);

    private static async Task SetAsync(World world, string name, string identity, string type, bool follows) => await SucceedAsync(world, "PUT", Set(world, name), new JsonObject
    {
        ["location"] = "eastus2",
        ["identity"] = Protected.UserAssigned(identity),
        ["properties"] = new JsonObject { ["encryptionType"] = type, ["activeKey"] = new JsonObject { ["keyUrl"] = await VersionAsync(world, "cmk-disks") }, ["rotationToLatestKeyVersionEnabled"] = follows },
    }, ComputeVersion);

    private static async Task DiskAsync(World world, string name, string? set)
    {
        var properties = new JsonObject { ["creationData"] = new JsonObject { ["createOption"] = "Empty" }, ["diskSizeGB"] = 128 };
        if (set is not null)
            properties["encryption"] = new JsonObject { ["diskEncryptionSetId"] = Set(world, set) };
        await SucceedAsync(world, "PUT", Disk(world, name), new JsonObject { ["location"] = "eastus2", ["sku"] = new JsonObject { ["name"] = "Premium_LRS" }, ["properties"] = properties }, ComputeVersion);
    }

    private static async Task PostgresAsync(World world, string name, string identity, string key)
    {
        (await world.ArmAsync("PUT", $"{Group(world)}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}", new JsonObject
        {
            ["location"] = "eastus2",
            ["sku"] = new JsonObject { ["name"] = "Standard_D2s_v3", ["tier"] = "GeneralPurpose" },
            ["identity"] = Protected.UserAssigned(identity),
            ["properties"] = new JsonObject
            {
                ["version"] = "16",
                ["authConfig"] = new JsonObject { ["activeDirectoryAuth"] = "Enabled", ["passwordAuth"] = "Disabled" },
                ["dataEncryption"] = new JsonObject { ["type"] = "AzureKeyVault", ["primaryKeyURI"] = key, ["primaryUserAssignedIdentityId"] = identity },
            },
        }, version: PostgresVersion)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
    }
}
