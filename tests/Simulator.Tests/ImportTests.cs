using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Keys that were made elsewhere: with OpenSSL, and inside SoftHSM.</summary>
public sealed class ImportTests
{
    private const string Hsm = "kv-hsm-test";
    private const string SoftHsm = "/usr/lib/softhsm/libsofthsm2.so";

    [Fact]
    public async Task An_rsa_key_that_softhsm_made_and_wrapped_signs_as_it_did_there()
    {
        await using var world = await ReadyAsync();
        var source = await FromSoftHsmAsync(world, "rsa");
        var imported = (await ImportAsync(world, "RSA-HSM", (string)source["byok"]!)).Expect(200).Json;
        Assert.Equal((string?)source["n"], (string?)imported["key"]!["n"]);
        var message = Bytes(source["message"]);
        var signed = (await SignAsync(world, "RS256", SHA256.HashData(message))).Expect(200).Json;

        // The padding of this algorithm has no chance in it: the same key gives the same signature.
        Assert.Equal((string?)source["signature"], (string?)signed["value"]);
    }

    [Fact]
    public async Task A_curve_key_that_softhsm_made_and_wrapped_verifies_what_it_signed_there()
    {
        await using var world = await ReadyAsync();
        var source = await FromSoftHsmAsync(world, "ec");
        (await ImportAsync(world, "EC-HSM", (string)source["byok"]!, "P-384")).Expect(200);
        var verified = (await world.HsmAsync("POST", Hsm, "/keys/imported/verify", new JsonObject
        {
            ["alg"] = "ES384",
            ["digest"] = Base64Url.EncodeToString(SHA384.HashData(Bytes(source["message"]))),
            ["value"] = (string?)source["signature"],
        })).Expect(200).Json;

        Assert.True((bool)verified["value"]!);
    }

    [Fact]
    public async Task A_symmetric_key_that_softhsm_made_and_wrapped_unwraps_what_it_wrapped_there()
    {
        await using var world = await ReadyAsync();
        var source = await FromSoftHsmAsync(world, "aes");
        (await ImportAsync(world, "oct-HSM", (string)source["byok"]!, operations: ["wrapKey", "unwrapKey"])).Expect(200);
        var unwrapped = (await world.HsmAsync("POST", Hsm, "/keys/imported/unwrapkey", new JsonObject { ["alg"] = "CKM_AES_KEY_WRAP_PAD", ["value"] = (string?)source["wrapped"] })).Expect(200).Json;

        Assert.Equal((string?)source["message"], (string?)unwrapped["value"]);
    }

    [Fact]
    public async Task An_older_version_of_the_exchange_key_still_unwraps_what_was_wrapped_for_it()
    {
        await using var world = await ReadyAsync();
        using var key = RSA.Create(2048);
        var byok = Wrap(await KekAsync(world), key.ExportPkcs8PrivateKey());
        await KekAsync(world);

        (await ImportAsync(world, "RSA-HSM", byok)).Expect(200);
    }

    [Theory]
    [InlineData("not json", 400, "BadParameter", null)]
    [InlineData("wrong enc", 400, "BadParameter", null)]
    [InlineData("unknown kek", 404, "KeyNotFound", null)]
    [InlineData("no kek", 403, "Forbidden", "KeyOperationForbidden")]
    [InlineData("disabled", 403, "Forbidden", "KeyDisabled")]
    [InlineData("torn", 400, "BadParameter", null)]
    [InlineData("short", 400, "BadParameter", null)]
    [InlineData("other type", 400, "BadParameter", null)]
    [InlineData("1024", 400, "BadParameter", null)]
    [InlineData("deleted name", 409, "Conflict", "ObjectIsDeletedButRecoverable")]
    public async Task A_wrong_transfer_blob_is_refused_and_leaves_no_key(string fault, int status, string code, string? inner)
    {
        await using var world = await ReadyAsync();
        var kek = await KekAsync(world);
        using var key = RSA.Create(fault == "1024" ? 1024 : 2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var plain = fault == "other type" ? curve.ExportPkcs8PrivateKey() : key.ExportPkcs8PrivateKey();
        if (fault == "no kek")
            kek = await world.KeyAsync(Hsm, "other");
        if (fault == "disabled")
            (await world.HsmAsync("PATCH", Hsm, "/keys/kek", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } })).Expect(200);
        if (fault == "deleted name")
        {
            await world.KeyAsync(Hsm, "imported", new JsonObject { ["kty"] = "EC-HSM" });
            (await world.HsmAsync("DELETE", Hsm, "/keys/imported")).Expect(200);
        }
        var byok = fault switch
        {
            "not json" => Base64Url.EncodeToString("hello"u8),
            "wrong enc" => Wrap(kek, plain, file => file["header"]!["enc"] = "RSA_AES_KEY_WRAP_256"),
            "unknown kek" => Wrap(kek, plain, file => file["header"]!["kid"] = $"https://{Hsm}.managedhsm.azure.net/keys/nobody/{new string('0', 32)}"),
            "torn" => Wrap(kek, plain, file => file["ciphertext"] = Torn((string)file["ciphertext"]!)),
            "short" => Wrap(kek, plain, file => file["ciphertext"] = "AAAA"),
            _ => Wrap(kek, plain),
        };
        var refused = await ImportAsync(world, "RSA-HSM", byok);

