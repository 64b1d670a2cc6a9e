using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Cli.Testing;
using Runbook.Language;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>
/// What every runbook is tried with and need not ask for: an abort in each step of its main path, a lost answer and a
/// failure at each call with an effect, a minute of throttling, a missing role on either plane, a provider that is not registered,
/// a quota that is used up, a name that is taken or held by a deleted key. However it ends, what it left lets a second run finish the work. All of it is hundreds of sessions; an ordinary run takes one of each runbook.
/// <c>RUNBOOK_VARIANTS=3 tests/run --filter-class "*DerivedRehearsalTests"</c> takes three of each kind and runbook, a large number
/// all of them, and <c>RUNBOOK_SEED</c> others.
/// </summary>
/// <param name="output">Takes the counts.</param>
public sealed partial class DerivedRehearsalTests(ITestOutputHelper output)
{
    private const string Stranger = "somebody-else";

    // These have no call to Azure with an effect: they are tried with aborts.
    private static readonly string[] Readers = ["choose-key-store", "escrow", "verify-encryption"];

    private static readonly ParallelOptions Both = new() { MaxDegreeOfParallelism = 2 };

    /// <summary>Runbooks that are tried with aborts.</summary>
    public static TheoryData<string> Aborted => Tried(DerivedKind.Abort);

    /// <summary>Runbooks that are tried with lost answers.</summary>
    public static TheoryData<string> Unanswered => Tried(DerivedKind.LostAnswer);

    /// <summary>Runbooks that are tried with throttling.</summary>
    public static TheoryData<string> Throttled => Tried(DerivedKind.Throttle);

    /// <summary>Runbooks that are tried with an Azure that fails.</summary>
    public static TheoryData<string> Failing => Tried(DerivedKind.ServerError);

    /// <summary>Runbooks that are tried without roles.</summary>
    public static TheoryData<string> WithoutRoles => Tried(DerivedKind.NoRole);

    /// <summary>Runbooks that are tried without a provider.</summary>
    public static TheoryData<string> Unregistered => Tried(DerivedKind.Unregistered);

    /// <summary>Runbooks that are tried with a quota that is used up.</summary>
    public static TheoryData<string> OutOfQuota => Tried(DerivedKind.Quota);

    /// <summary>Runbooks that are tried with names that are taken.</summary>
    public static TheoryData<string> Taken => Tried(DerivedKind.NameTaken);

    /// <summary>Runbooks that are tried with names that deleted keys hold.</summary>
    public static TheoryData<string> Held => Tried(DerivedKind.DeletedTwin);

    [Theory]
    [MemberData(nameof(Aborted))]
    public async Task After_an_abort_in_any_step_a_second_run_finishes_the_work(string runbook)
    {
        var scene = await Scene.OfAsync(runbook);
        var moments = scene.Main.Steps.Distinct().Where(scene.CanAbort).Select(s => new AbortAt(s, AbortMoment.Before))
            .Concat(scene.Main.Sent.Where(c => c.Changes).Select(c => new AbortAt(c.Step, AbortMoment.After)).Where(a => scene.CanAbort(a.Step)).Distinct());
        await scene.TryAsync(moments, async at =>
        {
            var expected = scene.File.Expected(DerivedKind.Abort, at.Step, at.Moment);
            var session = await TestedSession.RunAsync(scene.Runbook, scene.File.Main, null, [], at, Stop);
            if (!session.Unplayed.IsEmpty) return [$"nobody could abort in \"{at.Step}\""];
            if (!IsExpected(session, expected)) return [$"aborted in \"{at.Step}\" ({at.Moment}), it ended as {session.End}: {session.Way}"];
            return [.. Wrong(session), .. await scene.AfterwardsAsync(session, expected)];
        }, output);
    }

    [Theory]
    [MemberData(nameof(Unanswered))]
    public Task A_lost_answer_to_any_call_with_an_effect_is_settled_and_the_work_is_done(string runbook) =>
        AtEachEffectAsync(runbook, DerivedKind.LostAnswer, (_, call) => new { kind = "lost-response", method = call.Method, host = HostOf(call), path = PathOf(call), count = 1 });

