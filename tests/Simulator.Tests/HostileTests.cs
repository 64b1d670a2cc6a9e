using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>What no proper client sends.</summary>
public sealed class HostileTests
{
    private const string Hsm = "kv-hsm-test";

    /// <summary>A place that takes a JSON body, for each service that has one, with the code that it refuses with.</summary>
    public static TheoryData<string, string, string> Bodies => new()
    {
        { "POST", $"https://{Hsm}.managedhsm.azure.net/keys/k/create?api-version=7.6", "BadParameter" },
        { "POST", $"https://{Hsm}.managedhsm.azure.net/keys/k/unwrapkey?api-version=7.6", "BadParameter" },
        { "PUT", $"https://{Hsm}.managedhsm.azure.net/keys/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001?api-version=7.6", "BadParameter" },
        { "POST", $"https://{Hsm}.managedhsm.azure.net/securitydomain/download?api-version=7.6", "BadParameter" },
        { "PUT", "https://management.azure.com/subscriptions/20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202/resourceGroups/rg-new?api-version=2021-04-01", "InvalidRequestContent" },
        { "POST", "https://graph.microsoft.com/v1.0/directoryObjects/getByIds", "BadRequest" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_no_json_object_is_refused_and_changes_nothing(string method, string url, string code)
    {
        await using var world = await ReadyAsync();
        var before = world.Azure.State.Export(EstateSecrets.Included);
        foreach (var body in (string[])["{", "[1]", "\"text\"", "{\"a\":1,\"a\":2}", "{\"a\":}", "\u0000", new string('[', 100_000), "{\"a\":" + string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 41)])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await world.TokenAsync(World.AudienceOf(request.RequestUri!.Host), world.Owner));
            (await world.SendAsync(request)).Refused(400, code);
        }

