using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class ActivationTests
{
    private const string Hsm = "kv-hsm-test";

    [Fact]
    public async Task The_first_request_gets_a_challenge_before_anything_is_looked_at()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{Hsm}.managedhsm.azure.net/keys/a%20b/create");
        var reply = await world.SendAsync(request);

        Assert.Equal(401, reply.Status);
        Assert.Empty(reply.Bytes);
        Assert.Equal($"Bearer authorization=\"https://login.microsoftonline.com/{world.Azure.TenantId}\", resource=\"https://managedhsm.azure.net\"", reply.Header("WWW-Authenticate"));
        Assert.Equal("default-src 'self'", reply.Header("Content-Security-Policy"));
        Assert.Equal("SAMEORIGIN", reply.Header("X-Frame-Options"));
        Assert.Null(reply.Header("x-ms-keyvault-region"));
    }

    [Fact]
    public async Task The_challenge_to_a_reading_has_the_two_bytes()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();

        Assert.Equal("OK", (await world.SendAsync("GET", $"https://{Hsm}.managedhsm.azure.net/keys?api-version=7.4", token: "")).Expect(401).Text);
    }

    [Theory]
    [InlineData("GET", "/keys")]
    [InlineData("POST", "/keys/k/create")]
    [InlineData("GET", "/providers/Microsoft.Authorization/roleAssignments")]
    [InlineData("POST", "/rng")]
    public async Task Before_activation_everything_but_the_security_domain_is_refused(string method, string path)
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        var reply = await world.HsmAsync(method, Hsm, path);

        reply.Refused(403, "Forbidden");
        Assert.Equal("HsmNotActivated", reply.InnerCode);
        Assert.Contains($"(Activity ID: {reply.Header("x-ms-request-id")})", reply.ErrorText);
    }

    [Fact]
    public async Task The_download_activates_and_resource_manager_learns_of_it_a_little_later()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        var started = (await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2))).Expect(202);
        Assert.Equal($"https://{Hsm}.managedhsm.azure.net/securitydomain/download/pending?api-version=7.6", started.Header("Azure-AsyncOperation"));
        Assert.Equal("5", started.Header("Retry-After"));

        Assert.Equal("InProgress", (string?)(await world.HsmAsync("GET", Hsm, "/securitydomain/download/pending")).Expect(200).Json["status"]);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("Success", (string?)(await world.HsmAsync("GET", Hsm, "/securitydomain/download/pending")).Expect(200).Json["status"]);
        Assert.Equal("NotActivated", await StatusAsync(world));
        (await world.HsmAsync("GET", Hsm, "/providers/Microsoft.Authorization/roleAssignments")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("Active", await StatusAsync(world));
    }

    [Fact]
    public async Task The_file_has_the_documented_shape()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        var file = await DownloadAsync(world, holders);
        var domain = JsonNode.Parse(file)!;

        Assert.Equal(["EncData", "SharedKeys", "version"], domain.AsObject().Select(member => member.Key));
        Assert.Equal(["hsm_backup", "base_enclave_backup", "kmsp_enclave_backup"], domain["EncData"]!["data"]!.AsArray().Select(datum => (string?)datum!["tag"]));
        var token = ((string)domain["EncData"]!["data"]![0]!["compact_jwe"]!).Split('.');
        Assert.Equal("{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\"kid\":\"hsm_backup\"}", Encoding.ASCII.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token[0])));
        Assert.Empty(token[1]);
        var shares = domain["SharedKeys"]!["enc_shares"]!.AsArray();
        Assert.Equal(
            holders.Certificates.Select(certificate => System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(certificate.RawData))),
            shares.Select(share => (string)share!["x5t_256"]!));
        var share = ((string)shares[0]!["enc_key"]!).Split('.');
        Assert.Equal("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"kid\":\"not used\"}", Encoding.ASCII.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(share[0])));
        Assert.Equal(80, System.Buffers.Text.Base64Url.DecodeFromChars(share[3]).Length);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    public async Task Any_two_of_three_holders_open_the_file_with_python_and_openssl(int first, int second)
    {
        Tool.Need("python3");
        Tool.Need("openssl");
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch.File("sd.json"), await DownloadAsync(world, holders), World.Stop);
        var arguments = new List<string> { Repo.Path("tests", "Simulator.Tests", "tools", "open_domain.py"), scratch.File("sd.json") };
        foreach (var holder in (int[])[first, second])
        {
            await File.WriteAllTextAsync(scratch.File($"{holder}.cer"), holders.Certificates[holder].ExportCertificatePem(), World.Stop);
            await File.WriteAllTextAsync(scratch.File($"{holder}.pem"), holders.Keys[holder].ExportPkcs8PrivateKeyPem(), World.Stop);
            arguments.Add(scratch.File($"{holder}.cer"));
            arguments.Add(scratch.File($"{holder}.pem"));
        }
        var opened = (await Tool.RunAsync("python3", [.. arguments])).Trim();

        var estate = JsonNode.Parse(world.Azure.State.Export(EstateSecrets.Included))!;
        var domainKey = (string)estate["tables"]!["keyStores"]![$"hsm/{Hsm}"]!["domain"]!["domainKey"]!;
        Assert.Equal(Convert.ToHexStringLower(Convert.FromBase64String(domainKey)), opened);
    }

    [Fact]
    public async Task One_holder_alone_opens_nothing()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        var domain = JsonNode.Parse(await DownloadAsync(world, holders))!;
        var share = Jwe.DecryptWith(holders.Keys[0], (string)domain["SharedKeys"]!["enc_shares"]![0]!["enc_key"]!);
        var guess = new byte[32];
        for (var i = 0; i < 32; i++)
            guess[i] = unchecked((byte)BitConverter.ToUInt16(share, i * 2));

        Assert.Throws<CryptographicException>(() => Jwe.DecryptDirect(Jwe.DeriveKey(guess, "hsm_backup", "", 512), (string)domain["EncData"]!["data"]![0]!["compact_jwe"]!));
    }

    [Fact]
    public async Task A_second_download_hands_out_the_same_domain_to_other_holders()
    {
        Tool.Need("python3");
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        await DownloadAsync(world, holders);
        var before = DomainKey(world);
        using var others = Holders.Make(5);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = (await world.HsmAsync("POST", Hsm, "/securitydomain/download", others.Request(3))).Expect(202);

        Assert.Equal(before, DomainKey(world));
        Assert.Equal(3, (int)JsonNode.Parse((string)second.Json["value"]!)!["SharedKeys"]!["required"]!);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(3, 4)]
    public async Task A_wrong_quorum_is_refused_and_nothing_is_activated(int certificates, int required)
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(certificates);

        (await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(required))).Refused(400, "BadParameter");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("NotActivated", await StatusAsync(world));
    }

    [Fact]
    public async Task A_certificate_whose_thumbprint_is_another_s_is_refused()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3);
        var request = holders.Request(2);
        request["certificates"]![0]!["x5t#S256"] = (string)request["certificates"]![1]!["x5t#S256"]!;

        (await world.HsmAsync("POST", Hsm, "/securitydomain/download", request)).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task A_short_rsa_key_is_refused()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        using var holders = Holders.Make(3, 1024);

        (await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2))).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Owner_of_the_subscription_is_not_enough_to_download()
    {
        await using var world = await World.StartAsync();
        await world.HsmAsync();
        var other = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "other");
        (await world.ArmGrantAsync(world.Subscription, Roles.Owner, other.ObjectId)).Expect(201);
        using var holders = Holders.Make(3);
        var reply = await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2), other);

        reply.Refused(403, "AccessDenied");
        Assert.StartsWith("Not authorized to access Microsoft.KeyVault/managedHsm/securitydomain/download/action on '/'", reply.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_derivation_gives_the_published_values()
    {
        var master = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();

        Assert.Equal("f0ca51f6308791404bf68b56024ee7c64d6c737716f81d47e1e68b5c4e399575", Convert.ToHexStringLower(Jwe.DeriveKey([.. Enumerable.Repeat((byte)0x41, 32)], "label", "context", 256)));
        Assert.StartsWith("2d34f55a1dd64e68d793ce19439e032e", Convert.ToHexStringLower(Jwe.DeriveKey(master, "hsm_backup", "", 512)), StringComparison.Ordinal);
        Assert.StartsWith("78be6b420dfb42efeb121abb53daebe6", Convert.ToHexStringLower(Jwe.DeriveKey(master, "base_enclave_backup", "", 512)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_made_elsewhere_opens()
    {
        var master = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        const string Token = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiaHNtX2JhY2t1cCJ9..AAECAwQFBgcICQoLDA0ODw.sP-P7nWpBWTMY4a8y_LL1Lk2VxGjRL0QPpsK47q7dDI.SOefSfXnco91HJnlDeXXU1ji_0PhraQNZY87FUkv6o0";

        Assert.Equal("hello security domain", Encoding.UTF8.GetString(Jwe.DecryptDirect(Jwe.DeriveKey(master, "hsm_backup", "", 512), Token)));
    }

    private static async Task<string> DownloadAsync(World world, Holders holders)
    {
        var reply = (await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2))).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        return (string)reply.Json["value"]!;
    }

    private static string DomainKey(World world) =>
        (string)JsonNode.Parse(world.Azure.State.Export(EstateSecrets.Included))!["tables"]!["keyStores"]![$"hsm/{Hsm}"]!["domain"]!["domainKey"]!;

    private static async Task<string?> StatusAsync(World world) =>
        (string?)(await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}")).Expect(200).Json["properties"]!["securityDomainProperties"]!["activationStatus"];
}
