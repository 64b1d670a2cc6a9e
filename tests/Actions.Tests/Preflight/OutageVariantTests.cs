using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine;
using Runbook.Simulator;
using Runbook.TestKit;

namespace Runbook.Actions.Tests.Preflight;

/// <summary>
/// Each way in which a rotation meets a lost grant, on the estate of two servers in a failover group: what would break, when,
/// and the grant that repairs it; and after the repair the rotation goes through.
/// </summary>
public sealed class OutageVariantTests
{
    private const string Hsm = "kv-hsm-prod";
    private const string Key = "https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-sql";
    private const string Role = "Managed HSM Crypto Service Encryption User";
    private const string Rotate = "keyvault.key.rotate\nwith: {hsm: kv-hsm-prod, name: cmk-sql}";

    private static readonly string[] ToASuccessor =
    [
        "keyvault.key.create\nwith: {hsm: kv-hsm-prod, name: cmk-sql-2, type: RSA-HSM, size: 3072, operations: [wrapKey, unwrapKey]}\nsave: {new_kid: key.kid}",
        "sql.protector.set\nwith: {server: sql-prod, kid: \"${new_kid}\"}",
        "keyvault.key.disable\nwith: {hsm: kv-hsm-prod, name: cmk-sql}",
    ];

    [Fact]
    public async Task An_estate_in_order_has_nothing_missing_and_loses_nothing()
    {
        await using var world = await World.OfEstateAsync("sql-pair");

        var report = await ExamineAsync(world, Rotate);

        Assert.Equal("", Trouble(report));
        Assert.Equal(world.Somebody("operator").ObjectId, report.Caller!.ObjectId);
        Assert.Contains(report.Needs, n => n is { Operation: "Microsoft.KeyVault/managedHsm/keys/rotate/action", Scope: "/keys/cmk-sql", State: NeedState.Held });
    }

    [Fact]
    public async Task A_grant_on_the_old_key_only_is_found_before_the_successor_takes_its_place()
    {
        await using var world = await World.OfEstateAsync("sql-pair");

        var report = await ExamineAsync(world, ToASuccessor);

        var refused = Assert.Single(report.Outages, o => o.Step == "step-2");
        Assert.Equal((Server(world, "sql-prod"), "grant"), (refused.Resource, refused.Cause));
        Assert.Contains("at /keys/cmk-sql only, which is another key", refused.Says, StringComparison.Ordinal);
        AssertGrant(refused, "/keys/cmk-sql-2", await PrincipalAsync(world, "id-sql-prod"));
        // Because the move is refused, whoever disables the old key all the same takes the databases along.
        var broken = Assert.Single(report.Outages, o => o.Step == "step-3" && o.Resource == Server(world, "sql-prod"));
        Assert.Contains(Server(world, "sql-prod") + "/databases/canary", broken.Also);
        Assert.False(broken.Failover!.Helps, broken.Failover.Says);

        await RepairAsync(world, "id-sql-prod", "cmk-sql-2");
        await world.DoAsync("keyvault.key.create", Json("""{"hsm":"kv-hsm-prod","name":"cmk-sql-2","type":"RSA-HSM","size":3072,"operations":["wrapKey","unwrapKey"]}"""));
        Assert.DoesNotContain((await ExamineAsync(world, ToASuccessor)).Outages, o => o.Step == "step-2");
        var kid = (await world.DoAsync("keyvault.key.get", Json("""{"hsm":"kv-hsm-prod","name":"cmk-sql-2"}"""))).GetProperty("key").GetProperty("kid").GetString();
        await AddToPartnerAsync(world, kid!);
        await world.DoAsync("sql.protector.set", new JsonObject { ["server"] = "sql-prod", ["kid"] = kid });
    }

    [Fact]
    public async Task A_grant_that_a_clean_up_took_is_named_with_the_rotation_and_what_the_failover_group_does()
    {
        await using var world = await World.OfEstateAsync("sql-pair");
        var principal = await PrincipalAsync(world, "id-sql-prod");
        await world.DoAsync("keyvault.role-assignment.delete", new JsonObject { ["hsm"] = Hsm, ["role"] = Role, ["principal"] = principal, ["scope"] = "/keys/cmk-sql" });

        var outage = Assert.Single((await ExamineAsync(world, Rotate)).Outages);

        Assert.Equal((Server(world, "sql-prod"), "grant", null), (outage.Resource, outage.Cause, outage.Step));
        Assert.Equal(new DateTimeOffset(2026, 8, 29, 8, 26, 0, TimeSpan.Zero), outage.Rotation);
        Assert.Contains(Server(world, "sql-prod") + "/databases/canary", outage.Also);
        Assert.True(outage.Failover!.Helps, outage.Failover.Says);
        Assert.Equal(Server(world, "sql-prod-dr"), outage.Failover.Partner);
        AssertGrant(outage, "/keys/cmk-sql", principal);

        world.Azure.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("Inaccessible", await StatusAsync(world));
        await RepairAsync(world, "id-sql-prod", "cmk-sql");
        Assert.Equal("", Trouble(await ExamineAsync(world, Rotate)));
        await world.DoAsync("keyvault.key.rotate", Json("""{"hsm":"kv-hsm-prod","name":"cmk-sql"}"""));
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal("Online", await StatusAsync(world));
    }

