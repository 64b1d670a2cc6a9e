using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>A security domain and its keys on their way into another HSM.</summary>
public sealed class TransferTests
{
    private const string Source = "kv-source";
    private const string Target = "kv-target";
    private const string AzModules = "/usr/lib/python3/dist-packages/azure/cli/command_modules/keyvault/security_domain/jwe.py";

    [Fact]
    public async Task Az_moves_a_domain_and_a_backed_up_key_comes_to_life_under_it()
    {
        await using var world = await World.StartAsync();
        using var holders = Holders.Make(3);
        var domain = await ActivateAsync(world, Source, holders);
        await GrantAsync(world, Source);
        var key = await world.KeyAsync(Source, "k", new JsonObject { ["kty"] = "RSA-HSM", ["tags"] = new JsonObject { ["owner"] = "app" } });
        await world.KeyAsync(Source, "k", new JsonObject { ["kty"] = "RSA-HSM" });
        var backup = (string)(await world.HsmAsync("POST", Source, "/keys/k/backup")).Expect(200).Json["value"]!;

        await world.HsmAsync(Target);
        (await UploadAsync(world, await RestoreBlobAsync(world, domain, holders, 0, 2))).Expect(202);
        Assert.Equal("InProgress", (string?)(await world.HsmAsync("GET", Target, "/securitydomain/upload/pending")).Expect(200).Json["status"]);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Success", (string?)(await world.HsmAsync("GET", Target, "/securitydomain/upload/pending")).Expect(200).Json["status"]);
        await GrantAsync(world, Target);
        Assert.Empty((await world.HsmAsync("GET", Target, "/keys")).Expect(200).Json["value"]!.AsArray());
        (await world.HsmAsync("POST", Target, "/keys/restore", new JsonObject { ["value"] = backup })).Expect(200);
        var versions = (await world.HsmAsync("GET", Target, "/keys/k/versions")).Expect(200).Json["value"]!.AsArray();
        var first = ((string)key["key"]!["kid"]!).Split('/')[^1];
        var restored = (await world.HsmAsync("GET", Target, $"/keys/k/{first}")).Expect(200).Json;

        Assert.Equal(2, versions.Count);
        Assert.Equal((string?)key["key"]!["n"], (string?)restored["key"]!["n"]);
        Assert.Equal("app", (string?)restored["tags"]!["owner"]);
        (await world.HsmAsync("POST", Target, "/keys/restore", new JsonObject { ["value"] = backup })).Refused(409, "Conflict");
    }

    [Fact]
    public async Task A_backup_of_another_domain_is_refused()
    {
        await using var world = await World.StartAsync();
        using var holders = Holders.Make(3);
        await ActivateAsync(world, Source, holders);
        await GrantAsync(world, Source);
        await world.KeyAsync(Source, "k", new JsonObject { ["kty"] = "EC-HSM" });
        var backup = (string)(await world.HsmAsync("POST", Source, "/keys/k/backup")).Expect(200).Json["value"]!;
        await ActivateAsync(world, Target, holders);
        await GrantAsync(world, Target);

        (await world.HsmAsync("POST", Target, "/keys/restore", new JsonObject { ["value"] = backup })).Refused(400, "BadParameter");
        (await world.HsmAsync("POST", Target, "/keys/restore", new JsonObject { ["value"] = backup[..^8] + "AAAAAAAA" })).Refused(400, "BadParameter");
        (await world.HsmAsync("DELETE", Source, "/keys/k")).Expect(200);
        (await world.HsmAsync("POST", Source, "/keys/restore", new JsonObject { ["value"] = backup })).Refused(409, "Conflict");
    }

