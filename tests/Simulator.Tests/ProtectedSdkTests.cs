using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Models;
using Azure.ResourceManager.Resources;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>The official client's generic resources against everything that stands under a customer's key.</summary>
public sealed class ProtectedSdkTests
{
    private static async Task<(World World, ArmClient Arm, string Kid, ResourceIdentifier Identity)> StartAsync()
    {
        var world = await World.StartAsync(options => options with
        {
            PollsMoveClock = true,
            Timings = new SimulatorTimings { RetryAfter = TimeSpan.FromSeconds(1), Operation = TimeSpan.FromSeconds(2) },
        });
        await world.ActiveHsmAsync();
        var kid = await world.KidAsync("cmk");
        var (identity, principal) = await world.KeyUserAsync();
        await world.GrantKeyAsync("cmk", principal);
        var credential = new ClientSecretCredential(world.Azure.TenantId, world.Owner.ClientId, world.Owner.Secret, new ClientSecretCredentialOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) });
        var options = new ArmClientOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) };
        options.Retry.MaxRetries = 0;
        return (world, new ArmClient(credential, world.Azure.SubscriptionId, options), kid, new ResourceIdentifier(identity));
    }

    private static GenericResourceData Data(object properties, ResourceIdentifier? identity = null)
    {
        var data = new GenericResourceData(AzureLocation.EastUS2) { Properties = BinaryData.FromObjectAsJson(properties) };
        if (identity is not null)
        {
            data.Identity = new ManagedServiceIdentity(ManagedServiceIdentityType.UserAssigned);
            data.Identity.UserAssignedIdentities.Add(identity, new UserAssignedIdentity());
        }
        return data;
    }

    private static async Task<JsonNode> MakeAsync(ArmClient arm, string id, GenericResourceData data)
    {
        var made = await arm.GetGenericResources().CreateOrUpdateAsync(WaitUntil.Completed, new ResourceIdentifier(id), data, World.Stop);
        return JsonNode.Parse(made.Value.Data.Properties)!;
    }

    private static async Task<JsonNode> ReadAsync(ArmClient arm, string id) =>
        JsonNode.Parse((await arm.GetGenericResource(new ResourceIdentifier(id)).GetAsync(World.Stop)).Value.Data.Properties)!;

    [Fact]
    public async Task Disk_encryption_sets_and_disks_are_made_read_and_deleted()
    {
        var (world, arm, kid, identity) = await StartAsync();
        await using var disposing = world;
        var set = $"{world.Group}/providers/Microsoft.Compute/diskEncryptionSets/des-sdk";
        var disk = $"{world.Group}/providers/Microsoft.Compute/disks/disk-sdk";
        var made = await MakeAsync(arm, set, Data(new { encryptionType = "EncryptionAtRestWithPlatformAndCustomerKeys", activeKey = new { keyUrl = kid } }, identity));
        Assert.Equal(("Succeeded", kid), ((string?)made["provisioningState"], (string?)made["activeKey"]!["keyUrl"]));
        var disked = await MakeAsync(arm, disk, Data(new { creationData = new { createOption = "Empty" }, diskSizeGB = 32, encryption = new { diskEncryptionSetId = set } }));
        Assert.Equal("EncryptionAtRestWithPlatformAndCustomerKeys", (string?)disked["encryption"]!["type"]);

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => arm.GetGenericResource(new ResourceIdentifier(set)).DeleteAsync(WaitUntil.Completed, World.Stop));
        Assert.Equal((409, "OperationNotAllowed"), (refused.Status, refused.ErrorCode));
        await arm.GetGenericResource(new ResourceIdentifier(disk)).DeleteAsync(WaitUntil.Completed, World.Stop);
        await arm.GetGenericResource(new ResourceIdentifier(set)).DeleteAsync(WaitUntil.Completed, World.Stop);
        var missing = await Assert.ThrowsAsync<RequestFailedException>(() => ReadAsync(arm, set));
        Assert.Equal((404, "ResourceNotFound"), (missing.Status, missing.ErrorCode));
    }

    [Fact]
    public async Task A_SQL_server_gets_a_key_a_protector_and_a_database_that_breaks_and_heals()
    {
        var (world, arm, kid, identity) = await StartAsync();
        await using var disposing = world;
        var server = $"{world.Group}/providers/Microsoft.Sql/servers/sql-sdk";
        var parts = kid.Split('/');
        var name = $"kv-hsm-test_{parts[4]}_{parts[5]}";
        await MakeAsync(arm, server, Data(new { administratorLogin = "adm", administratorLoginPassword = "P1-not-a-secret", primaryUserAssignedIdentityId = identity.ToString() }, identity));
        await MakeAsync(arm, $"{server}/keys/{name}", Data(new { serverKeyType = "AzureKeyVault", uri = kid }));
        var protector = await MakeAsync(arm, $"{server}/encryptionProtector/current", Data(new { serverKeyType = "AzureKeyVault", serverKeyName = name, autoRotationEnabled = true }));
        Assert.Equal((kid, true), ((string?)protector["uri"], (bool)protector["autoRotationEnabled"]!));
        var database = $"{server}/databases/canary";
        Assert.Equal("Online", (string?)(await MakeAsync(arm, database, Data(new { })))["status"]);

        await world.EnableAsync(kid, false);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("Inaccessible", (string?)(await ReadAsync(arm, database))["status"]);
        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => MakeAsync(arm, $"{server}/encryptionProtector/current", Data(new { serverKeyType = "AzureKeyVault", serverKeyName = name })));
        Assert.Equal((400, "AzureKeyVaultKeyDisabled"), (refused.Status, refused.ErrorCode));
        await world.EnableAsync(kid, true);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(25));
        Assert.Equal("Online", (string?)(await ReadAsync(arm, database))["status"]);
        await arm.GetGenericResource(new ResourceIdentifier(database)).DeleteAsync(WaitUntil.Completed, World.Stop);
        await arm.GetGenericResource(new ResourceIdentifier(server)).DeleteAsync(WaitUntil.Completed, World.Stop);
    }

    [Fact]
    public async Task A_PostgreSQL_server_is_made_rotated_and_deleted()
    {
        var (world, arm, kid, identity) = await StartAsync();
        await using var disposing = world;
        var server = $"{world.Group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg-sdk";
        var data = Data(
            new { administratorLogin = "adm", administratorLoginPassword = "P1-not-a-secret", dataEncryption = new { type = "AzureKeyVault", primaryKeyURI = kid, primaryUserAssignedIdentityId = identity.ToString() } }, identity);
        data.Sku = new Azure.ResourceManager.Resources.Models.ResourcesSku { Name = "Standard_D2s_v3", Tier = "GeneralPurpose" };
        Assert.Equal("Ready", (string?)(await MakeAsync(arm, server, data))["state"]);
        var second = await world.NewVersionAsync("cmk");

        var updated = await arm.GetGenericResource(new ResourceIdentifier(server)).UpdateAsync(
            WaitUntil.Completed, Data(new { dataEncryption = new { type = "AzureKeyVault", primaryKeyURI = second, primaryUserAssignedIdentityId = identity.ToString() } }), World.Stop);
        Assert.Equal(second, (string?)JsonNode.Parse(updated.Value.Data.Properties)!["dataEncryption"]!["primaryKeyURI"]);
        await arm.GetGenericResource(new ResourceIdentifier(server)).DeleteAsync(WaitUntil.Completed, World.Stop);
    }

    [Fact]
    public async Task A_set_of_forty_nine_disks_asks_for_its_key_through_a_day()
    {
        var (world, _, kid, identity) = await StartAsync();
        await using var disposing = world;
        var set = $"{world.Group}/providers/Microsoft.Compute/diskEncryptionSets/des-many";
        await world.ArmAsync("PUT", set, new JsonObject
        {
            ["location"] = "eastus2",
            ["identity"] = Protected.UserAssigned(identity.ToString()),
            ["properties"] = new JsonObject { ["activeKey"] = new JsonObject { ["keyUrl"] = kid }, ["rotationToLatestKeyVersionEnabled"] = true },
        });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 49; i++)
        {
            (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Compute/disks/disk-{i}", new JsonObject
            {
                ["location"] = "eastus2",
                ["properties"] = new JsonObject { ["creationData"] = new JsonObject { ["createOption"] = "Empty" }, ["diskSizeGB"] = 4, ["encryption"] = new JsonObject { ["diskEncryptionSetId"] = set } },
            })).Expect(202);
        }
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        var before = world.Azure.Calls.Last;
        world.Azure.Clock.Advance(TimeSpan.FromDays(1));

        Assert.True(world.Azure.Calls.Last - before >= 24, "the set did not ask for its key every hour");
    }
}