    [Fact]
    public async Task An_identity_that_was_replaced_leaves_an_assignment_of_nobody_and_lacks_its_own()
    {
        await using var world = await World.OfEstateAsync("sql-pair");
        var before = await PrincipalAsync(world, "id-sql-prod");
        await world.DoAsync("identity.user-assigned.delete", Json("""{"id":"id-sql-prod"}"""));

        var gone = Assert.Single((await ExamineAsync(world, Rotate)).Outages);
        Assert.Equal("identity", gone.Cause);
        Assert.Equal(["identity.user-assigned.create", null, "sql.server-identity.set"], gone.Repairs.Select(r => r.Use));

        await world.DoAsync("identity.user-assigned.create", Json("""{"id":"id-sql-prod","location":"eastus2"}"""));
        var report = await ExamineAsync(world, Rotate);
        var replaced = Assert.Single(report.Outages);
        Assert.Equal("grant", replaced.Cause);
        AssertGrant(replaced, "/keys/cmk-sql", await PrincipalAsync(world, "id-sql-prod"));
        var orphan = Assert.Single(report.Findings, f => f.Code == "orphaned-assignment");
        Assert.Equal(before, orphan.Repairs[0].With!.Value.GetProperty("principal").GetString());

        await RepairAsync(world, "id-sql-prod", "cmk-sql");
        await ApplyAsync(world, orphan.Repairs[0]);
        Assert.Equal("", Trouble(await ExamineAsync(world, Rotate)));
        await world.DoAsync("sql.server-identity.set", new JsonObject { ["server"] = "sql-prod", ["identity"] = Identity(world, "id-sql-prod") });
        await world.DoAsync("keyvault.key.rotate", Json("""{"hsm":"kv-hsm-prod","name":"cmk-sql"}"""));
    }

    [Fact]
    public async Task A_firewall_that_lets_no_service_in_takes_the_key_from_all_and_the_caller_along()
    {
        await using var world = await World.OfEstateAsync("sql-pair");
        await world.DoAsync("keyvault.network-rules.set", Json("""{"hsm":"kv-hsm-prod","defaultAction":"Deny","bypass":"None"}"""));

        var report = await ExamineAsync(world, Rotate);

        Assert.Equal(["sql-prod", "sql-prod-dr"], report.Outages.Select(o => o.Resource.Split('/')[^1]).Order(StringComparer.Ordinal));
        Assert.All(report.Outages, o => Assert.Equal("network", o.Cause));
        Assert.All(report.Outages, o => Assert.False(o.Failover!.Helps));
        var missing = Assert.Single(report.Missing, n => n.Operation.EndsWith("keys/rotate/action", StringComparison.Ordinal));
        Assert.Contains("firewall", missing.Why, StringComparison.Ordinal);
        Assert.Equal("keyvault.network-rules.set", missing.Repairs[0].Use);

        await ApplyAsync(world, report.Outages[0].Repairs[0]);
        Assert.Empty((await ExamineAsync(world, Rotate)).Outages);
    }

