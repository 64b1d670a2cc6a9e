using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;
using Runbook.Simulator;

namespace Runbook.Actions.Tests;

/// <summary>A whole HSM brought back, single keys brought back, and keys handed out to guests, against the embedded Azure.</summary>
public sealed class RecoveryTests
{
    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    [Fact]
    public async Task A_second_HSM_gets_everything_back_from_the_file_two_of_three_holders_and_a_full_backup()
    {
        await using var world = await World.ActiveAsync();
        var folder = await Scenes.RecoveredAsync(world);
        var before = await world.DoAsync("keyvault.key.compare", Json("""{"hsm":"kv-hsm-test","other":"kv-hsm-new"}"""));
        var wrapped = await world.DoAsync("keyvault.key.round-trip", Json("""{"hsm":"kv-hsm-test","name":"cmk","algorithm":"RSA-OAEP-256"}"""));

        await world.DoAsync("keyvault.managed-hsm.backup", Scenes.BackupOf("kv-hsm-new"));
        await world.DoAsync("keyvault.managed-hsm.restore", new JsonObject { ["hsm"] = "kv-hsm-new", ["container"] = Scenes.BackupContainer, ["folder"] = folder });

        var after = await world.DoAsync("keyvault.key.compare", Json("""{"hsm":"kv-hsm-test","other":"kv-hsm-new"}"""));
        Assert.False(before.GetProperty("same").GetBoolean());
        Assert.Equal("missing on 'kv-hsm-new'", before.GetProperty("differences")[0].GetProperty("what").GetString());
        Assert.True(after.GetProperty("same").GetBoolean(), after.GetRawText());
        Assert.Equal(1, after.GetProperty("compared").GetInt32());
        Assert.True(wrapped.GetProperty("same").GetBoolean());
        var across = await world.DoAsync("keyvault.key.round-trip", Json("""{"hsm":"kv-hsm-test","name":"cmk","algorithm":"RSA-OAEP-256","other":"kv-hsm-new"}"""));
        Assert.True(across.GetProperty("same").GetBoolean());
        Assert.StartsWith("https://kv-hsm-new.", across.GetProperty("kid").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_differs_in_one_version_or_attribute_is_named_with_what_differs()
    {
        await using var world = await World.ActiveAsync();
        var folder = await Scenes.RecoveredAsync(world);
        await world.DoAsync("keyvault.managed-hsm.backup", Scenes.BackupOf("kv-hsm-new"));
        await world.DoAsync("keyvault.managed-hsm.restore", new JsonObject { ["hsm"] = "kv-hsm-new", ["container"] = Scenes.BackupContainer, ["folder"] = folder });

        await world.DoAsync("keyvault.key.disable", Json("""{"hsm":"kv-hsm-new","name":"cmk"}"""));
        await world.DoAsync("keyvault.rotation-policy.set", Json("""{"hsm":"kv-hsm-test","name":"cmk","rotateAfter":"P18M","expires":"P2Y"}"""));
        await world.DoAsync("keyvault.key.rotate", Json("""{"hsm":"kv-hsm-test","name":"cmk"}"""));

        var told = await world.DoAsync("keyvault.key.compare", Json("""{"hsm":"kv-hsm-test","other":"kv-hsm-new"}"""));
        var differences = told.GetProperty("differences").EnumerateArray().Select(d => d.GetProperty("what").GetString()).ToList();
        Assert.Contains("versions", differences);
        Assert.Contains("n", differences);
        Assert.Contains("enabled", differences);
    }

    [Fact]
    public async Task A_full_restore_without_a_fresh_backup_of_the_target_is_refused_and_changes_nothing()
    {
        await using var world = await World.ActiveAsync();
        await Scenes.WithStoreAsync(world, []);
        var backup = await world.DoAsync("keyvault.managed-hsm.backup", Scenes.BackupOf(World.Hsm));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(31));

        var end = await world.RunAsync("keyvault.managed-hsm.restore", new JsonObject { ["hsm"] = World.Hsm, ["container"] = Scenes.BackupContainer, ["folder"] = backup.GetProperty("folder").GetString() });

        Assert.Equal((400, "BadParameter"), (end.Last.Status, end.Last.Error!.Code));
    }

    [Fact]
    public async Task What_became_of_a_restore_into_an_HSM_that_held_keys_before_nobody_can_tell()
    {
        await using var world = await World.ActiveAsync();
        await Scenes.WithStoreAsync(world, []);
        var backup = await world.DoAsync("keyvault.managed-hsm.backup", Scenes.BackupOf(World.Hsm));
        var action = world.Actions.Get("keyvault.managed-hsm.restore");
        var with = JsonElement.Parse(new JsonObject { ["hsm"] = World.Hsm, ["container"] = Scenes.BackupContainer, ["folder"] = backup.GetProperty("folder").GetString() }.ToJsonString());
        var looked = await Runs.SendAsync(action, Runs.First(action, with), world.Context);
        var call = ((ActionStep.MakeCall)action.Next(with, [looked])).Call;

        Assert.IsType<SettleVerdict.CannotTell>(await action.SettleAsync(call, world.Context, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_backup_into_a_container_that_does_not_exist_says_that_it_does_not_exist()
    {
        await using var world = await World.ActiveAsync();
        await Scenes.WithStoreAsync(world, []);

        var end = await world.RunAsync("keyvault.managed-hsm.backup", new JsonObject { ["hsm"] = World.Hsm, ["container"] = "https://stkvdatatest.blob.core.windows.net/nowhere" });

        Assert.Equal((null, "ContainerNotFound"), (end.Last.Status, end.Last.Error!.Code));
        Assert.Contains(end.Last.Error.Code, world.Actions.Get("keyvault.managed-hsm.backup").Descriptor.Errors.Select(e => e.Code));
    }

    [Fact]
    public async Task A_shared_access_signature_comes_from_its_file_and_stands_in_no_plan()
    {
        using var bench = new Bench();
        bench.Files.Write("sas.txt", "se=2026-12-01&sig=not-a-real-one\n"u8.ToArray());
        bench.Network.Answer(202, """{"status":"InProgress","jobId":"1"}""", "application/json", ("Azure-AsyncOperation", "https://kv-hsm-prod.managedhsm.azure.net/backup/1/pending"));
        const string with = """{"hsm":"kv-hsm-prod","container":"https://st.blob.core.windows.net/hsm","signature":"sas.txt"}""";

        await bench.SendAsync("keyvault.managed-hsm.backup", with);

        Assert.DoesNotContain("sig=", bench.Call("keyvault.managed-hsm.backup", with).Body!.Value.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("\"token\":\"se=2026-12-01\\u0026sig=not-a-real-one\"", bench.Network.Seen.Last().Body!.Replace("&", "\\u0026", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_released_key_opens_with_the_guests_key_and_is_the_one_in_the_HSM()
    {
        await using var world = await World.ActiveAsync();
        await world.DoAsync("keyvault.key.release", await Scenes.WithReleasableKeyAsync(world));
        var key = await world.DoAsync("keyvault.key.get", Json("""{"hsm":"kv-hsm-test","name":"skr"}"""));

        using var released = RSA.Create();
        released.ImportPkcs8PrivateKey(Guest.Open(await File.ReadAllTextAsync(world.Files.In("released.jws"), TestContext.Current.CancellationToken)), out _);

        Assert.Equal(key.GetProperty("key").GetProperty("n").GetString(), Base64Url.EncodeToString(released.ExportParameters(false).Modulus));
        Assert.True(key.GetProperty("attributes").GetProperty("exportable").GetBoolean());
    }

    [Fact]
    public async Task A_guest_of_another_measurement_gets_a_token_and_no_key()
    {
        await using var world = await World.ActiveAsync();

        var end = await world.RunAsync("keyvault.key.release", await Scenes.WithReleasableKeyAsync(world, new SnpGuest { Measurement = new byte[48] }));

        Assert.Equal((403, "Forbidden"), (end.Last.Status, end.Last.Error!.Code));
        Assert.Contains("policy", end.Last.Error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(world.Files.In("released.jws")));
    }

    [Fact]
    public async Task The_token_says_what_the_guest_is()
    {
        await using var world = await World.StartAsync();
        world.Files.Write("evidence.json", Encoding.UTF8.GetBytes(world.Azure.MakeEvidence(Guest.Right, Guest.RuntimeData)));

        var told = await world.DoAsync("attestation.token.get", new JsonObject { ["provider"] = Scenes.Provider, ["evidence"] = "evidence.json", ["file"] = "token.jwt" });

        Assert.Equal(("sevsnpvm", Convert.ToHexStringLower(Guest.Right.Measurement.Span), "false"), (Claim("x-ms-attestation-type"), Claim("x-ms-sevsnpvm-launchmeasurement"), Claim("x-ms-sevsnpvm-is-debuggable")));
        Assert.Equal(1, told.GetProperty("keys").GetInt32());

        string? Claim(string name) => told.GetProperty("claims").GetProperty(name).GetString();
    }

    [Fact]
    public async Task Evidence_that_was_changed_on_the_way_gets_no_token()
    {
        await using var world = await World.StartAsync();
        var evidence = JsonNode.Parse(world.Azure.MakeEvidence(Guest.Right, Guest.RuntimeData))!;
        evidence["runtimeData"]!["data"] = Base64Url.EncodeToString("{\"keys\":[]}"u8);
        world.Files.Write("evidence.json", Encoding.UTF8.GetBytes(evidence.ToJsonString()));

        var end = await world.RunAsync("attestation.token.get", new JsonObject { ["provider"] = Scenes.Provider, ["evidence"] = "evidence.json", ["file"] = "token.jwt" });

        Assert.Equal((400, "AttestationFailure"), (end.Last.Status, end.Last.Error!.Code));
        Assert.False(File.Exists(world.Files.In("token.jwt")));
    }

    [Fact]
    public async Task Evidence_that_is_no_JSON_is_not_sent()
    {
        await using var world = await World.StartAsync();
        world.Files.Write("evidence.json", "nonsense"u8.ToArray());
        var action = world.Actions.Get("attestation.token.get");
        var call = Runs.First(action, JsonElement.Parse($$"""{"provider":"{{Scenes.Provider}}","evidence":"evidence.json","file":"token.jwt"}"""));

        var unsent = await Assert.ThrowsAsync<CallNotSentException>(() => Runs.SendAsync(action, call, world.Context));

        Assert.Equal(ActionCodes.FileUnusable, unsent.Code);
    }

    [Fact]
    public async Task A_lost_answer_to_the_creation_of_a_releasable_key_is_settled_by_its_policy()
    {
        await using var world = await World.ActiveAsync();
        var action = world.Actions.Get("keyvault.key.create");
        await world.DoAsync("keyvault.key.create", Scenes.ReleasableKey("skr"));
        var same = action.Plan(JsonElement.Parse(Scenes.ReleasableKey("skr").ToJsonString()))[^1];
        var other = Scenes.ReleasableKey("skr");
        other["releasePolicy"]!["anyOf"]![0]!["authority"] = "https://sharedweu.weu.attest.azure.net";

        Assert.IsType<SettleVerdict.TookEffect>(await action.SettleAsync(same, world.Context, TestContext.Current.CancellationToken));
        Assert.IsType<SettleVerdict.CannotTell>(await action.SettleAsync(action.Plan(JsonElement.Parse(other.ToJsonString()))[^1], world.Context, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_container_that_denies_other_scopes_refuses_the_write_and_the_plan_shows_the_scope()
    {
        await using var world = await World.ActiveAsync();
        await Scenes.WithStoreAsync(world, []);
        foreach (var scope in (string[])["tenant-acme", "tenant-other"]) await world.DoAsync("storage.encryption-scope.set", Json($$"""{"account":"stkvdatatest","scope":"{{scope}}","keyUri":"https://kv-hsm-test.managedhsm.azure.net/keys/cmk"}"""));
        await world.DoAsync("storage.container.create", Json("""{"account":"stkvdatatest","container":"acme-data","scope":"tenant-acme"}"""));
        var write = Json("""{"account":"stkvdatatest","container":"acme-data","blob":"b.json","text":"x","scope":"tenant-other"}""");

        var end = await world.RunAsync("storage.blob.write", write);
        write["scope"] = "tenant-acme";
        await world.DoAsync("storage.blob.write", write);

        Assert.Equal((403, "RequestForbiddenByContainerEncryptionPolicy"), (end.Last.Status, end.Last.Error!.Code));
        Assert.Equal("tenant-acme", world.Actions.Get("storage.blob.write").Plan(JsonElement.Parse(write.ToJsonString()))[0].Headers["x-ms-encryption-scope"]);
    }

    [Fact]
    public async Task Two_requests_that_differ_in_a_header_have_two_digests()
    {
        await using var world = await World.StartAsync();
        var action = world.Actions.Get("storage.blob.write");
        var calls = new[] { "tenant-a", "tenant-b" }.Select(s => action.Plan(JsonElement.Parse($$"""{"account":"stkv","container":"con","blob":"b","text":"x","scope":"{{s}}"}"""))[0]);

        Assert.Equal(2, calls.Select(c => Runbook.Engine.CallRendering.Describe(c).Digest.ToString()).Distinct().Count());
    }
}
