using System.Text;
using System.Text.Json;
using Azure.Core.Pipeline;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;
using Runbook.TestKit;

namespace Runbook.Actions.Tests;

public sealed class RehearsalTokenTests : IDisposable
{
    private const string Pin = "a-pin-of-a-rehearsal";
    private const string Token = """{"module":"rehearsal-token","token":"source","pin":"${pin}","label":"cmk"}""";
    private const string Key = """{"module":"rehearsal-token","token":"source","pin":"${pin}","label":"cmk","size":2048}""";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_is_made_once_and_found_and_a_second_of_its_label_is_refused()
    {
        var made = await RunAsync("pkcs11.key.generate", Key);
        var again = await RunAsync("pkcs11.key.generate", Key);
        var found = (await RunAsync("pkcs11.key.find", Token)).Succeeded();

        Assert.Equal(1, made.Succeeded().GetProperty("count").GetInt32());
        Assert.Equal("AlreadyExists", again.Last.Error!.Code);
        Assert.Single(again.Answers);
        Assert.Equal(made.Succeeded().GetProperty("publicDigest").GetString(), found.GetProperty("publicDigest").GetString());
        Assert.True(found.GetProperty("device").GetProperty("rehearsal").GetBoolean());
        Assert.Contains("no hardware", found.GetProperty("device").GetProperty("maker").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_settled_by_what_lies_in_the_token()
    {
        var action = Actions(isEmbedded: true).Get("pkcs11.key.generate");
        var write = action.Plan(JsonElement.Parse(Key))[^1];
        Assert.IsType<SettleVerdict.DidNot>(await action.SettleAsync(write, Context(), TestContext.Current.CancellationToken));

        await RunAsync("pkcs11.key.generate", Key);

        Assert.IsType<SettleVerdict.TookEffect>(await action.SettleAsync(write, Context(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Deleting_undoes_making_and_one_that_is_gone_counts_as_deleted()
    {
        await RunAsync("pkcs11.key.generate", Key);
        var undo = Actions(isEmbedded: true).Get("pkcs11.key.generate").InvertArguments(JsonElement.Parse(Key), null).GetRawText();

        Assert.Equal(0, (await RunAsync("pkcs11.key.delete", undo)).Succeeded().GetProperty("count").GetInt32());
        Assert.Equal(0, (await RunAsync("pkcs11.key.delete", undo)).Succeeded().GetProperty("count").GetInt32());
        Assert.Equal(0, (await RunAsync("pkcs11.key.find", Token)).Succeeded().GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task It_exists_on_the_embedded_Azure_only()
    {
        var refused = await RunAsync("pkcs11.key.find", Token, isEmbedded: false);

        Assert.Equal("RehearsalTokenOnly", refused.Last.Error!.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Nothing_is_done_without_the_PIN()
    {
        var refused = await Runs.ToEndAsync(Actions(isEmbedded: true).Get("pkcs11.key.generate"), JsonElement.Parse(Key), Context() with { Secret = static _ => null }, static _ => { });

        Assert.Equal("PinNotTold", refused.Last.Error!.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("no-such-module"), InlineData("/no/such/module.so")]
    public async Task A_module_that_is_not_there_is_said(string module) =>
        Assert.Equal("ModuleNotFound", (await RunAsync("pkcs11.key.find", Token.Replace("rehearsal-token", module, StringComparison.Ordinal))).Last.Error!.Code);

    [Fact]
    public async Task A_file_that_is_no_module_is_said()
    {
        var file = _folder.Write("module.so", "no library"u8);

        Assert.Equal("ModuleUnusable", (await RunAsync("pkcs11.key.find", Token.Replace("rehearsal-token", file, StringComparison.Ordinal))).Last.Error!.Code);
    }

    [Fact]
    public void A_plan_calls_the_stand_in_a_stand_in_and_holds_no_PIN()
    {
        var calls = Bench.Rendering.Get("pkcs11.key.generate").Plan(JsonElement.Parse(Key));

        Assert.All(calls, c => Assert.Contains("no hardware", c.Description, StringComparison.Ordinal));
        Assert.All(calls, c => Assert.Equal("${pin}", c.Body!.Value.GetProperty("pin").GetString()));
    }

    [Fact]
    public async Task A_copy_in_escrow_opens_with_a_quorum_of_holders_and_holds_the_key()
    {
        var made = (await RunAsync("pkcs11.key.generate", Key)).Succeeded();
        for (var n = 1; n <= 3; n++) _folder.Write($"{n}.cer", Holders.Certificate(n));
        var keys = Enumerable.Range(1, 3).Select(n => Encoding.ASCII.GetBytes(Holders.Key(n).ExportPkcs8PrivateKeyPem())).ToList();
        var answer = (await RunAsync("pkcs11.key.escrow", """{"module":"rehearsal-token","token":"source","pin":"${pin}","label":"cmk","certificates":["1.cer","2.cer","3.cer"],"quorum":2,"file":"escrow.byok","shares":"shares.json"}""")).Succeeded();
        var shares = File.ReadAllBytes(_folder.In("shares.json"));

        Assert.Throws<EscrowException>(() => EscrowedKey.Join(shares, [keys[0]]));
        using var kek = EscrowedKey.Join(shares, [keys[2], keys[0]]);
        var report = ByokInspector.Inspect(File.ReadAllBytes(_folder.In("escrow.byok")), new ByokExpectation { Kek = kek, Kid = EscrowedKey.KidOf(kek), PublicDigest = made.GetProperty("publicDigest").GetString() });

        Assert.Empty(report.Findings);
        Assert.True(report.IsOpened);
        Assert.Equal(answer.GetProperty("publicDigest").GetString(), report.Key!.PublicDigest);
    }

    private Task<RunEnd> RunAsync(string action, string with, bool isEmbedded = true) =>
        Runs.ToEndAsync(Actions(isEmbedded).Get(action), JsonElement.Parse(with), Context(), static _ => { });

    private ActionContext Context() => Bench.ContextIn(_folder.Path, TimeProvider.System) with { Secret = static name => name == "pin" ? Pin : null };

    private static ActionSet Actions(bool isEmbedded) => AzureActions.Create(new AzureEnvironment
    {
        TenantId = "10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101",
        SubscriptionId = Bench.Subscription,
        ResourceGroup = Bench.Group,
        Label = "rehearsal",
        IsEmbedded = isEmbedded,
        Credential = new FixedCredential(),
        Transport = new HttpClientTransport(new ScriptedNetwork()),
    });
}
