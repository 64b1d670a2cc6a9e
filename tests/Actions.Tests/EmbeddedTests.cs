using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Simulator;

namespace Runbook.Actions.Tests;

/// <summary>Every action that talks to Azure, against the embedded one: alone, refused, throttled, and with its answer lost.</summary>
public sealed class EmbeddedTests
{
    private static IEnumerable<ActionDescriptor> Staged => AzureActions.Catalogue.All.Where(a => !a.Local && !a.EmbeddedOnly && !Scenes.None.Contains(a.Name));

    public static IEnumerable<TheoryDataRow<string>> OnAzure => Staged.Select(a => new TheoryDataRow<string>(a.Name));

    public static IEnumerable<TheoryDataRow<string>> Changing => Staged.Where(a => a.Effect != EffectClass.Read).Select(a => new TheoryDataRow<string>(a.Name));

    // Whose answer alone holds what was wanted is asked for again: no reading finds it.
    private static readonly string[] OnlyTheAnswer = ["keyvault.security-domain.download", "keyvault.security-domain.transfer-key", "keyvault.managed-hsm.backup", "sql.protector.revalidate", "policy.compliance.evaluate"];

    // While a restore goes on the HSM answers no reading, and two people decide.
    public static IEnumerable<TheoryDataRow<string>> Settled => Changing.Where(r => !OnlyTheAnswer.Contains(r.Data) && r.Data != "keyvault.managed-hsm.restore");

    // An identity that was attached to a server stays so when another becomes its primary one again: what is read then differs.
    public static IEnumerable<TheoryDataRow<string>> Reversible => Staged.Where(a => a.Inverse is not null && a.Name != "sql.server-identity.set").Select(a => new TheoryDataRow<string>(a.Name));

    [Theory, MemberData(nameof(OnAzure))]
    public async Task It_does_what_it_says_and_its_result_fits_its_schema(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;

        var result = await world.DoAsync(name, with);

        AssertFits(world.Actions.Get(name).Descriptor, result);
        if (!world.Actions.Get(name).Descriptor.Result.Members.IsEmpty) Assert.NotEmpty(ObservedShape.Of(result, world.Actions.Get(name).Descriptor.Result).EnumerateObject());
    }

    /// <summary>A part of them: <c>RUNBOOK_OVER_HTTPS=1</c> takes every test of this project there.</summary>
    public static IEnumerable<TheoryDataRow<string>> OverHttps => Staged.Where((_, i) => i % 7 == 0).Select(a => new TheoryDataRow<string>(a.Name));

    [Theory, MemberData(nameof(OverHttps))]
    public async Task Over_HTTPS_under_Azures_names_as_a_profile_leads_there_it_does_the_same(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync(overHttps: true);
        await using var _ = world;

        AssertFits(world.Actions.Get(name).Descriptor, await world.DoAsync(name, with));
    }

    // Evidence may come from anybody: what it proves is in it. The embedded Azure's directory and its list of providers are open to everybody who has a token.
    private static readonly string[] OpenToEverybody = ["attestation.token.get", "directory.objects.list", "provider.registration.get"];

    public static IEnumerable<TheoryDataRow<string>> ForSomebody => OnAzure.Where(r => !OpenToEverybody.Contains(r.Data) && !AskingTheGraph.Contains(r.Data));

    // Resource Graph refuses nobody: it shows what one may read, and nothing to whom may read nothing.
    private static readonly string[] AskingTheGraph = ["graph.resources.query", "storage.encryption-scope.list-all", "storage.container.list-all", "sql.protector.list-all", "sql.failover-group.compare-keys"];

    public static IEnumerable<TheoryDataRow<string>> OfTheGraph => AskingTheGraph.Select(a => new TheoryDataRow<string>(a));

    [Theory, MemberData(nameof(ForSomebody))]
    public async Task Somebody_without_a_role_is_refused_with_an_error_that_the_page_explains(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;
        var nobody = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "nobody");

        var end = await world.RunAsync(name, with, world.ActionsOf(nobody));

