using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>
/// Ends the console as <c>kill -9</c> does, at moments spread over the shipped drill, with the embedded Azure as a server of
/// its own: the guard enables the key again. Every fourth time the guard dies as well, and a resume makes up for both. It takes minutes of the real
/// clock, and so is a campaign: <c>RUNBOOK_GUARD_KILLS=200 tests/run --filter-class "*GuardKillTests"</c>; the moments follow from <c>RUNBOOK_SEED</c>.
/// </summary>
public sealed class GuardKillTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // From the custodian's agreement to behind the revert: arming takes about one second, the limit is five.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task A_key_is_enabled_again_whenever_the_console_is_killed()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RUNBOOK_GUARD_KILLS") is not null, "it runs on the real clock: RUNBOOK_GUARD_KILLS=N runs it");
        var kills = Number("RUNBOOK_GUARD_KILLS", 20);
        var seed = Number("RUNBOOK_SEED", Environment.TickCount);
        output.WriteLine($"RUNBOOK_GUARD_KILLS={kills} RUNBOOK_SEED={seed}");
        var random = new Random(seed);
        var moments = Enumerable.Range(0, kills).Select(k => Longest * ((k + random.NextDouble()) / kills)).ToList();
        using var people = await RealPeople.MakeAsync();
        var told = new ConcurrentBag<string>();
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = TestContext.Current.CancellationToken };

        await Parallel.ForAsync(0, kills, atOnce, async (kill, _) => told.Add(await KillAsync(people, kill, moments[kill])));

        foreach (var line in told.Order(StringComparer.Ordinal)) output.WriteLine(line);
        Assert.Contains(told, l => l.Contains("armed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_guard_whose_identity_may_not_undo_keeps_the_key_from_being_touched()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RUNBOOK_GUARD_KILLS") is not null, "it runs on the real clock: RUNBOOK_GUARD_KILLS=N runs it");
        using var scratch = new ScratchFolder();
        using var people = await RealPeople.MakeAsync();
        using var azure = await SimulatorProcess.StartAsync(scratch, "payments");
        using var console = await ToTheCustodianAsync(people, azure, scratch, "refused");
        await azure.TakeLocalRoleAsync("21dbd100-6940-42c2-9190-5d6cb909625b");
        Ok(await people.ApproveAsync("bob", scratch.In("refused")));

        console.EndInput();
        var end = await console.EndAsync(Limit);

        Assert.Contains("RE215", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Entries(scratch.In("refused")), e => e is FaultArmed);
        Assert.True(await azure.AreKeysEnabledAsync());
    }

    private static async Task<string> KillAsync(RealPeople people, int kill, TimeSpan moment)
    {
        var takesGuard = kill % 4 == 3;
        var what = string.Create(CultureInfo.InvariantCulture, $"kill {kill}, {moment.TotalSeconds:0.00} s after the custodian agreed{(takesGuard ? ", guard as well" : "")}");
        using var scratch = new ScratchFolder();
        using var azure = await SimulatorProcess.StartAsync(scratch, "payments");
        var session = scratch.In("s");
        using var console = await ToTheCustodianAsync(people, azure, scratch, "s");
        Ok(await people.ApproveAsync("bob", session));
        await Task.Delay(moment, TimeProvider.System, TestContext.Current.CancellationToken);
        if (takesGuard) console.Kill();
        else console.KillAlone();
        await console.EndAsync(Limit);

        var wasArmed = Entries(session).Any(e => e is FaultArmed);
        if (!takesGuard) await EnabledAsync(azure, what);
        await ResumeAsync(people, azure, scratch, session, what);
        await EnabledAsync(azure, what);
        Assert.True(Entries(session).Count(e => e is FaultLifted) == Entries(session).Count(e => e is FaultArmed), $"{what}: not every fault was lifted once");
        var verified = await people.Of("alice").RunAsync("verify", session, "--pending");
        Assert.True(verified.ExitCode is 0 or 4, $"{what}: {verified}");
        return $"{what}: {(wasArmed ? "armed" : "not armed yet")}, {Entries(session).OfType<FaultLifted>().LastOrDefault()?.How}";
    }

    private static async Task<RunningProgram> ToTheCustodianAsync(RealPeople people, SimulatorProcess azure, ScratchFolder scratch, string name)
    {
        azure.WriteProfile(scratch.In("test.yaml"));
        var console = people.Of("alice", azure.Variables).Start(
            "run", Repository.In("drills", "key-disable.md"), "--azure", scratch.In("test.yaml"), "--roster", people.Roster, "--ui", "json", "--out", scratch.In(name), "--grace", "1s",
            "--set", "hsm=kv-hsm-prod", "--set", "account=stkvdataprod", "--set", "limit=5s", "--set", "effect_within=1m");
        await DrivenConsole.EndorseAsync(console);
        foreach (var item in (int[])[1, 2])
        {
            await DrivenConsole.PromptAsync(console, "ticks");
            await DrivenConsole.TypeAsync(console, new JsonObject { ["command"] = "tick", ["item"] = item, ["person"] = "alice" });
        }

        await DrivenConsole.PromptAsync(console, "approvals", over: "plan");
        return console;
    }

    private static async Task ResumeAsync(RealPeople people, SimulatorProcess azure, ScratchFolder scratch, string session, string what)
    {
        using var again = people.Of("alice", azure.Variables).Start("resume", session, "--azure", scratch.In("test.yaml"), "--ui", "json", "--grace", "1s");
        if (!Entries(session).Any(e => e is Closed)) await DrivenConsole.EndorseAsync(again);
        again.EndInput();
        var end = await again.EndAsync(Limit);
        Assert.True(end.ExitCode is 0 or 1 or 4, $"{what}: {end}");
    }

    private static async Task EnabledAsync(SimulatorProcess azure, string what)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        try
        {
            while (!await azure.AreKeysEnabledAsync()) await timer.WaitForNextTickAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{what}: the key is still disabled");
        }
    }

    private static IEnumerable<EntryBody> Entries(string session) => JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Select(l => l.Entry.Body);

    private static void Ok(Said said) => Assert.True(said.ExitCode == 0, said.ToString());

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
