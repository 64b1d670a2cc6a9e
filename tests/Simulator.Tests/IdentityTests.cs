using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Microsoft.Extensions.Time.Testing;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Signing in, and what every service takes as a token.</summary>
public sealed class IdentityTests
{
    private const string Login = "https://login.microsoftonline.com";

    // Made once for all tests: none of them changes it.
    private static readonly RSA Key = RSA.Create(2048);

    /// <summary>One reading for each service that checks tokens.</summary>
    public static TheoryData<string> Services =>
    [
        "https://management.azure.com/subscriptions?api-version=2022-12-01",
        "https://graph.microsoft.com/v1.0/users",
        "https://kv-hsm-test.managedhsm.azure.net/keys?api-version=7.6",
        "https://kv-vault-test.vault.azure.net/keys?api-version=7.6",
    ];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Every_service_refuses_a_token_that_is_not_for_it_and_takes_one_that_is(string url)
    {
        var host = new FakeTimeProvider(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
        await using var world = await World.StartAsync(options => options with { HostClock = host });
        await ReadyAsync(world);
        var audience = World.AudienceOf(new Uri(url).Host);
        var right = await world.TokenAsync(audience, world.Owner);
        (await world.SendAsync("GET", url, token: right)).Expect(200);

        var other = await world.TokenAsync("https://api.loganalytics.io", world.Owner);
        Assert.Equal(401, (await world.SendAsync("GET", url, token: other)).Status);
        Assert.Equal(401, (await world.SendAsync("GET", url, token: "")).Status);
        foreach (var changed in (string[])["aud", "oid", "tid", "iss", "exp"])
            Assert.Equal(401, (await world.SendAsync("GET", url, token: Tampered(right, changed))).Status);
        Assert.Equal(401, (await world.SendAsync("GET", url, token: Unsigned(right))).Status);
        Assert.Equal(401, (await world.SendAsync("GET", url, token: Foreign(world, audience))).Status);
        host.Advance(TimeSpan.FromMinutes(66));
        Assert.Equal(401, (await world.SendAsync("GET", url, token: right)).Status);
    }

    [Fact]
    public async Task A_refused_token_says_why_in_the_service_s_own_words()
    {
        await using var world = await World.StartAsync();
        await ReadyAsync(world);
        var wrong = await world.TokenAsync("https://graph.microsoft.com", world.Owner);
        var foreign = Foreign(world, "https://management.azure.com");

        Assert.Contains("AKV10022", (await world.SendAsync("GET", "https://kv-hsm-test.managedhsm.azure.net/keys?api-version=7.6", token: wrong)).Header("WWW-Authenticate"), StringComparison.Ordinal);
        Assert.Contains("AKV10032", (await world.SendAsync("GET", "https://kv-hsm-test.managedhsm.azure.net/keys?api-version=7.6", token: foreign)).Header("WWW-Authenticate"), StringComparison.Ordinal);
        (await world.SendAsync("GET", "https://management.azure.com/subscriptions?api-version=2022-12-01", token: foreign)).Refused(401, "InvalidAuthenticationTokenTenant");
        (await world.SendAsync("GET", "https://graph.microsoft.com/v1.0/users", token: foreign)).Refused(401, "InvalidAuthenticationToken");
    }

    [Fact]
    public async Task The_official_client_signs_in_with_a_certificate()
    {
        await using var world = await World.StartAsync();
        using var certificate = Certificate(TimeProvider.System.GetUtcNow().AddDays(30));
        var credential = new ClientCertificateCredential(world.Azure.TenantId, world.Owner.ClientId, certificate, new ClientCertificateCredentialOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) });
        var context = new TokenRequestContext(["https://vault.azure.net/.default"]);
        var refused = await Assert.ThrowsAsync<AuthenticationFailedException>(async () => await credential.GetTokenAsync(context, World.Stop));
        Assert.True(refused.InnerException!.Message.Contains("AADSTS700027", StringComparison.Ordinal), refused.InnerException.Message);
        world.Azure.Principals.AddCertificate(world.Owner.ObjectId, certificate.RawData);

