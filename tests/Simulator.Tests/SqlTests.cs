using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class SqlTests
{
    private const string Version = "2021-11-01";

    private static string Server(World world, string name = "sql-test") => $"{world.Group}/providers/Microsoft.Sql/servers/{name}";

    private static string Database(World world, string name = "canary") => $"{Server(world)}/databases/{name}";

    private static string Protector(World world, string name = "sql-test") => $"{Server(world, name)}/encryptionProtector/current";

    private static JsonObject ServerBody(string location = "eastus2", JsonObject? identity = null) => new()
    {
        ["location"] = location,
        ["identity"] = identity ?? new JsonObject { ["type"] = "SystemAssigned" },
        ["properties"] = new JsonObject { ["administratorLogin"] = "adm", ["administratorLoginPassword"] = "P1-not-a-secret" },
    };

    private static JsonObject KeyBody(string kid) => new() { ["properties"] = new JsonObject { ["serverKeyType"] = "AzureKeyVault", ["uri"] = kid } };

    private static JsonObject ProtectorBody(string kid, bool rotates = false) => new()
    {
        ["properties"] = new JsonObject { ["serverKeyType"] = "AzureKeyVault", ["serverKeyName"] = KeyName(kid), ["autoRotationEnabled"] = rotates },
    };

    private static string KeyName(string kid)
    {
        var parts = kid.Split('/');
        return $"{parts[2].Split('.')[0]}_{parts[4]}_{parts[5]}";
    }

    private static Task<Reply> ArmAsync(World world, string method, string path, JsonNode? body = null, PrincipalCredential? @as = null) => world.ArmAsync(method, path, body, @as, Version);

    private static async Task<string> MakeServerAsync(World world, string name = "sql-test", string location = "eastus2")
    {
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world, name), ServerBody(location)));
        return (string)(await ArmAsync(world, "GET", Server(world, name))).Expect(200).Json["identity"]!["principalId"]!;
    }

    private static async Task ProtectAsync(World world, string kid, string server = "sql-test", bool rotates = false)
    {
        await world.SucceedAsync(await ArmAsync(world, "PUT", $"{Server(world, server)}/keys/{KeyName(kid)}", KeyBody(kid)));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Protector(world, server), ProtectorBody(kid, rotates)));
    }

    /// <summary>A server whose database "canary" is protected by the key "cmk-sql".</summary>
    private static async Task<(World World, string Kid, string Principal)> ProtectedAsync(bool rotates = false)
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var kid = await world.KidAsync("cmk-sql");
        var principal = await MakeServerAsync(world);
        await world.GrantKeyAsync("cmk-sql", principal);
        await ProtectAsync(world, kid, rotates: rotates);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world), new JsonObject { ["location"] = "eastus2", ["sku"] = new JsonObject { ["name"] = "S0" } }));
        return (world, kid, principal);
    }

    private static async Task<string?> StatusAsync(World world, string? database = null) =>
        (string?)(await ArmAsync(world, "GET", database ?? Database(world))).Expect(200).Json["properties"]!["status"];

    private static Task<Reply> ReadAsync(World world, string? database = null) => ArmAsync(world, "GET", $"{database ?? Database(world)}/schemas/dbo/tables");

    [Fact]
    public async Task A_server_has_an_identity_and_protects_with_the_services_own_key()
    {
        await using var world = await World.StartAsync();
        var first = await ArmAsync(world, "PUT", Server(world), ServerBody());
        await world.SucceedAsync(first);
        var server = (await ArmAsync(world, "GET", Server(world))).Expect(200).Json;

        Assert.Equal("sql-test.database.windows.net", (string?)server["properties"]!["fullyQualifiedDomainName"]);
        Assert.Null(server["properties"]!["administratorLoginPassword"]);
        Assert.True(Guid.TryParse((string?)server["identity"]!["principalId"], out _));
        var protector = (await ArmAsync(world, "GET", Protector(world))).Expect(200).Json;
        Assert.Equal("ServiceManaged", (string?)protector["properties"]!["serverKeyName"]);
        Assert.Equal("servicemanaged", (string?)protector["kind"]);
        var key = Assert.Single((await ArmAsync(world, "GET", Server(world) + "/keys")).Expect(200).Json["value"]!.AsArray());
        Assert.Equal("ServiceManaged", (string?)key!["name"]);
    }

    [Fact]
    public async Task A_database_is_wrapped_by_the_protector_and_its_tables_can_be_read()
    {
        var (world, kid, _) = await ProtectedAsync();
        await using var disposing = world;

        Assert.Equal("Online", await StatusAsync(world));
        Assert.Equal("canary", (string?)(await ReadAsync(world)).Expect(200).Json["value"]![0]!["name"]);
        Assert.Equal(kid, (string?)(await ArmAsync(world, "GET", Protector(world))).Expect(200).Json["properties"]!["uri"]);
        var (_, state) = Assert.Single(world.Azure.Core.Estate.Current.Scan(State.Tables.SqlDatabases));
        Assert.Equal(kid, state.Wrap.Key);
        Assert.DoesNotContain("canary", System.Text.Encoding.UTF8.GetString(state.Content));
    }

    [Theory]
    [InlineData("disabled")]
    [InlineData("deleted")]
    [InlineData("expired")]
    [InlineData("grant lost")]
    [InlineData("network rule")]
    [InlineData("unreachable")]
    [InlineData("hsm deleted")]
    public async Task A_database_is_inaccessible_within_ten_minutes_and_heals_by_itself_within_the_hour(string fault)
    {
        var (world, kid, principal) = await ProtectedAsync();
        await using var disposing = world;
        var mend = await world.BreakAsync(fault, kid, principal, "");
        (await ReadAsync(world)).Expect(200);

        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world) == "Inaccessible");
        (await ReadAsync(world)).Refused(503, "DatabaseUnavailable");
        (await ArmAsync(world, "PATCH", Database(world), new JsonObject { ["tags"] = new JsonObject() })).Refused(503, "DatabaseUnavailable");
        await mend();
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StatusAsync(world) == "Online");
        (await ReadAsync(world)).Expect(200);
    }

    [Fact]
    public async Task After_half_an_hour_a_database_waits_for_a_revalidation_and_has_lost_its_tags()
    {
        var (world, kid, _) = await ProtectedAsync();
        await using var disposing = world;
        await world.SucceedAsync(await ArmAsync(world, "PATCH", Database(world), new JsonObject { ["tags"] = new JsonObject { ["a"] = "b" } }));
        await world.EnableAsync(kid, false);
        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world) == "Inaccessible");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(40));
        await world.FailAsync(await ArmAsync(world, "POST", Protector(world) + "/revalidate"), "AzureKeyVaultKeyDisabled");
        await world.EnableAsync(kid, true);
        world.Azure.Clock.Advance(TimeSpan.FromHours(6));
        Assert.Equal("Inaccessible", await StatusAsync(world));

        await world.SucceedAsync(await ArmAsync(world, "POST", Protector(world) + "/revalidate"));
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StatusAsync(world) == "Online");
        (await ReadAsync(world)).Expect(200);
        Assert.Empty((await ArmAsync(world, "GET", Database(world))).Json["tags"]!.AsObject());
        Assert.NotEqual("MakeDatabaseAccessible Succeeded", (await KeyEventsAsync(world))[^1]);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(
            [
                "MakeDatabaseInaccessible Started AzureKeyVaultKeyDisabled", "MakeDatabaseInaccessible Succeeded AzureKeyVaultKeyDisabled", "MakeDatabaseAccessible Started",
                "MakeDatabaseAccessible Failed AzureKeyVaultKeyDisabled", "MakeDatabaseAccessible Started", "MakeDatabaseAccessible Succeeded",
            ],
            await KeyEventsAsync(world));
    }

    /// <summary>What the activity log tells of the database and its key, oldest first.</summary>
    private static async Task<IReadOnlyList<string>> KeyEventsAsync(World world)
    {
        var filter = Uri.EscapeDataString($"eventTimestamp ge '2026-03-01T00:00:00Z' and eventTimestamp le '2026-04-01T00:00:00Z' and resourceUri eq '{Database(world)}'");
        var log = (await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.Insights/eventtypes/management/values?$filter={filter}", version: "2015-04-01")).Expect(200).Json;
        return
        [
            .. log["value"]!.AsArray().Select(entry => entry!).Reverse().Where(entry => ((string)entry["operationName"]!["value"]!).Contains("MakeDatabase", StringComparison.Ordinal))
                .Select(entry => $"{((string)entry["operationName"]!["value"]!).Split('/')[3]} {entry["status"]!["value"]} {Code(entry)}".TrimEnd()),
        ];

        static string? Code(JsonNode entry) =>
            (string?)entry["properties"]!["statusMessage"] is { } message ? (string?)JsonNode.Parse(message)!["error"]!["code"] : null;
    }

    [Fact]
    public async Task A_broken_way_to_the_hsm_heals_however_long_it_lasted()
    {
        var (world, kid, principal) = await ProtectedAsync();
        await using var disposing = world;
        var mend = await world.BreakAsync("unreachable", kid, principal, "");
        world.Azure.Clock.Advance(TimeSpan.FromHours(5));
        Assert.Equal("Inaccessible", await StatusAsync(world));

        await mend();
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StatusAsync(world) == "Online");
    }

    [Fact]
    public async Task The_end_of_a_region_that_holds_the_hsm_heals_by_itself()
    {
        var world = await World.StartAsync();
        await using var disposing = world;
        await world.ActiveHsmAsync();
        var kid = await world.KidAsync("cmk-sql");
        await world.GrantKeyAsync("cmk-sql", await MakeServerAsync(world, location: "westeurope"));
        await ProtectAsync(world, kid);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world), new JsonObject { ["location"] = "westeurope" }));
        var down = world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" });
        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world) == "Inaccessible");
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));

        world.Azure.Faults.Disarm(down.Id);
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StatusAsync(world) == "Online");
    }

    [Fact]
    public async Task A_removed_identity_makes_databases_inaccessible_until_another_may_use_the_key()
    {
        var (world, _, _) = await ProtectedAsync();
        await using var disposing = world;
        await world.SucceedAsync(await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["identity"] = new JsonObject { ["type"] = "None" } }));
        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world) == "Inaccessible");
        await world.FailAsync(await ArmAsync(world, "POST", Protector(world) + "/revalidate"), "AzureKeyVaultNoServerIdentity");

        await world.SucceedAsync(await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["identity"] = new JsonObject { ["type"] = "SystemAssigned" } }));
        await world.FailAsync(await ArmAsync(world, "POST", Protector(world) + "/revalidate"), "AzureKeyVaultMissingPermissions");
        await world.GrantKeyAsync("cmk-sql", (string)(await ArmAsync(world, "GET", Server(world))).Json["identity"]!["principalId"]!);
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StatusAsync(world) == "Online");
    }

    [Fact]
    public async Task A_protector_that_follows_rotation_takes_the_new_version_within_the_hour_and_the_old_one_stays_needed_for_restores()
    {
        var (world, first, _) = await ProtectedAsync(rotates: true);
        await using var disposing = world;
        var before = world.Azure.Clock.GetUtcNow();
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await world.NewVersionAsync("cmk-sql");

        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => (string?)(await ArmAsync(world, "GET", Protector(world))).Json["properties"]!["uri"] == second);
        Assert.Equal(KeyName(second), (string?)(await ArmAsync(world, "GET", Protector(world))).Json["properties"]!["serverKeyName"]);
        (await ArmAsync(world, "GET", $"{Server(world)}/keys/{KeyName(second)}")).Expect(200);
        var (_, state) = Assert.Single(world.Azure.Core.Estate.Current.Scan(State.Tables.SqlDatabases));
        Assert.Equal([first, second], state.Wraps.Select(wrap => wrap.Key));

        await world.EnableAsync(first, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("Online", await StatusAsync(world));
        var restore = new JsonObject
        {
            ["location"] = "eastus2",
            ["properties"] = new JsonObject { ["createMode"] = "PointInTimeRestore", ["sourceDatabaseId"] = Database(world), ["restorePointInTime"] = before.UtcDateTime.ToString("o") },
        };
        Assert.Contains("doesn't have access to all AKV URIs", (await ArmAsync(world, "PUT", Database(world, "restored"), restore)).Expect(400).ErrorText);
        await world.EnableAsync(first, true);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world, "restored"), restore.DeepClone()));
        (await ReadAsync(world, Database(world, "restored"))).Expect(200);
    }

    [Fact]
    public async Task A_protector_that_does_not_follow_stays_on_its_version()
    {
        var (world, first, _) = await ProtectedAsync();
        await using var disposing = world;
        await world.NewVersionAsync("cmk-sql");
        world.Azure.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Equal(first, (string?)(await ArmAsync(world, "GET", Protector(world))).Json["properties"]!["uri"]);
        Assert.Equal("Online", await StatusAsync(world));
    }

    [Fact]
    public async Task Going_back_to_the_services_own_key_needs_the_old_one_and_frees_it()
    {
        var (world, kid, _) = await ProtectedAsync();
        await using var disposing = world;
        var own = new JsonObject { ["properties"] = new JsonObject { ["serverKeyType"] = "ServiceManaged", ["serverKeyName"] = "ServiceManaged" } };
        (await ArmAsync(world, "DELETE", $"{Server(world)}/keys/{KeyName(kid)}")).Refused(409, "AzureKeyVaultKeyInUse");
        await world.EnableAsync(kid, false);
        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world) == "Inaccessible");
        (await ArmAsync(world, "PUT", Protector(world), own.DeepClone())).Refused(503, "DatabaseUnavailable");
        await world.EnableAsync(kid, true);
        await world.WithinAsync(TimeSpan.FromMinutes(60), async () => await StatusAsync(world) == "Online");

        await world.SucceedAsync(await ArmAsync(world, "PUT", Protector(world), own));
        await world.SucceedAsync(await ArmAsync(world, "DELETE", $"{Server(world)}/keys/{KeyName(kid)}"));
        (await ArmAsync(world, "DELETE", $"{Server(world)}/keys/{KeyName(kid)}")).Expect(204);
        await world.EnableAsync(kid, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        (await ReadAsync(world)).Expect(200);
    }

    [Theory]
    [InlineData("size", 400, "AzureKeyVaultRsaKeyNotSupported")]
    [InlineData("disabled", 400, "AzureKeyVaultKeyDisabled")]
    [InlineData("expired", 400, "AzureKeyVaultInvalidExpirationDate")]
    [InlineData("grant", 400, "AzureKeyVaultMissingPermissions")]
    [InlineData("deleted", 409, "AzureKeyVaultKeyNameNotFound")]
    [InlineData("network", 400, "AzureKeyVaultMissingPermissions")]
    [InlineData("unreachable", 503, "AzureKeyVaultConnectionFailed")]
    [InlineData("purge", 400, "SecurityInvalidAzureKeyVaultRecoveryLevel")]
    [InlineData("identity", 400, "AzureKeyVaultNoServerIdentity")]
    [InlineData("name", 400, "InvalidKeyName")]
    [InlineData("host", 400, "AzureKeyVaultMalformedVaultUri")]
    [InlineData("version", 400, "AzureKeyVaultInvalidUri")]
    [InlineData("type", 400, "InvalidKeyType")]
    [InlineData("managed", 400, "InvalidUpsertKeyType")]
    public async Task A_key_that_cannot_protect_is_refused_at_once(string wrong, int status, string code)
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync(purgeProtection: wrong != "purge");
        var kid = await world.KidAsync("cmk-sql", wrong == "size" ? 4096 : 2048);
        var principal = await MakeServerAsync(world);
        if (wrong != "grant")
            await world.GrantKeyAsync("cmk-sql", principal);
        var body = KeyBody(kid);
        var name = KeyName(kid);
        switch (wrong)
        {
            case "disabled":
                await world.EnableAsync(kid, false);
                break;
            case "expired" or "deleted":
                await world.BreakAsync(wrong, kid, principal, "");
                break;
            case "network":
                await world.BreakAsync("network rule", kid, principal, "");
                break;
            case "unreachable":
                await world.BreakAsync(wrong, kid, principal, "");
                break;
            case "identity":
                await world.SucceedAsync(await ArmAsync(world, "PATCH", Server(world), new JsonObject { ["identity"] = new JsonObject { ["type"] = "None" } }));
                break;
            case "name":
                name = "cmk-sql";
                break;
            case "host":
                body["properties"]!["uri"] = kid.Replace(".managedhsm.azure.net", ".example.net", StringComparison.Ordinal);
                break;
            case "version":
                body["properties"]!["uri"] = kid[..kid.LastIndexOf('/')];
                break;
            case "type":
                body["properties"]!["serverKeyType"] = "Other";
                break;
            case "managed":
                body["properties"]!["serverKeyType"] = "ServiceManaged";
                break;
        }

        (await ArmAsync(world, "PUT", $"{Server(world)}/keys/{name}", body)).Refused(status, code);
        Assert.Single((await ArmAsync(world, "GET", Server(world) + "/keys")).Json["value"]!.AsArray());
    }

    [Fact]
    public async Task A_protector_needs_a_key_of_the_server()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await MakeServerAsync(world);

        (await ArmAsync(world, "PUT", Protector(world), ProtectorBody(await world.KidAsync("cmk-sql")))).Refused(404, "ServerKeyNotFound");
        (await ArmAsync(world, "GET", $"{Server(world)}/encryptionProtector/other")).Refused(400, "InvalidEncryptionProtectorName");
    }

    [Fact]
    public async Task A_server_is_made_with_its_key_and_the_identity_that_uses_it()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var kid = await world.KidAsync("cmk-sql", 3072);
        var (identity, principal) = await world.KeyUserAsync();
        var body = ServerBody(identity: Protected.UserAssigned(identity));
        body["properties"]!["keyId"] = kid;
        (await ArmAsync(world, "PUT", Server(world), body.DeepClone())).Refused(400, "PrimaryIdentityNotProvided");
        body["properties"]!["primaryUserAssignedIdentityId"] = identity;
        (await ArmAsync(world, "PUT", Server(world), body.DeepClone())).Refused(400, "UmiMissingAkvPermissions");
        (await ArmAsync(world, "GET", Server(world))).Refused(404, "ResourceNotFound");
        await world.GrantKeyAsync("cmk-sql", principal);

        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), body));
        Assert.Equal(kid, (string?)(await ArmAsync(world, "GET", Server(world))).Json["properties"]!["keyId"]);
        Assert.Equal(KeyName(kid), (string?)(await ArmAsync(world, "GET", Protector(world))).Json["properties"]!["serverKeyName"]);
    }

    [Fact]
    public async Task A_deleted_identity_makes_databases_inaccessible_and_a_new_one_of_its_name_does_not_help()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var kid = await world.KidAsync("cmk-sql");
        var (identity, principal) = await world.KeyUserAsync();
        await world.GrantKeyAsync("cmk-sql", principal);
        var body = ServerBody(identity: Protected.UserAssigned(identity));
        body["properties"]!["keyId"] = kid;
        body["properties"]!["primaryUserAssignedIdentityId"] = identity;
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), body));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world), new JsonObject { ["location"] = "eastus2" }));
        await world.BreakAsync("identity deleted", kid, principal, identity);

        await world.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(world) == "Inaccessible");
        await world.FailAsync(await ArmAsync(world, "POST", Protector(world) + "/revalidate"), "AdalServicePrincipalNotFound");
        var (_, again) = await world.KeyUserAsync();
        await world.GrantKeyAsync("cmk-sql", again);
        await world.FailAsync(await ArmAsync(world, "POST", Protector(world) + "/revalidate"), "AdalServicePrincipalNotFound");
    }

    [Fact]
    public async Task Assigning_an_identity_to_a_server_needs_a_permission_on_the_identity()
    {
        await using var world = await World.StartAsync();
        var (identity, _) = await world.KeyUserAsync();
        var limited = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "limited");
        (await world.ArmGrantAsync(world.Group, Roles.Reader, limited.ObjectId)).Expect(201);
        (await ArmAsync(world, "PUT", Server(world), ServerBody(), limited)).Refused(403, "AuthorizationFailed");
        await GrantActionsAsync(world, limited, "Microsoft.Sql/servers/*");
        var body = ServerBody(identity: Protected.UserAssigned(identity));
        body["properties"]!["primaryUserAssignedIdentityId"] = identity;

        (await ArmAsync(world, "PUT", Server(world), body, limited)).Refused(403, "LinkedAuthorizationFailed");
        await world.SucceedAsync(await ArmAsync(world, "PUT", Server(world), ServerBody(), limited));
    }

    private static async Task GrantActionsAsync(World world, PrincipalCredential to, params string[] actions)
    {
        var role = World.GuidOf(string.Join(',', actions));
        var list = new JsonArray();
        foreach (var action in actions)
            list.Add((JsonNode)action);
        (await world.ArmAsync("PUT", $"{world.Subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleName"] = "custom " + role,
                ["type"] = "CustomRole",
                ["assignableScopes"] = new JsonArray(world.Subscription),
                ["permissions"] = new JsonArray(new JsonObject { ["actions"] = list }),
            },
        }, version: "2022-04-01")).Expect(201);
        (await world.ArmGrantAsync(world.Group, role, to.ObjectId)).Expect(201);
    }

    [Fact]
    public async Task Encryption_that_is_off_does_not_need_the_key()
    {
        var (world, kid, _) = await ProtectedAsync();
        await using var disposing = world;
        var path = Database(world) + "/transparentDataEncryption/current";
        Assert.Equal("Enabled", (string?)(await ArmAsync(world, "GET", path)).Expect(200).Json["properties"]!["state"]);
        await world.SucceedAsync(await ArmAsync(world, "PUT", path, new JsonObject { ["properties"] = new JsonObject { ["state"] = "Disabled" } }));
        await world.EnableAsync(kid, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));

        (await ReadAsync(world)).Expect(200);
        (await ArmAsync(world, "PUT", path, new JsonObject { ["properties"] = new JsonObject { ["state"] = "Maybe" } })).Refused(400, "InvalidParameterValue");
    }

    [Fact]
    public async Task What_is_missing_is_not_found_and_deleting_it_twice_is_no_error()
    {
        await using var world = await World.StartAsync();
        (await ArmAsync(world, "PUT", Database(world), new JsonObject { ["location"] = "eastus2" })).Refused(404, "ParentResourceNotFound");
        await MakeServerAsync(world);
        (await ArmAsync(world, "GET", Database(world))).Refused(404, "ResourceNotFound");
        (await ArmAsync(world, "DELETE", Database(world))).Expect(204);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Database(world), new JsonObject { ["location"] = "eastus2" }));
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Database(world)));
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Server(world)));
        (await ArmAsync(world, "GET", Server(world))).Refused(404, "ResourceNotFound");
        (await ArmAsync(world, "DELETE", Server(world))).Expect(204);
        Assert.Empty(world.Azure.Core.Estate.Current.Scan(State.Tables.SqlDatabases));
    }

    [Fact]
    public async Task An_administrator_of_the_directory_is_set_and_removed()
    {
        await using var world = await World.StartAsync();
        await MakeServerAsync(world);
        var path = Server(world) + "/administrators/ActiveDirectory";
        await world.SucceedAsync(await ArmAsync(world, "PUT", path, new JsonObject { ["properties"] = new JsonObject { ["login"] = "dba", ["sid"] = world.Owner.ObjectId } }));
        Assert.Equal("dba", (string?)(await ArmAsync(world, "GET", Server(world))).Json["properties"]!["administrators"]!["login"]);
        await world.SucceedAsync(await ArmAsync(world, "DELETE", path));

        (await ArmAsync(world, "GET", path)).Refused(404, "ResourceNotFound");
        (await ArmAsync(world, "DELETE", path)).Expect(204);
    }

    [Fact]
    public async Task Everything_that_depends_on_a_key_goes_on_after_a_restart()
    {
        var (world, kid, _) = await ProtectedAsync();
        var estate = world.Azure.State.Export(EstateSecrets.Included);
        await world.DisposeAsync();
        await using var again = World.Around(await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, Estate = estate }, World.Stop));

        (await ReadAsync(again)).Expect(200);
        await again.EnableAsync(kid, false);
        await again.WithinAsync(TimeSpan.FromMinutes(10), async () => await StatusAsync(again) == "Inaccessible");
    }
}