        Assert.Equal(403, end.Last.Status);
        Assert.Contains(end.Last.Error!.Code, world.Actions.Get(name).Descriptor.Errors.Select(e => e.Code));
    }

    [Theory, MemberData(nameof(OfTheGraph))]
    public async Task Somebody_without_a_role_sees_nothing_in_Resource_Graph(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;
        var nobody = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "nobody");

        var seen = await world.RunAsync(name, with);
        var end = await world.RunAsync(name, with, world.ActionsOf(nobody));

        Assert.Contains("/subscriptions/", seen.Answers[0].Observed.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(200, end.Last.Status);
        Assert.DoesNotContain("/subscriptions/", end.Answers[0].Observed.GetRawText(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(OnAzure))]
    public async Task A_throttled_call_says_how_long_to_wait_and_is_not_tried_again(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;
        var action = world.Actions.Get(name);
        var call = Runs.First(action, Element(with));
        world.Azure.Faults.Arm(On(call, FaultKind.Throttle) with { RetryAfter = 17 });

        var answer = await Runs.SendAsync(action, call, world.Context);

        Assert.Equal((429, 1, TimeSpan.FromSeconds(17)), (answer.Status, answer.Tries, answer.RetryAfter));
        Assert.Contains(answer.Error!.Code, action.Descriptor.Errors.Select(e => e.Code));
    }

    [Fact]
    public async Task A_lost_security_domain_is_downloaded_again_because_only_the_answer_had_it()
    {
        var (world, with) = await Scenes.Of("keyvault.security-domain.download").OpenAsync();
        await using var _ = world;
        var action = world.Actions.Get("keyvault.security-domain.download");
        var call = Runs.First(action, Element(with));
        world.Azure.Faults.Arm(On(call, FaultKind.LostResponse) with { Count = 1 });
        await Assert.ThrowsAsync<CallNotAnsweredException>(() => Runs.SendAsync(action, call, world.Context));

        Assert.IsType<SettleVerdict.DidNot>(await action.SettleAsync(call, world.Context, TestContext.Current.CancellationToken));

        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.DoAsync("keyvault.security-domain.download", with);
        Assert.True(File.Exists(world.Files.In("again.json")));
    }

    [Theory, MemberData(nameof(Settled))]
    public async Task A_lost_answer_is_settled_as_having_taken_effect(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;
        var action = world.Actions.Get(name);
        var answers = ImmutableArray<CallAnswer>.Empty;
        var lost = 0;
        while (action.Next(Element(with), answers) is ActionStep.MakeCall { Call: var call })
        {
            if (call.Effect == EffectClass.Read || call.Method == PlannedCall.Local)
            {
                answers = answers.Add(await Runs.SendAsync(action, call, world.Context));
                Assert.Null(answers[^1].Error);
                continue;
            }

            lost++;
            var fault = world.Azure.Faults.Arm(On(call, FaultKind.LostResponse) with { Count = 1 });
            await Assert.ThrowsAsync<CallNotAnsweredException>(() => Runs.SendAsync(action, call, world.Context));
            world.Azure.Faults.Disarm(fault.Id);

            answers = answers.Add(await SettledAsync(world, action, call));
        }

        Assert.True(lost > 0);
        var finished = (ActionStep.Finished)action.Next(Element(with), answers);
        AssertFits(action.Descriptor, finished.Result);
    }

    [Theory, MemberData(nameof(Settled))]
    public async Task A_call_that_broke_before_it_did_anything_is_settled_as_not_having_taken_effect(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;
        var action = world.Actions.Get(name);
        var call = await UpToTheFirstEffectAsync(world, action, with);
        var fault = world.Azure.Faults.Arm(On(call, FaultKind.ServerError) with { Count = 1 });
        Assert.Equal(500, (await Runs.SendAsync(action, call, world.Context)).Status);
        world.Azure.Faults.Disarm(fault.Id);

        var verdict = await action.SettleAsync(call, world.Context, TestContext.Current.CancellationToken);

        Assert.IsType<SettleVerdict.DidNot>(verdict);
    }

    [Theory, MemberData(nameof(Settled))]
    public async Task Nobody_can_tell_while_the_settling_reading_is_answered_with_an_error(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;
        var action = world.Actions.Get(name);
        var call = await UpToTheFirstEffectAsync(world, action, with);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ServerError, Method = "GET", Status = 503 });

        Assert.IsType<SettleVerdict.CannotTell>(await action.SettleAsync(call, world.Context, TestContext.Current.CancellationToken));
    }

    [Theory, MemberData(nameof(Reversible))]
    public async Task Its_inverse_undoes_it_and_doing_so_twice_is_harmless(string name)
    {
        var (world, with) = await Scenes.Of(name).OpenAsync();
        await using var _ = world;
        var action = world.Actions.Get(name);
        var inverse = action.Descriptor.Inverse!;
        JsonElement? before = inverse.Reading is { } reading ? await world.DoAsync(reading, ReadingArguments(world.Actions.Get(reading).Descriptor, with)) : null;
        await world.DoAsync(name, with);

        var undo = JsonNode.Parse(action.InvertArguments(Element(with), before).GetRawText())!;
        await world.DoAsync(inverse.Action, undo.DeepClone());

        if (world.Actions.Get(inverse.Action).Descriptor.Effect == EffectClass.Idempotent) await world.DoAsync(inverse.Action, undo);
        if (inverse.Reading is not { } again) return;
        var told = world.Actions.Get(again).Descriptor;
        Assert.Equal(Comparable(told, before!.Value), Comparable(told, await world.DoAsync(again, ReadingArguments(told, with))));
    }

    // Azure leaves out what it has nothing to say about; what it does say is of the declared type.
    private static void AssertFits(ActionDescriptor descriptor, JsonElement result) =>
        Assert.DoesNotContain(descriptor.Result.Check(ObservedShape.Of(result, descriptor.Result)), p => !p.Message.StartsWith("lacks ", StringComparison.Ordinal));

    /// <summary>The arguments that a reading takes, out of those of the action that it is for.</summary>
    private static JsonObject ReadingArguments(ActionDescriptor reading, JsonObject with) =>
        new(with.Where(m => reading.With.Members.Any(d => d.Name == m.Key)).Select(m => new KeyValuePair<string, JsonNode?>(m.Key, m.Value?.DeepClone())));

    // Times of change are no part of the state that comes back, and the order of members says nothing.
    private static string Comparable(ActionDescriptor told, JsonElement value)
    {
        var shown = System.Text.RegularExpressions.Regex.Replace(ObservedShape.Of(value, told.Result).GetRawText(), "\"(updated|lastKeyRotationTimestamp)\":[^,}]*,?", "").Replace(",}", "}", StringComparison.Ordinal);
        return Runbook.Journal.CanonicalJson.Of(JsonElement.Parse(shown)).ToString();
    }

    private static JsonElement Element(JsonObject with) => JsonElement.Parse(with.ToJsonString());

    private static FaultRule On(PlannedCall call, FaultKind kind)
    {
        var address = new Uri(call.Url);
        return new FaultRule { Kind = kind, Host = address.Host, Path = Uri.UnescapeDataString(address.AbsolutePath).TrimEnd('/') + "*", Method = call.Method };
    }

    private static async Task<PlannedCall> UpToTheFirstEffectAsync(World world, IAction action, JsonObject with)
    {
        var answers = ImmutableArray<CallAnswer>.Empty;
        while (((ActionStep.MakeCall)action.Next(Element(with), answers)).Call is var call)
        {
            if (call.Effect != EffectClass.Read) return call;
            answers = answers.Add(await Runs.SendAsync(action, call, world.Context));
        }

        throw new InvalidOperationException($"{action.Descriptor.Name} changes nothing.");
    }

    private static async Task<CallAnswer> SettledAsync(World world, IAction action, PlannedCall call)
    {
        for (var asked = 0; asked < 5; asked++)
        {
            switch (await action.SettleAsync(call, world.Context, TestContext.Current.CancellationToken))
            {
                case SettleVerdict.TookEffect took:
                    return took.Answer;
                case SettleVerdict.Running running:
                    var answer = await Runs.ToAnswerAsync(action, call, new CallAnswer { Observed = JsonElement.Parse("{}"), Pending = running.Operation }, world.Context, by => world.Azure.Clock.Advance(by));
                    Assert.Null(answer.Error);
                    return answer;
                case SettleVerdict.DidNot:
                    // Some effects show only after a while.
                    world.Azure.Clock.Advance(action.Descriptor.Settle!.Quiet);
                    break;
                case SettleVerdict.CannotTell cannot:
                    Assert.Fail(cannot.Reason);
                    break;
            }
        }

        throw new InvalidOperationException($"The lost answer of '{call.Description}' is settled as having done nothing.");
    }
}
