using System.Buffers.Text;
using System.Security.Cryptography;
using Azure;
using Azure.Security.KeyVault.Keys.Cryptography;

namespace Runbook.KeyVault.Tests;

public sealed class CryptographyClientTests
{
    private const string Version = "7071fabc480c0ca186f786a9b78c9456";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_may_read_the_key_wraps_on_this_computer_and_unwraps_in_the_hsm()
    {
        using var rsa = RSA.Create(2048);
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, RsaKey(hsm, rsa));
        var client = hsm.Crypto($"keys/k/{Version}");

        var wrapped = await client.WrapKeyAsync(KeyWrapAlgorithm.RsaOaep256, [1, 2, 3], Token);

        Assert.Equal(2, hsm.Network.Seen.Count);
        Assert.Equal([1, 2, 3], rsa.Decrypt(wrapped.EncryptedKey, RSAEncryptionPadding.OaepSHA256));

        hsm.Network.Answer(200, $$"""{"kid":"{{hsm.Address}}keys/k/{{Version}}","alg":"RSA-OAEP-256","value":"AQID"}""");
        var unwrapped = await client.UnwrapKeyAsync(KeyWrapAlgorithm.RsaOaep256, wrapped.EncryptedKey, Token);

        Assert.Equal([1, 2, 3], unwrapped.Key);
        Assert.Equal($"{hsm.Address}keys/k/{Version}/unwrapKey?api-version=7.6", hsm.Network.Seen[^1].Url);
        Assert.Equal($$"""{"alg":"RSA-OAEP-256","value":"{{Base64Url.EncodeToString(wrapped.EncryptedKey)}}"}""", hsm.Network.Seen[^1].Body);
    }

    [Fact]
    public async Task Whoever_may_not_read_the_key_leaves_everything_to_the_hsm()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(403, """{"error":{"code":"AccessDenied","message":"no"}}""")
            .Answer(200, $$"""{"kid":"{{hsm.Address}}keys/k/{{Version}}","value":"BAUG"}""");

        var wrapped = await hsm.Crypto("keys/k").WrapKeyAsync(KeyWrapAlgorithm.RsaOaep256, [1, 2, 3], Token);

        Assert.Equal([4, 5, 6], wrapped.EncryptedKey);
        Assert.EndsWith(Version, wrapped.KeyId, StringComparison.Ordinal);
        Assert.Equal($"{hsm.Address}keys/k/wrapKey?api-version=7.6", hsm.Network.Seen[^1].Url);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(400)]
    public async Task Any_other_refusal_of_the_reading_is_thrown(int status)
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(status, """{"error":{"code":"KeyNotFound","message":"no"}}""");

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => hsm.Crypto("keys/k").UnwrapKeyAsync(KeyWrapAlgorithm.RsaOaep, [1], Token));

        Assert.Equal(status, refused.Status);
    }

    [Fact]
    public async Task A_key_past_its_date_wraps_nothing_here()
    {
        using var rsa = RSA.Create(2048);
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, RsaKey(hsm, rsa, "\"exp\":1000000000,"));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => hsm.Crypto($"keys/k/{Version}").WrapKeyAsync(KeyWrapAlgorithm.RsaOaep256, [1], Token));

        Assert.Contains("is not valid after", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signature_of_the_hsm_is_verified_on_this_computer()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = curve.ExportParameters(false).Q;
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, $$$"""{"key":{"kid":"{{{hsm.Address}}}keys/k/{{{Version}}}","kty":"EC-HSM","crv":"P-256","key_ops":["sign","verify"],"x":"{{{Base64Url.EncodeToString(point.X)}}}","y":"{{{Base64Url.EncodeToString(point.Y)}}}"},"attributes":{"enabled":true}}""");
        var data = "what was signed"u8.ToArray();

        var holds = await hsm.Crypto($"keys/k/{Version}").VerifyDataAsync(SignatureAlgorithm.ES256, data, curve.SignData(data, HashAlgorithmName.SHA256), Token);

        Assert.True(holds.IsValid);
        Assert.Equal(2, hsm.Network.Seen.Count);
    }

    [Fact]
    public async Task Symmetric_work_is_the_hsm_s_and_brings_back_what_decrypting_needs()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, $$$"""{"key":{"kid":"{{{hsm.Address}}}keys/k/{{{Version}}}","kty":"oct-HSM","key_ops":["encrypt","decrypt"]},"attributes":{"enabled":true}}""")
            .Answer(200, $$"""{"kid":"{{hsm.Address}}keys/k/{{Version}}","value":"AQID","iv":"AAAA","tag":"BBBB","aad":"CCCC"}""");

        var done = await hsm.Crypto($"keys/k/{Version}").EncryptAsync(EncryptParameters.A256GcmParameters([9], [8]), Token);

        Assert.Equal("""{"alg":"A256GCM","value":"CQ","aad":"CA"}""", hsm.Network.Seen[^1].Body);
        Assert.Equal([1, 2, 3], done.Ciphertext);
        Assert.Equal((3, 3), (done.Iv!.Length, done.AuthenticationTag!.Length));
    }

    private static string RsaKey(Hsm hsm, RSA rsa, string attributes = "")
    {
        var parameters = rsa.ExportParameters(false);
        return $$$"""{"key":{"kid":"{{{hsm.Address}}}keys/k/{{{Version}}}","kty":"RSA-HSM","key_ops":["wrapKey","unwrapKey","encrypt","decrypt"],"n":"{{{Base64Url.EncodeToString(parameters.Modulus)}}}","e":"{{{Base64Url.EncodeToString(parameters.Exponent)}}}"},"attributes":{{{{attributes}}}"enabled":true}}""";
    }
}
