using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Simulator;

namespace Runbook.Actions.Tests;

/// <summary>What no call to Azure can cause: there on the embedded one, undone by name, and refused on a real one.</summary>
public sealed class EmbeddedFaultTests
{
    public static TheoryData<string, string, FaultKind> Harms => new()
    {
        { "embedded.region.down", """{"region":"eastus2"}""", FaultKind.RegionDown },
        { "embedded.network.deny", """{"hsm":"kv-hsm-prod"}""", FaultKind.HostUnreachable },
        { "embedded.network.deny", """{"account":"stkvdataprod"}""", FaultKind.HostUnreachable },
        { "embedded.throttling.start", """{"hsm":"kv-hsm-prod","share":0.5}""", FaultKind.Throttle },
    };

    public static IEnumerable<TheoryDataRow<string>> All => AzureActions.Catalogue.All.Where(a => a.EmbeddedOnly).Select(a => new TheoryDataRow<string>(a.Name));

    [Theory, MemberData(nameof(Harms))]
    public async Task A_harm_done_twice_is_one_harm_and_its_inverse_removes_it(string name, string with, FaultKind kind)
    {
        await using var world = await World.InProcessAsync("payments");
        var arguments = JsonNode.Parse(with)!.AsObject();
        var action = world.Actions.Get(name);
        var undo = action.InvertArguments(Bench.With(with), null);

        await world.DoAsync(name, arguments);
        await world.DoAsync(name, arguments);

        Assert.Equal(kind, Assert.Single(world.Azure.Faults.Armed).Kind);
        Assert.IsType<SettleVerdict.TookEffect>(await SettleAsync(world, name, with));
        Assert.IsType<SettleVerdict.DidNot>(await SettleAsync(world, action.Descriptor.Inverse!.Action, undo.GetRawText()));

        await world.DoAsync(action.Descriptor.Inverse.Action, JsonNode.Parse(undo.GetRawText())!);
        await world.DoAsync(action.Descriptor.Inverse.Action, JsonNode.Parse(undo.GetRawText())!);

        Assert.Empty(world.Azure.Faults.Armed);
        Assert.IsType<SettleVerdict.TookEffect>(await SettleAsync(world, action.Descriptor.Inverse.Action, undo.GetRawText()));
    }

    [Fact]
    public async Task Nothing_in_a_region_that_is_down_answers_until_it_is_up_again()
    {
        await using var world = await World.InProcessAsync("payments");
        var somebody = world.ActionsOf(world.Somebody("operator"));
        var blob = new JsonObject { ["account"] = "stkvdataprod", ["container"] = "canary", ["blob"] = "canary.txt" };

        await world.DoAsync("embedded.region.down", new JsonObject { ["region"] = "eastus2" });
        var down = await world.RunAsync("storage.blob.read", blob.DeepClone(), somebody);
        await world.DoAsync("embedded.region.up", new JsonObject { ["region"] = "eastus2" });
        var up = await world.RunAsync("storage.blob.read", blob, somebody);

        Assert.Equal("NoAnswer", down.Last.Error?.Code);
        Assert.Equal(200, up.Last.Status);
    }

    [Fact]
    public async Task A_crowded_hsm_refuses_with_429_and_says_how_long_to_wait()
    {
        await using var world = await World.InProcessAsync("payments");
        var key = new JsonObject { ["hsm"] = "kv-hsm-prod", ["name"] = "cmk-storage" };

        await world.DoAsync("embedded.throttling.start", new JsonObject { ["hsm"] = "kv-hsm-prod", ["retryAfter"] = 7 });
        var refused = await world.RunAsync("keyvault.key.get", key, world.ActionsOf(world.Somebody("operator")));

        Assert.Equal(429, refused.Last.Status);
        Assert.Equal(TimeSpan.FromSeconds(7), refused.Last.RetryAfter);
    }

    [Fact]
    public async Task Another_harm_of_the_same_name_is_refused_and_the_first_stays()
    {
        await using var world = await World.InProcessAsync("payments");
        await world.DoAsync("embedded.throttling.start", new JsonObject { ["hsm"] = "kv-hsm-prod", ["share"] = 0.5 });

        var second = await world.RunAsync("embedded.throttling.start", new JsonObject { ["hsm"] = "kv-hsm-prod", ["share"] = 1 });

        Assert.Equal("AnotherFault", second.Last.Error?.Code);
        Assert.Equal(0.5, Assert.Single(world.Azure.Faults.Armed).Rate);
    }

    [Theory, MemberData(nameof(All))]
    public async Task A_real_subscription_is_refused_and_nothing_is_sent(string name)
    {
        using var bench = new Bench();
        foreach (var sample in Samples.Of(name))
        {
            var action = bench.Actions.Get(name);

            var refused = await Assert.ThrowsAsync<CallNotSentException>(() => Runs.SendAsync(action, Runs.First(action, sample), bench.Context));

            Assert.Equal(ActionCodes.EmbeddedOnly, refused.Code);
            Assert.Contains("embedded Azure only", refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(bench.Network.Seen);
        Assert.Empty(bench.Credential.Asked);
    }

    [Fact]
    public void Each_harm_has_an_inverse_that_is_of_the_embedded_Azure_too() =>
        Assert.All(AzureActions.Catalogue.All.Where(a => a.EmbeddedOnly), a => Assert.True(AzureActions.Catalogue.Find(a.Inverse!.Action)!.EmbeddedOnly && a.Effect == EffectClass.Idempotent));

    private static Task<SettleVerdict> SettleAsync(World world, string name, string with)
    {
        var action = world.Actions.Get(name);
        return action.SettleAsync(Runs.First(action, Bench.With(with)), world.Context, TestContext.Current.CancellationToken);
    }
}
