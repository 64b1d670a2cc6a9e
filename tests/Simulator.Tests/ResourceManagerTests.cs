using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class ResourceManagerTests
{
    [Fact]
    public async Task A_call_without_a_token_is_challenged()
    {
        await using var world = await World.StartAsync();
        var reply = await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: "");

        reply.Refused(401, "AuthenticationFailed");
        Assert.Equal("Authentication failed. The 'Authorization' header is missing.", reply.ErrorText);
    }

    [Fact]
    public async Task Every_answer_carries_its_ids_and_what_is_left_of_the_quota()
    {
        await using var world = await World.StartAsync();
        var correlation = "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";
        var reply = await world.SendAsync(
            "GET", $"{World.Arm}{world.Subscription}?api-version=2022-12-01", headers: [("x-ms-correlation-request-id", correlation), ("x-ms-client-request-id", "mine"), ("x-ms-return-client-request-id", "true")]);

        Assert.True(Guid.TryParse(reply.Expect(200).Header("x-ms-request-id"), out _));
        Assert.Equal(correlation, reply.Header("x-ms-correlation-request-id"));
        Assert.Equal("mine", reply.Header("x-ms-client-request-id"));
        Assert.StartsWith("EASTUS2:20260302T090000Z:", reply.Header("x-ms-routing-request-id"), StringComparison.Ordinal);
        Assert.Equal("no-cache", reply.Header("Cache-Control"));
        Assert.InRange(int.Parse(reply.Header("x-ms-ratelimit-remaining-subscription-reads")!, System.Globalization.CultureInfo.InvariantCulture), 1, 250);
    }

    [Theory]
    [InlineData("", 400, "MissingApiVersionParameter")]
    [InlineData("?api-version=7.4", 400, "InvalidApiVersionParameter")]
    public async Task A_version_is_asked_for(string query, int status, string code)
    {
        await using var world = await World.StartAsync();

        (await world.GetAsync($"{World.Arm}{world.Subscription}{query}")).Refused(status, code);
    }

    [Fact]
    public async Task An_unknown_subscription_is_not_found()
    {
        await using var world = await World.StartAsync();

        (await world.ArmAsync("GET", "/subscriptions/99999999-0000-0000-0000-000000000000/resourcegroups")).Refused(404, "SubscriptionNotFound");
    }

    [Fact]
    public async Task A_resource_group_is_made_read_and_deleted()
    {
        await using var world = await World.StartAsync();
        var path = $"{world.Subscription}/resourcegroups/rg-other";
        var body = new JsonObject { ["location"] = "West Europe", ["tags"] = new JsonObject { ["a"] = "b" } };

        (await world.ArmAsync("HEAD", path)).Expect(404);
        var made = (await world.ArmAsync("PUT", path, body)).Expect(201).Json;
        Assert.Equal("westeurope", (string?)made["location"]);
        Assert.Equal($"{world.Subscription}/resourceGroups/rg-other", (string?)made["id"]);
        (await world.ArmAsync("PUT", path, body.DeepClone())).Expect(200);
        (await world.ArmAsync("HEAD", path.ToUpperInvariant())).Expect(204);

        var deletion = (await world.ArmAsync("DELETE", path)).Expect(202);
        var poll = deletion.Header("Location")!;
        (await world.GetAsync(poll)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.GetAsync(poll)).Expect(200);
        (await world.ArmAsync("GET", path)).Refused(404, "ResourceGroupNotFound");
    }

    [Fact]
    public async Task A_reader_reads_and_cannot_write()
    {
        await using var world = await World.StartAsync();
        var reader = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "reader");
        (await world.ArmAsync("GET", world.Group, @as: reader)).Refused(403, "AuthorizationFailed");
        (await world.ArmGrantAsync(world.Group, Roles.Reader, reader.ObjectId)).Expect(201);

        (await world.ArmAsync("GET", world.Group, @as: reader)).Expect(200);
        var refused = await world.ArmAsync("PUT", world.Group, new JsonObject { ["location"] = "eastus2" }, reader);
        refused.Refused(403, "AuthorizationFailed");
        Assert.Contains($"object id '{reader.ObjectId}' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/write' over scope '{world.Group}'", refused.ErrorText);
    }

    [Fact]
    public async Task A_contributor_writes_and_cannot_grant()
    {
        await using var world = await World.StartAsync();
        var contributor = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "contributor");
        (await world.ArmGrantAsync(world.Subscription, Roles.Contributor, contributor.ObjectId)).Expect(201);

        (await world.ArmAsync("PATCH", world.Group, new JsonObject { ["tags"] = new JsonObject() }, contributor)).Expect(200);
        (await world.ArmGrantAsync(world.Group, Roles.Reader, contributor.ObjectId, contributor)).Refused(403, "AuthorizationFailed");
    }

    [Fact]
    public async Task A_role_of_one_group_does_not_reach_another_whose_name_begins_alike()
    {
        await using var world = await World.StartAsync();
        var contributor = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "contributor");
        (await world.ArmGrantAsync(world.Group, Roles.Contributor, contributor.ObjectId)).Expect(201);

        (await world.ArmAsync("PUT", world.Group + "-2", new JsonObject { ["location"] = "eastus2" }, contributor)).Refused(403, "AuthorizationFailed");
    }

    [Fact]
    public async Task A_role_of_a_group_of_people_holds_for_its_members()
    {
        await using var world = await World.StartAsync();
        var group = world.Azure.Principals.Create(PrincipalKind.Group, "readers");
        var member = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "member");
        world.Azure.Principals.AddToGroup(member.ObjectId, group.ObjectId);
        (await world.ArmGrantAsync(world.Group, Roles.Reader, group.ObjectId)).Expect(201);

        (await world.ArmAsync("GET", world.Group, @as: member)).Expect(200);
    }

    [Fact]
    public async Task A_grant_that_propagates_slowly_is_in_force_later()
    {
        await using var world = await World.StartAsync(options => options with { Timings = new SimulatorTimings { RolePropagation = TimeSpan.FromMinutes(5) } });
        var reader = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "reader");
        (await world.ArmGrantAsync(world.Group, Roles.Reader, reader.ObjectId)).Expect(201);

        (await world.ArmAsync("GET", world.Group, @as: reader)).Expect(403);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        (await world.ArmAsync("GET", world.Group, @as: reader)).Expect(200);
    }

    [Fact]
    public async Task The_same_assignment_under_another_name_is_a_conflict()
    {
        await using var world = await World.StartAsync();
        var someone = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "someone");
        (await world.ArmGrantAsync(world.Group, Roles.Reader, someone.ObjectId)).Expect(201);
        var body = new JsonObject { ["properties"] = new JsonObject { ["roleDefinitionId"] = $"/providers/Microsoft.Authorization/roleDefinitions/{Roles.Reader}", ["principalId"] = someone.ObjectId } };

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111", body, version: "2022-04-01"))
            .Refused(409, "RoleAssignmentExists");
    }

    [Fact]
    public async Task A_principal_that_does_not_exist_gets_no_role()
    {
        await using var world = await World.StartAsync();
        var body = new JsonObject { ["properties"] = new JsonObject { ["roleDefinitionId"] = $"/providers/Microsoft.Authorization/roleDefinitions/{Roles.Reader}", ["principalId"] = "11111111-1111-1111-1111-111111111111" } };

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111", body, version: "2022-04-01"))
            .Refused(400, "PrincipalNotFound");
    }

    [Fact]
    public async Task A_condition_that_would_not_be_evaluated_is_refused_and_grants_nothing()
    {
        await using var world = await World.StartAsync();
        var someone = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "someone");
        var body = new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleDefinitionId"] = $"/providers/Microsoft.Authorization/roleDefinitions/{Roles.Reader}",
                ["principalId"] = someone.ObjectId,
                ["condition"] = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'logs'",
                ["conditionVersion"] = "2.0",
            },
        };
        var reply = (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111", body, version: "2022-04-01")).Expect(400);

        Assert.Contains("condition", reply.ErrorText, StringComparison.Ordinal);
        (await world.ArmAsync("GET", world.Group, @as: someone)).Expect(403);
    }

    private static JsonObject RoleBody(string name, params string[] scopes)
    {
        var list = new JsonArray();
        foreach (var scope in scopes)
            list.Add((JsonNode)scope);
        return new JsonObject
        {
            ["properties"] = new JsonObject { ["roleName"] = name, ["permissions"] = new JsonArray(new JsonObject { ["actions"] = new JsonArray("*/read") }), ["assignableScopes"] = list },
        };
    }

    private static Task<Reply> DefineAsync(World world, char digit, JsonObject body, PrincipalCredential? @as = null) =>
        world.ArmAsync("PUT", $"{world.Subscription}/providers/Microsoft.Authorization/roleDefinitions/{new string(digit, 8)}-1111-1111-1111-111111111111", body, @as, "2022-04-01");

    [Fact]
    public async Task The_name_of_a_role_is_given_once()
    {
        await using var world = await World.StartAsync();
        (await DefineAsync(world, '1', RoleBody("key watcher", world.Group))).Expect(201);

        (await DefineAsync(world, '2', RoleBody("Key Watcher", world.Group))).Refused(409, "RoleDefinitionWithSameNameExists");
        (await DefineAsync(world, '2', RoleBody("reader", world.Group))).Refused(409, "RoleDefinitionWithSameNameExists");
        (await DefineAsync(world, '1', RoleBody("key watcher", world.Subscription))).Expect(201);
    }

    [Fact]
    public async Task A_custom_role_is_assigned_where_it_may_be()
    {
        await using var world = await World.StartAsync();
        var someone = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "someone");
        (await DefineAsync(world, '1', RoleBody("watcher", world.Group))).Expect(201);
        var id = $"{new string('1', 8)}-1111-1111-1111-111111111111";

        (await world.ArmGrantAsync(world.Subscription, id, someone.ObjectId)).Expect(400);
        (await world.ArmGrantAsync(world.Group, id, someone.ObjectId)).Expect(201);
        (await world.ArmAsync("GET", world.Group, @as: someone)).Expect(200);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("the group")]
    public async Task A_custom_role_is_for_scopes_below_the_root(string scope)
    {
        await using var world = await World.StartAsync();

        (await DefineAsync(world, '1', RoleBody("watcher", scope))).Refused(400, "InvalidRoleDefinition");
        (await DefineAsync(world, '1', RoleBody("watcher"))).Refused(400, "InvalidRoleDefinition");
    }

    [Fact]
    public async Task Providers_list_child_types_with_the_version_that_comes_first()
    {
        await using var world = await World.StartAsync();
        var provider = (await world.ArmAsync("GET", $"{world.Subscription}/providers/microsoft.sql", version: "2022-09-01")).Expect(200).Json;
        var keys = provider["resourceTypes"]!.AsArray().Single(type => (string?)type!["resourceType"] == "servers/keys");

        Assert.Equal("2023-08-01", (string?)keys!["apiVersions"]![0]);
    }

    [Fact]
    public async Task A_body_that_is_no_json_is_refused()
    {
        await using var world = await World.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{World.Arm}{world.Group}?api-version=2021-04-01") { Content = new StringContent("{\"location\":") };
        request.Headers.Authorization = new("Bearer", await world.TokenAsync("https://management.azure.com", world.Owner));

        (await world.SendAsync(request)).Refused(400, "InvalidRequestContent");
    }

    [Fact]
    public async Task An_identity_has_a_principal_and_a_new_one_after_it_was_made_again()
    {
        await using var world = await World.StartAsync();
        var path = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-one";
        var body = new JsonObject { ["location"] = "eastus2" };
        var first = (await world.ArmAsync("PUT", path, body)).Expect(201).Json;
        (await world.ArmAsync("PUT", path, body.DeepClone())).Expect(200);
        (await world.ArmAsync("DELETE", path)).Expect(200);
        (await world.ArmAsync("DELETE", path)).Expect(204);
        var second = (await world.ArmAsync("PUT", path, body.DeepClone())).Expect(201).Json;

        Assert.NotEqual((string?)first["properties"]!["principalId"], (string?)second["properties"]!["principalId"]);
    }

    [Fact]
    public async Task Resources_are_listed_by_type_without_their_properties()
    {
        await using var world = await World.StartAsync();
        await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-one", new JsonObject { ["location"] = "eastus2" });
        await world.HsmAsync();
        var list = (await world.ArmAsync("GET", $"{world.Subscription}/resources?$filter=resourceType eq 'Microsoft.KeyVault/managedHSMs'", version: "2022-09-01")).Expect(200).Json["value"]!.AsArray();

        Assert.Equal("kv-hsm-test", (string?)Assert.Single(list)!["name"]);
        Assert.Null(list[0]!["properties"]);
    }

    [Fact]
    public async Task A_path_that_leads_nowhere_is_not_found()
    {
        await using var world = await World.StartAsync();

        (await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.Nothing/things/x")).Refused(404, "InvalidResourceNamespace");
    }
}
