using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Server;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Each kind of fault: what it does, armed by an administrator and by a scenario, for as long as it lasts.</summary>
public sealed class FaultKindTests
{
    private const string Hsm = "kv-hsm-test";

    public static TheoryData<string, string> Kinds { get; } = new()
    {
        { "region-down", """{"kind":"region-down","region":"eastus2","duration":"PT10M"}""" },
        { "replica-down", """{"kind":"replica-down","duration":"PT10M"}""" },
        { "replica-down-region", """{"kind":"replica-down","region":"eastus2","duration":"PT10M"}""" },
        { "host-unreachable", """{"kind":"host-unreachable","host":"*.managedhsm.azure.net","duration":"PT10M"}""" },
        { "network-denied", """{"kind":"network-denied","host":"kv-hsm-test.*","duration":"PT10M"}""" },
        { "latency", """{"kind":"latency","delay":"PT2S","host":"*.managedhsm.azure.net","duration":"PT10M"}""" },
        { "throttle", """{"kind":"throttle","host":"*.managedhsm.azure.net","duration":"PT10M","retryAfter":3}""" },
        { "server-error", """{"kind":"server-error","host":"*.managedhsm.azure.net","status":502,"duration":"PT10M"}""" },
        { "lost-response", """{"kind":"lost-response","host":"*.managedhsm.azure.net","duration":"PT10M"}""" },
        { "token-endpoint-down", """{"kind":"token-endpoint-down","duration":"PT10M"}""" },
        { "stale-read", """{"kind":"stale-read","delay":"PT1M","method":"GET","path":"/keys/*","duration":"PT10M"}""" },
        { "slow-grants", """{"kind":"slow-grants","delay":"PT3M","duration":"PT10M"}""" },
        { "clock-skew", """{"kind":"clock-skew","delay":"-PT3H","duration":"PT10M"}""" },
        { "quota-exceeded", """{"kind":"quota-exceeded","duration":"PT10M"}""" },
        { "roles-per-version", """{"kind":"roles-per-version","duration":"PT10M"}""" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_administrator_arms_it_and_it_ends_by_the_clock(string kind, string fault)
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync(Hsm, "k");
        Assert.False(await ShowsAsync(world, kind, 1));
        var admin = new AdminInterface(world.Azure);
        Assert.True(RequestTarget.TryParse("/faults", out var target));
        Assert.Equal(201, admin.Handle("POST", target, Encoding.UTF8.GetBytes(fault)).Status);

        Assert.True(await ShowsAsync(world, kind, 2));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.False(await ShowsAsync(world, kind, 3));
        Assert.Empty(JsonNode.Parse(admin.Handle("GET", target, default).Body.Span)!["faults"]!.AsArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_scenario_arms_it_and_it_ends_by_the_clock(string kind, string fault)
    {
        var scenario = $$$"""{"format":"runbook-scenario/1","faults":[{"at":"PT2H","fault":{{{fault}}} }]}""";
        await using var world = await World.StartAsync(options => options with { Scenario = scenario });
        var start = world.Azure.Clock.GetUtcNow();
        await world.ActiveHsmAsync();
        await world.KeyAsync(Hsm, "k");
        Assert.False(await ShowsAsync(world, kind, 1));
        world.Azure.Clock.AdvanceTo(start.AddHours(2));

        Assert.True(await ShowsAsync(world, kind, 2));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.False(await ShowsAsync(world, kind, 3));
    }

    [Fact]
    public async Task A_replica_that_is_down_touches_no_other_service_of_its_region()
    {
        await using var world = await World.StartAsync();
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.KeyVault/vaults/kv-beside", JsonNode.Parse($$$"""
            {"location":"eastus2","properties":{"tenantId":"{{{world.Azure.TenantId}}}","sku":{"family":"A","name":"premium"},"enableRbacAuthorization":true} }
            """))).Expect(201);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ReplicaDown, Region = "eastus2" });

        Assert.NotEqual(503, (await world.GetAsync("https://kv-beside.vault.azure.net/keys?api-version=7.4")).Status);
    }

    [Fact]
    public async Task Readings_and_firewalls_that_a_fault_bent_say_so_in_the_log()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.StaleRead, Delay = TimeSpan.FromMinutes(1), Host = "management.azure.com", Count = 1 });
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.NetworkDenied, Host = $"{Hsm}.*", Count = 1 });
        (await world.ArmAsync("GET", world.Group)).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(403);

        Assert.Equal(["stale-read", "network-denied"], world.Azure.Calls.Since().Select(call => call.Fault).OfType<string>());
    }

    [Fact]
    public async Task Where_roles_are_per_version_the_old_version_stays_open_and_a_role_at_all_keys_covers_both()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var old = (string)(await world.KeyAsync(Hsm, "k"))["key"]!["kid"]!;
        var (one, all) = (world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "one"), world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "all"));
        (await world.GrantAsync(Hsm, "/keys/k", Roles.CryptoUser, one.ObjectId)).Expect(201);
        (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, all.ObjectId)).Expect(201);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RolesPerVersion });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.KeyAsync(Hsm, "k");

        (await world.HsmAsync("GET", Hsm, "/keys/k", @as: one)).Refused(403, "AccessDenied");
        (await world.HsmAsync("GET", Hsm, $"/keys/k/{old[(old.LastIndexOf('/') + 1)..]}", @as: one)).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys/k", @as: all)).Expect(200);

        (await world.GrantAsync(Hsm, "/keys/k", Roles.ServiceEncryption, one.ObjectId)).Expect(201);
        (await world.HsmAsync("GET", Hsm, "/keys/k", @as: one)).Expect(200);
    }

    [Fact]
    public async Task Where_a_quota_is_used_up_what_is_there_can_be_changed_and_what_is_no_resource_can_be_made()
    {
        await using var world = await World.StartAsync();
        var identity = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-before";
        (await world.ArmAsync("PUT", identity, JsonNode.Parse("""{"location":"eastus2"}"""))).Expect(201);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.QuotaExceeded });

        (await world.ArmAsync("PUT", identity, JsonNode.Parse("""{"location":"eastus2","tags":{"owner":"payments"}}"""))).Expect(200);
        (await world.ArmAsync("PUT", $"{identity}/providers/Microsoft.Authorization/locks/keep", JsonNode.Parse("""{"properties":{"level":"CanNotDelete"}}"""))).Expect(201);
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Compute/disks/disk-more", JsonNode.Parse("""{"location":"eastus2","sku":{"name":"Premium_LRS"},"properties":{"creationData":{"createOption":"Empty"},"diskSizeGB":4}}"""))).Refused(409, "OperationNotAllowed");
        (await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.Compute/disks/disk-more")).Expect(404);
    }

    [Fact]
    public async Task A_fault_by_call_has_the_name_that_was_given_and_no_fault_keeps_anybody_from_removing_it()
    {
        await using var world = await World.StartAsync();
        const string Address = "https://faults.embedded.invalid/faults/all-is-down";
        var everything = new JsonObject { ["kind"] = "host-unreachable" };

        (await world.SendAsync("PUT", Address, everything.DeepClone(), token: "none")).Expect(201);
        (await world.SendAsync("PUT", Address, everything.DeepClone(), token: "none")).Expect(200);
        await Assert.ThrowsAsync<HttpRequestException>(() => world.ArmAsync("GET", world.Group));
        Assert.Equal("all-is-down", (string?)(await world.SendAsync("GET", Address, token: "none")).Expect(200).Json["id"]);
        (await world.SendAsync("PUT", Address, new JsonObject { ["kind"] = "throttle" }, token: "none")).Refused(409, "AnotherFault");
        (await world.SendAsync("PUT", Address, new JsonObject { ["kind"] = "nothing" }, token: "none")).Expect(400);
        (await world.SendAsync("DELETE", Address, token: "none")).Expect(204);
        (await world.SendAsync("DELETE", Address, token: "none")).Refused(404, "FaultNotFound");

        (await world.ArmAsync("GET", world.Group)).Expect(200);
    }

    /// <summary>Whether the fault can be noticed now.</summary>
    private static async Task<bool> ShowsAsync(World world, string kind, int round)
    {
        switch (kind)
        {
            case "region-down" or "host-unreachable" or "replica-down-region":
                return await FailsAsync(world) == HttpRequestError.ConnectionError;
            case "lost-response":
                return await FailsAsync(world) == HttpRequestError.ResponseEnded;
            case "replica-down":
                var statuses = new List<int>();
                for (var i = 0; i < 6; i++)
                    statuses.Add((await world.HsmAsync("GET", Hsm, "/keys/k")).Status);
                Assert.Contains(200, statuses);
                return statuses.Contains(503);
            case "network-denied":
                return (await world.HsmAsync("GET", Hsm, "/keys/k")) is { Status: 403, InnerCode: "ForbiddenByFirewall" };
            case "latency":
                var before = world.Azure.Clock.GetUtcNow();
                (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200);
                return world.Azure.Clock.GetUtcNow() == before.AddSeconds(2);
            case "throttle":
                return (await world.HsmAsync("GET", Hsm, "/keys/k")) is { Status: 429 } throttled && throttled.Header("Retry-After") == "3";
            case "server-error":
                return (await world.HsmAsync("GET", Hsm, "/keys/k")).Status == 502;
            case "token-endpoint-down":
                return (await world.SignInAsync("https://vault.azure.net", world.Owner.ClientId!, world.Owner.Secret!)).Status == 503;
            case "stale-read":
                await world.KeyAsync(Hsm, $"new-{round}");
                return (await world.HsmAsync("GET", Hsm, $"/keys/new-{round}")).Status == 404;
            case "slow-grants":
                var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, $"service-{round}");
                (await world.GrantAsync(Hsm, "/keys", Roles.CryptoUser, service.ObjectId)).Expect(201);
                return (await world.HsmAsync("GET", Hsm, "/keys/k", @as: service)).Status == 403;
            case "quota-exceeded":
                var made = await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{round}", JsonNode.Parse("""{"location":"eastus2"}"""));
                return made is { Status: 409, ErrorCode: "QuotaExceeded" };
            case "roles-per-version":
                var user = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, $"user-{round}");
                (await world.GrantAsync(Hsm, "/keys/k", Roles.CryptoUser, user.ObjectId)).Expect(201);
                (await world.HsmAsync("GET", Hsm, "/keys/k", @as: user)).Expect(200);
                world.Azure.Clock.Advance(TimeSpan.FromSeconds(2));
                await world.KeyAsync(Hsm, "k");
                return (await world.HsmAsync("GET", Hsm, "/keys/k", @as: user)).Status == 403;
            default:
                var token = (string)(await world.SignInAsync("https://management.azure.com", world.Owner.ClientId!, world.Owner.Secret!)).Expect(200).Json["access_token"]!;
                return (await world.SendAsync("GET", $"{World.Arm}{world.Group}?api-version=2021-04-01", token: token)).Status == 401;
        }
    }

    private static async Task<HttpRequestError?> FailsAsync(World world)
    {
        try
        {
            (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200);
            return null;
        }
        catch (HttpRequestException failure)
        {
            return failure.HttpRequestError;
        }
    }
}
