using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class TokenTests
{
    private const string Login = "https://login.microsoftonline.com";

    [Fact]
    public async Task A_client_secret_gives_a_signed_token_for_the_audience_asked_for()
    {
        await using var world = await World.StartAsync();
        var reply = (await world.SignInAsync("https://management.azure.com/", world.Owner.ClientId!, world.Owner.Secret!)).Expect(200);
        var token = (string)reply.Json["access_token"]!;
        var claims = Claims(token);

        Assert.Equal(3599, (int)reply.Json["expires_in"]!);
        Assert.Equal("https://management.azure.com/", (string?)claims["aud"]);
        Assert.Equal(world.Owner.ObjectId, (string?)claims["oid"]);
        Assert.Equal(world.Owner.ClientId, (string?)claims["appid"]);
        Assert.Equal("1", (string?)claims["appidacr"]);
        Assert.Equal($"https://sts.windows.net/{world.Azure.TenantId}/", (string?)claims["iss"]);
        Assert.Equal((long)claims["iat"]! + 3599, (long)claims["exp"]!);
    }

    [Fact]
    public async Task Openssl_verifies_the_signature_with_the_published_key()
    {
        Tool.Need("openssl");
        await using var world = await World.StartAsync();
        using var scratch = new Scratch();
        var token = await world.TokenAsync("https://vault.azure.net", world.Owner);
        var keys = await world.SendAsync("GET", $"{Login}/{world.Azure.TenantId}/discovery/v2.0/keys", token: "");
        var certificate = (string)keys.Expect(200).Json["keys"]![0]!["x5c"]![0]!;
        await File.WriteAllTextAsync(scratch.File("c.pem"), $"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n", World.Stop);
        var parts = token.Split('.');
        await File.WriteAllTextAsync(scratch.File("signed"), $"{parts[0]}.{parts[1]}", World.Stop);
        await File.WriteAllBytesAsync(scratch.File("signature"), System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]), World.Stop);
        await File.WriteAllTextAsync(scratch.File("key.pem"), await Tool.RunAsync("openssl", ["x509", "-in", scratch.File("c.pem"), "-noout", "-pubkey"]), World.Stop);

        Assert.Contains("Verified OK", await Tool.RunAsync("openssl", ["dgst", "-sha256", "-verify", scratch.File("key.pem"), "-signature", scratch.File("signature"), scratch.File("signed")]));
    }

    [Theory]
    [InlineData("client_secret", "wrong", 401, "invalid_client", "AADSTS7000215")]
    [InlineData("client_id", "11111111-2222-3333-4444-555555555555", 400, "unauthorized_client", "AADSTS700016")]
    [InlineData("client_secret", "", 400, "invalid_request", "AADSTS900144")]
    [InlineData("grant_type", "", 400, "invalid_request", "AADSTS900144")]
    [InlineData("grant_type", "magic", 400, "unsupported_grant_type", "AADSTS70003")]
    [InlineData("scope", "https://nowhere.example/.default", 400, "invalid_resource", "AADSTS500011")]
    [InlineData("scope", "https://vault.azure.net", 400, "invalid_scope", "AADSTS70011")]
    public async Task A_wrong_field_is_refused_with_the_directory_s_code(string field, string value, int status, string error, string code)
    {
        await using var world = await World.StartAsync();
        var fields = new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = world.Owner.ClientId!,
            ["client_secret"] = world.Owner.Secret!,
            ["scope"] = "https://vault.azure.net/.default",
        };
        fields[field] = value;
        var reply = await PostAsync(world, fields);

        Assert.Equal(status, reply.Status);
        Assert.Equal(error, (string?)reply.Json["error"]);
        Assert.StartsWith(code, (string?)reply.Json["error_description"], StringComparison.Ordinal);
        Assert.Equal(int.Parse(code[6..], System.Globalization.CultureInfo.InvariantCulture), (int)reply.Json["error_codes"]![0]!);
    }

    [Fact]
    public async Task An_unknown_tenant_is_refused()
    {
        await using var world = await World.StartAsync();
        var reply = await world.SendAsync("GET", $"{Login}/99999999-0000-0000-0000-000000000000/v2.0/.well-known/openid-configuration", token: "");

        Assert.Equal(400, reply.Status);
        Assert.Equal("invalid_tenant", (string?)reply.Json["error"]);
    }

    [Fact]
    public async Task The_discovery_documents_lead_to_the_token_endpoint()
    {
        await using var world = await World.StartAsync();
        var instance = await world.SendAsync("GET", $"{Login}/common/discovery/instance?api-version=1.1&authorization_endpoint={Uri.EscapeDataString($"{Login}/{world.Azure.TenantId}/oauth2/v2.0/authorize")}", token: "");
        var configuration = await world.SendAsync("GET", (string)instance.Expect(200).Json["tenant_discovery_endpoint"]!, token: "");

        Assert.Equal($"{Login}/{world.Azure.TenantId}/oauth2/v2.0/token", (string?)configuration.Expect(200).Json["token_endpoint"]);
    }

    [Fact]
    public async Task A_token_expires_on_the_host_s_clock_and_not_on_the_virtual_one()
    {
        var host = new FakeTimeProvider(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
        await using var world = await World.StartAsync(options => options with { HostClock = host });
        var token = await world.TokenAsync("https://management.azure.com", world.Owner);

        world.Azure.Clock.Advance(TimeSpan.FromDays(2));
        (await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: token)).Expect(200);

        host.Advance(TimeSpan.FromMinutes(66));
        var refused = await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: token);
        refused.Refused(401, "ExpiredAuthenticationToken");
        Assert.Contains("Bearer authorization_uri=", refused.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task A_token_of_another_audience_is_refused()
    {
        await using var world = await World.StartAsync();
        var token = await world.TokenAsync("https://vault.azure.net", world.Owner);

        (await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: token)).Refused(401, "InvalidAuthenticationTokenAudience");
    }

    [Fact]
    public async Task A_token_with_a_changed_claim_is_refused()
    {
        await using var world = await World.StartAsync();
        var parts = (await world.TokenAsync("https://management.azure.com", world.Owner)).Split('.');
        var claims = Claims($"a.{parts[1]}.b");
        claims["oid"] = "00000000-0000-0000-0000-000000000001";
        var forged = $"{parts[0]}.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";

        (await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: forged)).Refused(401, "InvalidAuthenticationToken");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.AAAA")]
    public async Task A_malformed_token_is_refused(string token)
    {
        await using var world = await World.StartAsync();

        (await world.SendAsync("GET", $"{World.Arm}/subscriptions?api-version=2022-12-01", token: token)).Refused(401, "InvalidAuthenticationToken");
    }

    [Fact]
    public async Task Group_membership_is_in_tokens_issued_afterwards()
    {
        await using var world = await World.StartAsync();
        var group = world.Azure.Principals.Create(PrincipalKind.Group, "officers");
        var member = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "member");
        world.Azure.Principals.AddToGroup(member.ObjectId, group.ObjectId);
        var claims = Claims(await world.TokenAsync("https://vault.azure.net", member));

        Assert.Equal(group.ObjectId, (string?)claims["groups"]![0]);
    }

    private static JsonNode Claims(string token) =>
        JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))!;

    private static async Task<Reply> PostAsync(World world, IReadOnlyDictionary<string, string> fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Login}/{world.Azure.TenantId}/oauth2/v2.0/token") { Content = new FormUrlEncodedContent(fields) };
        return await world.SendAsync(request);
    }
}
