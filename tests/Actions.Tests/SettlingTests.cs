using System.Text.Json;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;

namespace Runbook.Actions.Tests;

/// <summary>What a settling probe makes of states that are half made, or somebody else's.</summary>
public sealed class SettlingTests
{
    private const string Who = "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";
    private const string Create = "keyvault.managed-hsm.create";
    private const string Asked = $$"""{"name":"kv-hsm-prod","location":"eastus2","administrators":["{{Who}}"],"retentionDays":90,"purgeProtection":false,"tags":{"session":"7f3a"} }""";
    private const string Key = """{"hsm":"kv-hsm-prod","name":"cmk","type":"RSA-HSM","size":2048,"operations":["wrapKey","unwrapKey"]}""";
    private const string KeyCreate = "keyvault.key.create";
    private const string Grant = $$"""{"hsm":"kv-hsm-prod","role":"Managed HSM Crypto User","principal":"{{Who}}","scope":"/keys"}""";
    private const string NotFound = """{"error":{"code":"ResourceNotFound","message":"No such thing."}}""";

    [Theory]
    [InlineData("Succeeded", typeof(SettleVerdict.TookEffect))]
    [InlineData("Provisioning", typeof(SettleVerdict.Running))]
    [InlineData("Failed", typeof(SettleVerdict.TookEffect))]
    public async Task An_HSM_as_it_was_asked_for_is_this_calls_whatever_its_state(string state, Type verdict)
    {
        using var bench = new Bench();
        bench.Network.Answer(200, HsmIn(state));

        var settled = await bench.SettleAsync(Create, bench.Write(Create, Asked));

        Assert.IsType(verdict, settled);
        if (state == "Failed") Assert.Equal("ProvisioningFailed", ((SettleVerdict.TookEffect)settled).Answer.Error!.Code);
    }

    [Theory]
    [InlineData("\"location\":\"eastus2\"", "\"location\":\"westeurope\"")]
    [InlineData("\"softDeleteRetentionInDays\":90", "\"softDeleteRetentionInDays\":7")]
    [InlineData(Who, "00000000-0000-4000-8000-000000000000")]
    [InlineData("\"session\":\"7f3a\"", "\"session\":\"other\"")]
    public async Task An_HSM_that_somebody_else_made_under_that_name_settles_nothing(string ours, string theirs)
    {
        using var bench = new Bench();
        bench.Network.Answer(200, HsmIn("Succeeded").Replace(ours, theirs, StringComparison.Ordinal));

        Assert.IsType<SettleVerdict.CannotTell>(await bench.SettleAsync(Create, bench.Write(Create, Asked)));
    }

    [Theory]
    [InlineData(404, NotFound, typeof(SettleVerdict.DidNot))]
    [InlineData(204, "", typeof(SettleVerdict.DidNot))]
    [InlineData(404, """{"error":{"code":"ResourceGroupNotFound","message":"No group."}}""", typeof(SettleVerdict.CannotTell))]
    [InlineData(403, """{"error":{"code":"AuthorizationFailed","message":"No."}}""", typeof(SettleVerdict.CannotTell))]
    public async Task Only_a_missing_resource_means_that_nothing_was_made(int status, string body, Type verdict)
    {
        using var bench = new Bench();
        bench.Network.Answer(status, body);

        Assert.IsType(verdict, await bench.SettleAsync(Create, bench.Write(Create, Asked)));
    }

    [Fact]
    public async Task A_settling_reading_without_an_answer_settles_nothing_and_is_asked_again_later()
    {
        using var bench = new Bench();
        bench.Network.Lose();

        await Assert.ThrowsAsync<CallNotAnsweredException>(() => bench.SettleAsync(Create, bench.Write(Create, Asked)));
    }

    [Theory]
    [InlineData("Deleting", typeof(SettleVerdict.Running))]
    [InlineData("Succeeded", typeof(SettleVerdict.DidNot))]
    public async Task A_deletion_is_over_when_the_HSM_is_gone(string state, Type verdict)
    {
        using var bench = new Bench();
        bench.Network.Answer(200, HsmIn(state)).Answer(404, NotFound);
        var call = bench.Write("keyvault.managed-hsm.delete", """{"name":"kv-hsm-prod"}""");

        Assert.IsType(verdict, await bench.SettleAsync("keyvault.managed-hsm.delete", call));
        Assert.IsType<SettleVerdict.TookEffect>(await bench.SettleAsync("keyvault.managed-hsm.delete", call));
    }

