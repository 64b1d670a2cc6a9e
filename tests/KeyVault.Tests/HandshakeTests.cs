using System.Text;
using Azure;
using Azure.Security.KeyVault.Keys;

namespace Runbook.KeyVault.Tests;

public sealed class HandshakeTests
{
    [Fact]
    public async Task The_first_request_goes_out_without_token_and_body()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, hsm.KeyJson());

        await hsm.Keys().CreateRsaKeyAsync(new CreateRsaKeyOptions("k", hardwareProtected: true) { KeySize = 3072 }, TestContext.Current.CancellationToken);

        Assert.Equal(["POST", "POST"], hsm.Network.Seen.Select(r => r.Method));
        Assert.Null(hsm.Network.Seen[0].Body);
        Assert.Null(hsm.Network.Seen[0].Authorization);
        Assert.Equal("Bearer token-1", hsm.Network.Seen[1].Authorization);
        Assert.Equal("""{"kty":"RSA-HSM","key_size":3072}""", hsm.Network.Seen[1].Body);
        Assert.Equal($"{hsm.Address}keys/k/create?api-version=7.6", hsm.Network.Seen[1].Url);
        var asked = Assert.Single(hsm.Credential.Asked);
        Assert.Equal("https://managedhsm.azure.net/.default", Assert.Single(asked.Scopes));
        Assert.Equal("10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101", asked.TenantId);
        Assert.True(asked.IsCaeEnabled);
    }

    [Fact]
    public async Task What_a_host_asked_for_is_remembered_by_the_next_client()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, hsm.KeyJson()).Answer(200, hsm.KeyJson());

        await hsm.Keys().GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken);
        await hsm.Keys().GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(3, hsm.Network.Seen.Count);
        Assert.NotNull(hsm.Network.Seen[2].Authorization);
    }

    [Theory]
    [InlineData("https://vault.azure.net")]
    [InlineData("https://azure.net.evil.example")]
    public async Task A_host_gets_no_token_of_another_domain(string resource)
    {
        var hsm = new Hsm();
        hsm.Network.Challenge(resource);

        await Assert.ThrowsAsync<InvalidOperationException>(() => hsm.Keys().GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Empty(hsm.Credential.Asked);
    }

    [Fact]
    public async Task A_foreign_domain_passes_where_verification_is_switched_off()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge("https://elsewhere.example").Answer(200, hsm.KeyJson());

        await hsm.Keys(o => o.DisableChallengeResourceVerification = true).GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("https://elsewhere.example/.default", Assert.Single(Assert.Single(hsm.Credential.Asked).Scopes));
    }

    [Fact]
    public async Task A_claims_challenge_is_answered_with_a_token_that_has_them()
    {
        var hsm = new Hsm();
        var claims = """{"access_token":{"nbf":{"essential":true}}}""";
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(claims));
        hsm.Network.Challenge().Answer(200, hsm.KeyJson())
            .Answer(401, "", "application/json", ("WWW-Authenticate", $"Bearer authorization=\"https://login.microsoftonline.com/t\", error=\"insufficient_claims\", claims=\"{encoded}\""))
            .Answer(200, hsm.KeyJson());
        var client = hsm.Keys();

        await client.GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken);
        await client.GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(claims, hsm.Credential.Asked[^1].Claims);
    }

    [Fact]
    public async Task A_refusal_without_a_challenge_reaches_the_caller()
    {
        var hsm = new Hsm();
        hsm.Network.Answer(401, """{"error":{"code":"Unauthorized","message":"no"}}""");

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => hsm.Keys().GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal((401, "Unauthorized"), (refused.Status, refused.ErrorCode));
    }

    [Fact]
    public async Task Nothing_goes_out_without_tls()
    {
        var hsm = new Hsm();
        var client = new KeyClient(new Uri("http://hsm.managedhsm.azure.net/"), hsm.Credential, new KeyClientOptions { Transport = new Azure.Core.Pipeline.HttpClientTransport(hsm.Network) });

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Empty(hsm.Network.Seen);
    }

    [Fact]
    public async Task Throttling_is_waited_out()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(429, "{}", "application/json", ("Retry-After", "0")).Answer(200, hsm.KeyJson());

        var key = await hsm.Keys().GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("k", key.Value.Name);
        Assert.Equal(200, key.GetRawResponse().Status);
    }

    [Fact]
    public async Task A_403_is_not_repeated()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(403, """{"error":{"code":"AccessDenied","message":"Not authorized"}}""");

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => hsm.Keys().GetKeyAsync("k", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal("AccessDenied", refused.ErrorCode);
        Assert.Equal(2, hsm.Network.Seen.Count);
    }

    [Fact]
    public async Task A_method_is_a_span_of_a_distributed_trace()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, hsm.KeyJson());
        var spans = new List<string>();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = s => s.Name == "Azure.Security.KeyVault.Keys.KeyClient",
            Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) => System.Diagnostics.ActivitySamplingResult.AllData,
            ActivityStopped = a => { if (Equals(a.GetTagItem("key"), "traced")) spans.Add(a.OperationName); },
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);

        await hsm.Keys().GetKeyAsync("traced", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["KeyClient.GetKey"], spans);
    }

    [Fact]
    public void Clients_of_one_kind_share_one_source_of_traces()
    {
        var hsm = new Hsm();
        for (var i = 0; i < 3; i++)
        {
            _ = hsm.Keys();
            _ = hsm.Crypto("keys/k");
        }

        var names = new List<string>();
        using var listener = new System.Diagnostics.ActivityListener { ShouldListenTo = source => Heard(source.Name) };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);

        string[] own;
        lock (names) own = [.. names.Where(n => n.StartsWith("Azure.Security.KeyVault.Keys.", StringComparison.Ordinal))];
        Assert.Equal(["Azure.Security.KeyVault.Keys.Cryptography.CryptographyClient", "Azure.Security.KeyVault.Keys.KeyClient"], own.Order(StringComparer.Ordinal));

        bool Heard(string name)
        {
            lock (names) names.Add(name);
            return false;
        }
    }
}