    [Theory]
    [MemberData(nameof(Throttled))]
    public Task A_minute_of_throttling_from_any_call_with_an_effect_on_is_waited_out(string runbook) =>
        AtEachEffectAsync(runbook, DerivedKind.Throttle, (_, call) => new { kind = "throttle", host = HostOf(call), duration = "PT1M", retryAfter = 10 });

    [Theory]
    [MemberData(nameof(Failing))]
    public Task A_failure_of_Azure_at_any_call_with_an_effect_leaves_work_that_a_second_run_finishes(string runbook) =>
        // What is undone is tried until it is; a loan that can't be ended for hours would only show its limit.
        AtEachEffectAsync(runbook, DerivedKind.ServerError, (scene, call) => new { kind = "server-error", method = call.Method, host = HostOf(call), path = PathOf(call), status = 500, duration = scene.IsRevert(call.Step) ? "PT5M" : "PT2H" });

    [Theory]
    [MemberData(nameof(WithoutRoles))]
    public async Task Without_a_role_on_either_plane_it_does_not_complete_and_with_it_again_it_does(string runbook)
    {
        var scene = await Scene.OfAsync(runbook);
        await scene.TryAsync(Enum.GetValues<RolePlane>().Where(scene.Needs), async plane =>
        {
            var expected = scene.File.Expected(DerivedKind.NoRole, plane.ToString());
            var estate = await System.IO.File.ReadAllTextAsync(TestKit.Repository.In("estates", scene.Runbook.Program.Document.Rehearsal.Estate + ".json"), Stop);
            using var scratch = new TestKit.ScratchFolder();
            ImmutableArray<(string Url, System.Text.Json.Nodes.JsonObject Body)> taken;
            string without;
            await using (var azure = await StagedAzure.StartAsync(scratch.In("before.db"), estate, null))
            {
                taken = await azure.TakeRolesAsync(plane, azure.Azure.Principals.Find("operator")!.ObjectId);
                without = azure.Azure.State.Export(Simulator.EstateSecrets.Included);
            }

            var session = await TestedSession.RunAsync(scene.Runbook, scene.File.Main with { Scenario = scene.Runbook.Program.Document.Rehearsal.Scenario }, without, [], null, Stop);
            if (!IsExpected(session, expected)) return [$"without roles on the {plane}, it ended as {session.End}: {session.Way}"];
            if (session.End == CaseEnd.Completed) return [.. Wrong(session), .. await scene.PromisesAsync(session)];
            string with;
            await using (var azure = await StagedAzure.StartAsync(scratch.In("after.db"), session.Estate, null))
            {
                azure.Azure.Faults.DisarmAll();
                await azure.GiveRolesAsync(taken);
                with = azure.Azure.State.Export(Simulator.EstateSecrets.Included);
            }

            return [.. Wrong(session), .. await scene.AgainAsync(session with { Estate = with }, expected)];
        }, output);
    }

    [Theory]
    [MemberData(nameof(Unregistered))]
    public async Task Without_a_provider_it_says_so_and_once_it_is_registered_a_second_run_finishes_the_work(string runbook)
    {
        var scene = await Scene.OfAsync(runbook);
        var providers = scene.Main.Sent.Where(c => c.Changes && IsResource(c)).Select(c => ResourceOf(c)!.Value.Provider).Distinct();
        await scene.TryAsync(providers, async provider =>
        {
            var expected = scene.File.Expected(DerivedKind.Unregistered, provider);
            var without = await scene.ChangedAsync(null, azure => azure.RegisterAsync(provider, registered: false));
            var session = await TestedSession.RunAsync(scene.Runbook, scene.File.Main with { Scenario = scene.Runbook.Program.Document.Rehearsal.Scenario }, without, [], null, Stop);
            if (!HasEnded(session, expected)) return [$"without {provider}, it ended as {session.End}: {session.Way}"];
            if (session.End == CaseEnd.Completed) return [.. Wrong(session), .. await scene.PromisesAsync(session)];
            var with = await scene.ChangedAsync(session.Estate, azure => azure.RegisterAsync(provider, registered: true));
            return [.. Wrong(session), .. await scene.AgainAsync(session with { Estate = with }, expected)];
        }, output);
    }