    [Theory]
    [InlineData("""["wrapKey","unwrapKey"]""", 1, typeof(SettleVerdict.TookEffect))]
    [InlineData("""["wrapKey","unwrapKey"]""", 2, typeof(SettleVerdict.CannotTell))]
    [InlineData("""["sign"]""", 1, typeof(SettleVerdict.CannotTell))]
    public async Task One_version_just_as_asked_for_is_the_key_that_was_created(string operations, int versions, Type verdict)
    {
        using var bench = new Bench();
        var modulus = System.Buffers.Text.Base64Url.EncodeToString(new byte[256]);
        bench.Network.Answer(200, $$"""{"key":{"kid":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk/1","kty":"RSA-HSM","n":"{{modulus}}","key_ops":{{operations}} } }""")
            .Answer(200, $$"""{"value":[{{string.Join(',', Enumerable.Repeat("""{"kid":"x"}""", versions))}}]}""");

        Assert.IsType(verdict, await bench.SettleAsync(KeyCreate, bench.Write(KeyCreate, Key)));
    }

    [Fact]
    public async Task A_key_of_another_size_is_somebody_elses()
    {
        using var bench = new Bench();
        var modulus = System.Buffers.Text.Base64Url.EncodeToString(new byte[384]);
        bench.Network.Answer(200, $$"""{"key":{"kid":"https://h/keys/cmk/1","kty":"RSA-HSM","n":"{{modulus}}","key_ops":["wrapKey","unwrapKey"]} }""").Answer(200, """{"value":[{"kid":"x"}]}""");

        Assert.IsType<SettleVerdict.CannotTell>(await bench.SettleAsync(KeyCreate, bench.Write(KeyCreate, Key)));
    }

    [Fact]
    public async Task A_grant_is_found_by_its_name_and_by_what_it_says()
    {
        using var bench = new Bench();
        const string said = $$"""{"name":"n","properties":{"principalId":"{{Who}}","roleDefinitionId":"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b","scope":"/keys"} }""";
        var call = bench.Write("keyvault.role-assignment.create", Grant);

        bench.Network.Answer(200, said);
        Assert.IsType<SettleVerdict.TookEffect>(await bench.SettleAsync("keyvault.role-assignment.create", call));
        bench.Network.Answer(404, """{"error":{"code":"RoleAssignmentNotFound","message":"x"}}""").Answer(200, $$"""{"value":[{{said}}]}""");
        Assert.IsType<SettleVerdict.TookEffect>(await bench.SettleAsync("keyvault.role-assignment.create", call));
        bench.Network.Answer(404, """{"error":{"code":"RoleAssignmentNotFound","message":"x"}}""").Answer(200, $$"""{"value":[{{said.Replace("\"/keys\"", "\"/keys/cmk\"", StringComparison.Ordinal)}}]}""");
        Assert.IsType<SettleVerdict.DidNot>(await bench.SettleAsync("keyvault.role-assignment.create", call));
        bench.Network.Answer(200, said.Replace("21dbd100-6940-42c2-9190-5d6cb909625b", "515eb02d-2335-4d2d-92f2-b1cbdf9c3778", StringComparison.Ordinal));
        Assert.IsType<SettleVerdict.CannotTell>(await bench.SettleAsync("keyvault.role-assignment.create", call));
    }

