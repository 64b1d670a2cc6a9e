using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class CryptoTests
{
    private const string Hsm = "kv-hsm-test";
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7))];

    [Theory]
    [InlineData("RSA-OAEP-256")]
    [InlineData("RSA-OAEP")]
    [InlineData("RSA1_5")]
    public async Task Openssl_wraps_and_the_hsm_unwraps(string algorithm)
    {
        Tool.Need("openssl");
        await using var world = await ReadyAsync();
        using var scratch = new Scratch();
        var key = (await world.KeyAsync(Hsm, "k"))["key"]!;
        await WritePublicKeyAsync(key, scratch.File("public.pem"));
        await File.WriteAllBytesAsync(scratch.File("plain"), Secret, World.Stop);
        string[] padding = algorithm switch
        {
            "RSA-OAEP-256" => ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"],
            "RSA-OAEP" => ["-pkeyopt", "rsa_padding_mode:oaep"],
            _ => ["-pkeyopt", "rsa_padding_mode:pkcs1"],
        };
        await Tool.RunAsync("openssl", ["pkeyutl", "-encrypt", "-pubin", "-inkey", scratch.File("public.pem"), "-in", scratch.File("plain"), "-out", scratch.File("wrapped"), .. padding]);
        var wrapped = await File.ReadAllBytesAsync(scratch.File("wrapped"), World.Stop);
        var unwrapped = (await OperateAsync(world, "k", "unwrapkey", algorithm, wrapped)).Expect(200).Json;

        Assert.Equal(Secret, Decode(unwrapped));
        Assert.Equal((string?)key["kid"], (string?)unwrapped["kid"]);
        Assert.Equal(algorithm, (string?)unwrapped["alg"]);
    }

    [Theory]
    [InlineData("RSA-HSM", null, "RS256", 32)]
    [InlineData("RSA-HSM", null, "PS512", 64)]
    [InlineData("EC-HSM", "P-256", "ES256", 32)]
    [InlineData("EC-HSM", "P-384", "ES384", 48)]
    [InlineData("EC-HSM", "P-521", "ES512", 64)]
    [InlineData("EC-HSM", "P-256K", "ES256K", 32)]
    public async Task What_the_hsm_signs_openssl_verifies(string kty, string? curve, string algorithm, int digestBytes)
    {
        Tool.Need("openssl");
        await using var world = await ReadyAsync();
        using var scratch = new Scratch();
        var body = new JsonObject { ["kty"] = kty };
        if (curve is not null)
            body["crv"] = curve;
        var key = (await world.KeyAsync(Hsm, "k", body))["key"]!;
        var message = Encoding.UTF8.GetBytes("the quick brown fox");
        var digest = digestBytes switch { 32 => SHA256.HashData(message), 48 => SHA384.HashData(message), _ => SHA512.HashData(message) };
        var signature = Decode((await OperateAsync(world, "k", "sign", algorithm, digest)).Expect(200).Json);
        if (kty == "EC-HSM")
            Assert.Equal(curve == "P-521" ? 132 : digestBytes * 2, signature.Length);
        await WritePublicKeyAsync(key, scratch.File("public.pem"));
        await File.WriteAllBytesAsync(scratch.File("message"), message, World.Stop);
        await File.WriteAllBytesAsync(scratch.File("signature"), kty == "EC-HSM" ? ToDer(signature) : signature, World.Stop);
        string[] options = algorithm.StartsWith("PS", StringComparison.Ordinal) ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", $"rsa_pss_saltlen:{digestBytes}"] : [];

        Assert.Contains("Verified OK", await Tool.RunAsync("openssl", ["dgst", $"-sha{digestBytes * 8}", "-verify", scratch.File("public.pem"), .. options, "-signature", scratch.File("signature"), scratch.File("message")]));
        Assert.True(await VerifyAsync(world, "k", algorithm, digest, signature));
        signature[5] ^= 1;
        Assert.False(await VerifyAsync(world, "k", algorithm, digest, signature));
    }

    [Theory]
    [InlineData(128)]
    [InlineData(192)]
    [InlineData(256)]
    public async Task Aes_keys_wrap_and_encrypt_in_their_size(int bits)
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "oct-HSM", ["key_size"] = bits });
        var wrapped = Decode((await OperateAsync(world, "k", "wrapkey", $"A{bits}KW", Secret)).Expect(200).Json);
        Assert.Equal(40, wrapped.Length);
        Assert.Equal(Secret, Decode((await OperateAsync(world, "k", "unwrapkey", $"A{bits}KW", wrapped)).Expect(200).Json));

        var sealedValue = (await world.HsmAsync("POST", Hsm, "/keys/k/encrypt", new JsonObject { ["alg"] = $"A{bits}GCM", ["value"] = Encode(Secret), ["aad"] = "AQID" })).Expect(200).Json;
        Assert.Equal(12, Base64Url.DecodeFromChars((string)sealedValue["iv"]!).Length);
        Assert.Equal(16, Base64Url.DecodeFromChars((string)sealedValue["tag"]!).Length);
        var back = new JsonObject { ["alg"] = $"A{bits}GCM", ["value"] = (string?)sealedValue["value"], ["iv"] = (string?)sealedValue["iv"], ["tag"] = (string?)sealedValue["tag"], ["aad"] = "AQID" };
        Assert.Equal(Secret, Decode((await world.HsmAsync("POST", Hsm, "/keys/k/decrypt", back)).Expect(200).Json));
        var wrong = back.DeepClone().AsObject();
        wrong["aad"] = "AQIE";
        (await world.HsmAsync("POST", Hsm, "/keys/k/decrypt", wrong)).Refused(400, "BadParameter");

        (await OperateAsync(world, "k", "wrapkey", bits == 128 ? "A256KW" : "A128KW", Secret)).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Cbc_wants_an_iv_from_the_caller_and_gcm_refuses_one()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "oct-HSM", ["key_size"] = 256 });
        var iv = Encode(new byte[16]);

        (await OperateAsync(world, "k", "encrypt", "A256CBCPAD", Secret)).Refused(400, "BadParameter");
        var cipher = (await world.HsmAsync("POST", Hsm, "/keys/k/encrypt", new JsonObject { ["alg"] = "A256CBCPAD", ["value"] = Encode([1, 2, 3]), ["iv"] = iv })).Expect(200).Json;
        var plain = (await world.HsmAsync("POST", Hsm, "/keys/k/decrypt", new JsonObject { ["alg"] = "A256CBCPAD", ["value"] = (string?)cipher["value"], ["iv"] = iv })).Expect(200).Json;
        Assert.Equal([1, 2, 3], Decode(plain));
        (await world.HsmAsync("POST", Hsm, "/keys/k/encrypt", new JsonObject { ["alg"] = "A256CBC", ["value"] = Encode([1, 2, 3]), ["iv"] = iv })).Refused(400, "BadParameter");
        (await world.HsmAsync("POST", Hsm, "/keys/k/encrypt", new JsonObject { ["alg"] = "A256GCM", ["value"] = Encode(Secret), ["iv"] = Encode(new byte[12]) })).Refused(400, "BadParameter");
    }

    [Theory]
    [InlineData("HS256", 32)]
    [InlineData("HS384", 48)]
    [InlineData("HS512", 64)]
    public async Task Symmetric_keys_authenticate(string algorithm, int bytes)
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "oct-HSM", ["key_size"] = 256, ["key_ops"] = new JsonArray("sign", "verify") });
        var mac = Decode((await OperateAsync(world, "k", "sign", algorithm, Secret)).Expect(200).Json);

        Assert.Equal(bytes, mac.Length);
        Assert.True(await VerifyAsync(world, "k", algorithm, Secret, mac));
    }

    [Fact]
    public async Task Bare_signatures_are_padded_as_pkcs1_says()
    {
        await using var world = await ReadyAsync();
        var key = (await world.KeyAsync(Hsm, "k"))["key"]!;
        var signature = Decode((await OperateAsync(world, "k", "sign", "RSNULL", Secret)).Expect(200).Json);
        var modulus = new System.Numerics.BigInteger(Base64Url.DecodeFromChars((string)key["n"]!), true, true);
        var block = System.Numerics.BigInteger.ModPow(new(signature, true, true), 65537, modulus).ToByteArray(true, true);

        Assert.Equal(1, block[0]);
        Assert.Equal(Secret, block[^32..]);
        Assert.True(await VerifyAsync(world, "k", "RSNULL", Secret, signature));
    }

    [Fact]
    public async Task A_digest_of_a_wrong_length_is_refused()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");

        (await OperateAsync(world, "k", "sign", "RS256", new byte[20])).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Garbage_is_refused_without_saying_what_was_wrong_with_it()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");
        var texts = new HashSet<string>();
        foreach (var garbage in (byte[][])[new byte[256], [1], new byte[300], [.. Enumerable.Repeat((byte)0x5a, 256)]])
            texts.Add((await OperateAsync(world, "k", "unwrapkey", "RSA-OAEP", garbage)).Refused(400, "BadParameter").ErrorText!.Split(" (Activity")[0]);

        Assert.Single(texts);
    }

    [Theory]
    [InlineData(true, 0, 0, "wrapkey", null)]
    [InlineData(true, 0, -10, "wrapkey", "KeyExpired")]
    [InlineData(true, 0, -10, "sign", "KeyExpired")]
    [InlineData(true, 0, -10, "encrypt", "KeyExpired")]
    [InlineData(true, 10, 0, "wrapkey", "KeyNotYetValid")]
    [InlineData(true, 0, -10, "unwrapkey", null)]
    [InlineData(true, 10, 0, "unwrapkey", null)]
    [InlineData(true, 0, -10, "decrypt", null)]
    [InlineData(false, 0, 0, "unwrapkey", "KeyDisabled")]
    [InlineData(false, 0, 0, "wrapkey", "KeyDisabled")]
    [InlineData(false, 0, 0, "verify", "KeyDisabled")]
    public async Task Attributes_decide_what_a_key_may_do(bool enabled, int notBeforeDays, int expiresDays, string operation, string? refused)
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");
        var wrapped = Decode((await OperateAsync(world, "k", "wrapkey", "RSA-OAEP", Secret)).Expect(200).Json);
        var now = world.Azure.Clock.GetUtcNow();
        var attributes = new JsonObject { ["enabled"] = enabled };
        if (notBeforeDays != 0)
            attributes["nbf"] = now.AddDays(notBeforeDays).ToUnixTimeSeconds();
        if (expiresDays != 0)
            attributes["exp"] = now.AddDays(expiresDays).ToUnixTimeSeconds();
        (await world.HsmAsync("PATCH", Hsm, "/keys/k", new JsonObject { ["attributes"] = attributes })).Expect(200);
        var algorithm = operation is "sign" or "verify" ? "RS256" : "RSA-OAEP";
        var reply = await OperateAsync(world, "k", operation, algorithm, operation is "unwrapkey" or "decrypt" ? wrapped : Secret);

        if (refused is null)
        {
            reply.Expect(200);
            return;
        }
        reply.Refused(403, "Forbidden");
        Assert.Equal(refused, reply.InnerCode);
    }

    [Fact]
    public async Task An_operation_that_the_key_was_not_made_for_is_refused()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "RSA-HSM", ["key_ops"] = new JsonArray("wrapKey", "unwrapKey") });
        var reply = await OperateAsync(world, "k", "sign", "RS256", Secret);

        reply.Refused(403, "Forbidden");
        Assert.Equal("KeyOperationForbidden", reply.InnerCode);
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(128, 200)]
    [InlineData(0, 400)]
    [InlineData(129, 400)]
    public async Task Random_bytes_come_in_the_number_asked_for(int count, int status)
    {
        await using var world = await ReadyAsync();
        var reply = (await world.HsmAsync("POST", Hsm, "/rng", new JsonObject { ["count"] = count })).Expect(status);

        if (status == 200)
            Assert.Equal(count, Decode(reply.Json).Length);
    }

    [Theory]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f", "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21")]
    public void Key_wrap_gives_the_published_values(string key, string plain, string wrapped)
    {
        Assert.Equal(wrapped, Convert.ToHexStringLower(AesKeyWrap.Wrap(Convert.FromHexString(key), Convert.FromHexString(plain))));
        Assert.Equal(plain, Convert.ToHexStringLower(AesKeyWrap.Unwrap(Convert.FromHexString(key), Convert.FromHexString(wrapped))));
    }

    [Theory]
    [InlineData("c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")]
    [InlineData("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f")]
    public void Key_wrap_with_padding_gives_the_published_values(string plain, string wrapped)
    {
        var key = Convert.FromHexString("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");

        Assert.Equal(wrapped, Convert.ToHexStringLower(AesKeyWrap.WrapPadded(key, Convert.FromHexString(plain))));
        Assert.Equal(plain, Convert.ToHexStringLower(AesKeyWrap.UnwrapPadded(key, Convert.FromHexString(wrapped))));
    }

    [Theory]
    [InlineData("aes_wrap_test.json", false)]
    [InlineData("aes_kwp_test.json", true)]
    public void Wycheproof_finds_nothing_in_the_key_wraps(string file, bool padded)
    {
        using var vectors = JsonDocument.Parse(File.ReadAllText(Repo.Vector($"wycheproof/{file}")));
        var tried = 0;
        foreach (var test in vectors.RootElement.GetProperty("testGroups").EnumerateArray().SelectMany(group => group.GetProperty("tests").EnumerateArray()))
        {
            var key = Convert.FromHexString(test.GetProperty("key").GetString()!);
            var plain = Convert.FromHexString(test.GetProperty("msg").GetString()!);
            var wrapped = Convert.FromHexString(test.GetProperty("ct").GetString()!);
            var valid = test.GetProperty("result").GetString() == "valid";
            var id = test.GetProperty("tcId").GetInt32();
            byte[]? opened = null;
            try
            {
                opened = padded ? AesKeyWrap.UnwrapPadded(key, wrapped) : AesKeyWrap.Unwrap(key, wrapped);
            }
            catch (CryptographicException)
            {
                Assert.False(valid, $"test {id} was refused");
            }
            if (valid)
                Assert.Equal(plain, opened);
            else if (test.GetProperty("result").GetString() == "invalid")
                Assert.True(opened is null || !opened.AsSpan().SequenceEqual(plain), $"test {id} was accepted");
            tried++;
        }

        Assert.True(tried > 100);
    }

    private static async Task<World> ReadyAsync()
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync(Hsm);
        return world;
    }

    private static Task<Reply> OperateAsync(World world, string key, string operation, string algorithm, byte[] value) =>
        world.HsmAsync("POST", Hsm, $"/keys/{key}/{operation}", new JsonObject { ["alg"] = algorithm, ["value"] = Encode(value), ["digest"] = Encode(value) });

    private static async Task<bool> VerifyAsync(World world, string key, string algorithm, byte[] digest, byte[] signature) =>
        (bool)(await world.HsmAsync("POST", Hsm, $"/keys/{key}/verify", new JsonObject { ["alg"] = algorithm, ["digest"] = Encode(digest), ["value"] = Encode(signature) })).Expect(200).Json["value"]!;

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] Decode(JsonNode result) => Base64Url.DecodeFromChars((string)result["value"]!);

    private static byte[] ToDer(byte[] signature)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new System.Numerics.BigInteger(signature.AsSpan(0, signature.Length / 2), true, true));
            writer.WriteInteger(new System.Numerics.BigInteger(signature.AsSpan(signature.Length / 2), true, true));
        }
        return writer.Encode();
    }

    private static async Task WritePublicKeyAsync(JsonNode key, string path)
    {
        byte[] Part(string name) => Base64Url.DecodeFromChars((string)key[name]!);
        string pem;
        if (key["n"] is not null)
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = Part("n"), Exponent = Part("e") });
            pem = rsa.ExportSubjectPublicKeyInfoPem();
        }
        else
        {
            var curve = (string)key["crv"]! switch
            {
                "P-256" => ECCurve.NamedCurves.nistP256,
                "P-384" => ECCurve.NamedCurves.nistP384,
                "P-521" => ECCurve.NamedCurves.nistP521,
                _ => ECCurve.CreateFromValue("1.3.132.0.10"),
            };
            using var ec = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Part("x"), Y = Part("y") } });
            pem = ec.ExportSubjectPublicKeyInfoPem();
        }
        await File.WriteAllTextAsync(path, pem, World.Stop);
    }
}
