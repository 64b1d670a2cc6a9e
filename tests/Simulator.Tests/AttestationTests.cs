using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class AttestationTests
{
    private const string Shared = "https://sharedeus2.eus2.attest.azure.net";
    private const string Version = "?api-version=2022-08-01";

    private static JsonObject Runtime(RSA key)
    {
        var parameters = key.ExportParameters(false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["kid"] = "HCLTransferKey",
                ["key_ops"] = new JsonArray("encrypt"),
                ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            }),
        };
    }

    private static JsonNode Evidence(World world, JsonObject runtime, SnpGuest? guest = null) =>
        JsonNode.Parse(world.Azure.MakeEvidence(guest ?? new SnpGuest(), Encoding.UTF8.GetBytes(runtime.ToJsonString())))!;

    private static JsonNode Payload(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;

    private static JsonNode Inner(JsonNode evidence) => JsonNode.Parse(Base64Url.DecodeFromChars((string)evidence["report"]!))!;

    private static void Replace(JsonNode evidence, JsonNode inner) => evidence["report"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(inner.ToJsonString()));

    [Fact]
    public async Task A_key_is_released_to_a_guest_that_proved_what_it_is()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        using var guestKey = RSA.Create(2048);
        var measurement = RandomNumberGenerator.GetBytes(48);
        var policy = new JsonObject
        {
            ["version"] = "1.0.0",
            ["anyOf"] = new JsonArray(new JsonObject
            {
                ["authority"] = Shared,
                ["allOf"] = new JsonArray(
                    new JsonObject { ["claim"] = "x-ms-attestation-type", ["equals"] = "sevsnpvm" },
                    new JsonObject { ["claim"] = "x-ms-compliance-status", ["equals"] = "azure-compliant-cvm" },
                    new JsonObject { ["claim"] = "x-ms-sevsnpvm-launchmeasurement", ["equals"] = Convert.ToHexStringLower(measurement) }),
            }),
        };
        await world.KeyAsync("kv-hsm-test", "skr", new JsonObject
        {
            ["kty"] = "RSA-HSM",
            ["key_size"] = 2048,
            ["attributes"] = new JsonObject { ["exportable"] = true },
            ["release_policy"] = new JsonObject { ["data"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(policy.ToJsonString())) },
        });
        var token = (string)(await world.SendAsync("POST", $"{Shared}/attest/SevSnpVm{Version}", Evidence(world, Runtime(guestKey), new SnpGuest { Measurement = measurement }), token: "")).Expect(200).Json["token"]!;
        var released = (await world.HsmAsync("POST", "kv-hsm-test", "/keys/skr/release", new JsonObject { ["target"] = token })).Expect(200).Json;

        Assert.Equal(3, ((string)released["value"]!).Split('.').Length);
        var other = (string)(await world.SendAsync("POST", $"{Shared}/attest/SevSnpVm{Version}", Evidence(world, Runtime(guestKey)), token: "")).Expect(200).Json["token"]!;
        (await world.HsmAsync("POST", "kv-hsm-test", "/keys/skr/release", new JsonObject { ["target"] = other })).Refused(403, "Forbidden");
        var west = (string)(await world.SendAsync("POST", $"https://sharedweu.weu.attest.azure.net/attest/SevSnpVm{Version}", Evidence(world, Runtime(guestKey), new SnpGuest { Measurement = measurement }), token: "")).Expect(200).Json["token"]!;
        (await world.HsmAsync("POST", "kv-hsm-test", "/keys/skr/release", new JsonObject { ["target"] = west })).Refused(403, "Forbidden");
    }

    [Fact]
    public async Task A_token_can_be_checked_with_the_published_certificate()
    {
        await using var world = await World.StartAsync();
        using var guestKey = RSA.Create(2048);
        var token = (string)(await world.SendAsync("POST", $"{Shared}/attest/SevSnpVm{Version}", Evidence(world, Runtime(guestKey), new SnpGuest { GuestSvn = 7 }), token: "")).Expect(200).Json["token"]!;
        var metadata = (await world.SendAsync("GET", $"{Shared}/.well-known/openid-configuration", token: "")).Expect(200).Json;
        var keys = (await world.SendAsync("GET", (string)metadata["jwks_uri"]!, token: "")).Expect(200).Json["keys"]!;
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[0]))!;
        using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)keys[0]!["x5c"]![0]!));
        using var key = certificate.GetRSAPublicKey()!;

        Assert.Equal(((string?)keys[0]!["kid"], $"{Shared}/certs"), ((string?)header["kid"], (string?)header["jku"]));
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes(string.Join('.', token.Split('.')[..2])), Base64Url.DecodeFromChars(token.Split('.')[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var claims = Payload(token);
        Assert.Equal((Shared, "sevsnpvm", 7, false), ((string?)claims["iss"], (string?)claims["x-ms-attestation-type"], (int)claims["x-ms-sevsnpvm-guestsvn"]!, (bool)claims["x-ms-sevsnpvm-is-debuggable"]!));
        Assert.Equal("HCLTransferKey", (string?)claims["x-ms-runtime"]!["keys"]![0]!["kid"]);
        Assert.Equal((string?)metadata["issuer"], (string?)claims["iss"]);
    }

    [Fact]
    public async Task A_debuggable_guest_complies_with_nothing()
    {
        await using var world = await World.StartAsync();
        using var guestKey = RSA.Create(2048);
        var claims = Payload((string)(await world.SendAsync("POST", $"{Shared}/attest/SevSnpVm{Version}", Evidence(world, Runtime(guestKey), new SnpGuest { Debuggable = true }), token: "")).Expect(200).Json["token"]!);

        Assert.True((bool)claims["x-ms-sevsnpvm-is-debuggable"]!);
        Assert.Null(claims["x-ms-compliance-status"]);
    }

    [Fact]
    public async Task Evidence_that_was_touched_is_refused()
    {
        await using var world = await World.StartAsync();
        using var guestKey = RSA.Create(2048);
        async Task<Reply> AttestAsync(JsonNode evidence) => await world.SendAsync("POST", $"{Shared}/attest/SevSnpVm{Version}", evidence, token: "");

        var flipped = Evidence(world, Runtime(guestKey));
        var inner = Inner(flipped);
        var report = Base64Url.DecodeFromChars((string)inner["SnpReport"]!);
        report[0x90] ^= 1;
        inner["SnpReport"] = Base64Url.EncodeToString(report);
        Replace(flipped, inner);
        Assert.Contains("signature", (await AttestAsync(flipped)).Refused(400, "AttestationFailure").ErrorText, StringComparison.Ordinal);

        using var otherKey = RSA.Create(2048);
        var swapped = Evidence(world, Runtime(guestKey));
        swapped["runtimeData"]!["data"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Runtime(otherKey).ToJsonString()));
        Assert.Contains("runtime data", (await AttestAsync(swapped)).Refused(400, "AttestationFailure").ErrorText, StringComparison.Ordinal);

        await using var elsewhere = await World.StartAsync();
        Assert.Contains("trusted root", (await AttestAsync(Evidence(elsewhere, Runtime(guestKey)))).Refused(400, "AttestationFailure").ErrorText, StringComparison.Ordinal);

        var cut = Evidence(world, Runtime(guestKey));
        inner = Inner(cut);
        inner["SnpReport"] = Base64Url.EncodeToString(new byte[100]);
        Replace(cut, inner);
        (await AttestAsync(cut)).Refused(400, "InvalidParameter");
    }

    [Fact]
    public async Task A_provider_of_ones_own_has_its_policy()
    {
        await using var world = await World.StartAsync();
        using var guestKey = RSA.Create(2048);
        var resource = $"{world.Group}/providers/Microsoft.Attestation/attestationProviders/maatest";
        var uri = (string)(await world.ArmAsync("PUT", resource, new JsonObject { ["location"] = "eastus2", ["properties"] = new JsonObject() }, version: "2021-06-01")).Expect(201).Json["properties"]!["attestUri"]!;
        Assert.Equal("https://maatest.eus2.attest.azure.net", uri);
        const string Policy = """
            version=1.0;
            authorizationrules { [type=="x-ms-sevsnpvm-is-debuggable", value==false] => permit(); };
            issuancerules { c:[type=="x-ms-sevsnpvm-guestsvn"] => issue(type="svn", value=c.value); => issue(type="team", value="keys"); };
            """;
        (await SetAsync(Policy)).Expect(200);
        var claims = Payload((string)(await AttestAsync(new SnpGuest { GuestSvn = 4 })).Expect(200).Json["token"]!);
        Assert.Equal((4, "keys"), ((int)claims["svn"]!, (string?)claims["team"]));
        (await AttestAsync(new SnpGuest { Debuggable = true })).Refused(400, "PolicyEvaluationError");
        (await SetAsync("version=1.0; authorizationrules { whatever };")).Refused(400, "PolicyParsingError");

        var shown = Payload((string)(await world.GetAsync($"{uri}/policies/SevSnpVm{Version}")).Expect(200).Json["token"]!);
        Assert.Equal(Policy, Encoding.UTF8.GetString(Base64Url.DecodeFromChars((string)Payload((string)shown["x-ms-policy"]!)["AttestationPolicy"]!)));
        using var reset = new HttpRequestMessage(HttpMethod.Post, $"{uri}/policies/SevSnpVm:reset{Version}") { Content = new StringContent("eyJhbGciOiJub25lIn0.e30.") };
        reset.Headers.Authorization = new("Bearer", await world.TokenAsync("https://attest.azure.net", world.Owner));
        Assert.Equal("Removed", (string?)Payload((string)(await world.SendAsync(reset)).Expect(200).Json["token"]!)["x-ms-policy-result"]);
        (await AttestAsync(new SnpGuest { Debuggable = true })).Expect(200);

        var stranger = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "stranger");
        (await world.GetAsync($"{uri}/policies/SevSnpVm{Version}", stranger)).Refused(403, "Forbidden");
        (await world.SendAsync("GET", $"{uri}/policies/SevSnpVm{Version}", token: "")).Expect(401);
        (await world.ArmAsync("DELETE", resource)).Expect(200);
        await Assert.ThrowsAsync<HttpRequestException>(() => AttestAsync(new SnpGuest()));

        Task<Reply> AttestAsync(SnpGuest guest) => world.SendAsync("POST", $"{uri}/attest/SevSnpVm{Version}", Evidence(world, Runtime(guestKey), guest), token: "");

        async Task<Reply> SetAsync(string policy)
        {
            var payload = new JsonObject { ["AttestationPolicy"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(policy)) };
            using var request = new HttpRequestMessage(HttpMethod.Put, $"{uri}/policies/SevSnpVm{Version}")
            {
                Content = new StringContent($"eyJhbGciOiJub25lIn0.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.ToJsonString()))}."),
            };
            request.Headers.Authorization = new("Bearer", await world.TokenAsync("https://attest.azure.net", world.Owner));
            return await world.SendAsync(request);
        }
    }

    [Fact]
    public async Task The_policy_of_a_shared_provider_stays_as_it_is()
    {
        await using var world = await World.StartAsync();
        (await world.SendAsync("PUT", $"{Shared}/policies/SevSnpVm{Version}", new JsonObject())).Refused(403, "Forbidden");
        (await world.GetAsync($"{Shared}/policies/SevSnpVm{Version}")).Expect(200);
    }

    [Fact]
    public async Task A_provider_survives_a_restart_with_its_key()
    {
        using var scratch = new Scratch();
        using var guestKey = RSA.Create(2048);
        string kid;
        await using (var world = await World.StartAsync(options => options with { StateFile = scratch.File("estate.db") }))
            kid = (string)(await world.SendAsync("GET", $"{Shared}/certs", token: "")).Expect(200).Json["keys"]![0]!["kid"]!;
        await using var again = await World.StartAsync(options => options with { StateFile = scratch.File("estate.db") });

        Assert.Equal(kid, (string?)(await again.SendAsync("GET", $"{Shared}/certs", token: "")).Expect(200).Json["keys"]![0]!["kid"]);
    }

    private static async Task MakeReleasableAsync(World world, byte[] measurement)
    {
        await world.ActiveHsmAsync();
        var policy = new JsonObject
        {
            ["version"] = "1.0.0",
            ["anyOf"] = new JsonArray(new JsonObject
            {
                ["authority"] = Shared,
                ["allOf"] = new JsonArray(
                    new JsonObject { ["claim"] = "x-ms-isolation-tee.x-ms-attestation-type", ["equals"] = "sevsnpvm" },
                    new JsonObject { ["claim"] = "x-ms-isolation-tee.x-ms-compliance-status", ["equals"] = "azure-compliant-cvm" },
                    new JsonObject { ["claim"] = "x-ms-isolation-tee.x-ms-sevsnpvm-launchmeasurement", ["equals"] = Convert.ToHexStringLower(measurement) }),
            }),
        };
        await world.KeyAsync("kv-hsm-test", "skr", new JsonObject
        {
            ["kty"] = "RSA-HSM",
            ["key_size"] = 2048,
            ["attributes"] = new JsonObject { ["exportable"] = true },
            ["release_policy"] = new JsonObject { ["data"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(policy.ToJsonString())) },
        });
    }

    private static async Task<string> SealedAsync(World world, JsonObject info) =>
        (string)(await world.SendAsync("POST", $"{Shared}/attest/AzureGuest{Version}", VirtualTpm.Request(info), token: "")).Expect(200).Json["token"]!;

    [Fact]
    public async Task A_key_is_released_to_a_machine_by_what_its_processor_says_of_it()
    {
        await using var world = await World.StartAsync();
        var measurement = RandomNumberGenerator.GetBytes(48);
        await MakeReleasableAsync(world, measurement);
        using var tpm = new VirtualTpm();
        var token = tpm.Open(await SealedAsync(world, tpm.Info(world, new SnpGuest { Measurement = measurement })));
        var jws = (string)(await world.HsmAsync("POST", "kv-hsm-test", "/keys/skr/release", new JsonObject { ["target"] = token, ["enc"] = "RSA_AES_KEY_WRAP_256" })).Expect(200).Json["value"]!;

        var released = JsonNode.Parse(Base64Url.DecodeFromChars((string)Payload(jws)["response"]!["key"]!["key"]!["key_hsm"]!))!;
        Assert.Equal("TpmEphemeralEncryptionKey", (string?)released["header"]!["kid"]);
        Assert.Equal(32, tpm.Ephemeral.Decrypt(Base64Url.DecodeFromChars((string)released["ciphertext"]!)[..256], RSAEncryptionPadding.OaepSHA256).Length);
        var claims = Payload(token);
        Assert.Equal(("azurevm", "Linux", true), ((string?)claims["x-ms-attestation-type"], (string?)claims["x-ms-azurevm-ostype"], (bool)claims["secureboot"]!));
        Assert.Equal("MTIzNA==", (string?)claims["x-ms-runtime"]!["client-payload"]!["nonce"]);
        Assert.Equal("HCLAkPub", (string?)claims["x-ms-isolation-tee"]!["x-ms-runtime"]!["keys"]![0]!["kid"]);
    }

    [Fact]
    public async Task A_policy_on_nested_claims_is_not_met_by_another_machine_nor_by_a_token_without_them()
    {
        await using var world = await World.StartAsync();
        var measurement = RandomNumberGenerator.GetBytes(48);
        await MakeReleasableAsync(world, measurement);
        using var tpm = new VirtualTpm();
        var other = tpm.Open(await SealedAsync(world, tpm.Info(world)));
        (await world.HsmAsync("POST", "kv-hsm-test", "/keys/skr/release", new JsonObject { ["target"] = other })).Refused(403, "Forbidden");

        var flat = (string)(await world.SendAsync("POST", $"{Shared}/attest/SevSnpVm{Version}", Evidence(world, Runtime(tpm.Ephemeral), new SnpGuest { Measurement = measurement }), token: "")).Expect(200).Json["token"]!;
        (await world.HsmAsync("POST", "kv-hsm-test", "/keys/skr/release", new JsonObject { ["target"] = flat })).Refused(403, "Forbidden");
    }

    [Theory]
    [InlineData("AikPub", "attestation key")]
    [InlineData("EncKeyPub", "encryption key")]
    [InlineData("EncKeyCertifyInfoSignature", "encryption key")]
    [InlineData("PcrSignature", "platform registers")]
    [InlineData("PCRs", "platform registers")]
    public async Task A_tpm_that_the_processor_does_not_vouch_for_gets_no_token(string part, string why)
    {
        await using var world = await World.StartAsync();
        using var tpm = new VirtualTpm();
        using var stranger = new VirtualTpm();
        var info = tpm.Info(world);
        if (part == "PCRs")
            info["TpmInfo"]![part]![3]!["Digest"] = Convert.ToBase64String(new byte[32]);
        else
            info["TpmInfo"]![part] = (string)stranger.Info(world)["TpmInfo"]![part]!;
        var reply = await world.SendAsync("POST", $"{Shared}/attest/AzureGuest{Version}", VirtualTpm.Request(info), token: "");

        Assert.Contains(why, reply.Refused(400, "AttestationFailure").ErrorText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no base64!")]
    [InlineData("e30")]
    [InlineData("W10")]
    public async Task Machine_evidence_that_can_not_be_read_is_refused(string info)
    {
        await using var world = await World.StartAsync();

        (await world.SendAsync("POST", $"{Shared}/attest/AzureGuest{Version}", new JsonObject { ["AttestationInfo"] = info }, token: "")).Refused(400, "AttestationFailure");
    }
}
