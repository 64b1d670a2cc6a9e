using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Resources;
using Azure.ResourceManager.Resources.Models;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class LockTests
{
    private static JsonObject Lock(string level) => new() { ["properties"] = new JsonObject { ["level"] = level, ["notes"] = "hands off" } };

    private static string Path(string scope, string name = "keep") => $"{scope}/providers/Microsoft.Authorization/locks/{name}";

    [Fact]
    public async Task A_lock_keeps_a_managed_hsm_but_not_the_keys_in_it()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync("kv-hsm-test", "k");
        var hsm = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-test";
        var made = (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.KeyVault//managedHSMs/kv-hsm-test/providers/Microsoft.Authorization/locks/keep", Lock("CanNotDelete"), version: "2016-09-01")).Expect(201).Json;
        var refused = await world.ArmAsync("DELETE", hsm);

        Assert.Equal(Path(hsm), (string?)made["id"]);
        refused.Refused(409, "ScopeLocked");
        Assert.Equal($"The scope '{hsm}' cannot perform delete operation because following scope(s) are locked: '{hsm}'. Please remove the lock and try again.", refused.ErrorText);
        (await world.HsmAsync("DELETE", "kv-hsm-test", "/keys/k")).Expect(200);
        (await world.ArmAsync("DELETE", Path(hsm), version: "2016-09-01")).Expect(200);
        (await world.ArmAsync("DELETE", Path(hsm), version: "2016-09-01")).Expect(204);
        (await world.ArmAsync("DELETE", hsm)).Expect(202);
    }

    [Fact]
    public async Task A_lock_on_a_resource_keeps_its_group_and_a_lock_on_the_group_keeps_its_resources()
    {
        await using var world = await World.StartAsync();
        var identity = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a";
        (await world.ArmAsync("PUT", identity, new JsonObject { ["location"] = "eastus2" })).Expect(201);
        (await world.ArmAsync("PUT", Path(identity), Lock("CanNotDelete"))).Expect(201);
        (await world.ArmAsync("DELETE", world.Group)).Refused(409, "ScopeLocked");
        (await world.ArmAsync("DELETE", Path(identity))).Expect(200);
        (await world.ArmAsync("PUT", Path(world.Group), Lock("CanNotDelete"))).Expect(201);

        (await world.ArmAsync("DELETE", identity)).Refused(409, "ScopeLocked");
        (await world.ArmAsync("PATCH", identity, new JsonObject { ["tags"] = new JsonObject { ["a"] = "b" } })).Expect(200);
    }

    [Fact]
    public async Task A_read_only_lock_stops_changes_of_every_provider()
    {
        await using var world = await World.StartAsync();
        (await world.ArmAsync("PUT", Path(world.Group), Lock("ReadOnly"))).Expect(201);

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a", new JsonObject { ["location"] = "eastus2" })).Refused(409, "ScopeLocked");
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-x", World.HsmBody(world.Owner.ObjectId))).Refused(409, "ScopeLocked");
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Compute/images/i", new JsonObject { ["location"] = "eastus2" })).Refused(409, "ScopeLocked");
        (await world.ArmAsync("PATCH", world.Group, new JsonObject { ["tags"] = new JsonObject() })).Refused(409, "ScopeLocked");
        (await world.ArmAsync("GET", world.Group)).Expect(200);
        (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-beside", new JsonObject { ["location"] = "eastus2" })).Expect(201);
    }

    [Fact]
    public async Task Contributors_can_neither_set_nor_remove_locks()
    {
        await using var world = await World.StartAsync();
        var contributor = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "contributor");
        (await world.ArmGrantAsync(world.Subscription, Roles.Contributor, contributor.ObjectId)).Expect(201);
        (await world.ArmAsync("PUT", Path(world.Group), Lock("CanNotDelete"))).Expect(201);

        (await world.ArmAsync("PUT", Path(world.Group, "mine"), Lock("CanNotDelete"), contributor)).Refused(403, "AuthorizationFailed");
        (await world.ArmAsync("DELETE", Path(world.Group), @as: contributor)).Refused(403, "AuthorizationFailed");
        (await world.ArmAsync("GET", Path(world.Group), @as: contributor)).Expect(200);
    }

    [Theory]
    [InlineData("Frozen", 400, "InvalidLockLevel")]
    [InlineData(null, 400, "InvalidLockLevel")]
    public async Task A_lock_needs_a_level_that_exists(string? level, int status, string code)
    {
        await using var world = await World.StartAsync();

        (await world.ArmAsync("PUT", Path(world.Group), new JsonObject { ["properties"] = new JsonObject { ["level"] = level } })).Refused(status, code);
    }

    [Fact]
    public async Task Locks_go_with_what_they_locked()
    {
        await using var world = await World.StartAsync();
        var identity = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a";
        (await world.ArmAsync("PUT", identity, new JsonObject { ["location"] = "eastus2" })).Expect(201);
        (await world.ArmAsync("PUT", Path(identity), Lock("ReadOnly"))).Expect(201);
        (await world.ArmAsync("DELETE", Path(identity))).Expect(200);
        (await world.ArmAsync("PUT", Path(world.Group), Lock("ReadOnly"))).Expect(201);

        Assert.Single((await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.Authorization/locks")).Expect(200).Json["value"]!.AsArray());
        (await world.ArmAsync("DELETE", Path(world.Group))).Expect(200);
        (await world.ArmAsync("DELETE", world.Group)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty((await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.Authorization/locks")).Expect(200).Json["value"]!.AsArray());
    }

    [Fact]
    public async Task The_resource_manager_client_locks_and_unlocks()
    {
        await using var world = await World.StartAsync();
        var transport = new HttpClientTransport(world.Azure.CreateHandler());
        var arm = new ArmClient(
            new ClientSecretCredential(world.Azure.TenantId, world.Owner.ClientId, world.Owner.Secret, new ClientSecretCredentialOptions { Transport = transport }),
            world.Azure.SubscriptionId,
            new ArmClientOptions { Transport = transport });
        var group = arm.GetResourceGroupResource(new ResourceIdentifier(world.Group));
        var made = await group.GetManagementLocks().CreateOrUpdateAsync(WaitUntil.Completed, "sdk", new ManagementLockData(ManagementLockLevel.CanNotDelete) { Notes = "sdk" }, World.Stop);

        Assert.Equal(ManagementLockLevel.CanNotDelete, made.Value.Data.Level);
        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => group.DeleteAsync(WaitUntil.Started, cancellationToken: World.Stop));
        Assert.Equal((409, "ScopeLocked"), (refused.Status, refused.ErrorCode));
        await made.Value.DeleteAsync(WaitUntil.Completed, World.Stop);
        await group.DeleteAsync(WaitUntil.Started, cancellationToken: World.Stop);
    }
}
