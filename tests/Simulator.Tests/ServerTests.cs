using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class ServerTests
{
    [Fact]
    public async Task Curl_gets_through_the_proxy_with_nothing_but_the_environment()
    {
        Tool.Need("curl");
        using var scratch = new Scratch();
        await using var host = await HostProcess.StartAsync(scratch);
        var tenant = host.Environment["AZURE_TENANT_ID"];
        var bundle = host.Environment["SSL_CERT_FILE"];
        var discovery = await Tool.RunAsync("curl", ["-sS", "--cacert", bundle, $"https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"], host.Environment);
        var token = await Tool.RunAsync(
            "curl",
            ["-sS", "--cacert", bundle, "-d", $"grant_type=client_credentials&client_id={host.Environment["AZURE_CLIENT_ID"]}&client_secret={Uri.EscapeDataString(host.Environment["AZURE_CLIENT_SECRET"])}&scope=https://management.azure.com/.default", (string)JsonNode.Parse(discovery)!["token_endpoint"]!],
            host.Environment);
        var subscriptions = await Tool.RunAsync(
            "curl", ["-sS", "--cacert", bundle, "-H", $"Authorization: Bearer {JsonNode.Parse(token)!["access_token"]}", "https://management.azure.com/subscriptions?api-version=2022-12-01"], host.Environment);

        Assert.Equal(host.Environment["AZURE_SUBSCRIPTION_ID"], (string?)JsonNode.Parse(subscriptions)!["value"]![0]!["subscriptionId"]);
    }

    [Fact]
    public async Task The_port_is_an_https_server_by_name_as_well()
    {
        Tool.Need("curl");
        using var scratch = new Scratch();
        await using var host = await HostProcess.StartAsync(scratch);
        var port = new Uri(host.Environment["HTTPS_PROXY"]).Port;
        var text = await Tool.RunAsync(
            "curl", ["-sS", "--cacert", host.Environment["NODE_EXTRA_CA_CERTS"], "--connect-to", $"login.microsoftonline.com:443:127.0.0.1:{port}", "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1"]);

        Assert.Contains("tenant_discovery_endpoint", text);
    }

    [Fact]
    public async Task The_environment_file_has_the_documented_variables()
    {
        using var scratch = new Scratch();
        await using var host = await HostProcess.StartAsync(scratch);

        Assert.Equal(
            ["HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID", "RUNBOOK_SIMULATOR_ADMIN"],
            (await File.ReadAllLinesAsync(scratch.File("sim.env"), World.Stop)).Select(line => line.Split('=')[0]));
        Assert.Contains(await File.ReadAllTextAsync(host.Environment["NODE_EXTRA_CA_CERTS"], World.Stop), await File.ReadAllTextAsync(host.Environment["SSL_CERT_FILE"], World.Stop));
    }

    [Fact]
    public async Task Kill_minus_nine_loses_nothing_that_was_acknowledged()
    {
        using var scratch = new Scratch();
        var random = new Random(20260302);
        var acknowledged = new HashSet<string>();
        for (var round = 0; round < 3; round++)
        {
            await using var host = await HostProcess.StartAsync(scratch, "--state", scratch.File("state.db"));
            using var client = host.Client();
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(host, client));
            var arm = $"https://management.azure.com/subscriptions/{host.Environment["AZURE_SUBSCRIPTION_ID"]}/resourceGroups";
            var present = (await client.GetFromJsonAsync<JsonNode>($"{arm}?api-version=2021-04-01", World.Stop))!["value"]!.AsArray().Select(group => (string)group!["name"]!).ToHashSet();
            Assert.Subset(present, acknowledged);
            using var kill = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(50, 400)), TimeProvider.System);
            var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
            {
                for (var i = 0; ; i++)
                {
                    var name = $"rg-{round}-{writer}-{i}";
                    try
                    {
                        using var response = await client.PutAsJsonAsync($"{arm}/{name}?api-version=2021-04-01", new { location = "eastus2" }, World.Stop);
                        if (response.StatusCode != HttpStatusCode.Created)
                            return $"{name}: {response.StatusCode}";
                        lock (acknowledged)
                            acknowledged.Add(name);
                    }
                    catch (HttpRequestException)
                    {
                        return null;
                    }
                }
            })).ToList();
            kill.Token.WaitHandle.WaitOne();
            await host.KillAsync();
            Assert.All(await Task.WhenAll(writers), Assert.Null);
        }

        await using var last = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, StateFile = scratch.File("state.db") }, World.Stop);
        var state = last.State.Export(EstateSecrets.LeftOut);
        Assert.True(acknowledged.Count > 10, $"only {acknowledged.Count} were acknowledged");
        Assert.All(acknowledged, name => Assert.Contains($"\"{name}\"", state));
    }

    [Fact]
    public async Task Sigterm_ends_it_cleanly()
    {
        using var scratch = new Scratch();
        await using var host = await HostProcess.StartAsync(scratch, "--state", scratch.File("state.db"));

        Assert.Equal(0, await host.TerminateAsync());
    }

    [Fact]
    public async Task A_poll_moves_the_standing_clock_and_nothing_else_does()
    {
        await using var world = await World.StartAsync(options => options with { PollsMoveClock = true });
        var id = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-poll";
        var poll = (await world.ArmAsync("PUT", id, World.HsmBody(world.Owner.ObjectId))).Expect(202).Header("Location")!;
        var start = world.Azure.Clock.GetUtcNow();
        (await world.ArmAsync("GET", id)).Expect(200);
        Assert.Equal(start, world.Azure.Clock.GetUtcNow());
        var polls = 0;
        while ((await world.GetAsync(poll)).Status == 202)
            Assert.True(++polls < 110);

        Assert.InRange(world.Azure.Clock.GetUtcNow() - start, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(26));
    }

    [Fact]
    public async Task The_admin_interface_moves_time_arms_faults_and_makes_principals()
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        using var admin = new HttpClient { BaseAddress = server.AdminAddress };

        var moved = await (await admin.PostAsJsonAsync("clock/advance", new { by = "PT30M" }, World.Stop)).Content.ReadFromJsonAsync<JsonNode>(World.Stop);
        Assert.Equal(world.Azure.Clock.GetUtcNow(), (DateTimeOffset)moved!["now"]!);
        var fault = await (await admin.PostAsJsonAsync("faults", new { kind = "server-error", host = "management.azure.com", duration = "PT5M" }, World.Stop)).Content.ReadFromJsonAsync<JsonNode>(World.Stop);
        (await world.ArmAsync("GET", world.Group)).Expect(500);
        Assert.Single((await admin.GetFromJsonAsync<JsonNode>("faults", World.Stop))!["faults"]!.AsArray());
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"faults/{fault!["id"]}", World.Stop)).StatusCode);
        (await world.ArmAsync("GET", world.Group)).Expect(200);
        var made = await (await admin.PostAsJsonAsync("principals", new { kind = "servicePrincipal", name = "someone" }, World.Stop)).Content.ReadFromJsonAsync<JsonNode>(World.Stop);
        (await world.SignInAsync("https://vault.azure.net", (string)made!["clientId"]!, (string)made["secret"]!)).Expect(200);
        var calls = (await admin.GetFromJsonAsync<JsonNode>("calls?since=0", World.Stop))!["calls"]!.AsArray();
        Assert.Contains(calls, call => (int)call!["status"]! == 500 && (string?)call["fault"] == "server-error" && (string?)call["principal"] == world.Owner.ObjectId);
        var state = await admin.GetStringAsync("state", World.Stop);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.PutAsync("state", new StringContent(state), World.Stop)).StatusCode);
        Assert.Equal(state, await admin.GetStringAsync("state", World.Stop));
    }

    [Fact]
    public async Task Clients_go_on_trusting_a_server_that_is_given_another_estate()
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        using var admin = new HttpClient { BaseAddress = server.AdminAddress };
        var trusted = server.AuthorityPem;

        using var estate = new StringContent(await File.ReadAllTextAsync(Repo.Path("estates", "empty.json"), World.Stop));
        Assert.Equal(HttpStatusCode.NoContent, (await admin.PutAsync("state", estate, World.Stop)).StatusCode);

        Assert.Equal(trusted, server.AuthorityPem);
    }

    [Theory]
    [InlineData("POST", "clock/advance", "{\"by\":\"soon\"}")]
    [InlineData("POST", "clock/advance", "{\"by\":\"-PT5M\"}")]
    [InlineData("POST", "faults", "{\"kind\":\"quake\"}")]
    [InlineData("POST", "faults", "[")]
    [InlineData("POST", "principals", "{\"kind\":\"dog\",\"name\":\"x\"}")]
    [InlineData("PUT", "state", "{}")]
    public async Task The_admin_interface_refuses_what_it_does_not_understand(string method, string path, string body)
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        using var admin = new HttpClient { BaseAddress = server.AdminAddress };
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body) };
        using var response = await admin.SendAsync(request, World.Stop);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotEmpty((string)(await response.Content.ReadFromJsonAsync<JsonNode>(World.Stop))!["error"]!);
    }

    [Fact]
    public async Task The_admin_interface_does_not_answer_under_a_foreign_name()
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        using var admin = new HttpClient { BaseAddress = server.AdminAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "state");
        request.Headers.Host = "rebound.example";

        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync(request, World.Stop)).StatusCode);
    }

    [Fact]
    public async Task The_proxy_refuses_hosts_that_azure_does_not_have()
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);

        Assert.StartsWith("HTTP/1.1 502", await ConnectAsync(server, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 502", await ConnectAsync(server, "CONNECT no-such-hsm.managedhsm.azure.net:443 HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_closed_and_silent_connections_harm_nobody()
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        foreach (var start in (string[])["", "C", "CONNECT login.microsoftonline.com:443 HTTP/1.1\r\n", "\u0016\u0003\u0001", "GET /clock HTTP/1.1\r\nHost: 127", new string('A', 20000)])
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server.EndPoint, World.Stop);
            await socket.SendAsync(Encoding.Latin1.GetBytes(start), World.Stop);
            socket.Shutdown(SocketShutdown.Send);
        }
        using var admin = new HttpClient { BaseAddress = server.AdminAddress };

        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("clock", World.Stop)).StatusCode);
    }

    [Fact]
    public async Task A_body_of_a_hundred_megabytes_is_refused_before_it_is_read()
    {
        using var scratch = new Scratch();
        await using var host = await HostProcess.StartAsync(scratch);
        using var client = host.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(host, client));
        client.DefaultRequestHeaders.ExpectContinue = true;
        var body = new CountingContent(100 * 1024 * 1024);
        using var response = await client.PutAsync($"https://management.azure.com/subscriptions/{host.Environment["AZURE_SUBSCRIPTION_ID"]}/resourceGroups/rg?api-version=2021-04-01", body, World.Stop);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.True(body.Sent < 10 * 1024 * 1024, $"{body.Sent} bytes were sent");
    }

    [Fact]
    public async Task A_path_with_dots_is_refused()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        Tool.Need("curl");
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch.File("ca.pem"), server.AuthorityPem, World.Stop);
        var token = await world.TokenAsync("https://managedhsm.azure.net", world.Owner);
        foreach (var path in (string[])["/keys/../settings", "/keys/%2e%2e/settings", "/keys/..%2fsettings"])
        {
            var text = await Tool.RunAsync("curl", ["-sS", "--path-as-is", "--cacert", scratch.File("ca.pem"), "-x", $"http://{server.EndPoint}", "-H", $"Authorization: Bearer {token}", $"https://kv-hsm-test.managedhsm.azure.net{path}?api-version=7.4"]);
            Assert.Equal("BadParameter", (string?)JsonNode.Parse(text)!["error"]!["code"]);
        }
    }

    private static async Task<string> TokenAsync(HostProcess host, HttpClient client)
    {
        using var content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = host.Environment["AZURE_CLIENT_ID"],
            ["client_secret"] = host.Environment["AZURE_CLIENT_SECRET"],
            ["scope"] = "https://management.azure.com/.default",
        });
        using var response = await client.PostAsync($"https://login.microsoftonline.com/{host.Environment["AZURE_TENANT_ID"]}/oauth2/v2.0/token", content, World.Stop);
        return (string)(await response.Content.ReadFromJsonAsync<JsonNode>(World.Stop))!["access_token"]!;
    }

    private static async Task<string> ConnectAsync(SimulatorServer server, string preamble)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.EndPoint, World.Stop);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(preamble), World.Stop);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(World.Stop) ?? "";
    }

    private sealed class CountingContent(long length) : HttpContent
    {
        public long Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var block = new byte[64 * 1024];
            while (Sent < length)
            {
                await stream.WriteAsync(block, World.Stop);
                Sent += block.Length;
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
