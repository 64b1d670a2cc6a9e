using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Tags, generic resources and the activity log: what every provider has.</summary>
public sealed class ControlPlaneTests
{
    private static JsonObject Tags(params (string Name, string Value)[] tags)
    {
        var map = new JsonObject();
        foreach (var (name, value) in tags)
            map[name] = value;
        return map;
    }

    private static JsonObject Change(string operation, JsonObject tags) => new() { ["operation"] = operation, ["properties"] = new JsonObject { ["tags"] = tags } };

    [Fact]
    public async Task Tags_are_merged_replaced_and_deleted_on_their_own()
    {
        await using var world = await World.StartAsync();
        var identity = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a";
        (await world.ArmAsync("PUT", identity, new JsonObject { ["location"] = "eastus2", ["tags"] = Tags(("a", "1"), ("b", "2")) })).Expect(201);
        var path = identity + "/providers/Microsoft.Resources/tags/default";

        Assert.Equal("""{"a":"1","b":"3","c":"4"}""", (await world.ArmAsync("PATCH", path, Change("Merge", Tags(("B", "3"), ("c", "4"))))).Expect(200).Json["properties"]!["tags"]!.ToJsonString());
        Assert.Equal("""{"a":"1"}""", (await world.ArmAsync("PATCH", path, Change("Delete", Tags(("b", "3"), ("c", ""))))).Expect(200).Json["properties"]!["tags"]!.ToJsonString());
        (await world.ArmAsync("PATCH", path, Change("Replace", Tags(("z", "9"))))).Expect(200);
        Assert.Equal("9", (string?)(await world.ArmAsync("GET", identity)).Expect(200).Json["tags"]!["z"]);
        (await world.ArmAsync("DELETE", path)).Expect(200);
        Assert.Empty((await world.ArmAsync("GET", path)).Expect(200).Json["properties"]!["tags"]!.AsObject());
        (await world.ArmAsync("PATCH", path, Change("Invert", Tags(("z", "9"))))).Refused(400, "InvalidTagsPatchOperation");
    }

    [Fact]
    public async Task A_subscription_and_a_group_have_tags_and_all_names_are_counted()
    {
        await using var world = await World.StartAsync();
        (await world.ArmAsync("PUT", $"{world.Subscription}/providers/Microsoft.Resources/tags/default", new JsonObject { ["properties"] = new JsonObject { ["tags"] = Tags(("team", "keys")) } })).Expect(200);
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Resources/tags/default", new JsonObject { ["properties"] = new JsonObject { ["tags"] = Tags(("team", "ops")) } })).Expect(200);

        Assert.Equal("ops", (string?)(await world.ArmAsync("GET", world.Group)).Expect(200).Json["tags"]!["team"]);
        var name = (await world.ArmAsync("GET", $"{world.Subscription}/tagNames")).Expect(200).Json["value"]!.AsArray().Single()!;
        Assert.Equal(("team", 2), ((string?)name["tagName"], (int)name["count"]!["value"]!));
    }

    [Fact]
    public async Task More_than_fifty_tags_are_refused()
    {
        await using var world = await World.StartAsync();
        var tags = Tags([.. Enumerable.Range(0, 51).Select(i => ($"t{i}", "x"))]);

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Resources/tags/default", new JsonObject { ["properties"] = new JsonObject { ["tags"] = tags } })).Refused(400, "InvalidTagsCount");
    }

