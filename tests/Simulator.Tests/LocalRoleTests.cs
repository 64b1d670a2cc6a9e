using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class LocalRoleTests
{
    private const string Hsm = "kv-hsm-test";

    [Fact]
    public async Task The_administrator_can_neither_list_nor_create_keys()
    {
        await using var world = await ActivatedAsync();
        var list = await world.HsmAsync("GET", Hsm, "/keys");
        var create = await world.HsmAsync("POST", Hsm, "/keys/k/create", new JsonObject { ["kty"] = "RSA-HSM" });

        list.Refused(403, "AccessDenied");
        Assert.StartsWith("Not authorized to access Microsoft.KeyVault/managedHsm/keys/read/action on '/keys'", list.ErrorText, StringComparison.Ordinal);
        create.Refused(403, "AccessDenied");
        Assert.StartsWith("Not authorized to access Microsoft.KeyVault/managedHsm/keys/create on '/keys/k'", create.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crypto_officer_cannot_create_keys_but_can_grant()
    {
        await using var world = await ActivatedAsync();
        var officer = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "officer");
        (await world.GrantAsync(Hsm, "/", Roles.CryptoOfficer, officer.ObjectId)).Expect(201);

        (await world.HsmAsync("POST", Hsm, "/keys/k/create", new JsonObject { ["kty"] = "RSA-HSM" }, officer)).Refused(403, "AccessDenied");
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, officer.ObjectId, officer)).Expect(201);
        (await world.HsmAsync("POST", Hsm, "/keys/k/create", new JsonObject { ["kty"] = "RSA-HSM" }, officer)).Expect(200);
    }

    [Fact]
    public async Task An_assignment_has_the_recorded_shape()
    {
        await using var world = await ActivatedAsync();
        var name = "0aa95430-9a7f-4c8e-8cf6-579278e68947";
        var made = (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, world.Owner.ObjectId, name: name)).Expect(201).Json;

        Assert.Equal($"/keys/providers/Microsoft.Authorization/roleAssignments/{name}", (string?)made["id"]);
        Assert.Equal(name, (string?)made["name"]);
        Assert.Equal("Microsoft.Authorization/roleAssignments", (string?)made["type"]);
        Assert.Equal($"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{Roles.CryptoUser}", (string?)made["properties"]!["roleDefinitionId"]);
        Assert.Equal("/keys", (string?)made["properties"]!["scope"]);
    }

    [Theory]
    [InlineData("///providers/Microsoft.Authorization/roleAssignments")]
    [InlineData("/providers/Microsoft.Authorization/roleAssignments/")]
    [InlineData("/PROVIDERS/microsoft.authorization/ROLEASSIGNMENTS")]
    public async Task Slashes_and_case_make_no_difference(string path)
    {
        await using var world = await ActivatedAsync();

        Assert.Single((await world.HsmAsync("GET", Hsm, path)).Expect(200).Json["value"]!.AsArray());
    }

    [Fact]
    public async Task A_role_on_a_key_covers_versions_made_after_it_and_no_other_key()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "service");
        await world.KeyAsync(Hsm, "k1");
        await world.KeyAsync(Hsm, "k2");
        (await world.GrantAsync(Hsm, "/keys/k1", Roles.ServiceEncryption, service.ObjectId)).Expect(201);
        await world.KeyAsync(Hsm, "k1");
        var wrap = new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = "AAAA" };

        (await world.HsmAsync("POST", Hsm, "/keys/k1/wrapkey", wrap.DeepClone(), service)).Expect(200);
        (await world.HsmAsync("POST", Hsm, "/keys/k2/wrapkey", wrap.DeepClone(), service)).Refused(403, "AccessDenied");
        (await world.HsmAsync("GET", Hsm, "/keys", @as: service)).Refused(403, "AccessDenied");
        (await world.HsmAsync("POST", Hsm, "/keys/k1/sign", wrap.DeepClone(), service)).Refused(403, "AccessDenied");
    }

    [Fact]
    public async Task Removing_an_assignment_takes_its_effect_and_a_second_removal_finds_nothing()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "service");
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, service.ObjectId, name: "11111111-1111-1111-1111-111111111111")).Expect(201);
        (await world.HsmAsync("GET", Hsm, "/keys", @as: service)).Expect(200);
        const string Path = "/keys/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111";

        Assert.Equal("/keys", (string?)(await world.HsmAsync("DELETE", Hsm, Path)).Expect(200).Json["properties"]!["scope"]);
        (await world.HsmAsync("GET", Hsm, "/keys", @as: service)).Refused(403, "AccessDenied");
        (await world.HsmAsync("DELETE", Hsm, Path)).Refused(404, "RoleAssignmentNotFound");
        (await world.HsmAsync("GET", Hsm, Path)).Refused(404, "RoleAssignmentNotFound");
    }

    [Fact]
    public async Task The_same_grant_again_is_fine_under_its_name_and_a_conflict_under_another()
    {
        await using var world = await ActivatedAsync();
        var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "service");
        const string Name = "11111111-1111-1111-1111-111111111111";
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, service.ObjectId, name: Name)).Expect(201);

        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, service.ObjectId, name: Name)).Expect(201);
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, service.ObjectId, name: "22222222-2222-2222-2222-222222222222")).Refused(409, "RoleAssignmentExists");
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoAuditor, service.ObjectId, name: Name)).Refused(409, "RoleAssignmentUpdateNotPermitted");
        (await world.GrantAsync(Hsm, "/keys", "33333333-3333-3333-3333-333333333333", service.ObjectId)).Refused(404, "RoleDefinitionDoesNotExist");
    }

    [Fact]
    public async Task Grants_and_their_removal_take_as_long_as_they_are_told_to()
    {
        await using var world = await World.StartAsync(options => options with { Timings = new SimulatorTimings { LocalRolePropagation = TimeSpan.FromSeconds(30) } });
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, world.Owner.ObjectId, name: "11111111-1111-1111-1111-111111111111")).Expect(201);

        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(403);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(30));
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200);
        (await world.HsmAsync("DELETE", Hsm, "/keys/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111")).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(30));
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(403);
    }

    [Fact]
    public async Task A_grant_made_anew_while_the_old_one_still_goes_stays()
    {
        await using var world = await World.StartAsync(options => options with { Timings = new SimulatorTimings { LocalRolePropagation = TimeSpan.FromSeconds(30) } });
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        const string Name = "11111111-1111-1111-1111-111111111111";
        await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, world.Owner.ObjectId, name: Name);
        await world.HsmAsync("DELETE", Hsm, $"/keys/providers/Microsoft.Authorization/roleAssignments/{Name}");
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, world.Owner.ObjectId, name: Name)).Expect(201);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));

        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200);
    }

    [Fact]
    public async Task The_last_administrator_cannot_be_removed()
    {
        await using var world = await ActivatedAsync();
        var only = (string)(await world.HsmAsync("GET", Hsm, "/providers/Microsoft.Authorization/roleAssignments")).Json["value"]![0]!["name"]!;

        (await world.HsmAsync("DELETE", Hsm, $"/providers/Microsoft.Authorization/roleAssignments/{only}")).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Listing_shows_a_level_s_own_assignments_and_filters_see_further()
    {
        await using var world = await ActivatedAsync();
        var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "service");
        await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, service.ObjectId);
        await world.GrantAsync(Hsm, "/keys/k1", Roles.ServiceEncryption, service.ObjectId);

        Assert.Equal(1, await CountAsync(world, "/providers/Microsoft.Authorization/roleAssignments"));
        Assert.Equal(1, await CountAsync(world, "/keys/providers/Microsoft.Authorization/roleAssignments"));
        Assert.Equal(2, await CountAsync(world, $"/providers/Microsoft.Authorization/roleAssignments?$filter=principalId eq {service.ObjectId}"));
        Assert.Equal(2, await CountAsync(world, "/keys/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()"));
    }

    [Fact]
    public async Task Built_in_roles_have_their_real_ids_and_data_actions()
    {
        await using var world = await ActivatedAsync();
        var roles = (await world.HsmAsync("GET", Hsm, "/providers/Microsoft.Authorization/roleDefinitions")).Expect(200).Json["value"]!.AsArray();
        var encryption = roles.Single(role => (string?)role!["name"] == Roles.ServiceEncryption)!;

        Assert.Equal(9, roles.Count);
        Assert.Equal("AKVBuiltInRole", (string?)encryption["properties"]!["type"]);
        Assert.Equal(
            ["Microsoft.KeyVault/managedHsm/keys/read/action", "Microsoft.KeyVault/managedHsm/keys/wrap/action", "Microsoft.KeyVault/managedHsm/keys/unwrap/action"],
            encryption["properties"]!["permissions"]![0]!["dataActions"]!.AsArray().Select(action => (string)action!));
    }

    [Fact]
    public async Task A_custom_role_grants_what_it_names_and_nothing_after_it_was_deleted()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync(Hsm, "k1");
        var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "service");
        const string Role = "44444444-4444-4444-4444-444444444444";
        var body = new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleName"] = "Read only",
                ["permissions"] = new JsonArray(new JsonObject { ["dataActions"] = new JsonArray("Microsoft.KeyVault/managedHsm/keys/read/action") }),
            },
        };
        var made = (await world.HsmAsync("PUT", Hsm, $"/providers/Microsoft.Authorization/roleDefinitions/{Role}", body)).Expect(201).Json;
        Assert.Equal("CustomRole", (string?)made["properties"]!["type"]);
        (await world.GrantAsync(Hsm, "/keys", Role, service.ObjectId)).Expect(201);

        (await world.HsmAsync("GET", Hsm, "/keys/k1", @as: service)).Expect(200);
        (await world.HsmAsync("DELETE", Hsm, "/keys/k1", @as: service)).Expect(403);
        (await world.HsmAsync("DELETE", Hsm, $"/providers/Microsoft.Authorization/roleDefinitions/{Role}")).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys/k1", @as: service)).Expect(403);
        Assert.Equal(1, await CountAsync(world, $"/keys/providers/Microsoft.Authorization/roleAssignments?$filter=principalId eq {service.ObjectId}"));
    }

    [Theory]
    [InlineData("not-a-guid", "Microsoft.KeyVault/managedHsm/keys/read/action", "Role definition name must be a GUID")]
    [InlineData(Roles.CryptoUser, "Microsoft.KeyVault/managedHsm/keys/read/action", "Cannot re-use the name/GUID matching that of a built-in role. Please use a unique role ID.")]
    [InlineData("44444444-4444-4444-4444-444444444444", "Microsoft.KeyVault/managedHsm/keys/*", "The data action 'Microsoft.KeyVault/managedHsm/keys/*' does not exist")]
    public async Task A_wrong_definition_is_refused(string name, string action, string text)
    {
        await using var world = await ActivatedAsync();
        var body = new JsonObject { ["properties"] = new JsonObject { ["roleName"] = "x", ["permissions"] = new JsonArray(new JsonObject { ["dataActions"] = new JsonArray(action) }) } };
        var reply = await world.HsmAsync("PUT", Hsm, $"/providers/Microsoft.Authorization/roleDefinitions/{name}", body);

        reply.Refused(400, "BadParameter");
        Assert.StartsWith(text, reply.ErrorText, StringComparison.Ordinal);
    }

    private static async Task<int> CountAsync(World world, string path) =>
        (await world.HsmAsync("GET", Hsm, path)).Expect(200).Json["value"]!.AsArray().Count;

    private static async Task<World> ActivatedAsync()
    {
        var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        (await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2))).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        return world;
    }
}
