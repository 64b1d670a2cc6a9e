using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class PostgresTests
{
    private const string Version = "2024-08-01";

    private static string Server(World world) => $"{world.Group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg-test";

    private static Task<Reply> ArmAsync(World world, string method, string path, JsonNode? body = null, PrincipalCredential? @as = null) => world.ArmAsync(method, path, body, @as, Version);

    private static JsonObject Body(string? key, string? identity, string tier = "GeneralPurpose") => new()
    {
        ["location"] = "eastus2",
        ["sku"] = new JsonObject { ["name"] = "Standard_D2s_v3", ["tier"] = tier },
        ["identity"] = identity is null ? null : Protected.UserAssigned(identity),
        ["properties"] = new JsonObject
        {
            ["administratorLogin"] = "adm",
            ["administratorLoginPassword"] = "P1-not-a-secret",
            ["version"] = "14",
            ["createMode"] = "Create",
            ["storage"] = new JsonObject { ["storageSizeGB"] = 128 },
            ["backup"] = new JsonObject { ["backupRetentionDays"] = 7, ["geoRedundantBackup"] = "Disabled" },
            ["dataEncryption"] = key is null ? null : new JsonObject { ["type"] = "AzureKeyVault", ["primaryKeyURI"] = key, ["primaryUserAssignedIdentityId"] = identity },
        },
    };

    private static async Task<(World World, string Kid, string Identity, string Principal)> StartAsync(bool granted = true)
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var kid = await world.KidAsync("cmk-pg");
        var (identity, principal) = await world.KeyUserAsync();
        if (granted)
            await world.GrantKeyAsync("cmk-pg", principal);
        return (world, kid, identity, principal);
    }

    private static async Task<(World World, string Kid, string Identity, string Principal)> ReadyAsync()
    {
        var started = await StartAsync();
        await started.World.SucceedAsync(await ArmAsync(started.World, "PUT", Server(started.World), Body(started.Kid, started.Identity)));
        return started;
    }

    private static async Task<JsonNode> PropertiesAsync(World world) => (await ArmAsync(world, "GET", Server(world))).Expect(200).Json["properties"]!;

    private static async Task<string?> StateAsync(World world) => (string?)(await PropertiesAsync(world))["state"];

    [Fact]
    public async Task A_server_without_passwords_says_so_and_keeps_the_directorys_administrators()
    {
        var (world, kid, identity, _) = await StartAsync();
        await using var disposing = world;
        var body = Body(kid, identity);
        body["properties"]!.AsObject().Remove("administratorLogin");
        body["properties"]!.AsObject().Remove("administratorLoginPassword");
        (await ArmAsync(world, "PUT", Server(world), body.DeepClone())).Refused(400, "ParameterValueMissing");
        body["properties"]!["authConfig"] = new JsonObject { ["activeDirectoryAuth"] = "Enabled", ["passwordAuth"] = "Disabled", ["tenantId"] = world.Azure.TenantId };
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), body));
        var administrator = $"{Server(world)}/administrators/6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";
        (await ArmAsync(world, "PUT", administrator, new JsonObject { ["properties"] = new JsonObject { ["principalName"] = "pg-admins", ["principalType"] = "Group" } })).Expect(201);

        Assert.Equal("Disabled", (string?)(await PropertiesAsync(world))["authConfig"]!["passwordAuth"]);
        Assert.Equal("pg-admins", (string?)(await ArmAsync(world, "GET", administrator)).Expect(200).Json["properties"]!["principalName"]);
    }

    [Fact]
    public async Task A_server_is_made_under_its_customers_key_and_holds_databases()
    {
        var (world, kid, _, _) = await ReadyAsync();
        await using var disposing = world;
        var properties = await PropertiesAsync(world);
        Assert.Equal(("Ready", kid, "Valid"), ((string?)properties["state"], (string?)properties["dataEncryption"]!["primaryKeyURI"], (string?)properties["dataEncryption"]!["primaryEncryptionKeyStatus"]));
        Assert.Null(properties["administratorLoginPassword"]);

        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world) + "/databases/orders", new JsonObject { ["properties"] = new JsonObject() }));
        var names = (await ArmAsync(world, "GET", Server(world) + "/databases")).Expect(200).Json["value"]!.AsArray().Select(database => (string?)database!["name"]);
        Assert.Equal(["azure_maintenance", "azure_sys", "orders", "postgres"], names);
        var (_, state) = Assert.Single(world.Azure.Core.Estate.Current.Scan(State.Tables.PostgresServers));
        Assert.DoesNotContain("orders", System.Text.Encoding.UTF8.GetString(state.Content));
        Assert.Null(state.Platform);
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Server(world) + "/databases/orders"));
        (await ArmAsync(world, "GET", Server(world) + "/databases/orders")).Refused(404, "DatabaseDoesNotExist");
    }

    [Theory]
    [InlineData("disabled")]
    [InlineData("deleted")]
    [InlineData("expired")]
    [InlineData("grant lost")]
    [InlineData("network rule")]
    [InlineData("unreachable")]
    [InlineData("hsm deleted")]
    public async Task A_server_is_inaccessible_within_the_hour_and_ready_within_another(string fault)
    {
        var (world, kid, identity, principal) = await ReadyAsync();
        await using var disposing = world;
        var mend = await world.BreakAsync(fault, kid, principal, identity);
        (await ArmAsync(world, "GET", Server(world) + "/databases")).Expect(200);
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StateAsync(world) == "Inaccessible");

        Assert.Equal("Invalid", (string?)(await PropertiesAsync(world))["dataEncryption"]!["primaryEncryptionKeyStatus"]);
        (await ArmAsync(world, "GET", Server(world) + "/databases")).Refused(409, "ServerIsInaccessible");
        (await ArmAsync(world, "POST", Server(world) + "/restart")).Refused(409, "ServerIsInaccessible");
        (await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["tags"] = new JsonObject() })).Refused(409, "ServerIsInaccessible");
        world.Azure.Clock.Advance(TimeSpan.FromHours(12));
        await mend();
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StateAsync(world) == "Ready");
        (await ArmAsync(world, "GET", Server(world) + "/databases")).Expect(200);
        Assert.Equal("Valid", (string?)(await PropertiesAsync(world))["dataEncryption"]!["primaryEncryptionKeyStatus"]);
    }

    [Fact]
    public async Task A_deleted_identity_is_replaced_by_a_change_of_the_server_and_by_nothing_else()
    {
        var (world, kid, identity, principal) = await ReadyAsync();
        await using var disposing = world;
        await world.BreakAsync("identity deleted", kid, principal, identity);
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StateAsync(world) == "Inaccessible");
        var (_, again) = await world.KeyUserAsync();
        await world.GrantKeyAsync("cmk-pg", again);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal("Inaccessible", await StateAsync(world));

        var patch = new JsonObject
        {
            ["identity"] = Protected.UserAssigned(identity),
            ["properties"] = new JsonObject { ["dataEncryption"] = new JsonObject { ["type"] = "AzureKeyVault", ["primaryKeyURI"] = kid, ["primaryUserAssignedIdentityId"] = identity } },
        };
        await world.SucceedAsync(await ArmAsync(world, "PATCH", Server(world), patch));
        Assert.Equal("Ready", await StateAsync(world));
        (await ArmAsync(world, "GET", Server(world) + "/databases")).Expect(200);
    }

    [Fact]
    public async Task A_removed_identity_makes_the_server_inaccessible_until_it_is_assigned_again()
    {
        var (world, _, identity, _) = await ReadyAsync();
        await using var disposing = world;
        await world.SucceedAsync(await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["identity"] = new JsonObject { ["type"] = "None" } }));
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StateAsync(world) == "Inaccessible");

        await world.SucceedAsync(await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["identity"] = Protected.UserAssigned(identity) }));
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StateAsync(world) == "Ready");
    }

    [Fact]
    public async Task A_versioned_key_does_not_follow_rotation_and_a_change_takes_the_new_one()
    {
        var (world, first, _, _) = await ReadyAsync();
        await using var disposing = world;
        var second = await world.NewVersionAsync("cmk-pg");
        world.Azure.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(first, (string?)(await PropertiesAsync(world))["dataEncryption"]!["primaryKeyURI"]);

        await world.SucceedAsync(await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["properties"] = new JsonObject { ["dataEncryption"] = new JsonObject { ["primaryKeyURI"] = second } } }));
        await world.EnableAsync(first, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(("Ready", second), (await StateAsync(world), (string?)(await PropertiesAsync(world))["dataEncryption"]!["primaryKeyURI"]));
    }

    [Fact]
    public async Task A_versionless_key_follows_rotation()
    {
        var (world, first, identity, _) = await StartAsync();
        await using var disposing = world;
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), Body(first[..first.LastIndexOf('/')], identity)));
        await world.NewVersionAsync("cmk-pg");
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        await world.EnableAsync(first, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal("Ready", await StateAsync(world));
    }

    [Fact]
    public async Task How_a_server_is_encrypted_is_decided_when_it_is_made()
    {
        var (world, kid, identity, _) = await ReadyAsync();
        await using var disposing = world;
        (await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["properties"] = new JsonObject { ["dataEncryption"] = new JsonObject { ["type"] = "SystemManaged" } } })).Expect(400);
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Server(world)));
        (await ArmAsync(world, "DELETE", Server(world))).Expect(204);
        Assert.Empty(world.Azure.Core.Estate.Current.Scan(State.Tables.KeyLinks));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), Body(null, null)));
        Assert.Equal("SystemManaged", (string?)(await PropertiesAsync(world))["dataEncryption"]!["type"]);
        var block = new JsonObject { ["type"] = "AzureKeyVault", ["primaryKeyURI"] = kid, ["primaryUserAssignedIdentityId"] = identity };

        (await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["identity"] = Protected.UserAssigned(identity), ["properties"] = new JsonObject { ["dataEncryption"] = block } })).Expect(400);
    }

    [Fact]
    public async Task A_server_is_stopped_and_started_and_does_not_start_without_its_key()
    {
        var (world, kid, _, _) = await ReadyAsync();
        await using var disposing = world;
        (await ArmAsync(world, "POST", Server(world) + "/start")).Refused(409, "ServerNotInExpectedState");
        await world.SucceedAsync(await ArmAsync(world, "POST", Server(world) + "/restart"));
        await world.SucceedAsync(await ArmAsync(world, "POST", Server(world) + "/stop"));
        Assert.Equal("Stopped", await StateAsync(world));
        (await ArmAsync(world, "GET", Server(world) + "/databases")).Refused(409, "ServerNotInExpectedState");
        await world.EnableAsync(kid, false);
        (await ArmAsync(world, "POST", Server(world) + "/start")).Refused(409, "ServerIsInaccessible");
        await world.EnableAsync(kid, true);

        await world.SucceedAsync(await ArmAsync(world, "POST", Server(world) + "/start"));
        Assert.Equal("Ready", await StateAsync(world));
    }

    [Theory]
    [InlineData("grant")]
    [InlineData("disabled")]
    [InlineData("expired")]
    [InlineData("deleted")]
    [InlineData("unreachable")]
    [InlineData("network rule")]
    public async Task A_key_that_cannot_be_used_is_refused_at_once(string wrong)
    {
        var (world, kid, identity, principal) = await StartAsync(granted: wrong != "grant");
        await using var disposing = world;
        if (wrong != "grant")
            await world.BreakAsync(wrong, kid, principal, identity);

        (await ArmAsync(world, "PUT", Server(world), Body(kid, identity))).Refused(400, "DataEncryptionKeyNotAccessible");
        (await ArmAsync(world, "GET", Server(world))).Refused(404, "ResourceNotFound");
    }

    [Fact]
    public async Task Burstable_servers_and_identities_of_others_are_refused()
    {
        var (world, kid, identity, _) = await StartAsync();
        await using var disposing = world;
        (await ArmAsync(world, "PUT", Server(world), Body(kid, identity, "Burstable"))).Expect(400);
        var foreign = Body(kid, identity);
        foreign["identity"] = Protected.UserAssigned((await world.KeyUserAsync("id-other")).Id);

        (await ArmAsync(world, "PUT", Server(world), foreign)).Expect(400);
    }

    [Fact]
    public async Task A_geo_redundant_backup_has_a_key_of_its_own_in_the_paired_region()
    {
        var (world, kid, identity, _) = await StartAsync();
        await using var disposing = world;
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.KeyVault/vaults/kv-geo", new JsonObject
        {
            ["location"] = "centralus",
            ["properties"] = new JsonObject { ["tenantId"] = world.Azure.TenantId, ["sku"] = new JsonObject { ["family"] = "A", ["name"] = "premium" }, ["enableRbacAuthorization"] = true, ["enablePurgeProtection"] = true },
        })).Expect(201);
        await world.ArmGrantAsync(world.Group, "00482a5a-887f-4fb3-b363-3b7fe8e74483", world.Owner.ObjectId);
        var made = (await world.SendAsync("POST", "https://kv-geo.vault.azure.net/keys/cmk-geo/create?api-version=7.4", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048 })).Expect(200).Json;
        var geoKid = (string)made["key"]!["kid"]!;
        var (geoIdentity, geoPrincipal) = await world.KeyUserAsync("id-geo");
        await world.ArmGrantAsync(world.Group, "e147488a-f6f5-4113-8e2d-b22465e65bf6", geoPrincipal);
        var body = Body(kid, identity);
        body["identity"] = Protected.UserAssigned(identity, geoIdentity);
        body["properties"]!["backup"]!["geoRedundantBackup"] = "Enabled";
        var encryption = body["properties"]!["dataEncryption"]!;
        (await ArmAsync(world, "PUT", Server(world), body.DeepClone())).Refused(400, "ParameterValueMissing");
        encryption["geoBackupKeyURI"] = kid;
        encryption["geoBackupUserAssignedIdentityId"] = identity;
        (await ArmAsync(world, "PUT", Server(world), body.DeepClone())).Refused(400, "InvalidParameterValue");
        encryption["geoBackupUserAssignedIdentityId"] = geoIdentity;
        (await ArmAsync(world, "PUT", Server(world), body.DeepClone())).Refused(400, "DataEncryptionKeyInDifferentRegion");
        encryption["geoBackupKeyURI"] = geoKid;
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), body));

        (await world.SendAsync("PATCH", $"{geoKid}?api-version=7.4", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } })).Expect(200);
        await world.WithinAsync(TimeSpan.FromMinutes(61), async () => (string?)(await PropertiesAsync(world))["dataEncryption"]!["geoBackupEncryptionKeyStatus"] == "Invalid");
        Assert.Equal("Ready", await StateAsync(world));
    }

    [Fact]
    public async Task Clients_find_out_about_names_and_sizes_first()
    {
        await using var world = await World.StartAsync();
        var location = $"{world.Subscription}/providers/Microsoft.DBforPostgreSQL/locations/eastus2";
        var name = new JsonObject { ["name"] = "pg-test", ["type"] = "Microsoft.DBforPostgreSQL/flexibleServers" };
        Assert.True((bool)(await ArmAsync(world, "POST", location + "/checkNameAvailability", name)).Expect(200).Json["nameAvailable"]!);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), Body(null, null)));

        Assert.False((bool)(await ArmAsync(world, "POST", location + "/checkNameAvailability", name.DeepClone())).Expect(200).Json["nameAvailable"]!);
        var editions = (await ArmAsync(world, "GET", location + "/capabilities")).Expect(200).Json["value"]![0]!["supportedFlexibleServerEditions"]!.AsArray();
        Assert.Contains(editions, edition => (string?)edition!["name"] == "GeneralPurpose");
    }

    [Fact]
    public async Task Assigning_an_identity_to_a_server_needs_the_right_to_assign_it()
    {
        var (world, kid, identity, _) = await StartAsync();
        await using var disposing = world;
        (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-pg", new JsonObject { ["location"] = "eastus2" })).Expect(201);
        var limited = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "limited");
        (await world.ArmGrantAsync($"{world.Subscription}/resourceGroups/rg-pg", Roles.Contributor, limited.ObjectId)).Expect(201);

        (await ArmAsync(world, "PUT", $"{world.Subscription}/resourceGroups/rg-pg/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg-two", Body(kid, identity), limited)).Refused(403, "LinkedAuthorizationFailed");
    }

    [Fact]
    public async Task While_its_own_region_is_down_a_server_is_neither_asked_nor_blamed()
    {
        var (world, _, _, _) = await ReadyAsync();
        await using var disposing = world;
        var down = world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" });
        world.Azure.Clock.Advance(TimeSpan.FromHours(5));
        (await ArmAsync(world, "GET", Server(world) + "/databases")).Refused(503, "ServiceUnavailable");

        world.Azure.Faults.Disarm(down.Id);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        (await ArmAsync(world, "GET", Server(world) + "/databases")).Expect(200);
    }
}
