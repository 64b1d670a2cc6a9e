using System.Security.Cryptography;
using System.Text.Json;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary><c>runbook byok</c> as one types it.</summary>
public sealed class WorkbenchTests : IDisposable
{
    private const string Kid = "https://kv-hsm-prod.managedhsm.azure.net/keys/ours/0123456789abcdef0123456789abcdef";

    private readonly ScratchFolder _scratch = new();
    private readonly RSA _kek = RSA.Create(2048);
    private readonly RSA _key = RSA.Create(2048);

    public WorkbenchTests()
    {
        _scratch.Write("kek.pem", Ascii(_kek.ExportSubjectPublicKeyInfoPem()));
        _scratch.Write("kek.private.pem", Ascii(_kek.ExportPkcs8PrivateKeyPem()));
        _scratch.Write("key.pem", Ascii(_key.ExportPkcs8PrivateKeyPem()));
        _scratch.Write("garbage", [0xff, 0x00, 0x13, 0x37]);
        _scratch.Write("large", new byte[70_000]);
    }

    private RunbookProgram Program => new(_scratch.In("home"), _scratch.Path);

    public void Dispose()
    {
        _kek.Dispose();
        _key.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task What_is_made_is_inspected_and_checked_for_people_and_for_programs()
    {
        var made = await Program.RunAsync("byok", "make", "--kek", "kek.pem", "--kek-id", Kid, "--key", "key.pem", "--out", "out");
        var inspected = await Program.RunAsync("byok", "inspect", "out/key-to-import.byok");
        var outside = await Program.RunAsync("byok", "check", "out/key-to-import.byok", "--kek", "kek.pem", "--kek-id", Kid);
        var opened = await Program.RunAsync("byok", "check", "out/key-to-import.byok", "--kek", "kek.private.pem", "--kek-id", Kid, "--json");

        Assert.True(made.ExitCode == 0, made.ToString());
        Assert.Contains("in the clear", made.Output, StringComparison.Ordinal);
        Assert.Contains("fits RSA 2048 under a KEK of 2048 bits", inspected.Output, StringComparison.Ordinal);
        Assert.True(outside.ExitCode == 0, outside.ToString());
        Assert.Contains("which is the HSM", outside.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(opened.Output);
        Assert.True(json.RootElement.GetProperty("wellFormed").GetBoolean() && json.RootElement.GetProperty("opened").GetBoolean());
        Assert.Equal("RSA-HSM", json.RootElement.GetProperty("key").GetProperty("kty").GetString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_scratch.In("out", "key-to-import.byok")));
    }

    [Fact]
    public async Task A_wrong_part_is_named_with_what_to_do_and_exit_3()
    {
        await Program.RunAsync("byok", "make", "--kek", "kek.pem", "--kek-id", Kid, "--key", "key.pem", "--out", "out");
        using var other = RSA.Create(2048);
        _scratch.Write("other.pem", Ascii(other.ExportPkcs8PrivateKeyPem()));

        var said = await Program.RunAsync("byok", "check", "out/key-to-import.byok", "--kek", "other.pem", "--kek-id", Kid);

        Assert.Equal(3, said.ExitCode);
        Assert.Contains("wrong part: kek (WrongKek)", said.Output, StringComparison.Ordinal);
        Assert.Contains("next:", said.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RC110", "byok inspect no-such-file")]
    [InlineData("RC110", "byok check no-such-file")]
    [InlineData("RC110", "byok check large")]
    [InlineData("RC111", "byok check garbage --kek garbage")]
    [InlineData("RC111", "byok make --kek key-too-short.pem --key key.pem --out out --kek-id " + Kid)]
    [InlineData("RC111", "byok make --kek kek.pem --key key.pem --out out")]
    [InlineData("RC113", "byok make --kek kek.pem --key garbage --out out --kek-id " + Kid)]
    [InlineData("RC113", "byok make --kek kek.pem --module no-such-module --token t --label l --pin-file key.pem --out out --kek-id " + Kid)]
    [InlineData("RC113", "byok make --kek kek.pem --module rehearsal-token --token t --label l --pin-file key.pem --out out --kek-id " + Kid)]
    [InlineData("RC002", "byok make --kek kek.pem --out out --kek-id " + Kid)]
    [InlineData("RC002", "byok make --kek kek.pem --key key.pem --module m --out out --kek-id " + Kid)]
    [InlineData("RC002", "byok make --kek kek.pem --module m --out out --kek-id " + Kid)]
    [InlineData("RC002", "byok check garbage --shares garbage")]
    [InlineData("RC112", "byok check garbage --shares garbage --holder-key key.pem")]
    [InlineData("RC112", "byok check garbage --shares garbage --holder-key garbage")]
    [InlineData("RC001", "byok make --out out")]
    [InlineData("RC001", "byok")]
    public async Task Bad_input_is_a_sentence_with_a_code_and_leaves_nothing(string code, string line)
    {
        using var small = RSA.Create(1024);
        _scratch.Write("key-too-short.pem", Ascii(small.ExportSubjectPublicKeyInfoPem()));

        var said = await Program.RunAsync(line.Split(' '));

        Assert.Contains($"error {code}: ", said.Error, StringComparison.Ordinal);
        Assert.Contains("next:", said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(0, said.ExitCode);
        Assert.False(Directory.Exists(_scratch.In("out")));
    }

    [Fact]
    public async Task Garbage_is_no_blob_and_nothing_that_is_there_is_overwritten()
    {
        Assert.Equal(2, (await Program.RunAsync("byok", "inspect", "garbage")).ExitCode);
        Assert.Equal(3, (await Program.RunAsync("byok", "check", "garbage")).ExitCode);

        Directory.CreateDirectory(_scratch.In("out"));
        _scratch.Write("out/key-to-import.byok", "mine"u8);
        var said = await Program.RunAsync("byok", "make", "--kek", "kek.pem", "--kek-id", Kid, "--key", "key.pem", "--out", "out");

        Assert.Contains("RC114", said.Error, StringComparison.Ordinal);
        Assert.Equal("mine"u8.ToArray(), await File.ReadAllBytesAsync(_scratch.In("out", "key-to-import.byok"), TestContext.Current.CancellationToken));
    }

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
