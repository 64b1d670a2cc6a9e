using Runbook.Actions;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>A drill that does not come to its end by itself: it is refused, left, killed, and made up for.</summary>
public sealed class DrillTests
{
    private const string File = "drills/key-disable.md";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_key_that_more_depends_on_than_allowed_is_not_touched()
    {
        using var scratch = new ScratchFolder();
        var text = await System.IO.File.ReadAllTextAsync(Repository.In("drills", "key-disable.md"), TestContext.Current.CancellationToken);
        await System.IO.File.WriteAllTextAsync(scratch.In("key-disable.md"), text.Replace("[\"${account_id}\"]", "[]", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var session = scratch.In("s");

        var said = await Program(scratch).RunAsync("run", scratch.In("key-disable.md"), "--rehearse", "--out", session);

        Assert.True(said.ExitCode == 5, said.ToString());
        Assert.Contains("RE212", said.Output, StringComparison.Ordinal);
        Assert.Contains("storageAccounts/stkvdataprod", said.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain((await EstateShape.OfAsync(session)).Calls, c => c.Method == "PATCH");
        var verified = await Program(scratch).RunAsync("verify", session);
        Assert.True(verified.ExitCode == 0, verified.ToString());
    }

    [Theory]
    [InlineData("environment: production", "RE201", "production")]
    [InlineData("", "RA105", "lacks \"environment\"")]
    public async Task Aimed_at_an_environment_that_its_file_does_not_list_or_at_none_it_is_refused_and_nothing_is_written(string label, string code, string says)
    {
        using var scratch = new ScratchFolder();
        using var people = await RealPeople.MakeAsync();
        using var azure = await SimulatorProcess.StartAsync(scratch, "empty");
        azure.WriteProfile(scratch.In("test.yaml"));
        var profile = await System.IO.File.ReadAllTextAsync(scratch.In("test.yaml"), TestContext.Current.CancellationToken);
        await System.IO.File.WriteAllTextAsync(scratch.In("elsewhere.yaml"), profile.Replace("environment: test", label, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var said = await people.Of("alice", azure.Variables).RunAsync(
            "run", Repository.In("drills", "key-disable.md"), "--azure", scratch.In("elsewhere.yaml"), "--roster", people.Roster, "--ui", "json", "--out", scratch.In("s"), "--set", "hsm=kv-hsm-prod", "--set", "account=stkvdataprod");

        Assert.True(said.ExitCode == 5, said.ToString());
        Assert.Contains($"error {code}: ", said.Error, StringComparison.Ordinal);
        Assert.Contains(says, said.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.In("s")));
    }

    [Fact]
    public async Task Nothing_to_recover_is_said_so()
    {
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");
        await Program(scratch).RunAsync("run", File, "--rehearse", "--out", session, "--until", "agree-to-break-it");

        var said = await Program(scratch).RunAsync("guard", "--recover", session);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Equal("No fault is armed.\n", said.Output);
    }

    [Fact]
    public async Task A_console_that_is_killed_on_the_embedded_azure_is_made_up_for_by_the_guard()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RUNBOOK_GUARD_KILLS") is not null, "it runs on the real clock: RUNBOOK_GUARD_KILLS=N runs it");
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");
        using var console = Program(scratch).Start("run", File, "--rehearse", "--clock", "real", "--grace", "1s", "--out", session);
        await console.LineAsync(l => l.Contains("Reads fail", StringComparison.Ordinal), Limit);
        console.KillAlone();
        await console.EndAsync(Limit);

        var record = await GuardedAsync(session);

        Assert.Equal("guard", record.Acted!.Trigger);
        Assert.True(await IsEnabledAsync(session));
        var said = await Program(scratch).RunAsync("resume", session, "--rehearse");
        Assert.True(said.ExitCode == 1, said.ToString());
        Assert.Equal(LiftedHow.Guard, Bodies<FaultLifted>(session).Single().How);
        Assert.Equal("by-guard", Bodies<Closed>(session).Single().Verdicts!.Cleanup);
        var report = JournalVerifier.Verify(LocalDisk.Instance, session, new VerifyOptions { Machine = new MachineReplay(AzureActions.Catalogue) });
        Assert.True(report.ExitCode == 0, ReportText.Render(report));
    }

    [Theory]
    [InlineData("resume")]
    [InlineData("guard")]
    public async Task Where_console_and_guard_are_both_killed_what_is_armed_is_undone_first(string by)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RUNBOOK_GUARD_KILLS") is not null, "it runs on the real clock: RUNBOOK_GUARD_KILLS=N runs it");
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");
        using var console = Program(scratch).Start("run", File, "--rehearse", "--clock", "real", "--grace", "1h", "--out", session);
        await console.LineAsync(l => l.Contains("Reads fail", StringComparison.Ordinal), Limit);
        console.Kill();
        await console.EndAsync(Limit);
        Assert.False(await IsEnabledAsync(session));

        var recovered = by == "guard" ? await Program(scratch).RunAsync("guard", "--recover", session) : await Program(scratch).RunAsync("resume", session, "--rehearse");

        Assert.True(recovered.ExitCode == (by == "guard" ? 0 : 1), recovered.ToString());
        Assert.True(await IsEnabledAsync(session));
        if (by == "guard") Assert.Equal(1, (await Program(scratch).RunAsync("resume", session, "--rehearse")).ExitCode);
        Assert.Equal(LiftedHow.Guard, Bodies<FaultLifted>(session).Single().How);
        var verified = await Program(scratch).RunAsync("verify", session);
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Contains("unendorsed-epoch", verified.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("resume")]
    public async Task A_signal_has_what_is_armed_reverted_before_the_console_ends(string console)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RUNBOOK_GUARD_KILLS") is not null, "it runs on the real clock: RUNBOOK_GUARD_KILLS=N runs it");
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");
        using var first = Program(scratch).Start("run", File, "--rehearse", "--clock", "real", "--grace", "1h", "--out", session);
        await first.LineAsync(l => l.Contains("Reads fail", StringComparison.Ordinal), Limit);
        if (console == "resume")
        {
            first.KillAlone();
            await first.EndAsync(Limit);
        }

        using var second = console == "resume" ? Program(scratch).Start("resume", session, "--rehearse") : null;
        var told = second ?? first;
        if (second is not null) await second.LineAsync(l => l.Contains("resumed", StringComparison.Ordinal), Limit);
        await told.TerminateAsync();
        var said = await told.EndAsync(Limit);

        Assert.True(said.ExitCode == 128 + 15, said.ToString());
        Assert.Equal("signal:TERM", Bodies<Abort>(session).Single().Trigger);
        Assert.Equal(LiftedHow.Revert, Bodies<FaultLifted>(session).Single().How);
        Assert.True(await IsEnabledAsync(session));
        Assert.Contains(Bodies<Paused>(session), p => p.Reason.Original().Contains("TERM", StringComparison.Ordinal));
        var verified = await Program(scratch).RunAsync("verify", session);
        Assert.True(verified.ExitCode == 4, verified.ToString());
    }

    private static RunbookProgram Program(ScratchFolder scratch) => new(scratch.In("home"));

    private static IEnumerable<T> Bodies<T>(string session) => JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Select(l => l.Entry.Body).OfType<T>();

    private static async Task<bool> IsEnabledAsync(string session) =>
        (await EstateShape.OfAsync(session)).Shape.Split('\n').Where(l => l.StartsWith("keyVersions ", StringComparison.Ordinal)).All(l => l.Contains("enabled:true", StringComparison.Ordinal));

    /// <summary>What the guard wrote, once it says that the fault is lifted.</summary>
    private static async Task<GuardRecord> GuardedAsync(string session)
    {
        var armed = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Single(l => l.Entry.Body is FaultArmed);
        var file = new SessionDirectory(session).In(((FaultArmed)armed.Entry.Body).Guard!.File.Split('/'));
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (true)
        {
            if (GuardRecord.Read(LocalDisk.Instance, file, armed.Hash) is { Lifted: not null } record)
            {
                using var gone = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
                while (LocalDisk.Instance.TryLock(Path.Combine(session + ".guard", Path.GetFileNameWithoutExtension(file) + ".lock"), "test\n"u8, out _) is not { } held || !Released(held)) await gone.WaitForNextTickAsync(limit.Token);
                return record;
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static bool Released(IDisposable held)
    {
        held.Dispose();
        return true;
    }
}