    [Fact]
    public async Task A_version_whose_time_ends_takes_those_along_who_do_not_follow_rotation()
    {
        await using var world = await World.OfEstateAsync("sql-pair");
        await world.DoAsync("keyvault.key.set-dates", Json("""{"hsm":"kv-hsm-prod","name":"cmk-sql","expires":"2026-10-01T00:00:00Z"}"""));

        var outages = (await ExamineAsync(world, Rotate)).Outages;

        Assert.Equal(2, outages.Length);
        Assert.All(outages, o => Assert.Equal(("key-expired", (DateTimeOffset?)new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero)), (o.Cause, o.At)));
    }

    [Theory]
    [InlineData("clean-up", true)]
    [InlineData("successor", true)]
    [InlineData("identity", true)]
    [InlineData("network", true)]
    [InlineData("rotation", false)]
    public async Task The_prediction_for_a_change_names_the_server_that_would_break(string change, bool breaks)
    {
        await using var world = await World.OfEstateAsync("sql-pair");

        var result = await world.DoAsync("preflight.outage.predict", new JsonObject { ["key"] = Key, ["change"] = change, ["successor"] = "cmk-sql-2" });

        var lost = result.GetProperty("inaccessible").EnumerateArray().Select(i => i.GetString()).ToList();
        Assert.Equal(breaks, lost.Contains(Server(world, "sql-prod")));
        Assert.Equal(breaks, lost.Contains(Server(world, "sql-prod") + "/databases/canary"));
        Assert.DoesNotContain(Server(world, "sql-other"), lost);
    }

    [Fact]
    public async Task A_preflight_makes_no_call_that_changes_something()
    {
        await using var world = await World.OfEstateAsync("sql-pair");
        var before = world.Azure.State.Export(EstateSecrets.Included);

        await ExamineAsync(world, ToASuccessor);

        Assert.Equal(before, world.Azure.State.Export(EstateSecrets.Included));
    }

    [Fact]
    public async Task Who_may_read_nothing_is_told_so_and_refused_nothing_but_what_resource_manager_itself_denies()
    {
        await using var world = await World.OfEstateAsync("sql-pair");
        var nobody = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "nobody");

        var report = await world.PreflightOf(nobody).ExamineAsync(Plans.Of(Bench.Rendering, Rotate), TestContext.Current.CancellationToken);

        Assert.NotEmpty(report.Unchecked);
        Assert.Empty(report.Missing);
        Assert.All(report.Needs, n => Assert.Equal(NeedState.Unjudged, n.State));
    }

    private static Task<PreflightReport> ExamineAsync(World world, params string[] blocks)
    {
        var who = world.Somebody("operator");
        return world.PreflightOf(who).ExamineAsync(Plans.Of(world.ActionsOf(who), blocks), TestContext.Current.CancellationToken);
    }

    private static string Trouble(PreflightReport report) => report.Missing.Any() || !report.Outages.IsEmpty || !report.Findings.IsEmpty || !report.Unchecked.IsEmpty ? PreflightText.Render(report) : "";

    private static void AssertGrant(PredictedOutage outage, string scope, string? principal)
    {
        var grant = outage.Repairs[0];
        Assert.Equal("keyvault.role-assignment.create", grant.Use);
        Assert.Equal($"az keyvault role assignment create --hsm-name {Hsm} --role '{Role}' --assignee-object-id {principal} --scope {scope}", grant.Az);
        Assert.Equal((Hsm, Role, principal, scope), (Text("hsm"), Text("role"), Text("principal"), Text("scope")));

        string? Text(string name) => grant.With!.Value.GetProperty(name).GetString();
    }

    private static async Task ApplyAsync(World world, PreflightRepair repair) => await world.DoAsync(repair.Use!, JsonNode.Parse(repair.With!.Value.GetRawText())!);

    // With the repair's own runbook, as the operator would.
    private static Task RepairAsync(World world, string identity, string key) => Plans.CarryOutAsync(
        world,
        Repository.In("tests", "Language.Tests", "drills", "repair-key-grants.md"),
        new JsonObject { ["hsm"] = Hsm, ["keys"] = new JsonArray(key), ["identity"] = Identity(world, identity) },
        world.ActionsOf(world.Somebody("operator")));

    // A failover group wants the key on the partner first, whose identity needs the same.
    private static async Task AddToPartnerAsync(World world, string kid)
    {
        await RepairAsync(world, "id-sql-prod-dr", "cmk-sql-2");
        await world.ArmAsync($"{Server(world, "sql-prod-dr")}/keys/kv-hsm-prod_cmk-sql-2_{kid.Split('/')[^1]}", "2021-11-01", $$"""{"properties":{"serverKeyType":"AzureKeyVault","uri":"{{kid}}"} }""");
    }

    private static async Task<string?> PrincipalAsync(World world, string identity) => (await world.DoAsync("identity.user-assigned.get", new JsonObject { ["id"] = identity })).GetProperty("properties").GetProperty("principalId").GetString();

    private static async Task<string?> StatusAsync(World world) => (await world.DoAsync("sql.database.get", Json("""{"server":"sql-prod","name":"canary"}"""))).GetProperty("properties").GetProperty("status").GetString();

    private static string Server(World world, string name) => $"{world.GroupId}/providers/Microsoft.Sql/servers/{name}";

    private static string Identity(World world, string name) => $"{world.GroupId}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}";

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
