using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>One HSM in two regions.</summary>
public sealed class ReplicaTests
{
    private const string Hsm = "kv-hsm-test";

    [Fact]
    public async Task A_second_region_is_listed_while_it_comes_and_once_it_is_there()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        (await ExtendAsync(world, "eastus2", "westus")).Expect(202);
        var coming = await RegionsAsync(world);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(25));
        var there = await RegionsAsync(world);

        Assert.Equal(["eastus2 True Succeeded", "westus False Provisioning"], coming);
        Assert.Equal(["eastus2 True Succeeded", "westus False Succeeded"], there);
    }

    [Theory]
    [InlineData("westus", "westus")]
    [InlineData("eastus2", "westus", "uksouth")]
    [InlineData("eastus2", "atlantis")]
    [InlineData("eastus2", "eastus2")]
    public async Task An_extension_that_cannot_be_is_refused(params string[] regions)
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();

        (await ExtendAsync(world, regions)).Refused(400, "BadRequest");
        Assert.Equal(["eastus2 True Succeeded"], await RegionsAsync(world));
    }

    [Fact]
    public async Task What_one_region_wrote_reaches_the_other_within_six_minutes()
    {
        await using var world = await TwoRegionsAsync();
        var first = await world.KeyAsync(Hsm, "k");
        (await RegionalAsync(world, "GET", "/keys/k")).Refused(404, "KeyNotFound");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(6) + TimeSpan.FromSeconds(2));
        (await RegionalAsync(world, "GET", "/keys/k")).Expect(200);

        var second = await world.KeyAsync(Hsm, "k");
        (await world.HsmAsync("PATCH", Hsm, "/keys/k", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } })).Expect(200);
        Assert.Equal(Kid(first), Kid((await RegionalAsync(world, "GET", "/keys/k")).Expect(200).Json));
        Assert.Single((await RegionalAsync(world, "GET", "/keys/k/versions")).Expect(200).Json["value"]!.AsArray());
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(7));
        Assert.Equal(Kid(second), Kid((await RegionalAsync(world, "GET", "/keys/k")).Expect(200).Json));
        (await RegionalAsync(world, "POST", "/keys/k/sign", new JsonObject { ["alg"] = "RS256", ["value"] = new string('A', 43) })).Refused(403, "Forbidden");
    }

    [Fact]
    public async Task A_disabled_key_works_on_in_the_other_region_until_it_has_heard_of_it()
    {
        await using var world = await TwoRegionsAsync("k");
        (await world.HsmAsync("PATCH", Hsm, "/keys/k", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } })).Expect(200);
        var sign = new JsonObject { ["alg"] = "RS256", ["value"] = new string('A', 43) };

        (await world.HsmAsync("POST", Hsm, "/keys/k/sign", sign.DeepClone())).Refused(403, "Forbidden");
        (await RegionalAsync(world, "POST", "/keys/k/sign", sign.DeepClone())).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(7));
        (await RegionalAsync(world, "POST", "/keys/k/sign", sign.DeepClone())).Refused(403, "Forbidden");
    }

    [Fact]
    public async Task A_grant_reaches_the_other_region_later_and_so_does_its_removal()
    {
        await using var world = await TwoRegionsAsync("k");
        var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "service");
        (await world.GrantAsync(Hsm, "/keys/k", Roles.ServiceEncryption, service.ObjectId)).Expect(201);
        (await world.HsmAsync("GET", Hsm, "/keys/k", @as: service)).Expect(200);
        (await RegionalAsync(world, "GET", "/keys/k", @as: service)).Refused(403, "AccessDenied");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(7));
        (await RegionalAsync(world, "GET", "/keys/k", @as: service)).Expect(200);

        (await world.HsmAsync("DELETE", Hsm, $"/keys/k/providers/Microsoft.Authorization/roleAssignments/{World.GuidOf($"{Hsm}/keys/k{Roles.ServiceEncryption}{service.ObjectId}")}")).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys/k", @as: service)).Refused(403, "AccessDenied");
        (await RegionalAsync(world, "GET", "/keys/k", @as: service)).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(7));
        (await RegionalAsync(world, "GET", "/keys/k", @as: service)).Refused(403, "AccessDenied");
    }

    [Fact]
    public async Task A_new_region_has_at_once_what_was_there_when_it_was_added()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        (await ExtendAsync(world, "eastus2", "westus")).Expect(202);
        await world.KeyAsync(Hsm, "k");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(20));

        (await RegionalAsync(world, "GET", "/keys/k")).Expect(200);
    }

    [Fact]
    public async Task With_the_primary_region_down_the_other_reads_and_writes_nothing()
    {
        await using var world = await TwoRegionsAsync("k");
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" });
        var read = (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200);
        Assert.Equal("westus", read.Header("x-ms-keyvault-region"));
        (await world.HsmAsync("POST", Hsm, "/keys/k/sign", new JsonObject { ["alg"] = "RS256", ["value"] = new string('A', 43) })).Expect(200);
        (await world.HsmAsync("POST", Hsm, "/keys/new/create", new JsonObject { ["kty"] = "EC-HSM" })).Refused(503, "ServiceUnavailable");

        world.Azure.Faults.DisarmAll();
        (await world.HsmAsync("POST", Hsm, "/keys/new/create", new JsonObject { ["kty"] = "EC-HSM" })).Expect(200);
    }

    [Fact]
    public async Task With_the_other_region_down_the_primary_reads_and_writes()
    {
        await using var world = await TwoRegionsAsync("k");
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "westus" });

        Assert.Equal("eastus2", (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200).Header("x-ms-keyvault-region"));
        (await world.HsmAsync("POST", Hsm, "/keys/new/create", new JsonObject { ["kty"] = "EC-HSM" })).Expect(200);
    }

    [Fact]
    public async Task With_both_regions_down_nobody_answers()
    {
        await using var world = await TwoRegionsAsync("k");
        foreach (var region in (string[])["eastus2", "westus"])
            world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = region });

        await Assert.ThrowsAsync<HttpRequestException>(() => world.HsmAsync("GET", Hsm, "/keys/k"));
    }

    [Fact]
    public async Task An_extended_hsm_is_not_deleted_before_its_extension_is_removed()
    {
        await using var world = await TwoRegionsAsync();
        var id = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}";
        (await world.ArmAsync("DELETE", id)).Refused(409, "Conflict");
        (await ExtendAsync(world, "eastus2")).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));

        (await world.ArmAsync("DELETE", id)).Expect(202);
    }

    private static async Task<World> TwoRegionsAsync(string? key = null)
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        if (key is not null)
            await world.KeyAsync(Hsm, key);
        (await ExtendAsync(world, "eastus2", "westus")).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(40));
        return world;
    }

    private static Task<Reply> ExtendAsync(World world, params string[] regions)
    {
        var list = new JsonArray();
        foreach (var region in regions)
            list.Add((JsonNode)new JsonObject { ["name"] = region });
        return world.ArmAsync("PATCH", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}", new JsonObject { ["properties"] = new JsonObject { ["regions"] = list } });
    }

    private static async Task<IEnumerable<string>> RegionsAsync(World world) =>
        (await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}/regions")).Expect(200).Json["value"]!.AsArray()
            .Select(region => $"{region!["name"]} {(bool)region["isPrimary"]!} {region["provisioningState"]}");

    /// <summary>Asks the region in the west by its own name.</summary>
    private static Task<Reply> RegionalAsync(World world, string method, string path, JsonNode? body = null, PrincipalCredential? @as = null) =>
        world.HsmAsync(method, $"westus.{Hsm}", path, body, @as);

    private static string Kid(JsonNode bundle) => ((string)bundle["key"]!["kid"]!).Split('/')[^1];
}