    [Fact]
    public async Task A_loan_that_was_found_in_place_is_given_back_by_a_call_that_leaves_it()
    {
        const string delete = "keyvault.role-assignment.delete";
        using var bench = new Bench();
        var create = bench.Actions.Get("keyvault.role-assignment.create");
        var lent = Bench.With(Grant);
        var name = create.InvertArguments(lent, null).GetProperty("name").GetString();

        var undo = create.InvertArguments(lent, JsonElement.Parse($$"""{"value":[{"name":"{{name}}"}]}"""));
        var call = Assert.IsType<ActionStep.MakeCall>(bench.Actions.Get(delete).Next(undo, [])).Call;

        // A reading is nothing that could undo; who only found readings to make would never see the loan given back.
        Assert.NotEqual(Runbook.Language.Actions.EffectClass.Read, call.Effect);
        Assert.Equal(PlannedCall.Local, call.Method);
        Assert.IsType<SettleVerdict.TookEffect>(await bench.SettleAsync(delete, call));
        Assert.Empty(bench.Network.Seen);
        // The sheet for people must not tell them to take it away.
        Assert.Null(Runbook.Engine.AzCommands.Fill(bench.Actions.Get(delete).Descriptor, undo, call));
    }

    [Fact]
    public async Task A_grant_that_is_held_under_another_name_counts_as_given()
    {
        using var bench = new Bench();
        bench.Network.Answer(409, """{"error":{"code":"RoleAssignmentExists","message":"There."}}""")
            .Answer(200, $$"""{"value":[{"name":"other","properties":{"principalId":"{{Who}}","roleDefinitionId":"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b","scope":"/keys"} }]}""");

        var answer = await bench.SendAsync("keyvault.role-assignment.create", Grant);

        Assert.Null(answer.Error);
        Assert.Equal("other", answer.Observed.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("""{"status":"Succeeded"}""", true)]
    [InlineData("""{"status":"InProgress"}""", false)]
    [InlineData("""{"status":"Whatever"}""", false)]
    public async Task An_operation_ends_with_one_of_three_words(string status, bool ends)
    {
        using var bench = new Bench();
        bench.Network.Answer(202, "", "", ("Azure-AsyncOperation", "https://management.azure.com/op/1"), ("Retry-After", "3")).Answer(200, status);
        if (ends) bench.Network.Answer(200, HsmIn("Succeeded"));
        var action = bench.Actions.Get(Create);
        var call = bench.Write(Create, Asked);
        var begun = await Runs.SendAsync(action, call, bench.Context);

        var polled = await action.PollAsync(begun.Pending!, call, bench.Context, TestContext.Current.CancellationToken);

        Assert.Equal(TimeSpan.FromSeconds(3), begun.Pending!.RetryAfter);
        Assert.Equal(ends, polled.Pending is null);
    }

    [Fact]
    public async Task An_operation_that_fails_with_status_200_failed()
    {
        using var bench = new Bench();
        bench.Network.Answer(202, "", "", ("Azure-AsyncOperation", "https://management.azure.com/op/1")).Answer(200, """{"status":"Failed","error":{"code":"QuotaExceeded","message":"No more."}}""");
        var action = bench.Actions.Get(Create);
        var call = bench.Write(Create, Asked);
        var begun = await Runs.SendAsync(action, call, bench.Context);

        var polled = await action.PollAsync(begun.Pending!, call, bench.Context, TestContext.Current.CancellationToken);

        Assert.Equal((null, "QuotaExceeded"), (polled.Status, polled.Error!.Code));
    }

    [Fact]
    public async Task An_operation_whose_address_leads_to_somebody_else_gets_no_token()
    {
        using var bench = new Bench();
        bench.Network.Answer(202, "", "", ("Azure-AsyncOperation", "https://evil.example/op/1"));
        var action = bench.Actions.Get(Create);
        var call = bench.Write(Create, Asked);
        var begun = await Runs.SendAsync(action, call, bench.Context);
        var asked = bench.Credential.Asked.Count;

        await Assert.ThrowsAsync<CallNotAnsweredException>(() => action.PollAsync(begun.Pending!, call, bench.Context, TestContext.Current.CancellationToken));

        Assert.Equal(asked, bench.Credential.Asked.Count);
        Assert.Single(bench.Network.Seen);
    }

    private static string HsmIn(string state) => $$"""{"id":"/x","name":"kv-hsm-prod","location":"eastus2","tags":{"session":"7f3a"},"properties":{"provisioningState":"{{state}}","softDeleteRetentionInDays":90,"initialAdminObjectIds":["{{Who}}"]} }""";
}