    [Fact]
    public async Task An_upload_without_a_transfer_key_and_one_into_an_active_hsm_are_refused()
    {
        await using var world = await World.StartAsync();
        using var holders = Holders.Make(3);
        await world.HsmAsync(Target);
        (await UploadAsync(world, "{}")).Refused(400, "BadParameter");
        await ActivateAsync(world, Source, holders);

        (await world.HsmAsync("GET", Source, "/securitydomain/upload")).Refused(409, "Conflict");
        (await world.HsmAsync("POST", Source, "/securitydomain/upload", new JsonObject { ["value"] = "{}" })).Refused(409, "Conflict");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("torn")]
    public async Task A_blob_that_does_not_open_fails_and_leaves_the_hsm_as_it_was(string blob)
    {
        await using var world = await World.StartAsync();
        using var holders = Holders.Make(3);
        if (blob == "torn")
        {
            var domain = await ActivateAsync(world, Source, holders);
            await world.HsmAsync(Target);
            var whole = JsonNode.Parse(await RestoreBlobAsync(world, domain, holders, 1, 2))!;
            var jwe = (string)whole["EncData"]!["data"]![0]!["compact_jwe"]!;
            whole["EncData"]!["data"]![0]!["compact_jwe"] = jwe[..^6] + "AAAAAA";
            blob = whole.ToJsonString();
        }
        else
        {
            await world.HsmAsync(Target);
            (await world.HsmAsync("GET", Target, "/securitydomain/upload")).Expect(200);
        }
        (await UploadAsync(world, blob)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("Failed", (string?)(await world.HsmAsync("GET", Target, "/securitydomain/upload/pending")).Expect(200).Json["status"]);
        Assert.Equal("NotActivated", (string?)(await world.ArmAsync("GET", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Target}")).Expect(200).Json["properties"]!["securityDomainProperties"]!["activationStatus"]);
    }

    private static async Task<string> ActivateAsync(World world, string hsm, Holders holders)
    {
        await world.HsmAsync(hsm);
        var domain = (string)(await world.HsmAsync("POST", hsm, "/securitydomain/download", holders.Request(2))).Expect(202).Json["value"]!;
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        return domain;
    }

    private static async Task GrantAsync(World world, string hsm) =>
        (await world.GrantAsync(hsm, "/", Roles.CryptoUser, world.Owner.ObjectId)).Expect(201);

    private static Task<Reply> UploadAsync(World world, string blob) =>
        world.HsmAsync("POST", Target, "/securitydomain/upload", new JsonObject { ["value"] = blob });

    /// <summary>Has az's own modules open the domain with two holders' keys and wrap it for the target.</summary>
    private static async Task<string> RestoreBlobAsync(World world, string domain, Holders holders, params int[] present)
    {
        if (!File.Exists(AzModules))
            Assert.Skip("Debian's azure-cli is not installed; tests/clients/install installs it");
        var transfer = JsonNode.Parse((string)(await world.HsmAsync("GET", Target, "/securitydomain/upload")).Expect(200).Json["transfer_key"]!)!;
        using var scratch = new Scratch();
        using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)transfer["x5c"]![0]!));
        await File.WriteAllTextAsync(scratch.File("domain.json"), domain, World.Stop);
        await File.WriteAllTextAsync(scratch.File("exchange.pem"), certificate.ExportCertificatePem(), World.Stop);
        List<string> arguments = [Repo.Path("tests", "clients", "restore_blob.py"), scratch.File("domain.json"), scratch.File("exchange.pem"), scratch.File("blob.json")];
        foreach (var holder in present)
        {
            await File.WriteAllTextAsync(scratch.File($"{holder}.cer"), holders.Certificates[holder].ExportCertificatePem(), World.Stop);
            await File.WriteAllTextAsync(scratch.File($"{holder}.key"), holders.Keys[holder].ExportPkcs8PrivateKeyPem(), World.Stop);
            arguments.AddRange([scratch.File($"{holder}.cer"), scratch.File($"{holder}.key")]);
        }
        await Tool.RunAsync("/usr/bin/python3", [.. arguments]);
        return await File.ReadAllTextAsync(scratch.File("blob.json"), World.Stop);
    }
}
