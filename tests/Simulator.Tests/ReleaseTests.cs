using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Secure key release, with an attestation authority of the test's own.</summary>
public sealed class ReleaseTests
{
    private const string Hsm = "kv-hsm-test";
    private const string Authority = "https://attest.example/";

    // Made once for all tests: none of them changes a key.
    private static readonly RSA AuthorityKey = RSA.Create(2048);
    private static readonly RSA EnvironmentKey = RSA.Create(2048);

    [Theory]
    [InlineData("CKM_RSA_AES_KEY_WRAP", "sha1")]
    [InlineData("RSA_AES_KEY_WRAP_256", "sha256")]
    [InlineData("RSA_AES_KEY_WRAP_384", "sha384")]
    [InlineData(null, "sha1")]
    public async Task Openssl_unwraps_what_was_released(string? enc, string digest)
    {
        Tool.Need("openssl");
        await using var world = await ReadyAsync();
        var body = new JsonObject { ["target"] = Token(Claims()), ["nonce"] = "n-1" };
        if (enc is not null)
            body["enc"] = enc;
        var jws = (string)(await world.HsmAsync("POST", Hsm, "/keys/k/release", body)).Expect(200).Json["value"]!;
        var payload = JsonNode.Parse(Base64Url.DecodeFromChars(jws.Split('.')[1]))!;
        var released = payload["response"]!["key"]!["key"]!;
        var wrapped = JsonNode.Parse(Base64Url.DecodeFromChars((string)released["key_hsm"]!))!;
        using var scratch = new Scratch();
        var blob = Base64Url.DecodeFromChars((string)wrapped["ciphertext"]!);
        await File.WriteAllTextAsync(scratch.File("env.pem"), EnvironmentKey.ExportPkcs8PrivateKeyPem(), World.Stop);
        await File.WriteAllBytesAsync(scratch.File("c1"), blob[..256], World.Stop);
        await File.WriteAllBytesAsync(scratch.File("c2"), blob[256..], World.Stop);
        await Tool.RunAsync("openssl", ["pkeyutl", "-decrypt", "-inkey", scratch.File("env.pem"), "-in", scratch.File("c1"), "-out", scratch.File("aes"), "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", $"rsa_oaep_md:{digest}", "-pkeyopt", $"rsa_mgf1_md:{digest}"]);
        var aes = Convert.ToHexString(await File.ReadAllBytesAsync(scratch.File("aes"), World.Stop));
        await Tool.RunAsync("openssl", ["enc", "-d", "-id-aes256-wrap-pad", "-K", aes, "-iv", "A65959A6", "-in", scratch.File("c2"), "-out", scratch.File("key.der")]);
        var modulus = await Tool.RunAsync("openssl", ["rsa", "-inform", "DER", "-in", scratch.File("key.der"), "-noout", "-modulus"]);

        Assert.Equal("Modulus=" + Convert.ToHexString(Base64Url.DecodeFromChars((string)released["n"]!)), modulus.Trim());
        Assert.Equal("environment", (string?)wrapped["header"]!["kid"]);
        Assert.Equal("n-1", (string?)payload["request"]!["nonce"]);
        Assert.Equal("RSA", (string?)released["kty"]);
        Assert.Equal($"https://{Hsm}.managedhsm.azure.net/keys/k", (string?)payload["request"]!["kid"]);
    }

