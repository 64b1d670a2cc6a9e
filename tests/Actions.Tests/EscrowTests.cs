using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Runbook.Actions.Tests.TestKit;

namespace Runbook.Actions.Tests;

public sealed class EscrowTests
{
    [Fact]
    public void Any_quorum_gives_the_secret_back_and_the_order_is_no_matter() =>
        Gen.Select(Gen.Byte.Array[1, 40], Gen.Int[2, 5], Gen.Int[0, 3]).Sample((secret, required, more) =>
        {
            var shares = SecretShares.Split(secret, required, required + more);
            var chosen = shares.Select((s, n) => ((byte)(n + 1), s)).Reverse().Take(required).ToList();
            return SecretShares.Join(chosen).AsSpan().SequenceEqual(secret);
        }, iter: 200);

    [Fact]
    public void One_share_less_is_compatible_with_every_secret()
    {
        // With one share of two known, each of the 256 bytes at the other place gives another secret: nothing is told.
        var share = SecretShares.Split([0x5a], 2, 2)[0];
        var secrets = Enumerable.Range(0, 256).Select(other => SecretShares.Join([(1, share), (2, [(byte)other])])[0]).ToHashSet();

        Assert.Equal(256, secrets.Count);
    }

    [Fact]
    public void The_field_is_that_of_AES()
    {
        // f(x) = 0x53 + 0xca·x, and 0xca·2 is 0x8f in that field: 0x194 less the polynomial 0x11b.
        Assert.Equal(0x53, SecretShares.Join([(1, [0x53 ^ 0xca]), (2, [0x53 ^ 0x8f])])[0]);
    }

    [Fact]
    public async Task Two_holders_of_three_open_an_escrow_and_one_does_not()
    {
        using var bench = Prepared();
        var split = await bench.SendAsync("local.secret.split", """{"file":"secret.bin","certificates":["1.cer","2.cer","3.cer"],"quorum":2,"output":"x.escrow"}""");
        Assert.Null(split.Error);

        var one = await bench.SendAsync("local.secret.join", """{"file":"x.escrow","keys":["3.key"],"output":"one.bin"}""");
        var two = await bench.SendAsync("local.secret.join", """{"file":"x.escrow","keys":["3.key","1.key"],"output":"two.bin"}""");

        Assert.Equal("TooFewShares", one.Error!.Code);
        Assert.False(File.Exists(bench.Files.In("one.bin")));
        Assert.Null(two.Error);
        Assert.Equal(File.ReadAllBytes(bench.Files.In("secret.bin")), File.ReadAllBytes(bench.Files.In("two.bin")));
        Assert.Equal(split.Observed.GetProperty("secretDigest").GetString(), two.Observed.GetProperty("file").GetProperty("digest").GetString());
    }

    [Fact]
    public async Task A_sealed_file_is_opened_by_its_recipient_alone()
    {
        using var bench = Prepared();
        await bench.SendAsync("local.file.seal", """{"file":"secret.bin","certificate":"1.cer","output":"x.sealed"}""");

        Assert.Equal("TooFewShares", (await bench.SendAsync("local.secret.join", """{"file":"x.sealed","keys":["2.key"],"output":"no.bin"}""")).Error!.Code);
        Assert.Null((await bench.SendAsync("local.secret.join", """{"file":"x.sealed","keys":["1.key"],"output":"yes.bin"}""")).Error);
    }

    [Fact]
    public async Task Nothing_of_the_secret_stands_in_an_escrow_or_in_an_answer()
    {
        using var bench = Prepared();

        var answer = await bench.SendAsync("local.secret.split", """{"file":"secret.bin","certificates":["1.cer","2.cer"],"quorum":2,"output":"x.escrow"}""");

        var text = File.ReadAllText(bench.Files.In("x.escrow")) + answer.Observed.GetRawText();
        Assert.DoesNotContain("the secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("the secret"u8)[..10], text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("required", "1")]
    [InlineData("secretDigest", "\"sha256:00\"")]
    [InlineData("format", "\"other\"")]
    public async Task A_changed_escrow_opens_nothing(string member, string value)
    {
        using var bench = Prepared();
        await bench.SendAsync("local.secret.split", """{"file":"secret.bin","certificates":["1.cer","2.cer","3.cer"],"quorum":2,"output":"x.escrow"}""");
        var file = JsonNode.Parse(File.ReadAllText(bench.Files.In("x.escrow")))!;
        file[member] = JsonNode.Parse(value);
        bench.Files.Write("changed.escrow", Encoding.UTF8.GetBytes(file.ToJsonString()));

        var answer = await bench.SendAsync("local.secret.join", """{"file":"changed.escrow","keys":["1.key","2.key"],"output":"no.bin"}""");

        Assert.NotNull(answer.Error);
        Assert.False(File.Exists(bench.Files.In("no.bin")));
    }

    [Theory]
    [InlineData("""["1.cer","1.cer"]""", 2, "CertificateTwice")]
    [InlineData("""["1.cer","weak.cer"]""", 2, "CertificateUnusable")]
    [InlineData("""["1.cer","2.cer"]""", 3, "QuorumTooLarge")]
    [InlineData("""["1.cer","missing.cer"]""", 2, "FileNotFound")]
    public async Task Holders_that_can_not_keep_a_secret_are_refused(string certificates, int quorum, string code)
    {
        using var bench = Prepared();
        bench.Files.Write("weak.cer", Holders.Certificate(9, 1024));

        var answer = await bench.SendAsync("local.secret.split", $$"""{"file":"secret.bin","certificates":{{certificates}},"quorum":{{quorum}},"output":"x.escrow"}""");

        Assert.Equal(code, answer.Error!.Code);
        Assert.False(File.Exists(bench.Files.In("x.escrow")));
    }

    private static Bench Prepared()
    {
        var bench = new Bench();
        bench.Files.Write("secret.bin", "the secret of the house"u8);
        for (var n = 1; n <= 3; n++)
        {
            bench.Files.Write($"{n}.cer", Holders.Certificate(n));
            bench.Files.Write($"{n}.key", Encoding.ASCII.GetBytes(Holders.Key(n).ExportPkcs8PrivateKeyPem()));
        }

        return bench;
    }
}
