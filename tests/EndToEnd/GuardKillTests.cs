using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>
/// Ends the console as <c>kill -9</c> does, at moments spread over the shipped drill, with the embedded Azure as a server of
/// its own: the guard enables the key again. Every fourth time the guard dies as well, and a resume makes up for both. Twenty times in an ordinary
/// run, whose own load says nothing of the guard's haste; <c>RUNBOOK_GUARD_KILLS=200 tests/run --filter-class "*GuardKillTests"</c> is the campaign, which
/// also looks that the key is enabled within five seconds of the limit or of the grace's end. The moments follow from <c>RUNBOOK_SEED</c>.
/// </summary>
public sealed class GuardKillTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(5);
    private static readonly bool IsCampaign = Environment.GetEnvironmentVariable("RUNBOOK_GUARD_KILLS") is not null;

    // Lines that a drill writes from the custodian's agreement to behind the revert, and how long the longest pause between two of them is.
    private const int Lines = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_key_is_enabled_again_whenever_the_console_is_killed()
    {
        var kills = Number("RUNBOOK_GUARD_KILLS", 20);
        var seed = Number("RUNBOOK_SEED", Environment.TickCount);
        output.WriteLine($"RUNBOOK_GUARD_KILLS={kills} RUNBOOK_SEED={seed}");
        var random = new Random(seed);
        var moments = Enumerable.Range(0, kills).Select(k => new Moment(Lines * k / kills, Pause * random.NextDouble())).ToList();
        using var people = await RealPeople.MakeAsync();
        var (told, failed) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());
        var left = new ConcurrentQueue<int>(Enumerable.Range(0, kills));

        // Each embedded Azure takes one kill after the other: what one left is what the next begins on, unless that is data gone dark, which the account
        // itself sees only minutes later to be back. Most of a kill is waiting for the drill's half minute of looking.
        await Task.WhenAll(Enumerable.Range(0, Math.Min(kills, IsCampaign ? 2 * Environment.ProcessorCount : 2)).Select(async _ =>
        {
            using var scratch = new ScratchFolder();
            using var azure = await SimulatorProcess.StartAsync(scratch, "payments");
            // What goes wrong with one says nothing of the others: each is told as it ends, and all are made.
            while (left.TryDequeue(out var kill))
            {
                try
                {
                    if (!await azure.IsReadableAsync()) await azure.LayAgainAsync();
                    var line = await KillAsync(people, azure, kill, moments[kill]);
                    told.Add(line);
                    output.WriteLine(line);
                }
                catch (Exception exception) when (exception is not OperationCanceledException || !TestContext.Current.CancellationToken.IsCancellationRequested)
                {
                    failed.Add($"kill {kill}: {exception.Message}");
                    output.WriteLine($"FAILED kill {kill}: {exception.Message}");
                }
            }
        }));

        Assert.True(failed.IsEmpty, $"{failed.Count} of {kills}:\n{string.Join('\n', failed)}");
        Assert.Contains(told, l => l.Contains(": armed,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_guard_whose_identity_may_not_undo_keeps_the_key_from_being_touched()
    {
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

    private static async Task<string> KillAsync(RealPeople people, SimulatorProcess azure, int kill, Moment moment)
    {
        var takesGuard = kill % 4 == 3;
        var what = string.Create(CultureInfo.InvariantCulture, $"kill {kill}, {moment.After.TotalSeconds:0.00} s behind line {moment.Line} after the custodian agreed{(takesGuard ? ", guard as well" : "")}");
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");
        using var console = await ToTheCustodianAsync(people, azure, scratch, "s");
        Ok(await people.ApproveAsync("bob", session));
        what += await ReachedAsync(session, Entries(session).Count() + moment.Line, console);
        await Task.Delay(moment.After, TimeProvider.System, TestContext.Current.CancellationToken);
        if (takesGuard) console.Kill();
        else console.KillAlone();
        var killed = TimeProvider.System.GetUtcNow();
        await console.EndAsync(Limit);

        var armed = Entries(session).OfType<FaultArmed>().LastOrDefault();
        var wasOver = Entries(session).Any(e => e is FaultLifted);
        var late = "";
        if (!takesGuard)
        {
            await EnabledAsync(azure, what);
            if (armed is not null && !wasOver)
            {
                var due = armed.Deadline.ToDateTimeOffset() < killed + Grace ? armed.Deadline.ToDateTimeOffset() : killed + Grace;
                var after = TimeProvider.System.GetUtcNow() - due;
                late = string.Create(CultureInfo.InvariantCulture, $", {after.TotalSeconds:0.0} s after it was due");
                if (IsCampaign) Assert.True(after <= Promised, $"{what}: enabled {late}");
            }
        }

        await ResumeAsync(people, azure, scratch, session, what);
        await EnabledAsync(azure, what);
        Assert.True(Entries(session).Count(e => e is FaultLifted) == Entries(session).Count(e => e is FaultArmed), $"{what}: not every fault was lifted once");
        var verified = await people.Of("alice").RunAsync("verify", session, "--pending");
        Assert.True(verified.ExitCode is 0 or 4, $"{what}: {verified}");
        return $"{what}: {(armed is not null ? "armed" : "not armed yet")}, {Entries(session).OfType<FaultLifted>().LastOrDefault()?.How}{late}";
    }

    // How many lines a drill writes depends on how often its probes come to look. Where it has come to its end, or to a step that only people
    // take it out of, before it wrote the line, that is the moment.
    private static async Task<string> ReachedAsync(string session, int lines, RunningProgram console)
    {
        var journal = new SessionDirectory(session).Journal;
        var asks = DrivenConsole.AsksAsync(console);
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        while (!console.HasEnded && !asks.IsCompleted && File.ReadLines(journal).Count() < lines)
        {
            if (!limit.IsCancellationRequested) await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            else Assert.Fail($"The console neither wrote line {lines} within {Limit}, nor ended, nor asked for anybody. Its journal's last lines:\n{string.Join('\n', File.ReadLines(journal).TakeLast(12))}\nWhat it said last:\n{string.Join('\n', console.Output.Split('\n').TakeLast(12))}");
        }

        return asks.IsCompleted && await asks ? " (it asked for people before)" : console.HasEnded ? " (it had ended before)" : "";
    }

    /// <summary>When a console is killed.</summary>
    /// <param name="Line">Lines that the journal has by then, counted from the custodian's agreement.</param>
    /// <param name="After">How long after that.</param>
    private sealed record Moment(int Line, TimeSpan After);

    private static async Task<RunningProgram> ToTheCustodianAsync(RealPeople people, SimulatorProcess azure, ScratchFolder scratch, string name)
    {
        azure.WriteProfile(scratch.In("test.yaml"));
        var console = people.Of("alice", azure.Variables).Start(
            "run", Repository.In("drills", "key-disable.md"), "--azure", scratch.In("test.yaml"), "--roster", people.Roster, "--ui", "json", "--out", scratch.In(name), "--grace", "1s",
            "--set", "hsm=kv-hsm-prod", "--set", "account=stkvdataprod", "--set", "limit=5s", "--set", "effect_within=1m", "--set", "recovery_within=1m");
        await DrivenConsole.EndorseAsync(console);
        foreach (var item in (int[])[1, 2, 3])
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