    [Theory]
    [MemberData(nameof(OutOfQuota))]
    public async Task Where_a_quota_is_used_up_nothing_half_made_is_left_that_a_second_run_can_not_finish(string runbook)
    {
        var scene = await Scene.OfAsync(runbook);
        var made = scene.Main.Sent.Where(c => c is { Method: "PUT", Changes: true } && IsResource(c)).DistinctBy(c => c.Url);
        await scene.TryAsync(made, async call =>
        {
            var expected = scene.File.Expected(DerivedKind.Quota, call.Step);
            var fault = JsonSerializer.SerializeToElement(new { kind = "quota-exceeded", path = PathOf(call) });
            var what = scene.File.Main with { Meanwhile = [.. scene.File.Main.Meanwhile, new Meanwhile { Fault = fault }] };
            var session = await TestedSession.RunAsync(scene.Runbook, what, null, [], null, Stop);
            if (!HasEnded(session, expected)) return [$"with no quota for {call.Url}, it ended as {session.End}: {session.Way}"];
            return [.. Wrong(session), .. await scene.AfterwardsAsync(session, expected)];
        }, output);
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task Where_a_name_is_taken_a_second_run_under_another_name_finishes_the_work(string runbook)
    {
        var scene = await Scene.OfAsync(runbook);
        await scene.TryAsync(scene.Names(DerivedKind.NameTaken), taken => InTheWayAsync(scene, DerivedKind.NameTaken, taken, TakenBefore(taken)), output);
    }

    [Theory]
    [MemberData(nameof(Held))]
    public async Task Where_a_deleted_key_holds_a_name_a_second_run_under_another_name_finishes_the_work(string runbook)
    {
        var scene = await Scene.OfAsync(runbook);
        await scene.TryAsync(scene.Names(DerivedKind.DeletedTwin), held => InTheWayAsync(scene, DerivedKind.DeletedTwin, held, TakenBefore(held)), output);
    }

    private static async Task<ImmutableArray<string>> InTheWayAsync(Scene scene, DerivedKind kind, GivenName name, ImmutableArray<Meanwhile> before)
    {
        var expected = scene.File.Expected(kind, name.Call.Step) ?? new DerivedExpectation { Kind = kind, Because = "of the usual" };
        if (kind == DerivedKind.DeletedTwin) before = before.Insert(before.Length - 1, new Meanwhile { Call = "DELETE " + KeyUrl(name), Passes = "PT1M" });
        var session = await TestedSession.RunAsync(scene.Runbook, scene.File.Main with { Meanwhile = [.. before, .. scene.File.Main.Meanwhile] }, null, [], null, Stop);
        if (!HasEnded(session, expected) || !session.Unplayed.IsEmpty) return [$"with {name.Value} in the way, it ended as {session.End}: {session.Way}"];
        if (IsResource(name.Call) && !session.Estate.Contains($"\"owner\":\"{Stranger}\"", StringComparison.Ordinal)) return [$"{name.Value} was somebody else's, and was changed: {session.Way}"];
        if (session.End == CaseEnd.Completed) return [.. Wrong(session), .. await scene.PromisesAsync(session)];
        var set = expected.Set.IsEmpty ? ImmutableDictionary<string, JsonElement>.Empty.Add(name.Input, JsonSerializer.SerializeToElement(name.Value + "2")) : expected.Set;
        return [.. Wrong(session), .. await scene.AgainAsync(session, expected with { Set = set }, keepsItsPromises: false)];
    }

    // A key of another kind than is needed, or the very resource, but somebody else's, in the last moment.
    private static ImmutableArray<Meanwhile> TakenBefore(GivenName name)
    {
        if (IsResource(name.Call))
        {
            var body = JsonNode.Parse(name.Call.Body!.Value.GetRawText())!.AsObject();
            body["tags"] = new JsonObject { ["owner"] = Stranger };
            return [new Meanwhile { Before = name.Call.Step, Call = $"PUT {name.Call.Url}", Body = JsonSerializer.SerializeToElement(body), Passes = "PT30M" }];
        }

        var store = new Uri(name.Call.Url).GetLeftPart(UriPartial.Authority);
        var role = store + "/keys/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-0000000000e1?api-version=7.6";
        return
        [
            new Meanwhile { Call = "PUT " + role, Body = JsonElement.Parse("""{"properties":{"roleDefinitionId":"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b","principalId":"{owner}"}}"""), Passes = "PT1M" },
            new Meanwhile { Call = $"POST {store}/keys/{name.Value}/create?api-version=7.6", Body = JsonElement.Parse("""{"kty":"EC-HSM","crv":"P-384"}""") },
            new Meanwhile { Call = "DELETE " + role },
        ];
    }

    private static string KeyUrl(GivenName name) => $"{new Uri(name.Call.Url).GetLeftPart(UriPartial.Authority)}/keys/{name.Value}?api-version=7.6";

    private async Task AtEachEffectAsync(string runbook, DerivedKind kind, Func<Scene, SentCall, object> fault)
    {
        var scene = await Scene.OfAsync(runbook);
        var effects = scene.Main.Sent.Where(c => c.Changes && !c.Step.Contains('/', StringComparison.Ordinal)).DistinctBy(c => (c.Step, c.Method, c.Url));
        await scene.TryAsync(effects, async call =>
        {
            var expected = scene.File.Expected(kind, call.Step);
            var what = scene.File.Main with { Meanwhile = [.. scene.File.Main.Meanwhile, new Meanwhile { Before = call.Step == scene.Main.Steps[0] ? null : call.Step, Fault = JsonSerializer.SerializeToElement(fault(scene, call)) }] };
            var session = await TestedSession.RunAsync(scene.Runbook, what, null, [], null, Stop);
            var usual = kind == DerivedKind.ServerError && session.End != CaseEnd.Paused ? session.End : CaseEnd.Completed;
            if (!session.Unplayed.IsEmpty || session.End != (expected?.End ?? usual)) return [$"{kind} at {call.Method} {call.Url} in \"{call.Step}\": it ended as {session.End}: {session.Way}"];
            // What stands still waits for people, and nothing of it is over.
            return session.End == CaseEnd.Paused ? [.. Wrong(session)] : [.. Wrong(session), .. await scene.AfterwardsAsync(session, expected)];
        }, output);
    }

    /// <summary>What is in the way ends it one way or another, unless its file says so.</summary>
    private static bool HasEnded(TestedSession session, DerivedExpectation? expected) =>
        expected?.End is { } end ? session.End == end : session.End != CaseEnd.Paused;

    /// <summary>What is stopped, or may not, does not complete, unless its file says so.</summary>
    private static bool IsExpected(TestedSession session, DerivedExpectation? expected) =>
        expected?.End is { } end ? session.End == end : session.End is CaseEnd.Failed or CaseEnd.Aborted;

    // Of an ordinary run each runbook stands under one kind, the next one under the next.
    private static TheoryData<string> Tried(DerivedKind kind)
    {
        var all = RehearsalTests.Runbooks.Select(row => row.Data);
        return IsCampaign
            ? [.. all]
            : [.. all.Where((id, index) => (Readers.Contains(id) ? DerivedKind.Abort : (DerivedKind)(index % Enum.GetValues<DerivedKind>().Length)) == kind)];
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static IEnumerable<string> Wrong(TestedSession session) => TestRun.Always(session).Select(w => w.ToString());

    private static bool IsCampaign => Environment.GetEnvironmentVariable("RUNBOOK_VARIANTS") is not null;

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    [GeneratedRegex("^/keys/([^/]+)/(create|import)$")]
    private static partial Regex KeyCreated();

    private static bool IsResource(SentCall call) => ResourceOf(call) is not null;

    /// <summary>Provider, type and name of the resource of a group that a call is about; a resource's parts are none.</summary>
    private static (string Provider, string Type, string Name)? ResourceOf(SentCall call)
    {
        if (call.Method == Engine.Actions.PlannedCall.Local || !HostOf(call).StartsWith("management.", StringComparison.Ordinal)) return null;
        return new Uri(call.Url).AbsolutePath.Split('/') is [_, _, _, "resourceGroups", _, "providers", var provider, var type, var name] ? (provider, type, name) : null;
    }

    private static string HostOf(SentCall call) => new Uri(call.Url).Host;

    // What is made up in a URL, such as an assignment's name, differs from run to run.
    private static string PathOf(SentCall call) => Regex.Replace(new Uri(call.Url).AbsolutePath, "[0-9a-f]{32}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$", "*");

    /// <summary>A name that a runbook gives to a key or a resource.</summary>
    /// <param name="Call">The call that gives it.</param>
    /// <param name="Value">The name.</param>
    /// <param name="Input">The input that says it.</param>
    private sealed record GivenName(SentCall Call, string Value, string Input);

    /// <summary>A runbook, its cases, and its main path once taken.</summary>
    private sealed record Scene(TestedRunbook Runbook, WorldFile File, TestedSession Main)
    {
        private static readonly ConcurrentDictionary<string, Lazy<Task<Scene>>> Scenes = new(StringComparer.Ordinal);

        private readonly ConcurrentDictionary<string, Lazy<Task<ImmutableArray<string>>>> _seconds = new(StringComparer.Ordinal);

        public static Task<Scene> OfAsync(string id)
        {
            ShippedRunbook.SkipWhereRefused(id);
            return Scenes.GetOrAdd(id, name => new Lazy<Task<Scene>>(() => PlayAsync(name))).Value;
        }

        private static async Task<Scene> PlayAsync(string id)
        {
            var (runbook, file) = (ShippedRunbook.Load(id), ShippedRunbook.WorldOf(id));
            var main = await TestedSession.RunAsync(runbook, file.Main, null, file.Promises, null, Stop);
            Assert.True(main.End == CaseEnd.Completed && main.Wrong.IsEmpty, main.Way + '\n' + string.Join('\n', main.Wrong));
            return new Scene(runbook, file, main);
        }

        /// <summary>Whether a step can be aborted: it waits for something, and does not take back what was lent.</summary>
        public bool CanAbort(string path)
        {
            var step = StepOf(path);
            return step.Block is not (StepBlock.Revert or StepBlock.Check or StepBlock.Call) && (step.Block is not null || !step.Attestations.IsEmpty || step.Transitions.Any(t => t.Trigger == TriggerKind.Choose));
        }

        /// <summary>Whether a step undoes a fault or ends a loan.</summary>
        public bool IsRevert(string path) => StepOf(path).Block is StepBlock.Revert;

        /// <summary>The names that the main path gives to what it makes, as far as an input says them, and for keys their store is there before.</summary>
        public IEnumerable<GivenName> Names(DerivedKind kind)
        {
            foreach (var call in Main.Sent.Where(c => c.Changes).DistinctBy(c => c.Url))
            {
                var name = KeyCreated().Match(new Uri(call.Url).AbsolutePath) is { Success: true } key && IsThereBefore(HostOf(call).Split('.')[0]) ? key.Groups[1].Value
                    : kind == DerivedKind.NameTaken && call is { Method: "PUT", Body: not null } && !call.Step.Contains('/', StringComparison.Ordinal) ? ResourceOf(call)?.Name
                    : null;
                // What is there before, or is not there afterwards, was not made: a change, or what must be refused.
                if (name is null || IsThereBefore(name) || !IsIn(Main.Estate, name)) continue;
                if (Runbook.Program.Document.Inputs.FirstOrDefault(i => Main.Values.Find(i.Name) is { ValueKind: JsonValueKind.String } value && value.GetString() == name) is { } input) yield return new GivenName(call, name, input.Name);
            }
        }

        private string Shipped() => System.IO.File.ReadAllText(TestKit.Repository.In("estates", Runbook.Program.Document.Rehearsal.Estate + ".json"));

        private bool IsThereBefore(string name) => IsIn(Shipped(), name);

        private static bool IsIn(string estate, string name) => Regex.IsMatch(estate, $"[\"/]{Regex.Escape(name)}[\"/]", RegexOptions.IgnoreCase);

        /// <summary>An estate with a change; the runbook's own where none is given.</summary>
        public async Task<string> ChangedAsync(string? estate, Func<StagedAzure, Task> change)
        {
            using var scratch = new TestKit.ScratchFolder();
            await using var azure = await StagedAzure.StartAsync(scratch.In("estate.db"), estate ?? Shipped(), null);
            await change(azure);
            return azure.Azure.State.Export(Simulator.EstateSecrets.Included);
        }

        /// <summary>Whether the main path asks that plane for anything that it does not give to everybody.</summary>
        public bool Needs(RolePlane plane) => Main.Sent.Any(c => c.Method != Engine.Actions.PlannedCall.Local && HostOf(c).StartsWith("management.", StringComparison.Ordinal) == (plane == RolePlane.Subscription)
            && (plane == RolePlane.Subscription || HostOf(c).Contains("managedhsm", StringComparison.Ordinal)));

        public async Task TryAsync<T>(IEnumerable<T> variants, Func<T, Task<ImmutableArray<string>>> trial, ITestOutputHelper output)
        {
            var (all, wrong) = (variants.ToArray(), new ConcurrentBag<string>());
            var (most, seed) = (Number("RUNBOOK_VARIANTS", 1), Number("RUNBOOK_SEED", 1));
            Assert.SkipUnless(all.Length > 0, "its main path has nothing of the kind");
            new Random(seed).Shuffle(all);
            await Parallel.ForEachAsync(all.Take(most), Both, async (variant, _) =>
            {
                foreach (var found in await trial(variant)) wrong.Add($"{variant}: {found}");
            });
            output.WriteLine($"{Runbook.Id}: {Math.Min(most, all.Length)} of {all.Length} variants, RUNBOOK_SEED={seed}; {_seconds.Count} different estates gone on from");
            Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order(StringComparer.Ordinal)));
        }

        /// <summary>What the promises say of an estate that a completed session left.</summary>
        public async Task<ImmutableArray<string>> PromisesAsync(TestedSession session)
        {
            using var scratch = new TestKit.ScratchFolder();
            await using var left = await StagedAzure.StartAsync(scratch.In("estate.db"), session.Estate, null);
            var wrong = ImmutableArray.CreateBuilder<string>();
            foreach (var fact in File.Promises)
                if (await left.FalsifyAsync(fact) is { } why) wrong.Add(why.ToString());
            return wrong.ToImmutable();
        }

        /// <summary>What must come of a session: its promises where it has completed, else a second run that completes.</summary>
        public Task<ImmutableArray<string>> AfterwardsAsync(TestedSession session, DerivedExpectation? expected) =>
            session.End == CaseEnd.Completed ? PromisesAsync(session) : AgainAsync(session, expected);

        /// <summary>Runs a second time on what a session left, without the fault; one of several that left the same stands for all.</summary>
        public Task<ImmutableArray<string>> AgainAsync(TestedSession session, DerivedExpectation? expected, bool keepsItsPromises = true) =>
            _seconds.GetOrAdd($"{JsonSerializer.Serialize(expected)} {keepsItsPromises}\n{Cli.Testing.EstateShape.Of(session.Estate)}", _ => new Lazy<Task<ImmutableArray<string>>>(async () =>
            {
                var what = File.Main with
                {
                    Set = expected?.Set ?? File.Main.Set,
                    Choices = expected?.Choices ?? File.Main.Choices,
                    Scenario = Runbook.Program.Document.Rehearsal.Scenario ?? "none",
                };
                var wanted = expected?.Again ?? CaseEnd.Completed;
                var again = await TestedSession.RunAsync(Runbook, what, await HealedAsync(session.Estate), wanted == CaseEnd.Completed && keepsItsPromises ? File.Promises : [], null, Stop);
                return again.End == wanted ? [.. Wrong(again)] : [$"a second run ended as {again.End}, and was to end as {wanted}: {again.Way}\n    after {session.Way}"];
            })).Value;

        /// <summary>An estate without faults; those of the rehearsal's own scenario come back with the second run.</summary>
        private static async Task<string> HealedAsync(string estate)
        {
            using var scratch = new TestKit.ScratchFolder();
            await using var azure = await StagedAzure.StartAsync(scratch.In("estate.db"), estate, null);
            azure.Azure.Faults.DisarmAll();
            return azure.Azure.State.Export(Simulator.EstateSecrets.Included);
        }

        private RunbookStep StepOf(string path) => Runbook.StateOf(path)!.Step;
    }
}
