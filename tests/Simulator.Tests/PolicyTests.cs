using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Resources;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class PolicyTests
{
    private const string PurgeProtection = "/providers/Microsoft.Authorization/policyDefinitions/c39ba22d-4428-4149-b981-70acb31fc383";

    private const string NeedsOwnerTag = """
        {"if":{"allOf":[{"field":"type","equals":"Microsoft.ManagedIdentity/userAssignedIdentities"},{"field":"tags['owner']","exists":"false"}]},"then":{"effect":"deny"}}
        """;

    private static string Definition(World world, string name) => $"{world.Subscription}/providers/Microsoft.Authorization/policyDefinitions/{name}";

    private static string Assignment(string scope, string name = "a1") => $"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}";

    private static async Task<string> DefineAsync(World world, string rule, string mode = "Indexed", string? parameters = null, string name = "p1")
    {
        var properties = new JsonObject { ["mode"] = mode, ["displayName"] = $"Definition {name}", ["policyRule"] = JsonNode.Parse(rule) };
        if (parameters is not null)
            properties["parameters"] = JsonNode.Parse(parameters);
        (await world.ArmAsync("PUT", Definition(world, name), new JsonObject { ["properties"] = properties }, version: "2021-06-01")).Expect(201);
        return Definition(world, name);
    }

    private static Task<Reply> AssignAsync(World world, string definition, string? scope = null, JsonObject? parameters = null, string name = "a1", Action<JsonObject>? more = null)
    {
        var properties = new JsonObject { ["policyDefinitionId"] = definition, ["displayName"] = $"Assignment {name}" };
        if (parameters is not null)
            properties["parameters"] = parameters;
        more?.Invoke(properties);
        return world.ArmAsync("PUT", Assignment(scope ?? world.Subscription, name), new JsonObject { ["properties"] = properties }, version: "2021-06-01");
    }

    private static Task<Reply> IdentityAsync(World world, string name = "id-a", JsonObject? tags = null, string method = "PUT") =>
        world.ArmAsync(method, $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", new JsonObject { ["location"] = "eastus2", ["tags"] = tags ?? [] });

    [Fact]
    public async Task A_denied_request_says_which_policy_and_which_conditions()
    {
        await using var world = await World.StartAsync();
        var definition = await DefineAsync(world, NeedsOwnerTag);
        (await AssignAsync(world, definition)).Expect(201);
        var denied = await IdentityAsync(world);

        denied.Refused(403, "RequestDisallowedByPolicy");
        Assert.Equal("gateway", denied.Header("x-ms-failure-cause"));
        Assert.Equal("id-a", (string?)denied.Json["error"]!["target"]);
        Assert.Equal(
            $"Resource 'id-a' was disallowed by policy. Policy identifiers: '[{{\"policyAssignment\":{{\"name\":\"Assignment a1\",\"id\":\"{Assignment(world.Subscription)}\"}},\"policyDefinition\":{{\"name\":\"Definition p1\",\"id\":\"{definition}\",\"version\":\"1.0.0\"}}}}]'.",
            denied.ErrorText);
        var info = denied.Json["error"]!["additionalInfo"]![0]!["info"]!;
        Assert.Equal("PolicyViolation", (string?)denied.Json["error"]!["additionalInfo"]![0]!["type"]);
        Assert.Equal(("deny", "a1", "p1"), ((string?)info["policyDefinitionEffect"], (string?)info["policyAssignmentName"], (string?)info["policyDefinitionName"]));
        var expression = info["evaluationDetails"]!["evaluatedExpressions"]![1]!;
        Assert.Equal(("True", "Exists", "tags['owner']"), ((string?)expression["result"], (string?)expression["operator"], (string?)expression["expression"]));
        (await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a")).Expect(404);
        (await IdentityAsync(world, tags: new JsonObject { ["Owner"] = "ana" })).Expect(201);
    }

    [Fact]
    public async Task A_patch_is_judged_by_what_it_would_leave()
    {
        await using var world = await World.StartAsync();
        (await IdentityAsync(world, tags: new JsonObject { ["owner"] = "ana" })).Expect(201);
        (await AssignAsync(world, await DefineAsync(world, NeedsOwnerTag))).Expect(201);
        var path = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a";

        (await world.ArmAsync("PATCH", path, new JsonObject { ["tags"] = new JsonObject { ["owner"] = null } })).Refused(403, "RequestDisallowedByPolicy");
        (await world.ArmAsync("PATCH", path, new JsonObject { ["tags"] = new JsonObject { ["more"] = "x" } })).Expect(200);
    }

    [Fact]
    public async Task The_built_in_policy_denies_an_hsm_without_purge_protection()
    {
        await using var world = await World.StartAsync();
        (await AssignAsync(world, PurgeProtection, parameters: new JsonObject { ["effect"] = new JsonObject { ["value"] = "Deny" } })).Expect(201);
        var path = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-policy";

        (await world.ArmAsync("PUT", path, World.HsmBody(world.Owner.ObjectId))).Refused(403, "RequestDisallowedByPolicy");
        (await world.ArmAsync("PUT", path, World.HsmBody(world.Owner.ObjectId, purgeProtection: true))).Expect(202);
    }

    [Fact]
    public async Task The_storage_policy_knows_no_deny()
    {
        await using var world = await World.StartAsync();
        var refused = await AssignAsync(world, "/providers/Microsoft.Authorization/policyDefinitions/6fac406b-40ca-413b-bf8e-0bf964659c25", parameters: new JsonObject { ["effect"] = new JsonObject { ["value"] = "Deny" } });

        refused.Refused(400, "PolicyParameterValueNotAllowed");
    }

    [Theory]
    [InlineData("Microsoft.Keyvault", 201)]
    [InlineData("Microsoft.KeyVault", 201)]
    [InlineData("Microsoft.Storage", 403)]
    [InlineData(null, 403)]
    public async Task An_alias_leads_into_the_properties_and_compares_without_case(string? source, int status)
    {
        await using var world = await World.StartAsync();
        // The generic type stands in for any provider: the hook sits before all of them.
        (await AssignAsync(world, await DefineAsync(world, """
            {"if":{"allOf":[{"field":"type","equals":"Microsoft.Compute/images"},
              {"field":"Microsoft.Compute/images/encryption.keySource","notEquals":"Microsoft.Keyvault"}]},"then":{"effect":"deny"}}
            """))).Expect(201);
        var properties = source is null ? new JsonObject() : new JsonObject { ["encryption"] = new JsonObject { ["keySource"] = source } };

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Compute/images/i", new JsonObject { ["location"] = "eastus2", ["properties"] = properties })).Expect(status);
    }

    [Theory]
    [InlineData("""{"field":"name","like":"img-*"}""", true)]
    [InlineData("""{"field":"name","notLike":"img-*"}""", false)]
    [InlineData("""{"field":"name","match":"img-##"}""", true)]
    [InlineData("""{"field":"name","match":"img-??"}""", false)]
    [InlineData("""{"field":"location","in":["EastUS2","westus"]}""", true)]
    [InlineData("""{"field":"location","notIn":"[parameters('places')]"}""", false)]
    [InlineData("""{"field":"Microsoft.Compute/images/size","greater":10}""", true)]
    [InlineData("""{"field":"Microsoft.Compute/images/size","lessOrEquals":10}""", false)]
    [InlineData("""{"field":"Microsoft.Compute/images/missing","exists":false}""", true)]
    [InlineData("""{"field":"Microsoft.Compute/images/missing","notEquals":"x"}""", true)]
    [InlineData("""{"field":"Microsoft.Compute/images/missing","equals":"x"}""", false)]
    [InlineData("""{"field":"Microsoft.Compute/images/missing","notIn":["x"]}""", true)]
    [InlineData("""{"field":"tags","containsKey":"COST"}""", true)]
    [InlineData("""{"field":"tags.cost","contains":"4"}""", true)]
    [InlineData("""{"not":{"field":"kind","exists":"true"}}""", true)]
    [InlineData("""{"value":"[concat(field('name'), '/', resourceGroup().location)]","equals":"img-01/eastus2"}""", true)]
    [InlineData("""{"value":"[if(equals(field('location'),'eastus2'), length(field('name')), 0)]","equals":6}""", true)]
    [InlineData("""{"value":"[toLower(split(field('id'),'/')[4])]","equals":"rg-test"}""", true)]
    [InlineData("""{"count":{"field":"Microsoft.Compute/images/disks[*]","where":{"field":"Microsoft.Compute/images/disks[*].size","greater":5}},"equals":2}""", true)]
    [InlineData("""{"count":{"field":"Microsoft.Compute/images/disks[*]"},"less":3}""", false)]
    [InlineData("""{"count":{"value":["eastus2","westus"],"name":"place","where":{"value":"[current('place')]","equals":"[field('location')]"}},"equals":1}""", true)]
    [InlineData("""{"field":"Microsoft.Compute/images/disks[*].size","greater":0}""", true)]
    [InlineData("""{"field":"Microsoft.Compute/images/disks[*].size","greater":5}""", false)]
    [InlineData("""{"field":"Microsoft.Storage/storageAccounts/size","exists":"true"}""", false)]
    [InlineData("""{"value":"[requestContext().apiVersion]","greaterOrEquals":"2020-01-01"}""", true)]
    public async Task A_condition_holds_or_does_not(string condition, bool holds)
    {
        await using var world = await World.StartAsync();
        var rule = $$$"""{"if":{"allOf":[{"field":"type","equals":"Microsoft.Compute/images"},{{{condition}}}]},"then":{"effect":"deny"}}""";
        (await AssignAsync(world, await DefineAsync(world, rule, parameters: """{"places":{"type":"Array","defaultValue":["eastus2"]}}"""))).Expect(201);
        var body = JsonNode.Parse("""{"location":"eastus2","tags":{"cost":"42"},"properties":{"size":12,"disks":[{"size":1},{"size":7},{"size":9}]}}""");

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Compute/images/img-01", body)).Expect(holds ? 403 : 201);
    }

    [Theory]
    [InlineData("""{"if":{"field":"type"},"then":{"effect":"deny"}}""", "InvalidPolicyRule")]
    [InlineData("""{"if":{"field":"type","equals":"x","like":"y"},"then":{"effect":"deny"}}""", "InvalidPolicyRule")]
    [InlineData("""{"if":{"allOf":[]},"then":{"effect":"deny"}}""", "InvalidPolicyRule")]
    [InlineData("""{"if":{"field":"type","equals":"x"},"then":{}}""", "InvalidPolicyRule")]
    [InlineData("""{"if":{"field":"type","equals":"x"},"then":{"effect":"explode"}}""", "InvalidPolicyRuleEffect")]
    public async Task A_rule_that_can_not_be_read_is_refused(string rule, string code)
    {
        await using var world = await World.StartAsync();

        (await world.ArmAsync("PUT", Definition(world, "bad"), new JsonObject { ["properties"] = new JsonObject { ["policyRule"] = JsonNode.Parse(rule) } })).Refused(400, code);
    }

    [Fact]
    public async Task Not_scopes_exemptions_and_do_not_enforce_let_requests_through()
    {
        await using var world = await World.StartAsync();
        var definition = await DefineAsync(world, NeedsOwnerTag);
        (await AssignAsync(world, definition, more: properties => properties["notScopes"] = new JsonArray(world.Group))).Expect(201);
        (await IdentityAsync(world, "id-1")).Expect(201);
        (await AssignAsync(world, definition, more: properties => properties["enforcementMode"] = "DoNotEnforce")).Expect(201);
        (await IdentityAsync(world, "id-2")).Expect(201);
        (await AssignAsync(world, definition)).Expect(201);
        (await IdentityAsync(world, "id-3")).Expect(403);
        var exemption = $"{world.Group}/providers/Microsoft.Authorization/policyExemptions/e1";
        (await world.ArmAsync("PUT", exemption, new JsonObject
        {
            ["properties"] = new JsonObject { ["policyAssignmentId"] = Assignment(world.Subscription), ["exemptionCategory"] = "Waiver", ["expiresOn"] = world.Azure.Clock.GetUtcNow().AddHours(1).ToString("O") },
        })).Expect(201);

        (await IdentityAsync(world, "id-3")).Expect(201);
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        (await IdentityAsync(world, "id-4")).Expect(403);
    }

    [Fact]
    public async Task A_message_of_the_assignment_comes_first()
    {
        await using var world = await World.StartAsync();
        (await AssignAsync(world, await DefineAsync(world, NeedsOwnerTag), more: properties => properties["nonComplianceMessages"] = new JsonArray(new JsonObject { ["message"] = "Name an owner." }))).Expect(201);

        Assert.Equal("Resource 'id-a' was disallowed by policy. Reasons: 'Name an owner.'. See error details for policy resource IDs.", (await IdentityAsync(world)).Refused(403, "RequestDisallowedByPolicy").ErrorText);
    }

    [Fact]
    public async Task Modify_adds_what_is_missing_before_deny_looks()
    {
        await using var world = await World.StartAsync();
        (await AssignAsync(world, await DefineAsync(world, """
            {"if":{"field":"tags['owner']","exists":"false"},"then":{"effect":"modify","details":{"roleDefinitionIds":[],
              "operations":[{"operation":"addOrReplace","field":"tags['owner']","value":"[concat('rg:', resourceGroup().name)]"}]}}}
            """, name: "fill"), name: "fill")).Expect(201);
        (await AssignAsync(world, await DefineAsync(world, NeedsOwnerTag))).Expect(201);

        Assert.Equal("rg:rg-test", (string?)(await IdentityAsync(world)).Expect(201).Json["tags"]!["owner"]);
    }

    [Fact]
    public async Task An_initiative_denies_through_its_members()
    {
        await using var world = await World.StartAsync();
        await DefineAsync(world, """{"if":{"field":"location","notIn":"[parameters('places')]"},"then":{"effect":"[parameters('effect')]"}}""", parameters: """{"places":{"type":"Array"},"effect":{"type":"String","defaultValue":"audit"}}""", name: "places");
        var set = $"{world.Subscription}/providers/Microsoft.Authorization/policySetDefinitions/s1";
        (await world.ArmAsync("PUT", set, JsonNode.Parse($$$"""
            {"properties":{"displayName":"Set","parameters":{"where":{"type":"Array"}},"policyDefinitions":[{"policyDefinitionId":"{{{Definition(world, "places")}}}","policyDefinitionReferenceId":"r1",
              "parameters":{"places":{"value":"[parameters('where')]"},"effect":{"value":"deny"} } }] } }
            """))).Expect(201);
        (await AssignAsync(world, set)).Refused(400, "MissingPolicyParameter");
        (await AssignAsync(world, set, parameters: new JsonObject { ["where"] = new JsonObject { ["value"] = new JsonArray("westeurope") } })).Expect(201);

        var denied = (await IdentityAsync(world)).Refused(403, "RequestDisallowedByPolicy");
        Assert.Equal("r1", (string?)denied.Json["error"]!["additionalInfo"]![0]!["info"]!["policyDefinitionReferenceId"]);
        (await world.ArmAsync("DELETE", Definition(world, "places"))).Refused(400, "PolicyDefinitionInUse");
    }

    [Fact]
    public async Task Existing_resources_become_non_compliant_and_are_never_touched()
    {
        await using var world = await World.StartAsync();
        (await IdentityAsync(world, "id-bad")).Expect(201);
        (await IdentityAsync(world, "id-good", new JsonObject { ["owner"] = "ana" })).Expect(201);
        (await AssignAsync(world, await DefineAsync(world, NeedsOwnerTag))).Expect(201);
        var query = $"{world.Subscription}/providers/Microsoft.PolicyInsights/policyStates/latest/";
        Assert.Empty((await world.ArmAsync("POST", query + "queryResults", version: "2019-10-01")).Expect(200).Json["value"]!.AsArray());
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(31));

        var states = (await world.ArmAsync("POST", query + "queryResults?$orderby=resourceId", version: "2019-10-01")).Expect(200).Json;
        Assert.Equal(2, (int)states["@odata.count"]!);
        Assert.Equal(["NonCompliant", "Compliant"], states["value"]!.AsArray().Select(state => (string)state!["complianceState"]!));
        Assert.Single((await world.ArmAsync("POST", query + "queryResults?$filter=isCompliant eq false", version: "2019-10-01")).Expect(200).Json["value"]!.AsArray());
        var summary = (await world.ArmAsync("POST", query + "summarize", version: "2019-10-01")).Expect(200).Json["value"]![0]!["results"]!;
        Assert.Equal((1, 1), ((int)summary["nonCompliantResources"]!, (int)summary["nonCompliantPolicies"]!));
        (await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-bad")).Expect(200);
    }

    [Fact]
    public async Task An_evaluation_can_be_asked_for()
    {
        await using var world = await World.StartAsync();
        (await IdentityAsync(world, "id-bad")).Expect(201);
        (await AssignAsync(world, await DefineAsync(world, NeedsOwnerTag))).Expect(201);
        var path = $"{world.Group}/providers/Microsoft.PolicyInsights/policyStates/latest/";
        var started = (await world.ArmAsync("POST", path + "triggerEvaluation", version: "2019-10-01")).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));

        (await world.GetAsync(started.Header("Location")!)).Expect(200);
        Assert.Single((await world.ArmAsync("POST", path + "queryResults", version: "2019-10-01")).Expect(200).Json["value"]!.AsArray());
    }

    [Fact]
    public async Task An_hsm_without_logs_is_found_until_it_has_some()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        var hsm = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-test";
        (await AssignAsync(world, "/providers/Microsoft.Authorization/policyDefinitions/a2a5b911-5617-447e-a49e-59dbe0e0434b")).Expect(201);
        var workspace = $"{world.Group}/providers/Microsoft.OperationalInsights/workspaces/law";
        (await world.ArmAsync("PUT", workspace, new JsonObject { ["location"] = "eastus2" })).Expect(201);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        var query = $"{hsm}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults";
        Assert.Equal("NonCompliant", (string?)(await world.ArmAsync("POST", query)).Expect(200).Json["value"]![0]!["complianceState"]);
        (await world.ArmAsync("PUT", $"{hsm}/providers/Microsoft.Insights/diagnosticSettings/audit", new JsonObject
        {
            ["properties"] = new JsonObject { ["workspaceId"] = workspace, ["logs"] = new JsonArray(new JsonObject { ["category"] = "AuditEvent", ["enabled"] = true }) },
        }, version: "2021-05-01-preview")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal("Compliant", (string?)(await world.ArmAsync("POST", query)).Expect(200).Json["value"]![0]!["complianceState"]);
    }

    [Fact]
    public async Task The_resource_manager_client_defines_and_assigns_policies()
    {
        await using var world = await World.StartAsync();
        var transport = new HttpClientTransport(world.Azure.CreateHandler());
        var arm = new ArmClient(
            new ClientSecretCredential(world.Azure.TenantId, world.Owner.ClientId, world.Owner.Secret, new ClientSecretCredentialOptions { Transport = transport }),
            world.Azure.SubscriptionId,
            new ArmClientOptions { Transport = transport });
        var subscription = arm.GetSubscriptionResource(new ResourceIdentifier(world.Subscription));
        var definition = await subscription.GetSubscriptionPolicyDefinitions().CreateOrUpdateAsync(
            WaitUntil.Completed, "sdk", new PolicyDefinitionData { Mode = "Indexed", DisplayName = "From the client", PolicyRule = BinaryData.FromString(NeedsOwnerTag) }, World.Stop);
        await arm.GetResourceGroupResource(new ResourceIdentifier(world.Group)).GetPolicyAssignments().CreateOrUpdateAsync(
            WaitUntil.Completed, "sdk", new PolicyAssignmentData { PolicyDefinitionId = definition.Value.Id }, World.Stop);
        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => arm.GetGenericResources().CreateOrUpdateAsync(
            WaitUntil.Completed, new ResourceIdentifier($"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sdk"), new GenericResourceData(AzureLocation.EastUS2), World.Stop));

        Assert.Equal((403, "RequestDisallowedByPolicy"), (refused.Status, refused.ErrorCode));
        var names = new List<string>();
        await foreach (var built in subscription.GetSubscriptionPolicyDefinitions().GetAllAsync(cancellationToken: World.Stop))
            names.Add(built.Data.DisplayName);
        Assert.Contains("Azure Key Vault Managed HSM should have purge protection enabled", names);
    }
}
