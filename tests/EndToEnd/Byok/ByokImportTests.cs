using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>A key that is made in a token of our own and imported, and where it is not to be found on the way.</summary>
public sealed class ByokImportTests : IDisposable
{
    private const string Import = "runbooks/byok-import.md";
    private const string Key = "cmk-imported";
    private const string Kid = "https://kv-hsm-prod.managedhsm.azure.net/keys/ours/0123456789abcdef0123456789abcdef";
    private const string Client = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so";

    // A mechanism without parameters that p11-kit carries and nobody uses here: CKM_DES3_KEY_GEN.
    private const string Carried = "131";
    private const string AesKeyWrapPad = "210a";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly ScratchFolder _scratch = new();

    private RunbookProgram Program => new(_scratch.In("home"));

    private string Session => _scratch.In("s1");

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("byok-import"), InlineData("escrow")]
    public async Task It_rehearses_to_its_end_with_nothing_installed_and_verifies(string runbook)
    {
        var said = await Program.RunAsync("run", $"runbooks/{runbook}.md", "--rehearse", "--out", Session);
        Assert.True(said.ExitCode == 0, said.ToString());

        var verified = await Program.RunAsync("verify", Session);
        Assert.True(verified.ExitCode == 0, verified.ToString());
    }

    [Fact]
    public async Task A_rehearsal_without_a_token_says_so_at_every_step_of_it()
    {
        var said = await Program.RunAsync("run", Import, "--rehearse", "--out", Session);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Contains("no hardware", (await Program.RunAsync("plan", Import)).Output, StringComparison.Ordinal);
        Assert.Contains("no hardware", await File.ReadAllTextAsync(Path.Combine(Session, "journal.jsonl"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_SoftHSM_is_imported_and_its_private_half_is_in_no_answer_of_the_token_and_in_no_file()
    {
        using var token = await SoftToken.MakeAsync();

        var said = await EndAsync(Program.StartUnder(["env", .. token.Environment], ["run", Import, "--rehearse", "--out", Session, "--set", $"module={token.Recorder}"]));

        // Completed: what the token sealed before, the HSM has unwrapped, and the moduli are equal.
        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.True((await Program.RunAsync("verify", Session)).ExitCode == 0);
        var calls = await File.ReadAllLinesAsync(token.Log, TestContext.Current.CancellationToken);
        var parts = await PartsAsync(token);
        Assert.Contains(calls, c => c.Contains(Convert.ToHexStringLower(parts.Modulus), StringComparison.Ordinal));
        Assert.True(calls.Count(c => c.StartsWith("C_WrapKey 0x0 ", StringComparison.Ordinal) && c.Length > 200) >= 4, "the token wrapped");
        Assert.DoesNotContain(calls, c => c.StartsWith("unknown", StringComparison.Ordinal));
        Assert.DoesNotContain(calls, c => parts.Texts.Any(t => c.Contains(t, StringComparison.Ordinal)));
        Assert.All(FilesOfSession(), file => Assert.False(parts.AreIn(File.ReadAllBytes(file)), $"{file} holds a part of the private key"));
        // The runbook itself tells the PIN of its rehearsal.
        Assert.All(FilesOfSession().Select(File.ReadAllText).Where(text => !text.Contains("runbook: byok-import", StringComparison.Ordinal)), text => Assert.DoesNotContain($"\"{SoftToken.Pin}\"", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_the_module_in_a_process_of_its_own_the_private_key_is_never_in_the_memory_of_the_console()
    {
        if (!Tools.Has("p11-kit") || !File.Exists(Client)) Assert.Skip("p11-kit, or its client module (p11-kit-modules), is not installed.");
        using var token = await SoftToken.MakeAsync();
        await File.WriteAllTextAsync(token.In("hold"), "", TestContext.Current.CancellationToken);
        var socket = token.In("p11.sock");
        using var server = new RunningProgram(ServerOf(token, socket));
        await UntilAsync(() => File.Exists(socket));

        string[] environment = [$"P11_KIT_SERVER_ADDRESS=unix:path={socket}", $"RECORDER_MODULE={Client}", $"RECORDER_LOG={token.Log}", $"RECORDER_ALIAS={AesKeyWrapPad}:{Carried}", $"RECORDER_HOLD={token.In("hold")}"];
        using var console = Program.StartUnder(["env", .. environment], ["run", Import, "--rehearse", "--out", Session, "--set", $"module={token.Recorder}"]);
        await UntilAsync(() => File.Exists(token.In("hold.held")) || console.HasEnded);
        Assert.False(console.HasEnded, console.HasEnded ? (await console.EndAsync(Limit)).ToString() : "");

        // The key is made and wrapped, and nothing is imported yet: the HSM of the rehearsal, which lives in the console, has no part of it.
        var parts = await PartsAsync(token);
        var (hasModulus, hasSecret) = (false, false);
        var read = ProcessMemory.Visit(console.Id, piece =>
        {
            hasModulus |= piece.IndexOf(parts.Modulus) >= 0;
            hasSecret |= parts.AreIn(piece);
        });
        File.Delete(token.In("hold"));
        var said = await console.EndAsync(Limit);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.True(read > 10_000_000 && hasModulus, "the scan finds what is there");
        Assert.False(hasSecret, "a part of the private key lay in the memory of the console");
    }

    [Fact]
    public async Task What_is_made_beside_a_token_is_checked_and_its_escrow_opens_with_two_of_three()
    {
        using var token = await SoftToken.MakeAsync();
        using var kek = RSA.Create(2048);
        var kekFile = token.In("kek.pem");
        await File.WriteAllTextAsync(kekFile, kek.ExportSubjectPublicKeyInfoPem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(token.In("pin"), SoftToken.Pin, TestContext.Current.CancellationToken);
        if (!Tools.Has("openssl")) Assert.Skip("openssl is not installed.");
        foreach (var holder in (string[])["a", "b", "c"])
            Assert.Equal(0, (await Tools.RunAsync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", $"/CN={holder}", "-days", "9", "-keyout", token.In(holder + ".pem"), "-out", token.In(holder + ".cer")])).ExitCode);

        string[] make = ["byok", "make", "--kek", kekFile, "--kek-id", Kid, "--module", token.Recorder, "--token", SoftToken.Label, "--label", "carried", "--pin-file", token.In("pin"), "--escrow", token.In("a.cer"), "--escrow", token.In("b.cer"), "--escrow", token.In("c.cer"), "--out", token.In("carried")];
        var nothing = await EndAsync(Program.StartUnder(["env", .. token.Environment], make));
        var made = await EndAsync(Program.StartUnder(["env", .. token.Environment], [.. make, "--make-key", "2048"]));

        Assert.Equal(5, nothing.ExitCode);
        Assert.Contains("holds no RSA key 'carried'", nothing.Error, StringComparison.Ordinal);
        Assert.True(made.ExitCode == 0, made.ToString());
        Assert.Equal(0, (await Program.RunAsync("byok", "check", token.In("carried/key-to-import.byok"), "--kek", kekFile, "--kek-id", Kid)).ExitCode);
        string[] check = ["byok", "check", token.In("carried/escrow.byok"), "--shares", token.In("carried/escrow-shares.json"), "--holder-key", token.In("c.pem")];
        Assert.Equal(3, (await Program.RunAsync(check)).ExitCode);
        var opened = await Program.RunAsync([.. check, "--holder-key", token.In("a.pem")]);
        Assert.True(opened.ExitCode == 0, opened.ToString());
        Assert.Contains("RSA-HSM, 2048 bits", opened.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_was_wrapped_on_another_machine_is_carried_back_and_imported()
    {
        using var token = await SoftToken.MakeAsync();
        await File.WriteAllTextAsync(token.In("pin"), SoftToken.Pin, TestContext.Current.CancellationToken);
        var files = Session + ".files";
        // The shipped one, and people who hand in what came back.
        var runbook = _scratch.In("byok-import.md");
        await File.WriteAllTextAsync(runbook, (await File.ReadAllTextAsync(Repository.In("runbooks", "byok-import.md"), TestContext.Current.CancellationToken)).Replace("    pin: \"123456\"\n", """
                pin: "123456"
                blob: {file: carried/key-to-import.byok}
                escrow: {file: carried/escrow.byok}
                shares: {file: carried/escrow-shares.json}
                receipt: {file: carried/receipt.json}

            """, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var paused = await Program.RunAsync("run", runbook, "--rehearse", "--out", Session, "--set", "token_is_here=false", "--set", "module=none", "--until", "carry-the-kek-to-the-token");
        Assert.True(paused.ExitCode == 4, paused.ToString());

        string[] escrow = [.. new[] { "bob", "carol", "dave" }.SelectMany(holder => (string[])["--escrow", Path.Combine(files, "rehearsal-people", holder, "wrapping.cer")])];
        var made = await EndAsync(Program.StartUnder(["env", .. token.SoftHsm],
            ["byok", "make", "--kek", Path.Combine(files, "kek.pem"), "--kek-id", await KekOfSessionAsync(), "--module", SoftToken.Module, "--token", SoftToken.Label, "--label", Key, "--pin-file", token.In("pin"), "--make-key", "3072", .. escrow, "--quorum", "2", "--out", Path.Combine(files, "carried")]));
        Assert.True(made.ExitCode == 0, made.ToString());
        var said = await Program.RunAsync("resume", Session, "--rehearse");

        // Completed: what the token sealed on the other machine, the HSM has unwrapped, and the moduli are equal.
        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.True((await Program.RunAsync("verify", Session)).ExitCode == 0);
    }

    [Fact]
    public async Task The_inspector_opens_what_SoftHSM_wrapped_and_names_the_part_that_was_changed()
    {
        using var token = await SoftToken.MakeAsync();
        using var kek = RSA.Create(2048);
        var (kekFile, own, folder) = (token.In("kek.pem"), token.In("kek.private.pem"), token.In("made"));
        await File.WriteAllTextAsync(kekFile, kek.ExportSubjectPublicKeyInfoPem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(own, kek.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(token.In("pin"), SoftToken.Pin, TestContext.Current.CancellationToken);
        var made = await EndAsync(Program.StartUnder(["env", .. token.SoftHsm], ["byok", "make", "--kek", kekFile, "--kek-id", Kid, "--module", SoftToken.Module, "--token", SoftToken.Label, "--label", "inspected", "--pin-file", token.In("pin"), "--make-key", "3072", "--out", folder]));
        Assert.True(made.ExitCode == 0, made.ToString());
        var blob = Path.Combine(folder, "key-to-import.byok");

        var outside = await InspectAsync(blob);
        var opened = await InspectAsync(blob, "--kek", own, "--kek-id", Kid);
        var changedKey = await InspectAsync(Changed(blob, fromEnd: 1), "--kek", own, "--kek-id", Kid);
        var changedAesKey = await InspectAsync(Changed(blob, fromEnd: 1800 + 100), "--kek", own, "--kek-id", Kid);

        Assert.Contains("RSA 3072 under a KEK of 2048 bits", outside["fits"]!.AsArray().Select(f => (string)f!));
        Assert.True((bool)opened["wellFormed"]! && (bool)opened["opened"]!, opened.ToJsonString());
        Assert.Equal(("RSA-HSM", 3072), ((string)opened["key"]!["kty"]!, (int)opened["key"]!["bits"]!));
        Assert.Equal("kwp", (string)changedKey["findings"]![0]!["part"]!);
        Assert.Equal("kek", (string)changedAesKey["findings"]![0]!["part"]!);
    }

    private async Task<string> KekOfSessionAsync()
    {
        await using var azure = await Cli.Testing.StagedAzure.StartAsync(Path.Combine(Session + ".azure", "estate.db"), null, null);
        var versions = JsonNode.Parse(azure.Azure.State.Export(Simulator.EstateSecrets.LeftOut))!["tables"]!["keyVersions"]!.AsObject();
        return "https://kv-hsm-prod.managedhsm.azure.net/keys/byok-kek/" + versions.Select(v => v.Value!).Where(v => (string?)v["name"] == "byok-kek").Select(v => (string?)v["version"]).Single();
    }

    private async Task<JsonNode> InspectAsync(string blob, params string[] options) =>
        JsonNode.Parse((await Program.RunAsync(["byok", "inspect", blob, "--json", .. options])).Output)!;

    // A copy with one bit of its ciphertext turned.
    private static string Changed(string blob, int fromEnd)
    {
        var json = JsonNode.Parse(File.ReadAllText(blob))!;
        var ciphertext = Base64Url.DecodeFromChars((string)json["ciphertext"]!);
        ciphertext[^fromEnd] ^= 1;
        json["ciphertext"] = Base64Url.EncodeToString(ciphertext);
        var copy = $"{blob}.{fromEnd}";
        File.WriteAllText(copy, json.ToJsonString());
        return copy;
    }

    // The same key, wrapped for a KEK of which the test has the private half.
    private async Task<PrivateParts> PartsAsync(SoftToken token)
    {
        using var kek = RSA.Create(2048);
        var folder = token.In("for-the-test");
        await File.WriteAllTextAsync(token.In("test-kek.pem"), kek.ExportSubjectPublicKeyInfoPem());
        await File.WriteAllTextAsync(token.In("test-pin"), SoftToken.Pin);
        var said = await EndAsync(Program.StartUnder(["env", .. token.SoftHsm], ["byok", "make", "--kek", token.In("test-kek.pem"), "--kek-id", Kid, "--module", SoftToken.Module, "--token", SoftToken.Label, "--label", Key, "--pin-file", token.In("test-pin"), "--out", folder]));
        Assert.True(said.ExitCode == 0, said.ToString());
        return PrivateParts.Of(kek, Path.Combine(folder, "key-to-import.byok"));
    }

    // The state of the rehearsal's own HSM holds its keys, as an HSM does; everything else is looked at.
    private IEnumerable<string> FilesOfSession() => Directory.EnumerateFiles(_scratch.Path, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith(Session + ".azure", StringComparison.Ordinal));

    private static System.Diagnostics.Process ServerOf(SoftToken token, string socket)
    {
        string[] arguments = [.. token.SoftHsm, $"RECORDER_MODULE={SoftToken.Module}", $"RECORDER_LOG={token.In("server.log")}", $"RECORDER_ALIAS={Carried}:{AesKeyWrapPad}", "p11-kit", "server", "--foreground", "--name", socket, "--provider", token.Recorder, $"pkcs11:token={SoftToken.Label}"];
        var start = new System.Diagnostics.ProcessStartInfo("env", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var process = new System.Diagnostics.Process { StartInfo = start };
        process.Start();
        return process;
    }

    private static async Task<Said> EndAsync(RunningProgram program)
    {
        using (program)
        {
            program.EndInput();
            return await program.EndAsync(Limit);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
    }
}
