using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.Actions.Tests;

public sealed class ByokInspectorTests
{
    private const string Kid = "https://kv-hsm-prod.managedhsm.azure.net/keys/byok-kek/0123456789abcdef0123456789abcdef";

    private static readonly RSA KekRsa = RSA.Create(2048);
    private static readonly RSA Other = RSA.Create(2048);
    private static readonly RSA Key = RSA.Create(2048);

    private static ExchangeKey Private => ExchangeKey.TryRead(Encoding.ASCII.GetBytes(KekRsa.ExportPkcs8PrivateKeyPem()), Kid)!;

    private static ExchangeKey Public => ExchangeKey.TryRead(Encoding.ASCII.GetBytes(KekRsa.ExportSubjectPublicKeyInfoPem()), Kid)!;

    [Fact]
    public void What_the_maker_makes_is_well_formed_and_holds_the_key()
    {
        var blob = CarriedKey.FromFile(Encoding.ASCII.GetBytes(Key.ExportPkcs8PrivateKeyPem()), Public).Content;

        var report = Inspect(blob, Private);

        Assert.Empty(report.Findings);
        Assert.True(report.IsOpened);
        Assert.Equal(("RSA-HSM", 2048), (report.Key!.Kind, report.Key.Bits));
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Key.ExportSubjectPublicKeyInfo())), report.Key.PublicDigest);
    }

    [Theory]
    [InlineData("P-256"), InlineData("P-384"), InlineData("P-521")]
    public void A_curve_is_told(string name)
    {
        using var curve = ECDsa.Create(name == "P-256" ? ECCurve.NamedCurves.nistP256 : name == "P-384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP521);

        var report = Inspect(Blob(plain: curve.ExportPkcs8PrivateKey()), Private);

        Assert.Empty(report.Findings);
        Assert.Equal(name, report.Key!.Curve);
    }

    [Fact]
    public void A_key_that_a_token_filled_up_with_zeros_to_a_block_is_the_key()
    {
        var der = Key.ExportPkcs8PrivateKey();

        var report = Inspect(Blob(plain: [.. der, .. new byte[7 - ((der.Length + 7) % 8)]]), Private);

        Assert.Empty(report.Findings);
        Assert.Equal(2048, report.Key!.Bits);
    }

    [Fact]
    public void A_symmetric_key_is_its_bare_bytes() => Assert.Equal("oct-HSM", Inspect(Blob(plain: new byte[32]), Private).Key!.Kind);

    [Theory]
    [InlineData("oaep-sha256", "oaep", "OaepHash")]
    [InlineData("pkcs1-padding", "oaep", "OaepHash")]
    [InlineData("aes-128", "aes-key", "AesKeySize")]
    [InlineData("no-aes-key", "aes-key", "AesKeySize")]
    [InlineData("unpadded-wrap", "kwp", "KwpMissing")]
    [InlineData("changed-wrap", "kwp", "KwpIntegrity")]
    [InlineData("other-kek", "kek", "WrongKek")]
    [InlineData("other-version", "kek", "WrongKek")]
    [InlineData("pkcs1-key", "key", "KeyIsPkcs1")]
    [InlineData("sec1-key", "key", "KeyIsSec1")]
    [InlineData("encrypted-key", "key", "KeyIsEncrypted")]
    [InlineData("public-key", "key", "KeyIsPublic")]
    [InlineData("pem-key", "key", "KeyIsPem")]
    [InlineData("padded-key", "key", "KeyTrailing")]
    [InlineData("longer-key", "key", "KeyTrailing")]
    [InlineData("short-rsa", "key", "KeySize")]
    [InlineData("other-curve", "key", "KeyCurve")]
    [InlineData("no-key", "key", "KeyUnreadable")]
    [InlineData("cut-ciphertext", "length", "Truncated")]
    [InlineData("cut-behind-kek", "length", "Truncated")]
    [InlineData("bad-base64", "length", "CiphertextUnreadable")]
    [InlineData("cut-json", "file", "NotByok")]
    [InlineData("empty", "file", "NotByok")]
    [InlineData("alg", "header", "HeaderAlg")]
    [InlineData("enc", "header", "HeaderEnc")]
    [InlineData("no-kid", "header", "HeaderKid")]
    [InlineData("versionless", "header", "KidWithoutVersion")]
    [InlineData("schema", "header", "SchemaVersion")]
    public void The_wrong_part_is_named(string fault, string part, string code)
    {
        var report = Inspect(Faulty(fault), Private);

        Assert.Contains((part, code), report.Findings.Select(f => (f.Part, f.Code)));
        Assert.All(report.Findings, f => Assert.False(string.IsNullOrWhiteSpace(f.Says) || string.IsNullOrWhiteSpace(f.Next)));
        Assert.False(report.IsWellFormed);
    }

    [Fact]
    public void Without_the_private_half_lengths_and_the_KEK_are_judged_and_nothing_more()
    {
        Assert.Empty(Inspect(Blob(), Public).Findings);
        Assert.Contains(Inspect(Blob(), Public).Fits, f => f.StartsWith("RSA 2048", StringComparison.Ordinal));
        Assert.Equal("Truncated", Assert.Single(Inspect(Faulty("cut-ciphertext"), Public).Findings).Code);
        Assert.Equal("WrongKek", Assert.Single(Inspect(Faulty("other-version"), Public).Findings).Code);
        Assert.False(Inspect(Blob(), Public).IsOpened);
    }

    [Fact]
    public void A_number_larger_than_the_modulus_was_wrapped_under_another_KEK()
    {
        var ciphertext = new byte[256 + 1224];
        ciphertext.AsSpan(0, 256).Fill(0xff);

        Assert.Equal("WrongKek", Assert.Single(Inspect(ByokFile.Write(Kid, ciphertext, "a test"), Public).Findings).Code);
    }

    [Fact]
    public void Another_key_than_was_meant_is_said()
    {
        using var kek = Private;
        var modulus = ByokFile.Text(Other.ExportParameters(false).Modulus!);

        Assert.Equal("OtherKey", Assert.Single(ByokInspector.Inspect(Blob(), new ByokExpectation { Kek = kek, Modulus = modulus }).Findings).Code);
        Assert.Empty(ByokInspector.Inspect(Blob(), new ByokExpectation { Kek = kek, Modulus = ByokFile.Text(Key.ExportParameters(false).Modulus!) }).Findings);
    }

    [Theory]
    [InlineData("sha1", "sha1", null)]
    [InlineData("sha256", "sha256", "OaepHash")]
    [InlineData("sha256", "sha1", "OaepHash")]
    public async Task A_blob_that_openssl_made_is_judged_by_its_digest_of_OAEP(string digest, string mask, string? code)
    {
        if (!Tools.Has("openssl")) Assert.Skip("openssl is not installed.");
        using var scratch = new ScratchFolder();
        var aes = RandomNumberGenerator.GetBytes(32);
        scratch.Write("kek.pem", Encoding.ASCII.GetBytes(KekRsa.ExportSubjectPublicKeyInfoPem()));
        scratch.Write("aes", aes);
        scratch.Write("key.der", Key.ExportPkcs8PrivateKey());
        await OpensslAsync(scratch, "pkeyutl", "-encrypt", "-pubin", "-inkey", "kek.pem", "-in", "aes", "-out", "c1", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", $"rsa_oaep_md:{digest}", "-pkeyopt", $"rsa_mgf1_md:{mask}");
        await OpensslAsync(scratch, "enc", "-id-aes256-wrap-pad", "-iv", "A65959A6", "-K", Convert.ToHexString(aes), "-in", "key.der", "-out", "c2");

        var report = Inspect(ByokFile.Write(Kid, [.. await File.ReadAllBytesAsync(scratch.In("c1"), TestContext.Current.CancellationToken), .. await File.ReadAllBytesAsync(scratch.In("c2"), TestContext.Current.CancellationToken)], "openssl"), Private);

        Assert.Equal(code is null ? Array.Empty<string>() : [code], report.Findings.Select(f => f.Code));
        Assert.Equal(2048, report.Key!.Bits);
    }

    private static ByokReport Inspect(byte[] file, ExchangeKey kek)
    {
        using (kek) return ByokInspector.Inspect(file, new ByokExpectation { Kid = Kid, Kek = kek });
    }

    private static byte[] Faulty(string fault)
    {
        var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return fault switch
        {
            "oaep-sha256" => Blob(padding: RSAEncryptionPadding.OaepSHA256),
            "pkcs1-padding" => Blob(padding: RSAEncryptionPadding.Pkcs1),
            "aes-128" => Blob(aesBytes: 16),
            "no-aes-key" => ByokFile.Write(Kid, [.. KekRsa.Encrypt(new byte[20], RSAEncryptionPadding.OaepSHA1), .. new byte[1224]], "a test"),
            "unpadded-wrap" => Blob(unpadded: true),
            "changed-wrap" => Changed(ciphertext => ciphertext[^1] ^= 1),
            "other-kek" => Blob(kek: Other),
            "other-version" => ByokFile.Write(Kid[..^1] + "0", Ciphertext(), "a test"),
            "pkcs1-key" => Blob(plain: Key.ExportRSAPrivateKey()),
            "sec1-key" => Blob(plain: curve.ExportECPrivateKey()),
            "encrypted-key" => Blob(plain: Key.ExportEncryptedPkcs8PrivateKey("x", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000))),
            "public-key" => Blob(plain: Key.ExportSubjectPublicKeyInfo()),
            "pem-key" => Blob(plain: Encoding.ASCII.GetBytes(Key.ExportPkcs8PrivateKeyPem())),
            "padded-key" => Blob(plain: [.. Key.ExportPkcs8PrivateKey(), .. new byte[8]]),
            "longer-key" => Blob(plain: [.. Key.ExportPkcs8PrivateKey(), 1]),
            "short-rsa" => Blob(plain: ShortKey()),
            "other-curve" => Blob(plain: ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1).ExportPkcs8PrivateKey()),
            "no-key" => Blob(plain: new byte[100]),
            "cut-ciphertext" => ByokFile.Write(Kid, Ciphertext()[..^3], "a test"),
            "cut-behind-kek" => ByokFile.Write(Kid, Ciphertext()[..260], "a test"),
            "bad-base64" => WithMember(f => f["ciphertext"] = "!!!"),
            "cut-json" => Blob()[..200],
            "empty" => [],
            "alg" => WithMember(f => f["header"]!["alg"] = "RSA-OAEP"),
            "enc" => WithMember(f => f["header"]!["enc"] = "RSA_AES_KEY_WRAP_256"),
            "no-kid" => WithMember(f => f["header"]!.AsObject().Remove("kid")),
            "versionless" => WithMember(f => f["header"]!["kid"] = Kid[..Kid.LastIndexOf('/')]),
            "schema" => WithMember(f => f["schema_version"] = "2"),
            _ => throw new ArgumentOutOfRangeException(nameof(fault)),
        };
    }

    private static byte[] ShortKey()
    {
        using var rsa = RSA.Create(1024);
        return rsa.ExportPkcs8PrivateKey();
    }

    private static byte[] Changed(Action<byte[]> change)
    {
        var ciphertext = Ciphertext();
        change(ciphertext);
        return ByokFile.Write(Kid, ciphertext, "a test");
    }

    private static byte[] WithMember(Action<JsonObject> change)
    {
        var file = JsonNode.Parse(Blob())!.AsObject();
        change(file);
        return Encoding.UTF8.GetBytes(file.ToJsonString());
    }

    private static byte[] Blob(byte[]? plain = null, RSAEncryptionPadding? padding = null, int aesBytes = 32, bool unpadded = false, RSA? kek = null) =>
        ByokFile.Write(Kid, Ciphertext(plain, padding, aesBytes, unpadded, kek), "a test");

    private static byte[] Ciphertext(byte[]? plain = null, RSAEncryptionPadding? padding = null, int aesBytes = 32, bool unpadded = false, RSA? kek = null)
    {
        var key = RandomNumberGenerator.GetBytes(aesBytes);
        var content = plain ?? Key.ExportPkcs8PrivateKey();
        using var aes = Aes.Create();
        aes.Key = key;
        return [.. (kek ?? KekRsa).Encrypt(key, padding ?? RSAEncryptionPadding.OaepSHA1), .. unpadded ? WithoutPadding(key, content) : aes.EncryptKeyWrapPadded(content)];
    }

    // RFC 3394 as it is written there, over the key filled up to whole blocks.
    private static byte[] WithoutPadding(byte[] key, byte[] content)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        var filled = new byte[(content.Length + 7) / 8 * 8];
        content.CopyTo(filled, 0);
        var (blocks, register) = (filled.Length / 8, Enumerable.Repeat((byte)0xA6, 8).ToArray());
        for (var j = 0; j < 6; j++)
        {
            for (var i = 1; i <= blocks; i++)
            {
                var made = aes.EncryptEcb([.. register, .. filled.AsSpan((i - 1) * 8, 8)], PaddingMode.None);
                made.AsSpan(8).CopyTo(filled.AsSpan((i - 1) * 8));
                register = made[..8];
                var counter = BitConverter.GetBytes((ulong)((blocks * j) + i));
                for (var b = 0; b < 8; b++) register[7 - b] ^= counter[b];
            }
        }

        return [.. register, .. filled];
    }

    private static async Task OpensslAsync(ScratchFolder scratch, params string[] arguments)
    {
        var said = await Tools.RunAsync("openssl", arguments, folder: scratch.Path);
        Assert.True(said.ExitCode == 0, said.Error);
    }
}