    [Fact]
    public async Task A_listed_type_without_routes_of_its_own_keeps_what_it_is_given()
    {
        await using var world = await World.StartAsync();
        var path = $"{world.Group}/providers/microsoft.compute/Images/golden";
        (await world.ArmAsync("HEAD", path)).Expect(404);
        var made = (await world.ArmAsync("PUT", path, new JsonObject { ["location"] = "East US 2", ["properties"] = new JsonObject { ["hyperVGeneration"] = "V2", ["storageProfile"] = new JsonObject { ["zoneResilient"] = true } } })).Expect(201).Json;

        Assert.Equal("Microsoft.Compute/images", (string?)made["type"]);
        Assert.Equal("Succeeded", (string?)made["properties"]!["provisioningState"]);
        (await world.ArmAsync("HEAD", path)).Expect(204);
        var changed = (await world.ArmAsync("PATCH", path, new JsonObject { ["tags"] = Tags(("a", "b")), ["properties"] = new JsonObject { ["storageProfile"] = new JsonObject { ["zoneResilient"] = false } } })).Expect(200).Json;
        Assert.Equal("V2", (string?)changed["properties"]!["hyperVGeneration"]);
        Assert.False((bool)changed["properties"]!["storageProfile"]!["zoneResilient"]!);
        Assert.Single((await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.Compute/images")).Expect(200).Json["value"]!.AsArray());
        (await world.ArmAsync("PUT", path, new JsonObject { ["location"] = "westeurope" })).Refused(409, "InvalidResourceLocation");
        (await world.ArmAsync("DELETE", path)).Expect(200);
        (await world.ArmAsync("DELETE", path)).Expect(204);
        (await world.ArmAsync("GET", path)).Refused(404, "ResourceNotFound");
    }

    [Theory]
    [InlineData("Microsoft.Compute/teapots/t", "InvalidResourceType")]
    [InlineData("Contoso.Kitchen/teapots/t", "InvalidResourceNamespace")]
    [InlineData("Microsoft.Compute/images", "ResourceGroupNotFound", "rg-none")]
    public async Task Unlisted_types_are_refused(string type, string code, string group = "rg-test")
    {
        await using var world = await World.StartAsync();

        (await world.ArmAsync("GET", $"{world.Subscription}/resourceGroups/{group}/providers/{type}")).Refused(404, code);
    }

    [Fact]
    public async Task A_child_needs_its_parent()
    {
        await using var world = await World.StartAsync();

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/nobody/configurations/work_mem", new JsonObject())).Refused(404, "ParentResourceNotFound");
    }

    [Fact]
    public async Task Types_with_routes_of_their_own_are_not_taken_over()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();

        (await world.ArmAsync("POST", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-test")).Refused(405, "MethodNotAllowed");
        (await world.ArmAsync("HEAD", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-test")).Expect(204);
        (await world.ArmAsync("HEAD", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-other")).Expect(404);
    }

    [Fact]
    public async Task A_namespace_that_is_not_registered_refuses_until_it_is()
    {
        await using var world = await World.StartAsync();
        var path = $"{world.Group}/providers/Microsoft.Compute/images/golden";
        (await world.ArmAsync("POST", $"{world.Subscription}/providers/Microsoft.Compute/unregister")).Expect(200);

        (await world.ArmAsync("PUT", path, new JsonObject { ["location"] = "eastus2" })).Refused(409, "MissingSubscriptionRegistration");
        (await world.ArmAsync("POST", $"{world.Subscription}/providers/Microsoft.Compute/register")).Expect(200);
        (await world.ArmAsync("PUT", path, new JsonObject { ["location"] = "eastus2" })).Expect(201);
    }

    [Fact]
    public async Task The_activity_log_tells_what_was_changed_refused_and_finished()
    {
        await using var world = await World.StartAsync();
        var nobody = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "nobody");
        var start = world.Azure.Clock.GetUtcNow();
        var correlation = "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";
        var hsm = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-log";
        (await world.SendAsync("PUT", $"{World.Arm}{hsm}?api-version=2023-07-01", World.HsmBody(world.Owner.ObjectId), headers: [("x-ms-correlation-request-id", correlation)])).Expect(202);
        (await world.ArmAsync("DELETE", hsm, @as: nobody)).Refused(403, "AuthorizationFailed");
        Assert.Empty(await EventsAsync(world, start, ""));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));

        var events = await EventsAsync(world, start, $" and correlationId eq '{correlation}'");
        Assert.Equal(["Succeeded", "Accepted", "Started"], events.Select(entry => (string)entry["status"]!["value"]!));
        Assert.All(events, entry => Assert.Equal("Microsoft.KeyVault/managedHSMs/write", (string?)entry["operationName"]!["value"]));
        var refused = Assert.Single(await EventsAsync(world, start, " and status eq 'Failed'"), entry => (string?)entry["eventName"]!["value"] == "EndRequest");
        Assert.Equal(nobody.ClientId, (string?)refused["caller"]);
        Assert.Contains("AuthorizationFailed", (string?)refused["properties"]!["statusMessage"], StringComparison.Ordinal);
        Assert.Equal("rg-test", (string?)refused["resourceGroupName"]);
        Assert.Empty(await EventsAsync(world, start, " and resourceGroupName eq 'rg-other'"));
    }

    [Fact]
    public async Task Reads_leave_no_trace_in_the_activity_log()
    {
        await using var world = await World.StartAsync();
        var start = world.Azure.Clock.GetUtcNow();
        (await world.ArmAsync("GET", world.Group)).Expect(200);
        (await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.Compute/images/none")).Expect(404);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.DoesNotContain(await EventsAsync(world, start.AddSeconds(1), ""), _ => true);
    }

    [Fact]
    public async Task The_activity_log_comes_in_pages()
    {
        await using var world = await World.StartAsync();
        var start = world.Azure.Clock.GetUtcNow();
        for (var i = 0; i < 250; i++)
            (await world.ArmAsync("PATCH", world.Group, new JsonObject { ["tags"] = Tags(("n", $"{i}")) })).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));

        var events = await EventsAsync(world, start, " and operationName eq 'Microsoft.Resources/subscriptions/resourceGroups/write' and status eq 'Succeeded'");
        Assert.Equal(250, events.Count(entry => (string?)entry["eventName"]!["value"] == "EndRequest" && (string?)entry["httpRequest"]!["method"] == "PATCH"));
    }

    private static async Task<List<JsonNode>> EventsAsync(World world, DateTimeOffset from, string filter)
    {
        // The timestamps without quotes, as az sends them.
        var text = Uri.EscapeDataString($"eventTimestamp ge {from:yyyy-MM-ddTHH:mm:ssZ} and eventTimestamp le {world.Azure.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}{filter}");
        var url = $"{World.Arm}{world.Subscription}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter={text}";
        var all = new List<JsonNode>();
        while (url is not null)
        {
            var page = (await world.GetAsync(url)).Expect(200).Json;
            all.AddRange(page["value"]!.AsArray().Select(entry => entry!));
            url = (string?)page["nextLink"];
        }
        return all;
    }
}
