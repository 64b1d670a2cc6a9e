using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class FaultTests
{
    [Fact]
    public async Task A_lost_response_has_its_effect_and_no_answer()
    {
        await using var world = await World.StartAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.LostResponse, Method = "PUT", Path = "*/resourceGroups/rg-lost", Count = 1 });
        var body = new JsonObject { ["location"] = "eastus2" };

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-lost", body));
        Assert.Equal(HttpRequestError.ResponseEnded, failure.HttpRequestError);
        (await world.ArmAsync("GET", $"{world.Subscription}/resourceGroups/rg-lost")).Expect(200);
        (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-lost", body.DeepClone())).Expect(200);
        Assert.Equal("lost-response", world.Azure.Calls.Since().Last(call => call.Method == "PUT" && call.Status == 201).Fault);
    }

    [Fact]
    public async Task An_unreachable_host_fails_as_a_socket_does_and_nothing_happens()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var fault = world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.HostUnreachable, Host = "*.managedhsm.azure.net" });

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => world.KeyAsync("kv-hsm-test", "k"));
        Assert.Equal(HttpRequestError.ConnectionError, failure.HttpRequestError);
        Assert.IsType<SocketException>(failure.InnerException);
        Assert.True(world.Azure.Faults.Disarm(fault.Id));
        (await world.HsmAsync("GET", "kv-hsm-test", "/keys/k")).Refused(404, "KeyNotFound");
    }

    [Fact]
    public async Task Throttling_answers_429_with_a_retry_after_as_often_as_told()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.Throttle, Host = "kv-hsm-test.*", Count = 2, RetryAfter = 7 });

        var first = await world.HsmAsync("GET", "kv-hsm-test", "/keys");
        first.Refused(429, "Throttled");
        Assert.Equal("7", first.Header("Retry-After"));
        (await world.HsmAsync("GET", "kv-hsm-test", "/keys")).Expect(429);
        (await world.HsmAsync("GET", "kv-hsm-test", "/keys")).Expect(200);
    }

    [Fact]
    public async Task Server_errors_come_at_about_their_rate_and_the_same_ones_every_time()
    {
        async Task<string> RunAsync()
        {
            await using var world = await World.StartAsync();
            world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ServerError, Method = "GET", Rate = 0.3, Status = 503 });
            var pattern = "";
            for (var i = 0; i < 100; i++)
                pattern += (await world.ArmAsync("GET", world.Group)).Status == 503 ? 'x' : '.';
            return pattern;
        }

        var first = await RunAsync();
        Assert.InRange(first.Count(letter => letter == 'x'), 15, 45);
        Assert.Equal(first, await RunAsync());
    }

    [Fact]
    public async Task Latency_moves_a_standing_clock()
    {
        await using var world = await World.StartAsync();
        var before = world.Azure.Clock.GetUtcNow();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.Latency, Delay = TimeSpan.FromSeconds(4), Count = 1 });
        (await world.ArmAsync("GET", world.Group)).Expect(200);

        Assert.Equal(before.AddSeconds(4), world.Azure.Clock.GetUtcNow());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_done_for_a_caller_who_gives_up_while_his_call_takes_time(bool overHttps)
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        var token = await world.TokenAsync(World.Arm, world.Owner);
        using var client = new HttpClient(overHttps ? HostProcess.Through(server.AdminAddress, X509Certificate2.CreateFromPem(server.AuthorityPem)) : world.Azure.CreateHandler());
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.Latency, Method = "PUT", Delay = TimeSpan.FromMinutes(20) });
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{World.Arm}{world.Subscription}/resourceGroups/rg-late?api-version=2021-04-01") { Content = JsonContent.Create(new { location = "eastus2" }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(15), world.Azure.Clock);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync(request, patience.Token));

        // Longer than the server takes to see that he is gone.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, World.Stop);
        (await world.ArmAsync("GET", $"{world.Subscription}/resourceGroups/rg-late")).Expect(404);
    }

    [Fact]
    public async Task A_fault_ends_with_its_duration()
    {
        await using var world = await World.StartAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ServerError, Duration = TimeSpan.FromMinutes(5), Host = "management.azure.com" });

        (await world.ArmAsync("GET", world.Group)).Expect(500);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        (await world.ArmAsync("GET", world.Group)).Expect(200);
        Assert.Empty(world.Azure.Faults.Armed);
    }

    [Fact]
    public async Task A_region_that_is_down_takes_its_hsm_with_it()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" });

        await Assert.ThrowsAsync<HttpRequestException>(() => world.HsmAsync("GET", "kv-hsm-test", "/keys"));
        (await world.ArmAsync("GET", world.Group)).Expect(200);
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-other", World.HsmBody(world.Owner.ObjectId))).Refused(503, "ServiceUnavailable");
        world.Azure.Faults.DisarmAll();
        (await world.HsmAsync("GET", "kv-hsm-test", "/keys")).Expect(200);
    }

    [Fact]
    public async Task No_tokens_come_from_an_endpoint_that_is_down()
    {
        await using var world = await World.StartAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.TokenEndpointDown });
        var reply = await world.SignInAsync("https://vault.azure.net", world.Owner.ClientId!, world.Owner.Secret!);

        Assert.Equal(503, reply.Status);
        Assert.Equal("temporarily_unavailable", (string?)reply.Json["error"]);
    }

    [Fact]
    public async Task A_firewall_fault_refuses_as_the_service_does()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.NetworkDenied, Host = "kv-hsm-test.managedhsm.azure.net" });
        var reply = await world.HsmAsync("GET", "kv-hsm-test", "/keys");

        reply.Refused(403, "Forbidden");
        Assert.Equal("ForbiddenByFirewall", reply.InnerCode);
    }

    [Fact]
    public async Task Slow_grants_hold_back_what_was_granted_meanwhile()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var service = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "service");
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.SlowGrants, Delay = TimeSpan.FromMinutes(3) });
        (await world.GrantAsync("kv-hsm-test", "/keys", Roles.CryptoUser, service.ObjectId)).Expect(201);

        (await world.HsmAsync("GET", "kv-hsm-test", "/keys", @as: service)).Expect(403);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(3));
        (await world.HsmAsync("GET", "kv-hsm-test", "/keys", @as: service)).Expect(200);
    }

    [Fact]
    public async Task A_stale_read_shows_the_world_as_it_was()
    {
        await using var world = await World.StartAsync();
        var fault = world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.StaleRead, Delay = TimeSpan.FromMinutes(1), Path = "*/resourceGroups/*" });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-new", new JsonObject { ["location"] = "eastus2" })).Expect(201);

        (await world.ArmAsync("GET", $"{world.Subscription}/resourceGroups/rg-new")).Expect(404);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        (await world.ArmAsync("GET", $"{world.Subscription}/resourceGroups/rg-new")).Expect(200);
        world.Azure.Faults.Disarm(fault.Id);
    }

    [Theory]
    [InlineData("PT10M", "https://login*")]
    [InlineData("-PT3H", null)]
    public async Task A_clock_that_is_off_makes_tokens_that_are_not_taken(string delay, string? host)
    {
        _ = host;
        await using var world = await World.StartAsync();
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ClockSkew, Delay = System.Xml.XmlConvert.ToTimeSpan(delay) });
        var token = (string)(await world.SignInAsync("https://management.azure.com", world.Owner.ClientId!, world.Owner.Secret!)).Expect(200).Json["access_token"]!;

        (await world.SendAsync("GET", $"{World.Arm}{world.Group}?api-version=2021-04-01", token: token)).Expect(401);
    }

    [Fact]
    public async Task A_scenario_brings_its_faults_by_the_clock()
    {
        const string Scenario = """
            {"format": "runbook-scenario/1", "description": "one bad minute", "faults": [
              {"at": "PT10M", "fault": {"kind": "server-error", "host": "management.azure.com", "duration": "PT1M"}}]}
            """;
        await using var world = await World.StartAsync(options => options with { Scenario = Scenario });

        (await world.ArmAsync("GET", world.Group)).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        (await world.ArmAsync("GET", world.Group)).Expect(500);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.ArmAsync("GET", world.Group)).Expect(200);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"format":"runbook-scenario/1","faults":[{"at":"soon","fault":{"kind":"latency","delay":"PT1S"}}]}""")]
    [InlineData("""{"format":"runbook-scenario/1","faults":[{"at":"PT1M","fault":{"kind":"earthquake"}}]}""")]
    [InlineData("""{"format":"runbook-scenario/1","faults":[{"at":"PT1M","fault":{"kind":"region-down"}}]}""")]
    [InlineData("""{"format":"runbook-scenario/1","faults":[{"at":"PT1M","fault":{"kind":"latency","delay":"PT1S","rate":2}}]}""")]
    [InlineData("""{"format":"runbook-scenario/1","faults":[{"at":"PT1M","fault":{"kind":"latency","delay":"PT1S","raet":0.5}}]}""")]
    [InlineData("not json")]
    public async Task A_scenario_that_is_none_is_refused(string scenario)
    {
        var refused = await Assert.ThrowsAsync<StateFileException>(() => EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Scenario = scenario }, World.Stop));

        Assert.Equal("RS204", refused.Code);
    }
}