        Assert.Equal(before, world.Azure.State.Export(EstateSecrets.Included));
    }

    [Theory]
    [InlineData("{\"kty\":7}")]
    [InlineData("{\"kty\":{}}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"key_size\":1e99}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"key_size\":-2048}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"key_ops\":\"sign\"}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"key_ops\":[1]}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"attributes\":{\"exp\":1e40}}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"tags\":[]}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"release_policy\":{\"data\":\"%%%\"},\"attributes\":{\"exportable\":true}}")]
    public async Task A_member_of_a_wrong_type_is_refused(string body)
    {
        await using var world = await ReadyAsync();

        (await world.HsmAsync("POST", Hsm, "/keys/new/create", JsonNode.Parse(body))).Refused(400, "BadParameter");
        (await world.HsmAsync("GET", Hsm, "/keys/new")).Refused(404, "KeyNotFound");
    }

    [Theory]
    [InlineData("/keys?$skiptoken=%00")]
    [InlineData("/keys?$skiptoken=!!!")]
    [InlineData("/keys?maxresults=-1")]
    [InlineData("/keys?maxresults=99999999999999999999")]
    public async Task A_query_that_leads_nowhere_is_refused(string path)
    {
        await using var world = await ReadyAsync();

        (await world.HsmAsync("GET", Hsm, path)).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Ten_thousand_unwraps_at_once_are_all_answered_rightly()
    {
        await using var world = await ReadyAsync();
        var secret = RandomNumberGenerator.GetBytes(32);
        var wrapped = (string)(await world.HsmAsync("POST", Hsm, "/keys/k/wrapkey", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = Encode(secret) })).Expect(200).Json["value"]!;
        var token = await world.TokenAsync("https://managedhsm.azure.net", world.Owner);
        var calls = world.Azure.Calls.Last;
        using var http = new HttpClient(world.Azure.CreateHandler()) { Timeout = TimeSpan.FromMinutes(5) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = wrapped }.ToJsonString());
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asks = Enumerable.Range(0, 10_000).Select(_ => Task.Run(async () =>
        {
            await start.Task;
            using var content = new ByteArrayContent(body);
            using var response = await http.PostAsync($"https://{Hsm}.managedhsm.azure.net/keys/k/unwrapkey?api-version=7.6", content, World.Stop);
            return response.StatusCode == HttpStatusCode.OK ? (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(World.Stop))!["value"] : response.StatusCode.ToString();
        })).ToList();
        start.SetResult();
        var answers = await Task.WhenAll(asks);

        Assert.Equal([Encode(secret)], answers.Distinct());
        Assert.Equal(calls + 10_000, world.Azure.Calls.Last);
    }

    [Fact]
    public async Task Connections_that_are_dropped_in_the_middle_of_a_body_change_nothing()
    {
        await using var world = await ReadyAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        var token = await world.TokenAsync("https://managedhsm.azure.net", world.Owner);
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPem(server.AuthorityPem);
        for (var i = 0; i < 20; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.EndPoint, World.Stop);
            await using var plain = socket.GetStream();
            await plain.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {Hsm}.managedhsm.azure.net:443 HTTP/1.1\r\n\r\n"), World.Stop);
            var established = new byte[128];
            Assert.True(await plain.ReadAsync(established, World.Stop) > 0);
            await using var secured = new SslStream(plain);
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = $"{Hsm}.managedhsm.azure.net", CertificateChainPolicy = trust }, World.Stop);
            var head = $"POST /keys/torn-{i}/create?api-version=7.6 HTTP/1.1\r\nHost: {Hsm}.managedhsm.azure.net\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{{\"kty\":";
            await secured.WriteAsync(Encoding.ASCII.GetBytes(head), World.Stop);
            socket.Client.Close(0);
        }
        var names = (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200).Json["value"]!.AsArray().Select(item => (string)item!["kid"]!);

        Assert.Equal([$"https://{Hsm}.managedhsm.azure.net/keys/k"], names);
    }

    [Fact]
    public async Task A_caller_without_a_role_gets_nowhere_on_any_key_route()
    {
        await using var world = await ReadyAsync();
        var nobody = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "nobody");
        (string Method, string Path)[] routes =
        [
            ("GET", "/keys"), ("GET", "/keys/k"), ("GET", "/keys/k/versions"), ("POST", "/keys/k/create"), ("PUT", "/keys/k"), ("PATCH", "/keys/k"), ("DELETE", "/keys/k"),
            ("GET", "/deletedkeys"), ("GET", "/deletedkeys/k"), ("POST", "/deletedkeys/k/recover"), ("DELETE", "/deletedkeys/k"), ("POST", "/keys/k/backup"), ("POST", "/keys/restore"),
            ("POST", "/keys/k/rotate"), ("GET", "/keys/k/rotationpolicy"), ("PUT", "/keys/k/rotationpolicy"), ("POST", "/rng"), ("POST", "/keys/k/encrypt"), ("POST", "/keys/k/decrypt"),
            ("POST", "/keys/k/wrapkey"), ("POST", "/keys/k/unwrapkey"), ("POST", "/keys/k/sign"), ("POST", "/keys/k/verify"), ("POST", "/keys/k/release"), ("POST", "/backup"), ("PUT", "/restore"),
            ("PUT", "/keys/k/restore"), ("GET", "/settings"), ("PATCH", "/settings/AllowKeyManagementOperationsThroughARM"), ("POST", "/securitydomain/download"), ("GET", "/securitydomain/upload"),
            ("GET", "/providers/Microsoft.Authorization/roleAssignments"), ("PUT", "/keys/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001"),
            ("DELETE", "/providers/Microsoft.Authorization/roleDefinitions/00000000-0000-4000-8000-000000000001"), ("GET", "/keys/k/attestation"),
        ];
        var before = world.Azure.State.Export(EstateSecrets.Included);
        foreach (var (method, path) in routes)
            (await world.HsmAsync(method, Hsm, path, method is "GET" or "DELETE" ? null : new JsonObject(), nobody)).Refused(403, "AccessDenied");

        Assert.Equal(before, world.Azure.State.Export(EstateSecrets.Included));
    }

    [Fact]
    public async Task A_firewall_lets_in_the_addresses_that_it_lists_and_nobody_else()
    {
        await using var world = await ReadyAsync();
        var id = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}";
        (await world.ArmAsync("PATCH", id, new JsonObject { ["properties"] = new JsonObject { ["networkAcls"] = new JsonObject { ["bypass"] = "None", ["defaultAction"] = "Deny", ["ipRules"] = new JsonArray(new JsonObject { ["value"] = "10.1.2.0/24" }) } } })).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        var token = await world.TokenAsync("https://managedhsm.azure.net", world.Owner);
        async Task<HttpStatusCode> FromAsync(string address)
        {
            using var http = new HttpClient(world.Azure.CreateHandler(IPAddress.Parse(address)));
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await http.GetAsync($"https://{Hsm}.managedhsm.azure.net/keys?api-version=7.6", World.Stop);
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await FromAsync("10.1.2.77"));
        Assert.Equal(HttpStatusCode.OK, await FromAsync("::ffff:10.1.2.77"));
        Assert.Equal(HttpStatusCode.Forbidden, await FromAsync("10.1.3.1"));
        Assert.Equal("ForbiddenByFirewall", (await world.HsmAsync("GET", Hsm, "/keys")).Refused(403, "Forbidden").InnerCode);
        (await world.ArmAsync("PATCH", id, new JsonObject { ["properties"] = new JsonObject { ["publicNetworkAccess"] = "Disabled" } })).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("ForbiddenByConnection", (await world.HsmAsync("GET", Hsm, "/keys")).Refused(403, "Forbidden").InnerCode);
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static async Task<World> ReadyAsync()
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync(Hsm, "k");
        return world;
    }
}
