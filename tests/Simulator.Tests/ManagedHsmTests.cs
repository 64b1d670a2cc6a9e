using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class ManagedHsmTests
{
    private static string Id(World world, string name = "kv-hsm-test") => $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{name}";

    [Fact]
    public async Task Provisioning_takes_twenty_to_twenty_five_minutes_and_ends_not_activated()
    {
        await using var world = await World.StartAsync();
        var created = (await world.ArmAsync("PUT", Id(world), World.HsmBody(world.Owner.ObjectId))).Expect(202);
        var poll = created.Header("Location")!;
        Assert.Equal("15", created.Header("Retry-After"));

        world.Azure.Clock.Advance(TimeSpan.FromMinutes(19));
        (await world.GetAsync(poll)).Expect(202);
        Assert.Equal("Provisioning", (string?)(await world.ArmAsync("GET", Id(world))).Expect(200).Json["properties"]!["provisioningState"]);

        world.Azure.Clock.Advance(TimeSpan.FromMinutes(6));
        var result = (await world.GetAsync(poll)).Expect(200).Json["properties"]!;
        Assert.Equal("Succeeded", (string?)result["provisioningState"]);
        Assert.Equal("https://kv-hsm-test.managedhsm.azure.net/", (string?)result["hsmUri"]);
        Assert.Equal("NotActivated", (string?)result["securityDomainProperties"]!["activationStatus"]);
        Assert.False((bool)result["enablePurgeProtection"]!);
        Assert.Equal(90, (int)result["softDeleteRetentionInDays"]!);
    }

    [Fact]
    public async Task Its_name_does_not_resolve_before_it_is_provisioned()
    {
        await using var world = await World.StartAsync();
        (await world.ArmAsync("PUT", Id(world), World.HsmBody(world.Owner.ObjectId))).Expect(202);

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => world.HsmAsync("GET", "kv-hsm-test", "/keys"));
        Assert.Equal(HttpRequestError.NameResolutionError, failure.HttpRequestError);
    }

    [Theory]
    [InlineData("kv-hsm-test", "AlreadyExists")]
    [InlineData("KV-HSM-TEST", "AlreadyExists")]
    [InlineData("2start", "AccountNameInvalid")]
    [InlineData("ab", "AccountNameInvalid")]
    [InlineData("kv-free", null)]
    public async Task A_name_is_told_to_be_free_or_not(string name, string? reason)
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        var answer = (await world.ArmAsync("POST", $"{world.Subscription}/providers/Microsoft.KeyVault/checkMhsmNameAvailability", new JsonObject { ["name"] = name })).Expect(200).Json;

        Assert.Equal(reason is null, (bool)answer["nameAvailable"]!);
        Assert.Equal(reason, (string?)answer["reason"]);
    }

    [Fact]
    public async Task A_taken_name_is_a_conflict()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-b", new JsonObject { ["location"] = "eastus2" });

        (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-b/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-test", World.HsmBody(world.Owner.ObjectId)))
            .Refused(409, "VaultAlreadyExists");
    }

    [Theory]
    [InlineData("softDeleteRetentionInDays", "6")]
    [InlineData("softDeleteRetentionInDays", "91")]
    [InlineData("softDeleteRetentionInDays", "\"90\"")]
    [InlineData("initialAdminObjectIds", "[]")]
    [InlineData("initialAdminObjectIds", "[\"me\"]")]
    [InlineData("enableSoftDelete", "false")]
    public async Task A_wrong_property_is_refused(string property, string value)
    {
        await using var world = await World.StartAsync();
        var body = World.HsmBody(world.Owner.ObjectId);
        body["properties"]![property] = JsonNode.Parse(value);

        (await world.ArmAsync("PUT", Id(world), body)).Refused(400, "BadRequest");
        (await world.ArmAsync("GET", Id(world))).Refused(404, "ResourceNotFound");
    }

    [Fact]
    public async Task Purge_protection_is_turned_on_once_and_never_off()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync(purgeProtection: false);
        var on = new JsonObject { ["properties"] = new JsonObject { ["enablePurgeProtection"] = true } };
        var off = new JsonObject { ["properties"] = new JsonObject { ["enablePurgeProtection"] = false } };

        (await world.ArmAsync("PATCH", Id(world), off.DeepClone())).Expect(200);
        var patch = (await world.ArmAsync("PATCH", Id(world), on)).Expect(202);
        Assert.Equal("Updating", (string?)patch.Json["properties"]!["provisioningState"]);
        (await world.ArmAsync("PATCH", Id(world), new JsonObject { ["tags"] = new JsonObject() })).Refused(409, "Conflict");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.True((bool)(await world.GetAsync(patch.Header("Location")!)).Expect(200).Json["properties"]!["enablePurgeProtection"]!);
        (await world.ArmAsync("PATCH", Id(world), off)).Refused(400, "BadRequest");
        Assert.True((bool)(await world.ArmAsync("GET", Id(world))).Json["properties"]!["enablePurgeProtection"]!);
    }

    [Fact]
    public async Task Tags_are_changed_at_once()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();

        var patched = await world.ArmAsync("PATCH", Id(world), new JsonObject { ["tags"] = new JsonObject { ["session"] = "s1" } });
        Assert.Equal("s1", (string?)patched.Expect(200).Json["tags"]!["session"]);
    }

    [Fact]
    public async Task The_retention_can_never_be_changed()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();

        (await world.ArmAsync("PATCH", Id(world), new JsonObject { ["properties"] = new JsonObject { ["softDeleteRetentionInDays"] = 7 } })).Refused(400, "BadRequest");
    }

    [Fact]
    public async Task Deleting_leaves_it_recoverable_with_its_name_reserved()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync(purgeProtection: false, retentionDays: 7);
        var deletion = (await world.ArmAsync("DELETE", Id(world))).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        (await world.GetAsync(deletion.Header("Location")!)).Expect(200);

        (await world.ArmAsync("GET", Id(world))).Refused(404, "ResourceNotFound");
        (await world.ArmAsync("DELETE", Id(world))).Expect(204);
        var deleted = (await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.KeyVault/locations/eastus2/deletedManagedHSMs/kv-hsm-test")).Expect(200).Json["properties"]!;
        Assert.Equal(Id(world), (string?)deleted["mhsmId"]);
        Assert.Equal(7, (DateTimeOffset.Parse((string)deleted["scheduledPurgeDate"]!) - DateTimeOffset.Parse((string)deleted["deletionDate"]!)).Days);
        Assert.Single((await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.KeyVault/deletedManagedHSMs")).Expect(200).Json["value"]!.AsArray());
        (await world.ArmAsync("PUT", Id(world), World.HsmBody(world.Owner.ObjectId))).Refused(409, "Conflict");

        world.Azure.Clock.Advance(TimeSpan.FromDays(7));
        (await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.KeyVault/locations/eastus2/deletedManagedHSMs/kv-hsm-test")).Refused(404, "ResourceNotFound");
        (await world.ArmAsync("PUT", Id(world), World.HsmBody(world.Owner.ObjectId))).Expect(202);
    }

    [Fact]
    public async Task A_deleted_one_comes_back_with_its_keys()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync("kv-hsm-test", "k");
        (await world.ArmAsync("DELETE", Id(world))).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        var body = new JsonObject { ["location"] = "eastus2", ["properties"] = new JsonObject { ["createMode"] = "recover" } };
        (await world.ArmAsync("PUT", Id(world), body)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("Active", (string?)(await world.ArmAsync("GET", Id(world))).Expect(200).Json["properties"]!["securityDomainProperties"]!["activationStatus"]);
        (await world.HsmAsync("GET", "kv-hsm-test", "/keys/k")).Expect(200);
    }

    [Fact]
    public async Task A_protected_one_cannot_be_purged()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync(purgeProtection: true);
        await world.ArmAsync("DELETE", Id(world));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));

        (await world.ArmAsync("POST", $"{world.Subscription}/providers/Microsoft.KeyVault/locations/eastus2/deletedManagedHSMs/kv-hsm-test/purge")).Refused(403, "Forbidden");
    }

    [Fact]
    public async Task Deleting_the_group_soft_deletes_the_hsm()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        (await world.ArmAsync("DELETE", world.Group)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));

        (await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.KeyVault/locations/eastus2/deletedManagedHSMs/kv-hsm-test")).Expect(200);
    }
}
