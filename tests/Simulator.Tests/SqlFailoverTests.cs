using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class SqlFailoverTests
{
    private const string Near = "sql-near";
    private const string Far = "sql-far";

    private static string Server(World world, string name) => $"{world.Group}/providers/Microsoft.Sql/servers/{name}";

    private static string Database(World world, string server) => $"{Server(world, server)}/databases/canary";

    private static string Group(World world, string server, string name = "fg-test") => $"{Server(world, server)}/failoverGroups/{name}";

    private static Task<Reply> ArmAsync(World world, string method, string path, JsonNode? body = null, PrincipalCredential? @as = null) => world.ArmAsync(method, path, body, @as, "2021-11-01");

    private static string KeyName(string kid)
    {
        var parts = kid.Split('/');
        return $"{parts[2].Split('.')[0]}_{parts[4]}_{parts[5]}";
    }

    private static JsonObject GroupBody(World world, string partner = Far, string database = Near, string policy = "Automatic", int? grace = 60)
    {
        var endpoint = new JsonObject { ["failoverPolicy"] = policy };
        if (grace is not null)
            endpoint["failoverWithDataLossGracePeriodMinutes"] = grace;
        return new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["readWriteEndpoint"] = endpoint,
                ["readOnlyEndpoint"] = new JsonObject { ["failoverPolicy"] = "Disabled" },
                ["partnerServers"] = new JsonArray(new JsonObject { ["id"] = Server(world, partner) }),
                ["databases"] = new JsonArray(Database(world, database)),
            },
        };
    }

    private static async Task<string> MakeServerAsync(World world, string name, string location)
    {
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world, name), new JsonObject
        {
            ["location"] = location,
            ["identity"] = new JsonObject { ["type"] = "SystemAssigned" },
            ["properties"] = new JsonObject { ["administratorLogin"] = "adm", ["administratorLoginPassword"] = "P1-not-a-secret" },
        }));
        return (string)(await ArmAsync(world, "GET", Server(world, name))).Json["identity"]!["principalId"]!;
    }

    private static async Task AddKeyAsync(World world, string server, string kid) =>
        await world.SucceedAsync(await ArmAsync(world, "PUT", $"{Server(world, server)}/keys/{KeyName(kid)}", new JsonObject { ["properties"] = new JsonObject { ["serverKeyType"] = "AzureKeyVault", ["uri"] = kid } }));

    private static Task<Reply> ProtectAsync(World world, string server, string kid, bool rotates = false) => ArmAsync(
        world,
        "PUT",
        Server(world, server) + "/encryptionProtector/current",
        new JsonObject { ["properties"] = new JsonObject { ["serverKeyType"] = "AzureKeyVault", ["serverKeyName"] = KeyName(kid), ["autoRotationEnabled"] = rotates } });

    /// <summary>Two servers in two regions; the near one has a database under the key, the far one may use the key.</summary>
    private static async Task<(World World, string Kid, string NearPrincipal, string FarPrincipal)> StartAsync(bool farHasKey = true, bool rotates = false)
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var kid = await world.KidAsync("cmk-sql");
        var near = await MakeServerAsync(world, Near, "eastus2");
        var far = await MakeServerAsync(world, Far, "westeurope");
        await world.GrantKeyAsync("cmk-sql", near);
        await AddKeyAsync(world, Near, kid);
        if (farHasKey)
        {
            await world.GrantKeyAsync("cmk-sql", far);
            await AddKeyAsync(world, Far, kid);
        }
        await world.SucceedAsync(await ProtectAsync(world, Near, kid, rotates));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world, Near), new JsonObject { ["location"] = "eastus2" }));
        return (world, kid, near, far);
    }

    private static async Task<(World World, string Kid, string NearPrincipal, string FarPrincipal)> GroupedAsync(bool rotates = false)
    {
        var started = await StartAsync(rotates: rotates);
        await started.World.SucceedAsync(await ArmAsync(started.World, "PUT", Group(started.World, Near), GroupBody(started.World)));
        return started;
    }

    private static async Task<string?> RoleAsync(World world, string server) => (string?)(await ArmAsync(world, "GET", Group(world, server))).Expect(200).Json["properties"]!["replicationRole"];

    private static async Task<string?> StatusAsync(World world, string server) => (string?)(await ArmAsync(world, "GET", Database(world, server))).Expect(200).Json["properties"]!["status"];

    [Fact]
    public async Task A_group_keeps_a_readable_secondary_on_the_other_server()
    {
        var (world, _, _, _) = await StartAsync();
        await using var disposing = world;
        var first = await ArmAsync(world, "PUT", Group(world, Near), GroupBody(world));
        Assert.Equal("SEEDING", (string?)(await ArmAsync(world, "GET", Group(world, Near))).Json["properties"]!["replicationState"]);
        await world.SucceedAsync(first);

        Assert.Equal(("Primary", "Secondary"), (await RoleAsync(world, Near), await RoleAsync(world, Far)));
        Assert.Equal("CATCH_UP", (string?)(await ArmAsync(world, "GET", Group(world, Far))).Json["properties"]!["replicationState"]);
        Assert.Equal("Geo", (string?)(await ArmAsync(world, "GET", Database(world, Far))).Json["properties"]!["secondaryType"]);
        Assert.Equal("canary", (string?)(await ArmAsync(world, "GET", Database(world, Far) + "/schemas/dbo/tables")).Expect(200).Json["value"]![0]!["name"]);
    }

    [Fact]
    public async Task A_partner_without_the_key_is_refused()
    {
        var (world, kid, _, far) = await StartAsync(farHasKey: false);
        await using var disposing = world;
        (await ArmAsync(world, "PUT", Group(world, Near), GroupBody(world))).Refused(400, "SameKeyMaterialNotFoundOnRemoteServer");
        await world.GrantKeyAsync("cmk-sql", far);
        await AddKeyAsync(world, Far, kid);
        await world.RevokeKeyAsync("cmk-sql", far);
        (await ArmAsync(world, "PUT", Group(world, Near), GroupBody(world))).Refused(400, "KeyMaterialNotFoundOnRemoteServer");

        await world.GrantKeyAsync("cmk-sql", far);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Group(world, Near), GroupBody(world)));
    }

    [Fact]
    public async Task The_protector_of_a_replicated_database_becomes_only_a_key_that_the_partner_has()
    {
        var (world, _, near, far) = await GroupedAsync();
        await using var disposing = world;
        var other = await world.KidAsync("cmk-other");
        await world.GrantKeyAsync("cmk-other", near);
        await AddKeyAsync(world, Near, other);
        (await ProtectAsync(world, Near, other)).Refused(400, "SameKeyMaterialNotFoundOnRemoteServer");
        (await ProtectAsync(world, Near, other, rotates: true)).Refused(400, "SameKeyUriNotFoundOnRemoteServer");
        await world.GrantKeyAsync("cmk-other", far);
        await AddKeyAsync(world, Far, other);

        await world.SucceedAsync(await ProtectAsync(world, Near, other));
        Assert.All(world.Azure.Core.Estate.Current.Scan(State.Tables.SqlDatabases), pair => Assert.Equal(other, pair.Value.Wrap.Key));
    }

    [Fact]
    public async Task A_planned_failover_swaps_the_roles_and_back()
    {
        var (world, _, _, _) = await GroupedAsync();
        await using var disposing = world;
        (await ArmAsync(world, "POST", Group(world, Near) + "/failover")).Refused(400, "FailoverGroupFailoverRequestOnPrimary");

        await world.SucceedAsync(await ArmAsync(world, "POST", Group(world, Far) + "/failover"));
        Assert.Equal(("Secondary", "Primary"), (await RoleAsync(world, Near), await RoleAsync(world, Far)));
        Assert.Equal("Geo", (string?)(await ArmAsync(world, "GET", Database(world, Near))).Json["properties"]!["secondaryType"]);
        Assert.Null((await ArmAsync(world, "GET", Database(world, Far))).Json["properties"]!["secondaryType"]);
        (await ArmAsync(world, "PUT", Group(world, Near), GroupBody(world))).Refused(400, "FailoverGroupUpdateOrDeleteRequestOnSecondary");
        await world.SucceedAsync(await ArmAsync(world, "POST", Group(world, Near) + "/failover"));
        Assert.Equal(("Primary", "Secondary"), (await RoleAsync(world, Near), await RoleAsync(world, Far)));
    }

    [Fact]
    public async Task While_the_primary_region_is_down_only_a_forced_failover_works()
    {
        var world = await World.StartAsync();
        await using var disposing = world;
        await MakeServerAsync(world, Near, "eastus2");
        await MakeServerAsync(world, Far, "westeurope");
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world, Near), new JsonObject { ["location"] = "eastus2" }));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Group(world, Near), GroupBody(world)));
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" });

        (await ArmAsync(world, "POST", Group(world, Far) + "/failover")).Refused(400, "PlannedFailoverTimedOut");
        await world.SucceedAsync(await ArmAsync(world, "POST", Group(world, Far) + "/forceFailoverAllowDataLoss"));
        Assert.Equal("Primary", await RoleAsync(world, Far));
        (await ArmAsync(world, "GET", Database(world, Far) + "/schemas/dbo/tables")).Expect(200);
    }

    [Fact]
    public async Task A_group_does_not_help_where_the_shared_key_is_lost()
    {
        var (world, kid, _, _) = await GroupedAsync();
        await using var disposing = world;
        await world.EnableAsync(kid, false);
        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world, Near) == "Inaccessible" && await StatusAsync(world, Far) == "Inaccessible");

        (await ArmAsync(world, "POST", Group(world, Far) + "/failover")).Refused(409, "InvalidDatabaseStateForOperation");
        (await ArmAsync(world, "POST", Group(world, Far) + "/forceFailoverAllowDataLoss")).Refused(409, "InvalidDatabaseStateForOperation");
    }

    [Fact]
    public async Task A_server_that_alone_lost_its_grant_is_failed_away_from_by_force()
    {
        var (world, _, near, _) = await GroupedAsync();
        await using var disposing = world;
        await world.RevokeKeyAsync("cmk-sql", near);
        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world, Near) == "Inaccessible");
        Assert.Equal("Online", await StatusAsync(world, Far));

        (await ArmAsync(world, "POST", Group(world, Far) + "/failover")).Refused(409, "InvalidDatabaseStateForOperation");
        await world.SucceedAsync(await ArmAsync(world, "POST", Group(world, Far) + "/forceFailoverAllowDataLoss"));
        (await ArmAsync(world, "GET", Database(world, Far) + "/schemas/dbo/tables")).Expect(200);
    }

    [Fact]
    public async Task A_database_that_was_lost_for_more_than_half_an_hour_left_its_group()
    {
        var (world, kid, _, _) = await GroupedAsync();
        await using var disposing = world;
        await world.EnableAsync(kid, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        await world.EnableAsync(kid, true);
        await world.SucceedAsync(await ArmAsync(world, "POST", Server(world, Near) + "/encryptionProtector/current/revalidate"));
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StatusAsync(world, Near) == "Online");

        Assert.Empty((await ArmAsync(world, "GET", Group(world, Near))).Json["properties"]!["databases"]!.AsArray());
    }

    [Fact]
    public async Task Rotation_reaches_the_secondary_too()
    {
        var (world, first, _, _) = await GroupedAsync(rotates: true);
        await using var disposing = world;
        var second = await world.NewVersionAsync("cmk-sql");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(65));
        Assert.All(world.Azure.Core.Estate.Current.Scan(State.Tables.SqlDatabases), pair => Assert.Equal(second, pair.Value.Wrap.Key));
        (await ArmAsync(world, "GET", $"{Server(world, Far)}/keys/{KeyName(second)}")).Expect(200);

        await world.EnableAsync(first, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(("Online", "Online"), (await StatusAsync(world, Near), await StatusAsync(world, Far)));
    }

    [Theory]
    [InlineData("region", 400, "InvalidFailoverGroupRegion")]
    [InlineData("grace", 400, "FailoverGroupCreateOrUpdateRequestLessThanMinimumGracePeriodValues")]
    [InlineData("manual", 400, "FailoverGroupCreateOrUpdateRequestInvalidReadWriteEndpointFieldsForManualPolicy")]
    [InlineData("policy", 400, "FailoverGroupCreateOrUpdateRequestInvalidReadWriteFailoverPolicy")]
    [InlineData("endpoint", 400, "FailoverGroupCreateOrUpdateRequestInvalidReadWriteEndpoint")]
    [InlineData("itself", 400, "FailoverGroupCreateOrUpdateRequestDuplicatePartner")]
    [InlineData("partner", 400, "ServerNotFound")]
    [InlineData("database", 400, "FailoverGroupCreateOrUpdateRequestInvalidDatabaseServer")]
    [InlineData("nothing", 400, "FailoverGroupCreateOrUpdateRequestInvalid")]
    public async Task A_group_that_can_never_work_is_refused(string wrong, int status, string code)
    {
        await using var world = await World.StartAsync();
        await MakeServerAsync(world, Near, "eastus2");
        await MakeServerAsync(world, Far, wrong == "region" ? "eastus2" : "westeurope");
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world, Near), new JsonObject { ["location"] = "eastus2" }));
        var body = wrong switch
        {
            "grace" => GroupBody(world, grace: 59),
            "manual" => GroupBody(world, policy: "Manual"),
            "policy" => GroupBody(world, policy: "Sometimes"),
            "itself" => GroupBody(world, partner: Near),
            "partner" => GroupBody(world, partner: "sql-nowhere"),
            "database" => GroupBody(world, database: Far),
            "nothing" => [],
            _ => GroupBody(world),
        };
        if (wrong == "endpoint")
            body["properties"]!.AsObject().Remove("readWriteEndpoint");

        (await ArmAsync(world, "PUT", Group(world, Near), body)).Refused(status, code);
        (await ArmAsync(world, "GET", Group(world, Near))).Refused(404, "ResourceNotFound");
    }

    [Fact]
    public async Task A_group_is_deleted_from_its_primary_and_the_databases_stay()
    {
        var (world, _, _, _) = await GroupedAsync();
        await using var disposing = world;
        (await ArmAsync(world, "DELETE", Server(world, Near))).Refused(409, "CannotDeleteServerInFailoverGroup");
        (await ArmAsync(world, "DELETE", Group(world, Far))).Refused(400, "FailoverGroupUpdateOrDeleteRequestOnSecondary");
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Group(world, Near)));

        (await ArmAsync(world, "GET", Group(world, Far))).Refused(404, "ResourceNotFound");
        (await ArmAsync(world, "DELETE", Group(world, Near))).Expect(204);
        Assert.Equal(("Online", "Online"), (await StatusAsync(world, Near), await StatusAsync(world, Far)));
    }

    [Fact]
    public async Task A_secondary_is_made_without_a_group_and_has_none_of_its_own()
    {
        var (world, _, _, _) = await StartAsync();
        await using var disposing = world;
        var body = new JsonObject { ["location"] = "westeurope", ["properties"] = new JsonObject { ["createMode"] = "Secondary", ["sourceDatabaseId"] = Database(world, Near) } };
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world, Far), body));
        (await ArmAsync(world, "GET", Database(world, Far) + "/schemas/dbo/tables")).Expect(200);

        await MakeServerAsync(world, "sql-third", "centralus");
        var chain = new JsonObject { ["location"] = "centralus", ["properties"] = new JsonObject { ["createMode"] = "Secondary", ["sourceDatabaseId"] = Database(world, Far) } };
        (await ArmAsync(world, "PUT", Database(world, "sql-third"), chain)).Refused(400, "SecurityAzureKeyVaultGeoChainError");
    }

    /// <summary>The same with an HSM that outlives the near region.</summary>
    private static async Task<World> OutlivingAsync(bool extended = true)
    {
        var (world, _, _, _) = await GroupedAsync();
        if (extended)
        {
            var regions = new JsonArray(new JsonObject { ["name"] = "eastus2" }, new JsonObject { ["name"] = "westus" });
            (await world.ArmAsync("PATCH", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Protected.Hsm}", new JsonObject { ["properties"] = new JsonObject { ["regions"] = regions } })).Expect(202);
        }
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        return world;
    }

    [Fact]
    public async Task An_automatic_group_fails_over_once_its_region_was_gone_for_the_grace_period()
    {
        await using var world = await OutlivingAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2", Duration = TimeSpan.FromHours(4) });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(55));
        Assert.Equal("Secondary", await RoleAsync(world, Far));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal("Primary", await RoleAsync(world, Far));
        world.Azure.Clock.Advance(TimeSpan.FromHours(5));
        Assert.Equal(("Secondary", "Primary"), (await RoleAsync(world, Near), await RoleAsync(world, Far)));
    }

    [Theory]
    [InlineData("the region comes back in time")]
    [InlineData("the other region is down too")]
    [InlineData("the policy is manual")]
    [InlineData("the key went down with the region")]
    public async Task A_group_stays_where_it_is_when(string why)
    {
        await using var world = await OutlivingAsync(extended: !why.Contains("key", StringComparison.Ordinal));
        if (why.Contains("manual", StringComparison.Ordinal))
            await world.SucceedAsync(await ArmAsync(world, "PUT", Group(world, Near), GroupBody(world, policy: "Manual", grace: null)));
        var region = why.Contains("other", StringComparison.Ordinal) ? "*" : "eastus2";
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = region, Duration = TimeSpan.FromMinutes(why.Contains("in time", StringComparison.Ordinal) ? 50 : 300) });
        world.Azure.Clock.Advance(TimeSpan.FromHours(6));

        Assert.Equal(("Primary", "Secondary"), (await RoleAsync(world, Near), await RoleAsync(world, Far)));
    }
}