        refused.Refused(status, code);
        Assert.Equal(inner, refused.InnerCode);
        (await world.HsmAsync("GET", Hsm, "/keys/imported")).Refused(404, "KeyNotFound");
    }

    [Fact]
    public async Task A_private_key_in_the_open_is_imported_and_never_shown_again()
    {
        await using var world = await ReadyAsync();
        using var key = RSA.Create(2048);
        var imported = (await world.HsmAsync("PUT", Hsm, "/keys/imported", new JsonObject { ["key"] = Private(key), ["Hsm"] = true })).Expect(200);

        Assert.Equal(["e", "key_ops", "kid", "kty", "n"], imported.Json["key"]!.AsObject().Select(member => member.Key));
        Assert.Equal("RSA-HSM", (string?)imported.Json["key"]!["kty"]);
    }

    [Fact]
    public async Task A_symmetric_key_in_the_open_is_refused()
    {
        await using var world = await ReadyAsync();

        (await world.HsmAsync("PUT", Hsm, "/keys/imported", new JsonObject { ["key"] = new JsonObject { ["kty"] = "oct-HSM", ["k"] = Base64Url.EncodeToString(new byte[32]) } })).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task A_private_key_whose_numbers_do_not_fit_is_refused()
    {
        await using var world = await ReadyAsync();
        using var key = RSA.Create(2048);
        var jwk = Private(key);
        jwk["d"] = Base64Url.EncodeToString(new byte[256]);

        (await world.HsmAsync("PUT", Hsm, "/keys/imported", new JsonObject { ["key"] = jwk })).Refused(400, "BadParameter");
    }

    private static JsonObject Private(RSA key)
    {
        var parts = key.ExportParameters(includePrivateParameters: true);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["n"] = Base64Url.EncodeToString(parts.Modulus),
            ["e"] = Base64Url.EncodeToString(parts.Exponent),
            ["d"] = Base64Url.EncodeToString(parts.D),
            ["p"] = Base64Url.EncodeToString(parts.P),
            ["q"] = Base64Url.EncodeToString(parts.Q),
            ["dp"] = Base64Url.EncodeToString(parts.DP),
            ["dq"] = Base64Url.EncodeToString(parts.DQ),
            ["qi"] = Base64Url.EncodeToString(parts.InverseQ),
        };
    }

    private static byte[] Bytes(JsonNode? text) => Base64Url.DecodeFromChars((string)text!);

    private static string Torn(string text)
    {
        var bytes = Base64Url.DecodeFromChars(text);
        bytes[^1] ^= 1;
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Wraps with the platform's own cryptography, in the documented layout.</summary>
    private static string Wrap(JsonNode kek, byte[] plain, Action<JsonObject>? spoil = null)
    {
        using var exchange = RSA.Create(new RSAParameters { Modulus = Bytes(kek["key"]!["n"]), Exponent = Bytes(kek["key"]!["e"]) });
        var once = RandomNumberGenerator.GetBytes(32);
        using var aes = Aes.Create();
        aes.Key = once;
        var file = new JsonObject
        {
            ["schema_version"] = "1.0.0",
            ["header"] = new JsonObject { ["kid"] = (string?)kek["key"]!["kid"], ["alg"] = "dir", ["enc"] = "CKM_RSA_AES_KEY_WRAP" },
            ["ciphertext"] = Base64Url.EncodeToString([.. exchange.Encrypt(once, RSAEncryptionPadding.OaepSHA1), .. aes.EncryptKeyWrapPadded(plain)]),
        };
        spoil?.Invoke(file);
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(file.ToJsonString()));
    }

    private static Task<JsonNode> KekAsync(World world) =>
        world.KeyAsync(Hsm, "kek", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048, ["key_ops"] = new JsonArray("import") });

    private static async Task<JsonNode> FromSoftHsmAsync(World world, string kind)
    {
        if (!File.Exists(SoftHsm) || !File.Exists("/usr/lib/python3/dist-packages/PyKCS11/__init__.py"))
            Assert.Skip("SoftHSM or python3-pykcs11 is not installed; tests/clients/install installs them");
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch.File("kek.json"), (await KekAsync(world)).ToJsonString(), World.Stop);
        await Tool.RunAsync("/usr/bin/python3", [Repo.Path("tests", "clients", "softhsm.py"), kind, scratch.File("kek.json"), scratch.File("out.json")]);
        return JsonNode.Parse(await File.ReadAllTextAsync(scratch.File("out.json"), World.Stop))!;
    }

    private static Task<Reply> ImportAsync(World world, string kty, string byok, string? curve = null, string[]? operations = null)
    {
        var key = new JsonObject { ["kty"] = kty, ["key_hsm"] = byok };
        if (curve is not null)
            key["crv"] = curve;
        if (operations is not null)
            key["key_ops"] = new JsonArray([.. operations.Select(operation => (JsonNode)operation)]);
        return world.HsmAsync("PUT", Hsm, "/keys/imported", new JsonObject { ["key"] = key, ["attributes"] = new JsonObject { ["enabled"] = true } });
    }

    private static Task<Reply> SignAsync(World world, string algorithm, byte[] digest) =>
        world.HsmAsync("POST", Hsm, "/keys/imported/sign", new JsonObject { ["alg"] = algorithm, ["value"] = Base64Url.EncodeToString(digest) });

    private static async Task<World> ReadyAsync()
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        return world;
    }
}
