using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;

namespace Runbook.Actions.Tests;

/// <summary>What is done on this computer: files in and out of the session's folder, certificates, security domains.</summary>
public sealed class FileTests
{
    [Fact]
    public async Task A_digest_is_what_sha256sum_prints()
    {
        using var bench = new Bench();
        bench.Files.Write("x.txt", "hello\n"u8);

        var answer = await bench.SendAsync("local.file.digest", """{"file":"x.txt"}""");

        Assert.Equal("""{"digest":"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","bytes":6,"name":"x.txt"}""", answer.Observed.GetProperty("file").GetRawText());
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_an_answer()
    {
        using var bench = new Bench();

        Assert.Equal("FileNotFound", (await bench.SendAsync("local.file.digest", """{"file":"missing.txt"}""")).Error!.Code);
        Assert.Equal("FileNotFound", (await bench.SendAsync("local.file.digest", $$"""{"file":{"digest":"sha256:{{new string('0', 64)}}","bytes":1,"name":"gone"} }""")).Error!.Code);
    }

    [Fact]
    public async Task An_artifact_that_is_not_what_its_digest_says_is_refused()
    {
        using var bench = new Bench();
        var digest = Convert.ToHexStringLower(SHA256.HashData("something"u8));
        bench.Files.Write(digest, "something else"u8);

        var answer = await bench.SendAsync("local.certificate.inspect", $$"""{"files":[{"digest":"sha256:{{digest}}","bytes":9,"name":"bob.cer"}]}""");

        Assert.Equal("FileChanged", answer.Error!.Code);
    }

    [Fact]
    public async Task Certificates_are_told_by_kind_size_digest_and_whether_keys_repeat()
    {
        using var bench = new Bench();
        bench.Files.Write("a.cer", Holders.Certificate(1));
        bench.Files.Write("b.cer", Holders.Certificate(2));

        var differ = await bench.SendAsync("local.certificate.inspect", """{"files":["a.cer","b.cer"]}""");
        var same = await bench.SendAsync("local.certificate.inspect", """{"files":["a.cer","a.cer"]}""");

        var first = differ.Observed.GetProperty("certificates")[0];
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(System.Text.Encoding.ASCII.GetString(Holders.Certificate(1)));
        Assert.Equal(("RSA", 2048, Convert.ToHexStringLower(SHA256.HashData(certificate.RawData))), (first.GetProperty("keyType").GetString(), first.GetProperty("keyBits").GetInt32(), first.GetProperty("sha256").GetString()));
        Assert.True(differ.Observed.GetProperty("distinct").GetBoolean());
        Assert.False(same.Observed.GetProperty("distinct").GetBoolean());
    }

    [Fact]
    public async Task A_private_key_several_certificates_and_no_certificate_are_told_apart()
    {
        using var bench = new Bench();
        var pem = System.Text.Encoding.ASCII.GetString(Holders.Certificate(1));
        bench.Files.Write("key.pem", System.Text.Encoding.ASCII.GetBytes(pem + "\n" + Holders.Key(1).ExportPkcs8PrivateKeyPem()));
        bench.Files.Write("two.pem", System.Text.Encoding.ASCII.GetBytes(pem + "\n" + pem));
        bench.Files.Write("none.pem", "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n"u8);
        bench.Files.Write("noise.cer", [1, 2, 3]);
        bench.Files.Write("large.cer", new byte[ActionsLimits.CertificateBytesMax + 1]);

        foreach (var (file, code) in new[] { ("key.pem", "PrivateKeyHandedIn"), ("two.pem", "SeveralCertificates"), ("none.pem", "CertificateUnreadable"), ("noise.cer", "CertificateUnreadable"), ("large.cer", "FileTooLarge") })
        {
            var answer = await bench.SendAsync("local.certificate.inspect", $$"""{"files":["{{file}}"]}""");
            Assert.Equal((file, code), (file, answer.Error?.Code));
            Assert.DoesNotContain("PRIVATE", answer.Error!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_weak_key_or_one_key_twice_never_leaves_for_a_security_domain()
    {
        using var bench = new Bench();
        bench.Files.Write("a.cer", Holders.Certificate(1));
        bench.Files.Write("b.cer", Holders.Certificate(2));
        bench.Files.Write("weak.cer", Holders.Certificate(9, 1024));
        foreach (var third in (string[])["weak.cer", "a.cer", "missing.cer"])
        {
            var refused = await Assert.ThrowsAsync<CallNotSentException>(() => bench.SendAsync("keyvault.security-domain.download", $$"""{"hsm":"kv-hsm-prod","certificates":["a.cer","b.cer","{{third}}"],"quorum":2,"file":"sd.json"}"""));
            Assert.Equal(ActionCodes.FileUnusable, refused.Code);
        }

        Assert.Empty(bench.Network.Seen);
    }

    [Theory]
    [InlineData("../sd.json")]
    [InlineData("/tmp/sd.json")]
    [InlineData("a/b.json")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    [InlineData("")]
    public void A_file_to_be_written_has_a_plain_name(string name) => Assert.False(SessionFiles.IsPlainName(name));

    [Fact]
    public async Task A_security_domain_is_written_for_its_owner_only_and_an_earlier_one_is_kept()
    {
        await using var world = await World.ActiveAsync();
        var with = new JsonObject { ["hsm"] = World.Hsm, ["certificates"] = world.Certificates(), ["quorum"] = 2, ["file"] = "sd.json" };

        await world.DoAsync("keyvault.security-domain.download", with.DeepClone());
        var second = await world.DoAsync("keyvault.security-domain.download", with.DeepClone());

        Assert.Equal("sd.1.json", second.GetProperty("previous").GetString());
        Assert.True(File.Exists(world.Files.In("sd.1.json")));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(world.Files.In("sd.json")));
        Assert.Empty(Directory.GetFiles(world.Files.Path, ".*unconfirmed"));
    }

    [Fact]
    public async Task A_security_domain_that_was_not_confirmed_is_taken_up_after_a_crash()
    {
        await using var world = await World.ActiveAsync();
        var action = world.Actions.Get("keyvault.security-domain.download");
        var with = Bench.With(new JsonObject { ["hsm"] = World.Hsm, ["certificates"] = world.Certificates(), ["quorum"] = 2, ["file"] = "sd.json" }.ToJsonString());
        var call = Runs.First(action, with);
        await Runs.SendAsync(action, call, world.Context);
        Assert.False(File.Exists(world.Files.In("sd.json")));

        var verdict = await action.SettleAsync(call, world.Context, TestContext.Current.CancellationToken);

        var running = Assert.IsType<SettleVerdict.Running>(verdict);
        var answer = await Runs.ToAnswerAsync(action, call, new CallAnswer { Observed = Bench.With("{}"), Pending = running.Operation }, world.Context, by => world.Azure.Clock.Advance(by));
        Assert.Null(answer.Error);
        Assert.IsType<SettleVerdict.TookEffect>(await action.SettleAsync(call, world.Context, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_security_domain_is_inspected_for_quorum_and_holders()
    {
        await using var world = await World.ActiveAsync();
        await world.DoAsync("keyvault.security-domain.download", new JsonObject { ["hsm"] = World.Hsm, ["certificates"] = world.Certificates(), ["quorum"] = 2, ["file"] = "sd.json" });

        var all = await world.DoAsync("local.security-domain.inspect", new JsonObject { ["file"] = "sd.json", ["certificates"] = world.Certificates() });
        var some = await world.DoAsync("local.security-domain.inspect", new JsonObject { ["file"] = "sd.json", ["certificates"] = new JsonArray("holder1.cer") });

        Assert.Equal((2, true), (all.GetProperty("required").GetInt32(), all.GetProperty("everyShareHasItsCertificate").GetBoolean()));
        Assert.False(some.GetProperty("everyShareHasItsCertificate").GetBoolean());
        Assert.Equal(["holder1.cer", null, null], some.GetProperty("shares").EnumerateArray().Select(s => s.TryGetProperty("certificate", out var c) ? c.GetString() : null));
    }

    [Theory]
    [InlineData("\"version\":2", "\"version\":3")]
    [InlineData("\"required\":2", "\"required\":4")]
    [InlineData("shamir_share", "xor_share")]
    [InlineData("sp108_kdf", "none")]
    [InlineData("\"EncData\"", "\"Other\"")]
    public async Task A_security_domain_that_could_not_be_restored_is_refused(string right, string wrong)
    {
        await using var world = await World.ActiveAsync();
        await world.DoAsync("keyvault.security-domain.download", new JsonObject { ["hsm"] = World.Hsm, ["certificates"] = world.Certificates(), ["quorum"] = 2, ["file"] = "sd.json" });
        var text = JsonNode.Parse(File.ReadAllText(world.Files.In("sd.json")))!.ToJsonString();
        Assert.Contains(right, text, StringComparison.Ordinal);
        world.Files.Write("bad.json", System.Text.Encoding.UTF8.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal)));

        var end = await world.RunAsync("local.security-domain.inspect", new JsonObject { ["file"] = "bad.json", ["certificates"] = world.Certificates() });

        Assert.Equal("SecurityDomainUnreadable", end.Last.Error!.Code);
    }
}