    [Fact]
    public async Task The_answer_is_signed_by_a_certificate_of_the_hsm_that_the_authority_issued()
    {
        await using var world = await ReadyAsync();
        var jws = (string)(await world.HsmAsync("POST", Hsm, "/keys/k/release", new JsonObject { ["target"] = Token(Claims()) })).Expect(200).Json["value"]!;
        var parts = jws.Split('.');
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!;
        using var leaf = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)header["x5c"]![0]!));
        using var root = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)header["x5c"]![1]!));
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(root);
        using var key = leaf.GetRSAPublicKey()!;

        Assert.True(chain.Build(leaf), string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
        Assert.True(leaf.MatchesHostname($"{Hsm}.managedhsm.azure.net"));
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(leaf.RawData)), (string?)header["x5t#S256"]);
    }

    [Theory]
    [InlineData("wrong claim")]
    [InlineData("missing claim")]
    [InlineData("other authority")]
    [InlineData("forged")]
    [InlineData("expired")]
    [InlineData("no runtime key")]
    [InlineData("nonsense")]
    public async Task A_token_that_does_not_satisfy_is_refused(string fault)
    {
        await using var world = await ReadyAsync();
        var claims = Claims();
        using var stranger = RSA.Create(2048);
        switch (fault)
        {
            case "wrong claim":
                claims["x-ms-isolation-tee"]!["x-ms-attestation-type"] = "sgx";
                break;
            case "missing claim":
                claims.Remove("x-ms-isolation-tee");
                break;
            case "other authority":
                claims["iss"] = "https://other.example/";
                world.Azure.TrustIssuer("https://other.example/", Keys());
                break;
            case "expired":
                claims["exp"] = 1000;
                break;
            case "no runtime key":
                claims["x-ms-runtime"] = new JsonObject { ["keys"] = new JsonArray() };
                break;
        }
        var token = fault switch
        {
            "forged" => Token(claims, stranger),
            "nonsense" => "a.b.c",
            _ => Token(claims),
        };

        (await world.HsmAsync("POST", Hsm, "/keys/k/release", new JsonObject { ["target"] = token })).Refused(403, "Forbidden");
    }

    [Fact]
    public async Task An_expired_key_is_released_and_a_disabled_one_is_not()
    {
        await using var world = await ReadyAsync();
        var body = new JsonObject { ["target"] = Token(Claims()) };
        (await world.HsmAsync("PATCH", Hsm, "/keys/k", new JsonObject { ["attributes"] = new JsonObject { ["exp"] = 1000 } })).Expect(200);
        (await world.HsmAsync("POST", Hsm, "/keys/k/release", body.DeepClone())).Expect(200);
        (await world.HsmAsync("PATCH", Hsm, "/keys/k", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } })).Expect(200);

        (await world.HsmAsync("POST", Hsm, "/keys/k/release", body)).Refused(403, "Forbidden");
    }

    [Fact]
    public async Task Only_a_role_for_it_releases()
    {
        await using var world = await ReadyAsync();
        var workload = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "workload");
        var body = new JsonObject { ["target"] = Token(Claims()) };
        (await world.GrantAsync(Hsm, "/keys/k", Roles.ServiceEncryption, workload.ObjectId)).Expect(201);
        (await world.HsmAsync("POST", Hsm, "/keys/k/release", body.DeepClone(), workload)).Refused(403, "AccessDenied");
        (await world.GrantAsync(Hsm, "/keys/k", Roles.ServiceRelease, workload.ObjectId)).Expect(201);

        (await world.HsmAsync("POST", Hsm, "/keys/k/release", body, workload)).Expect(200);
    }

    [Fact]
    public async Task A_key_that_cannot_be_exported_and_an_unknown_wrapping_are_refused()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "plain");

        (await world.HsmAsync("POST", Hsm, "/keys/plain/release", new JsonObject { ["target"] = Token(Claims()) })).Refused(400, "BadParameter");
        (await world.HsmAsync("POST", Hsm, "/keys/k/release", new JsonObject { ["target"] = Token(Claims()), ["enc"] = "NONE" })).Refused(400, "BadParameter");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"version\":\"1.0.0\",\"anyOf\":[]}")]
    [InlineData("{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"http://a.example\",\"allOf\":[{\"claim\":\"c\",\"equals\":1}]}]}")]
    [InlineData("{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.example\",\"allOf\":[{\"claim\":\"c\",\"less\":1}]}]}")]
    [InlineData("{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.example\",\"allOf\":[{\"claim\":\"c\",\"equals\":[1]}]}]}")]
    [InlineData("{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.example\",\"allOf\":[],\"anyOf\":[]}]}")]
    public async Task A_policy_that_is_none_is_refused(string policy)
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();

        (await world.HsmAsync("POST", Hsm, "/keys/k/create", Exportable(policy))).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task An_immutable_policy_stays()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var body = Exportable(Policy());
        body["release_policy"]!["immutable"] = true;
        await world.KeyAsync(Hsm, "k", body);
        var changed = new JsonObject { ["release_policy"] = Exportable(Policy().Replace("sevsnpvm", "sgx", StringComparison.Ordinal))["release_policy"]!.DeepClone() };

        (await world.HsmAsync("PATCH", Hsm, "/keys/k", changed)).Refused(400, "BadParameter");
    }

    private static string Policy() =>
        "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://attest.example\",\"allOf\":[{\"claim\":\"x-ms-isolation-tee.x-ms-attestation-type\",\"equals\":\"sevsnpvm\"},{\"anyOf\":[{\"claim\":\"debug\",\"equals\":\"true\"},{\"claim\":\"absent\",\"equals\":1}]}]}]}";

    private static JsonObject Exportable(string policy) => new()
    {
        ["kty"] = "RSA-HSM",
        ["attributes"] = new JsonObject { ["exportable"] = true },
        ["release_policy"] = new JsonObject { ["data"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(policy)) },
    };

    private JsonObject Claims()
    {
        var parts = EnvironmentKey.ExportParameters(false);
        return new JsonObject
        {
            ["iss"] = Authority,
            ["exp"] = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
            ["debug"] = true,
            ["x-ms-isolation-tee"] = new JsonObject { ["x-ms-attestation-type"] = "sevsnpvm" },
            ["x-ms-runtime"] = new JsonObject
            {
                ["keys"] = new JsonArray(new JsonObject
                {
                    ["kty"] = "RSA",
                    ["use"] = "enc",
                    ["kid"] = "environment",
                    ["n"] = Base64Url.EncodeToString(parts.Modulus),
                    ["e"] = Base64Url.EncodeToString(parts.Exponent),
                }),
            },
        };
    }

    private string Token(JsonObject claims, RSA? key = null)
    {
        var signed = $"{Base64Url.EncodeToString("{\"alg\":\"RS256\",\"kid\":\"a\"}"u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Base64Url.EncodeToString((key ?? AuthorityKey).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private string Keys()
    {
        var parts = AuthorityKey.ExportParameters(false);
        return $"{{\"keys\":[{{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"{Base64Url.EncodeToString(parts.Modulus)}\",\"e\":\"{Base64Url.EncodeToString(parts.Exponent)}\"}}]}}";
    }

    private async Task<World> ReadyAsync()
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        world.Azure.TrustIssuer(Authority, Keys());
        await world.KeyAsync(Hsm, "k", Exportable(Policy()));
        return world;
    }
}