        Assert.NotEmpty((await credential.GetTokenAsync(context, World.Stop)).Token);
    }

    [Theory]
    [InlineData("RS256", null, 200, null)]
    [InlineData("PS256", null, 200, null)]
    [InlineData("none", null, 401, "AADSTS700027")]
    [InlineData("HS256", null, 401, "AADSTS700027")]
    [InlineData("RS256", "other key", 401, "AADSTS700027")]
    [InlineData("RS256", "other certificate", 401, "AADSTS700027")]
    [InlineData("RS256", "expired", 401, "AADSTS700024")]
    [InlineData("RS256", "not yet", 401, "AADSTS700024")]
    [InlineData("RS256", "audience", 401, "AADSTS50027")]
    [InlineData("RS256", "subject", 401, "AADSTS50027")]
    [InlineData("RS256", "old certificate", 401, "AADSTS7000222")]
    [InlineData("RS256", "no json", 401, "AADSTS50027")]
    public async Task A_certificate_assertion_is_checked(string algorithm, string? fault, int status, string? code)
    {
        await using var world = await World.StartAsync();
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = Certificate(fault == "old certificate" ? now.AddDays(-1) : now.AddDays(30));
        world.Azure.Principals.AddCertificate(world.Owner.ObjectId, certificate.RawData);
        using var stranger = RSA.Create(2048);
        var claims = new JsonObject
        {
            ["aud"] = fault == "audience" ? "https://login.example/token" : $"{Login}/{world.Azure.TenantId}/oauth2/v2.0/token",
            ["iss"] = world.Owner.ClientId,
            ["sub"] = fault == "subject" ? "someone" : world.Owner.ClientId,
            ["nbf"] = now.AddMinutes(fault == "not yet" ? 30 : -1).ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(fault == "expired" ? -10 : 10).ToUnixTimeSeconds(),
        };
        var thumbprint = fault == "other certificate" ? new byte[32] : SHA256.HashData(certificate.RawData);
        var assertion = fault == "no json" ? "a.b.c" : Assertion(algorithm, claims, fault == "other key" ? stranger : Key, thumbprint);
        var reply = await SignInAsync(world, world.Owner.ClientId!, assertion);

        Assert.Equal(status, reply.Status);
        if (code is not null)
            Assert.StartsWith(code, (string?)reply.Json["error_description"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 200, null)]
    [InlineData("subject", 400, "AADSTS700213")]
    [InlineData("issuer", 400, "AADSTS700213")]
    [InlineData("audience", 400, "AADSTS700213")]
    [InlineData("other key", 400, "AADSTS700211")]
    [InlineData("expired", 401, "AADSTS700024")]
    public async Task A_federated_token_is_checked(string? fault, int status, string? code)
    {
        await using var world = await World.StartAsync();
        var id = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-workload";
        var identity = (await world.ArmAsync("PUT", id, new JsonObject { ["location"] = "eastus2" }, version: "2023-01-31")).Expect(201).Json;
        (await world.ArmAsync("PUT", $"{id}/federatedIdentityCredentials/cluster", new JsonObject
        {
            ["properties"] = new JsonObject { ["issuer"] = "https://cluster.example", ["subject"] = "app", ["audiences"] = new JsonArray("api://AzureADTokenExchange") },
        }, version: "2023-01-31")).Expect(201);
        world.Azure.TrustIssuer("https://cluster.example", KeySet(Key));
        using var stranger = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        var assertion = Assertion("RS256", new JsonObject
        {
            ["iss"] = fault == "issuer" ? "https://other.example" : "https://cluster.example",
            ["sub"] = fault == "subject" ? "other" : "app",
            ["aud"] = fault == "audience" ? "api://other" : "api://AzureADTokenExchange",
            ["exp"] = now.AddMinutes(fault == "expired" ? -10 : 10).ToUnixTimeSeconds(),
        }, fault == "other key" ? stranger : Key, null);
        var reply = await SignInAsync(world, (string)identity["properties"]!["clientId"]!, assertion);

        Assert.Equal(status, reply.Status);
        if (code is not null)
            Assert.StartsWith(code, (string?)reply.Json["error_description"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_gets_tokens_with_a_password_and_further_ones_without_it()
    {
        await using var world = await World.StartAsync();
        var person = world.Azure.Principals.Create(PrincipalKind.User, "Ana Duarte");
        var first = (await FormAsync(world, new() { ["grant_type"] = "password", ["client_id"] = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", ["username"] = "ana.duarte@rehearsal.onmicrosoft.com", ["password"] = person.Secret!, ["scope"] = "https://management.azure.com/.default openid offline_access", ["client_info"] = "1" })).Expect(200).Json;
        var refresh = (string)first["refresh_token"]!;
        var second = (await FormAsync(world, new() { ["grant_type"] = "refresh_token", ["client_id"] = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", ["refresh_token"] = refresh, ["scope"] = "https://graph.microsoft.com/.default" })).Expect(200).Json;
        var me = (await world.SendAsync("GET", "https://graph.microsoft.com/v1.0/me", token: (string)second["access_token"]!)).Expect(200).Json;

        Assert.Equal(person.ObjectId, (string?)me["id"]);
        Assert.Equal(person.ObjectId, (string?)Claims((string)first["id_token"]!)["oid"]);
        Assert.Equal(person.ObjectId, (string?)JsonNode.Parse(Base64Url.DecodeFromChars((string)first["client_info"]!))!["uid"]);
        // Neither of the two opens a service, nor does an access token refresh anything.
        Assert.Equal(401, (await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: refresh)).Status);
        Assert.Equal(401, (await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: (string)first["id_token"]!)).Status);
        Assert.Equal(400, (await FormAsync(world, new() { ["grant_type"] = "refresh_token", ["client_id"] = "x", ["refresh_token"] = (string)first["access_token"]!, ["scope"] = "https://graph.microsoft.com/.default" })).Status);
        world.Azure.Principals.Delete(person.ObjectId);
        Assert.Equal(400, (await FormAsync(world, new() { ["grant_type"] = "refresh_token", ["client_id"] = "x", ["refresh_token"] = refresh, ["scope"] = "https://graph.microsoft.com/.default" })).Status);
    }

    [Fact]
    public async Task Instance_metadata_gives_tokens_to_those_who_ask_as_documented()
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        using var http = new HttpClient { BaseAddress = server.AdminAddress };
        var identity = world.Azure.Principals.Create(PrincipalKind.ManagedIdentity, "machine");
        const string Path = "metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://managedhsm.azure.net";
        async Task<(HttpStatusCode Status, JsonNode Json)> AskAsync(string path, bool header = true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (header)
                request.Headers.Add("Metadata", "true");
            using var response = await http.SendAsync(request, World.Stop);
            return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>(World.Stop))!);
        }
        var only = await AskAsync(Path);
        var named = await AskAsync($"{Path}&client_id={identity.ClientId}");

        Assert.Equal(identity.ObjectId, (string?)Claims((string)only.Json["access_token"]!)["oid"]);
        Assert.Equal(identity.ClientId, (string?)named.Json["client_id"]);
        Assert.Equal(["access_token", "client_id", "expires_in", "expires_on", "ext_expires_in", "not_before", "resource", "token_type"], named.Json.AsObject().Select(member => member.Key));
        Assert.All((string[])["expires_in", "expires_on", "not_before"], number => Assert.Equal(System.Text.Json.JsonValueKind.String, named.Json[number]!.GetValueKind()));
        Assert.Equal((HttpStatusCode.BadRequest, "Required metadata header not specified"), Said(await AskAsync(Path, header: false)));
        Assert.Equal((HttpStatusCode.BadRequest, "Identity not found"), Said(await AskAsync($"{Path}&client_id={world.Owner.ClientId}")));
        Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync("metadata/identity/oauth2/token?resource=https://managedhsm.azure.net")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync("metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://nowhere.example")).Status);
    }

    [Fact]
    public async Task App_service_gives_tokens_to_those_who_know_the_header()
    {
        await using var world = await World.StartAsync();
        await using var server = await SimulatorServer.StartAsync(world.Azure, new IPEndPoint(IPAddress.Loopback, 0), World.Stop);
        using var http = new HttpClient { BaseAddress = server.AdminAddress };
        var identity = world.Azure.Principals.Create(PrincipalKind.ManagedIdentity, "site");
        var header = (string)(await http.GetFromJsonAsync<JsonNode>("identity", World.Stop))!["header"]!;
        async Task<HttpResponseMessage> AskAsync(string? value)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"msi/token?api-version=2019-08-01&resource=https://vault.azure.net&client_id={identity.ClientId}");
            if (value is not null)
                request.Headers.Add("X-IDENTITY-HEADER", value);
            return await http.SendAsync(request, World.Stop);
        }

        using var right = await AskAsync(header);
        Assert.Equal(identity.ObjectId, (string?)Claims((string)(await right.Content.ReadFromJsonAsync<JsonNode>(World.Stop))!["access_token"]!)["oid"]);
        using var wrong = await AskAsync("wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        using var none = await AskAsync(null);
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
    }

    [Fact]
    public async Task The_directory_answers_the_look_ups_that_az_makes()
    {
        await using var world = await World.StartAsync();
        const string Graph = "https://graph.microsoft.com/v1.0";
        var person = world.Azure.Principals.Create(PrincipalKind.User, "Ana Duarte");
        var group = world.Azure.Principals.Create(PrincipalKind.Group, "officers");
        world.Azure.Principals.AddToGroup(person.ObjectId, group.ObjectId);
        var byApplication = (await world.GetAsync($"{Graph}/servicePrincipals?$filter={Uri.EscapeDataString($"servicePrincipalNames/any(c:c eq '{world.Owner.ClientId}')")}")).Expect(200).Json;
        var byName = (await world.GetAsync($"{Graph}/users?$filter={Uri.EscapeDataString("userPrincipalName eq 'ana.duarte@rehearsal.onmicrosoft.com' or mail eq 'ana.duarte@rehearsal.onmicrosoft.com'")}")).Expect(200).Json;
        var byIds = (await world.SendAsync("POST", $"{Graph}/directoryObjects/getByIds", new JsonObject { ["ids"] = new JsonArray(person.ObjectId, "11111111-2222-3333-4444-555555555555", group.ObjectId), ["types"] = new JsonArray("user", "group") })).Expect(200).Json;

        Assert.Equal(world.Owner.ObjectId, (string?)byApplication["value"]![0]!["id"]);
        Assert.Equal(person.ObjectId, (string?)byName["value"]![0]!["id"]);
        Assert.Equal([person.ObjectId, group.ObjectId], byIds["value"]!.AsArray().Select(item => (string?)item!["id"]));
        Assert.Equal(person.ObjectId, (string?)(await world.GetAsync($"{Graph}/groups/{group.ObjectId}/members")).Expect(200).Json["value"]![0]!["id"]);
        (await world.GetAsync($"{Graph}/users/nobody@rehearsal.onmicrosoft.com")).Refused(404, "Request_ResourceNotFound");
        (await world.GetAsync($"{Graph}/me")).Refused(400, "BadRequest");
    }

    private static (HttpStatusCode Status, string? Text) Said((HttpStatusCode Status, JsonNode Json) reply) => (reply.Status, (string?)reply.Json["error_description"]);

    private static async Task ReadyAsync(World world)
    {
        await world.ActiveHsmAsync();
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.KeyVault/vaults/kv-vault-test", new JsonObject
        {
            ["location"] = "eastus2",
            ["properties"] = new JsonObject
            {
                ["tenantId"] = world.Azure.TenantId,
                ["sku"] = new JsonObject { ["family"] = "A", ["name"] = "premium" },
                ["accessPolicies"] = new JsonArray(new JsonObject { ["tenantId"] = world.Azure.TenantId, ["objectId"] = world.Owner.ObjectId, ["permissions"] = new JsonObject { ["keys"] = new JsonArray("list") } }),
            },
        })).Expect(201);
    }

    private X509Certificate2 Certificate(DateTimeOffset until)
    {
        var request = new CertificateRequest("CN=app", Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(until.AddDays(-60), until);
    }

    private static string Assertion(string algorithm, JsonObject claims, RSA key, byte[]? thumbprint)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (thumbprint is not null)
            header["x5t#S256"] = Base64Url.EncodeToString(thumbprint);
        var signed = $"{Part(header)}.{Part(claims)}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = algorithm switch
        {
            "none" => [],
            "HS256" => HMACSHA256.HashData(key.ExportSubjectPublicKeyInfo(), bytes),
            "PS256" => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            _ => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string KeySet(RSA key)
    {
        var parts = key.ExportParameters(false);
        return $"{{\"keys\":[{{\"kty\":\"RSA\",\"n\":\"{Base64Url.EncodeToString(parts.Modulus)}\",\"e\":\"{Base64Url.EncodeToString(parts.Exponent)}\"}}]}}";
    }

    private static string Part(JsonNode json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static JsonNode Claims(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;

    private static string Tampered(string token, string claim)
    {
        var parts = token.Split('.');
        var claims = Claims(token).AsObject();
        claims[claim] = claim == "exp" ? (long)claims["exp"]! + 86400 : (string)claims[claim]! + "x";
        return $"{parts[0]}.{Part(claims)}.{parts[2]}";
    }

    private static string Unsigned(string token) => $"{Part(new JsonObject { ["alg"] = "none" })}.{token.Split('.')[1]}.";

    /// <summary>A token as another tenant's directory would make it.</summary>
    private string Foreign(World world, string audience)
    {
        var now = TimeProvider.System.GetUtcNow();
        return Assertion("RS256", new JsonObject
        {
            ["aud"] = audience,
            ["iss"] = "https://sts.windows.net/99999999-0000-0000-0000-000000000000/",
            ["oid"] = world.Owner.ObjectId,
            ["tid"] = "99999999-0000-0000-0000-000000000000",
            ["nbf"] = now.AddMinutes(-1).ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        }, Key, null);
    }

    private static Task<Reply> SignInAsync(World world, string clientId, string assertion) => FormAsync(world, new()
    {
        ["grant_type"] = "client_credentials",
        ["client_id"] = clientId,
        ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ["client_assertion"] = assertion,
        ["scope"] = "https://vault.azure.net/.default",
    });

    private static async Task<Reply> FormAsync(World world, Dictionary<string, string> fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Login}/{world.Azure.TenantId}/oauth2/v2.0/token") { Content = new FormUrlEncodedContent(fields) };
        return await world.SendAsync(request);
    }
}
