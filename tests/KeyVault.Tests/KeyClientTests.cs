using Azure.Security.KeyVault.Keys;

namespace Runbook.KeyVault.Tests;

public sealed class KeyClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_that_are_not_set_are_left_out_and_times_are_unix_seconds()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, hsm.KeyJson());
        var options = new CreateEcKeyOptions("k", hardwareProtected: true)
        {
            CurveName = KeyCurveName.P384,
            Enabled = false,
            ExpiresOn = DateTimeOffset.FromUnixTimeSeconds(1800000000),
            KeyOperations = { KeyOperation.Sign },
            Tags = { ["owner"] = "app" },
        };

        await hsm.Keys().CreateEcKeyAsync(options, Token);

        Assert.Equal("""{"kty":"EC-HSM","crv":"P-384","key_ops":["sign"],"attributes":{"enabled":false,"exp":1800000000},"tags":{"owner":"app"}}""", hsm.Network.Seen[1].Body);
    }

    [Fact]
    public async Task A_key_is_read_with_its_attributes()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, hsm.KeyJson(more: ""","tags":{"a":"b"}"""));

        var key = (await hsm.Keys().GetKeyAsync("k", cancellationToken: Token)).Value;

        Assert.Equal($"{hsm.Address}keys/k/?api-version=7.6", hsm.Network.Seen[1].Url);
        Assert.Equal(KeyType.RsaHsm, key.KeyType);
        Assert.Equal("7071fabc480c0ca186f786a9b78c9456", key.Properties.Version);
        Assert.Equal(hsm.Address, key.Properties.VaultUri);
        Assert.True(key.Properties.Enabled);
        Assert.Equal(7, key.Properties.RecoverableDays);
        Assert.Equal("b", key.Properties.Tags["a"]);
        Assert.Equal([KeyOperation.WrapKey, KeyOperation.UnwrapKey], key.KeyOperations);
        Assert.Equal([1, 0, 1], key.Key.E!);
    }

    [Fact]
    public async Task A_list_follows_its_links()
    {
        var hsm = new Hsm();
        var next = $"{hsm.Address}keys?api-version=7.6&$skiptoken=abc&maxresults=25";
        hsm.Network.Challenge()
            .Answer(200, $$$"""{"value":[{"kid":"{{{hsm.Address}}}keys/a","attributes":{"enabled":true}}],"nextLink":"{{{next}}}"}""")
            .Answer(200, $$$"""{"value":[{"kid":"{{{hsm.Address}}}keys/b","attributes":{"enabled":false}}],"nextLink":null}""");

        var names = new List<string>();
        await foreach (var key in hsm.Keys().GetPropertiesOfKeysAsync(Token)) names.Add(key.Name);

        Assert.Equal(["a", "b"], names);
        Assert.Equal($"{hsm.Address}keys?maxresults=25&api-version=7.6", hsm.Network.Seen[1].Url);
        Assert.Equal(next, hsm.Network.Seen[2].Url);
    }

    [Fact]
    public async Task A_deletion_is_done_when_the_key_turns_up_among_the_deleted()
    {
        var hsm = new Hsm();
        var deleted = hsm.KeyJson(more: $",\"recoveryId\":\"{hsm.Address}deletedkeys/k\",\"deletedDate\":1604292888,\"scheduledPurgeDate\":1604897688");
        hsm.Network.Challenge().Answer(200, deleted).Answer(404, """{"error":{"code":"KeyNotFound","message":"not yet"}}""").Answer(403, """{"error":{"code":"AccessDenied","message":"there, but not for you"}}""");

        var operation = await hsm.Keys().StartDeleteKeyAsync("k", Token);
        Assert.False(operation.HasCompleted);
        await operation.UpdateStatusAsync(Token);
        Assert.False(operation.HasCompleted);
        await operation.UpdateStatusAsync(Token);

        Assert.True(operation.HasCompleted);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1604897688), operation.Value.ScheduledPurgeDate);
        Assert.Equal($"{hsm.Address}deletedkeys/k?api-version=7.6", hsm.Network.Seen[^1].Url);
    }

    [Fact]
    public async Task A_key_that_never_had_a_rotation_policy_answers_with_nulls()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, """{"lifetimeActions":null,"attributes":null}""");

        var policy = (await hsm.Keys().GetKeyRotationPolicyAsync("k", Token)).Value;

        Assert.Empty(policy.LifetimeActions);
        Assert.Null(policy.ExpiresIn);
    }

    [Fact]
    public async Task A_rotation_policy_is_spelled_as_the_service_wants_it()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, """{"lifetimeActions":[],"attributes":{"expiryTime":"P2Y"}}""");
        var policy = new KeyRotationPolicy { ExpiresIn = "P2Y", LifetimeActions = { new KeyRotationLifetimeAction(KeyRotationPolicyAction.Rotate) { TimeAfterCreate = "P18M" } } };

        await hsm.Keys().UpdateKeyRotationPolicyAsync("k", policy, Token);

        Assert.Equal("""{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P18M"},"action":{"type":"Rotate"}}],"attributes":{"expiryTime":"P2Y"}}""", hsm.Network.Seen[1].Body);
    }

    [Fact]
    public async Task Random_bytes_backup_and_release_take_their_values_from_the_answer()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, """{"value":"wG-bqQ"}""").Answer(200, """{"value":"AQID"}""").Answer(200, """{"value":"a.b.c"}""").Answer(200, hsm.KeyJson());
        var client = hsm.Keys();

        Assert.Equal([0xc0, 0x6f, 0x9b, 0xa9], (await client.GetRandomBytesAsync(4, Token)).Value);
        Assert.Equal([1, 2, 3], (await client.BackupKeyAsync("k", Token)).Value);
        Assert.Equal("a.b.c", (await client.ReleaseKeyAsync(new ReleaseKeyOptions("k", "jwt") { Version = "v", Nonce = "n", Algorithm = KeyExportEncryptionAlgorithm.RsaAesKeyWrap256 }, Token)).Value.Value);
        await client.RestoreKeyBackupAsync([1, 2, 3], Token);

        Assert.Equal("""{"target":"jwt","nonce":"n","enc":"RSA_AES_KEY_WRAP_256"}""", hsm.Network.Seen[3].Body);
        Assert.Equal($"{hsm.Address}keys/k/v/release?api-version=7.6", hsm.Network.Seen[3].Url);
        Assert.Equal("""{"value":"AQID"}""", hsm.Network.Seen[4].Body);
    }

    [Fact]
    public async Task An_import_sends_the_wrapped_key_and_a_lower_case_hsm()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, hsm.KeyJson());
        var material = new JsonWebKey([KeyOperation.WrapKey]) { KeyType = KeyType.RsaHsm, T = [1, 2, 3] };

        await hsm.Keys().ImportKeyAsync(new ImportKeyOptions("k", material) { HardwareProtected = true, Properties = { Enabled = true } }, Token);

        Assert.Equal(("PUT", $"{hsm.Address}keys/k?api-version=7.6"), (hsm.Network.Seen[1].Method, hsm.Network.Seen[1].Url));
        Assert.Equal("""{"key":{"kty":"RSA-HSM","key_ops":["wrapKey"],"key_hsm":"AQID"},"attributes":{"enabled":true},"hsm":true}""", hsm.Network.Seen[1].Body);
    }

    [Fact]
    public async Task A_change_sends_only_what_is_set()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, hsm.KeyJson());

        await hsm.Keys().UpdateKeyPropertiesAsync(new KeyProperties(new Uri(hsm.Address, "keys/k/v")) { Enabled = false }, cancellationToken: Token);

        Assert.Equal(("PATCH", $"{hsm.Address}keys/k/v?api-version=7.6", """{"attributes":{"enabled":false}}"""), (hsm.Network.Seen[1].Method, hsm.Network.Seen[1].Url, hsm.Network.Seen[1].Body));
    }

    [Theory]
    [InlineData("https://h.managedhsm.azure.net/keys/k", "k", null)]
    [InlineData("https://h.managedhsm.azure.net/keys/k/v", "k", "v")]
    [InlineData("https://h.managedhsm.azure.net:8443/keys/k/v", "k", "v")]
    public void A_key_id_is_taken_apart(string id, string name, string? version)
    {
        var parsed = new KeyVaultKeyIdentifier(new Uri(id));

        Assert.Equal((name, version), (parsed.Name, parsed.Version));
        Assert.Equal(new Uri(id).Authority, parsed.VaultUri.Authority);
    }

    [Theory]
    [InlineData("https://h.managedhsm.azure.net/")]
    [InlineData("https://h.managedhsm.azure.net/keys")]
    [InlineData("https://h.managedhsm.azure.net/secrets/k/v")]
    [InlineData("https://h.managedhsm.azure.net/keys/k/v/w")]
    public void What_is_no_key_id_is_not_taken_for_one(string id) => Assert.False(KeyVaultKeyIdentifier.TryCreate(new Uri(id), out _));
}
