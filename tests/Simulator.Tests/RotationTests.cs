using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class RotationTests
{
    private const string Hsm = "kv-hsm-test";

    [Theory]
    [InlineData("{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P27D\"},\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{}}")]
    [InlineData("{\"lifetimeActions\":[],\"attributes\":{\"expiryTime\":\"P27D\"}}")]
    [InlineData("{\"lifetimeActions\":[{\"trigger\":{\"timeBeforeExpiry\":\"P29D\"},\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{\"expiryTime\":\"P56D\"}}")]
    [InlineData("{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P30D\",\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{\"expiryTime\":\"P90D\"}}")]
    [InlineData("{\"lifetimeActions\":[{\"trigger\":{},\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{}}")]
    [InlineData("{\"lifetimeActions\":[{\"trigger\":{\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Notify\"}}],\"attributes\":{\"expiryTime\":\"P90D\"}}")]
    [InlineData("{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"soon\"},\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{}}")]
    public async Task A_wrong_policy_is_refused_and_none_is_set(string policy)
    {
        await using var world = await ReadyAsync();

        (await world.HsmAsync("PUT", Hsm, "/keys/k/rotationpolicy", JsonNode.Parse(policy))).Refused(400, "BadParameter");
        Assert.Null((await world.HsmAsync("GET", Hsm, "/keys/k/rotationpolicy")).Expect(200).Json["lifetimeActions"]);
    }

    [Fact]
    public async Task A_key_rotates_so_long_before_its_end_as_its_policy_says()
    {
        await using var world = await ReadyAsync();
        (await world.HsmAsync("PUT", Hsm, "/keys/k/rotationpolicy", Policy("timeBeforeExpiry", "P28D", "P56D"))).Expect(200);
        var made = (await world.HsmAsync("POST", Hsm, "/keys/k/rotate")).Expect(200).Json;
        Assert.Equal(56L * 86400, (long)made["attributes"]!["exp"]! - (long)made["attributes"]!["created"]!);

        world.Azure.Clock.Advance(TimeSpan.FromDays(27));
        Assert.Equal(2, await VersionsAsync(world));
        world.Azure.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(3, await VersionsAsync(world));
    }

    [Fact]
    public async Task A_year_of_rotations_happens_in_one_jump_each_at_its_own_time()
    {
        await using var world = await ReadyAsync();
        (await world.HsmAsync("PUT", Hsm, "/keys/k/rotationpolicy", Policy("timeAfterCreate", "P30D", "P90D"))).Expect(200);
        var start = world.Azure.Clock.GetUtcNow();
        world.Azure.Clock.Advance(TimeSpan.FromDays(365));
        var created = (await world.HsmAsync("GET", Hsm, "/keys/k/versions")).Expect(200).Json["value"]!.AsArray()
            .Select(version => DateTimeOffset.FromUnixTimeSeconds((long)version!["attributes"]!["created"]!)).Order().ToList();

        Assert.Equal(Enumerable.Range(0, 13).Select(i => start + TimeSpan.FromDays(30 * i)), created);
        Assert.True((bool)(await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200).Json["attributes"]!["enabled"]!);
    }

    [Fact]
    public async Task A_rotated_version_has_new_material_and_everything_else_of_its_key()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var first = await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "EC-HSM", ["crv"] = "P-384", ["key_ops"] = new JsonArray("sign"), ["tags"] = new JsonObject { ["owner"] = "app" }, ["attributes"] = new JsonObject { ["enabled"] = false, ["nbf"] = 1000 } });
        (await world.HsmAsync("PUT", Hsm, "/keys/k/rotationpolicy", Policy("timeAfterCreate", "P30D", null))).Expect(200);
        var second = (await world.HsmAsync("POST", Hsm, "/keys/k/rotate")).Expect(200).Json;

        Assert.NotEqual((string?)first["key"]!["x"], (string?)second["key"]!["x"]);
        Assert.Equal("P-384", (string?)second["key"]!["crv"]);
        Assert.Equal("[\"sign\"]", second["key"]!["key_ops"]!.ToJsonString());
        Assert.Equal("app", (string?)second["tags"]!["owner"]);
        Assert.True((bool)second["attributes"]!["enabled"]!);
        Assert.Null(second["attributes"]!["nbf"]);
        Assert.Null(second["attributes"]!["exp"]);
    }

    [Fact]
    public async Task Rotation_on_demand_needs_a_policy_unless_told_otherwise()
    {
        await using var strict = await ReadyAsync();
        (await strict.HsmAsync("POST", Hsm, "/keys/k/rotate")).Refused(400, "BadParameter");
        await using var lenient = await ReadyAsync(options => options with { Choices = new SimulatorChoices { RotationNeedsPolicy = false } });

        (await lenient.HsmAsync("POST", Hsm, "/keys/k/rotate")).Expect(200);
    }

    [Fact]
    public async Task A_blank_policy_ends_the_rotation()
    {
        await using var world = await ReadyAsync();
        (await world.HsmAsync("PUT", Hsm, "/keys/k/rotationpolicy", Policy("timeAfterCreate", "P30D", null))).Expect(200);
        (await world.HsmAsync("PUT", Hsm, "/keys/k/rotationpolicy", JsonNode.Parse("{\"lifetimeActions\":[],\"attributes\":{}}"))).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromDays(90));

        Assert.Equal(1, await VersionsAsync(world));
    }

    [Fact]
    public async Task A_deleted_key_does_not_rotate_and_goes_on_when_it_is_recovered()
    {
        await using var world = await ReadyAsync();
        (await world.HsmAsync("PUT", Hsm, "/keys/k/rotationpolicy", Policy("timeAfterCreate", "P30D", null))).Expect(200);
        (await world.HsmAsync("DELETE", Hsm, "/keys/k")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromDays(40));
        (await world.HsmAsync("POST", Hsm, "/deletedkeys/k/recover")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(2, await VersionsAsync(world));
    }

    [Fact]
    public async Task A_hundred_versions_are_enough()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        for (var i = 0; i < 100; i++)
            await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "oct-HSM", ["key_size"] = 128 });

        var refused = await world.HsmAsync("POST", Hsm, "/keys/k/create", new JsonObject { ["kty"] = "oct-HSM" });
        refused.Refused(403, "Forbidden");
        Assert.Equal("KeyVersionLimitExceeded", refused.InnerCode);
    }

    private static JsonObject Policy(string trigger, string duration, string? expiry)
    {
        var attributes = new JsonObject();
        if (expiry is not null)
            attributes["expiryTime"] = expiry;
        return new JsonObject
        {
            ["lifetimeActions"] = new JsonArray(new JsonObject { ["trigger"] = new JsonObject { [trigger] = duration }, ["action"] = new JsonObject { ["type"] = "rotate" } }),
            ["attributes"] = attributes,
        };
    }

    private static async Task<int> VersionsAsync(World world) =>
        (await world.HsmAsync("GET", Hsm, "/keys/k/versions")).Expect(200).Json["value"]!.AsArray().Count;

    private static async Task<World> ReadyAsync(Func<EmbeddedAzureOptions, EmbeddedAzureOptions>? change = null)
    {
        var world = await World.StartAsync(change);
        await world.ActiveHsmAsync();
        await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "EC-HSM" });
        return world;
    }
}
