using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Simulator;

namespace Runbook.Actions.Tests;

/// <summary>Who still uses a version of a key, as the HSM's log tells it, and when that log can't tell.</summary>
public sealed class KeyUsesTests
{
    [Fact]
    public async Task Who_has_used_the_version_is_named_with_what_they_did_and_how_often()
    {
        await using var world = await LoggedAsync();
        var kid = await KeyAsync(world, "cmk");
        await RoundTripAsync(world, kid);
        await RoundTripAsync(world, kid);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        var told = await AskAsync(world, kid, "1h");

        var uses = told.GetProperty("uses").EnumerateArray().ToList();
        Assert.All(uses, u => Assert.Equal(world.Azure.Owner.ObjectId, u.GetProperty("identity").GetString()));
        Assert.Equal([("KeyUnwrap", 2), ("KeyWrap", 2)], uses.Select(u => (u.GetProperty("operation").GetString()!, u.GetProperty("count").GetInt32())).Order());
        Assert.Equal(4, told.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_refused_use_counts_because_whoever_is_refused_needs_the_version_as_well()
    {
        await using var world = await LoggedAsync();
        var kid = await KeyAsync(world, "cmk");
        await world.DoAsync("keyvault.key.disable", new JsonObject { ["id"] = kid });
        await world.RunAsync("keyvault.key.round-trip", new JsonObject { ["id"] = kid, ["algorithm"] = "RSA-OAEP-256" });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        var use = Assert.Single((await AskAsync(world, kid, "1h")).GetProperty("uses").EnumerateArray());

        Assert.Equal(1, use.GetProperty("refused").GetInt32());
        Assert.Equal(1, use.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task What_was_done_with_another_version_or_before_is_no_use_of_this_one()
    {
        await using var world = await LoggedAsync();
        var old = await KeyAsync(world, "cmk");
        await RoundTripAsync(world, old);
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        await world.DoAsync("keyvault.rotation-policy.set", Json("""{"hsm":"kv-hsm-test","name":"cmk","rotateAfter":"P18M","expires":"P2Y"}"""));
        var next = (await world.DoAsync("keyvault.key.rotate", Json("""{"hsm":"kv-hsm-test","name":"cmk"}"""))).GetProperty("key").GetProperty("kid").GetString()!;
        await RoundTripAsync(world, next);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        var told = await AskAsync(world, old, "1h");

        Assert.Equal(0, told.GetProperty("count").GetInt32());
        Assert.True(told.GetProperty("covers").GetBoolean(), told.GetRawText());
        Assert.Equal(2, (await AskAsync(world, next, "1h")).GetProperty("count").GetInt32());
        Assert.Equal(2, (await AskAsync(world, old, "3h")).GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Of_a_key_without_a_version_every_version_is_meant_and_no_other_key()
    {
        await using var world = await LoggedAsync();
        var first = await KeyAsync(world, "cmk");
        var longer = await KeyAsync(world, "cmk-2");
        await RoundTripAsync(world, first);
        await RoundTripAsync(world, longer);
        await world.DoAsync("keyvault.rotation-policy.set", Json("""{"hsm":"kv-hsm-test","name":"cmk","rotateAfter":"P18M","expires":"P2Y"}"""));
        var next = (await world.DoAsync("keyvault.key.rotate", Json("""{"hsm":"kv-hsm-test","name":"cmk"}"""))).GetProperty("key").GetProperty("kid").GetString()!;
        await RoundTripAsync(world, next);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal(4, (await AskAsync(world, first[..first.LastIndexOf('/')], "1h")).GetProperty("count").GetInt32());
        Assert.Equal(2, (await AskAsync(world, longer[..longer.LastIndexOf('/')], "1h")).GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_log_that_is_younger_than_the_time_that_is_asked_for_does_not_cover_it()
    {
        await using var world = await LoggedAsync();
        var kid = await KeyAsync(world, "cmk");
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        await KeyAsync(world, "other");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.True((await AskAsync(world, kid, "2h")).GetProperty("covers").GetBoolean());
        Assert.False((await AskAsync(world, kid, "26h")).GetProperty("covers").GetBoolean());
    }

    [Fact]
    public async Task A_log_that_has_fallen_silent_does_not_cover_the_time_since()
    {
        await using var world = await LoggedAsync();
        var kid = await KeyAsync(world, "cmk");
        world.Azure.Clock.Advance(TimeSpan.FromDays(3));

        var told = await AskAsync(world, kid, "26h");

        Assert.Equal(0, told.GetProperty("count").GetInt32());
        Assert.False(told.GetProperty("covers").GetBoolean());
        Assert.NotEmpty(told.GetProperty("logUntil").GetString()!);
    }

    [Fact]
    public async Task Without_a_setting_the_log_is_empty_and_nobody_is_not_the_answer()
    {
        await using var world = await World.ActiveAsync();
        await world.DoAsync("monitor.workspace.create", Json("""{"name":"log-test","location":"eastus2"}"""));
        var kid = await KeyAsync(world, "cmk");
        await RoundTripAsync(world, kid);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        var told = await AskAsync(world, kid, "10m");

        Assert.Equal(0, told.GetProperty("count").GetInt32());
        Assert.False(told.GetProperty("covers").GetBoolean());
        Assert.False(told.TryGetProperty("logSince", out _));
    }

    [Fact]
    public async Task Who_may_read_the_workspace_and_not_its_logs_is_told_so()
    {
        await using var world = await LoggedAsync();
        var kid = await KeyAsync(world, "cmk");
        var reader = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "reader");
        await world.ArmAsync($"{world.GroupId}/providers/Microsoft.Authorization/roleDefinitions/6d3f2c5e-1b7a-4c0f-9a55-0e2b7d4c1a90", "2022-04-01", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleName"] = "Sees workspaces",
                ["type"] = "CustomRole",
                ["permissions"] = new JsonArray(new JsonObject { ["actions"] = new JsonArray("Microsoft.OperationalInsights/workspaces/read") }),
                ["assignableScopes"] = new JsonArray(world.GroupId),
            },
        }.ToJsonString());
        await world.ArmAsync($"{world.GroupId}/providers/Microsoft.Authorization/roleAssignments/0b1c2d3e-4f50-4a61-8b72-93c4d5e6f708", "2022-04-01", new JsonObject
        {
            ["properties"] = new JsonObject { ["roleDefinitionId"] = $"/subscriptions/{world.Azure.SubscriptionId}/providers/Microsoft.Authorization/roleDefinitions/6d3f2c5e-1b7a-4c0f-9a55-0e2b7d4c1a90", ["principalId"] = reader.ObjectId },
        }.ToJsonString());

        var end = await world.RunAsync("keyvault.key.uses", With(kid, "1h"), world.ActionsOf(reader));

        Assert.Equal("InsufficientAccessError", end.Last.Error!.Code);
    }

    [Fact]
    public async Task What_a_storage_account_unwraps_by_itself_is_in_the_log_with_its_identity()
    {
        await using var world = await LoggedAsync("payments", "kv-hsm-prod");
        var account = await world.DoAsync("storage.account.get", Json("""{"name":"stkvdataprod"}"""));
        var kid = account.GetProperty("properties").GetProperty("encryption").GetProperty("keyvaultproperties").GetProperty("currentVersionedKeyIdentifier").GetString()!;
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        await world.RunAsync("storage.blob.read", Json("""{"account":"stkvdataprod","container":"canary","blob":"canary.txt"}"""), world.ActionsOf(world.Somebody("operator")));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        var who = await IdentityAsync(world, "id-stkvdataprod");
        var told = await AskAsync(world, kid, "1h");

        Assert.Contains(told.GetProperty("uses").EnumerateArray(), u => u.GetProperty("operation").GetString() == "KeyUnwrap" && u.GetProperty("identity").GetString() == who);
    }

    [Fact]
    public async Task What_a_database_unwraps_by_itself_is_in_the_log_with_its_servers_identity()
    {
        await using var world = await LoggedAsync("sql-pair", "kv-hsm-prod");
        var protector = await world.DoAsync("sql.protector.get", Json("""{"server":"sql-prod"}"""));
        var kid = protector.GetProperty("properties").GetProperty("uri").GetString()!;
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        await world.DoAsync("sql.database.get", Json("""{"server":"sql-prod","name":"canary"}"""));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        var who = await IdentityAsync(world, "id-sql-prod");
        var told = await AskAsync(world, kid, "3h");

        Assert.Contains(told.GetProperty("uses").EnumerateArray(), u => u.GetProperty("operation").GetString() == "KeyUnwrap" && u.GetProperty("identity").GetString() == who);
    }

    private static async Task<World> LoggedAsync(string? estate = null, string hsm = World.Hsm)
    {
        var world = estate is null ? await World.ActiveAsync() : await World.OfEstateAsync(estate);
        await world.DoAsync("monitor.workspace.create", Json("""{"name":"log-test","location":"eastus2"}"""));
        await world.DoAsync("monitor.diagnostic-setting.create", new JsonObject { ["resource"] = $"{world.GroupId}/providers/Microsoft.KeyVault/managedHSMs/{hsm}", ["name"] = "uses", ["workspace"] = "log-test" });
        return world;
    }

    private static async Task<string> KeyAsync(World world, string name) =>
        (await world.DoAsync("keyvault.key.create", Json($$"""{"hsm":"kv-hsm-test","name":"{{name}}","type":"RSA-HSM","size":2048,"operations":["wrapKey","unwrapKey"]}"""))).GetProperty("key").GetProperty("kid").GetString()!;

    private static Task RoundTripAsync(World world, string kid) => world.DoAsync("keyvault.key.round-trip", new JsonObject { ["id"] = kid, ["algorithm"] = "RSA-OAEP-256" });

    private static Task<JsonElement> AskAsync(World world, string kid, string since) => world.DoAsync("keyvault.key.uses", With(kid, since));

    private static JsonObject With(string kid, string since) => new() { ["id"] = kid, ["workspace"] = "log-test", ["since"] = since };

    private static async Task<string> IdentityAsync(World world, string name) =>
        (await world.DoAsync("identity.user-assigned.get", new JsonObject { ["id"] = name })).GetProperty("properties").GetProperty("principalId").GetString()!;

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
