using System.Globalization;
using System.Text.RegularExpressions;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Terminal;

/// <summary>The shipped drill in a terminal of 80 columns and 24 rows, on a clock that goes on: a key is disabled, seen to be, and enabled again by one key press. A loaded machine does not keep up with that clock, so it is a campaign.</summary>
public sealed partial class DrillWalkTests
{
    private const int Columns = 80;
    private const int Rows = 24;

    [Fact]
    public async Task A_drill_that_is_under_way_is_seen_whole_and_one_key_ends_it_from_within_a_dialog()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RUNBOOK_GUARD_KILLS") is not null, "it runs on the real clock: RUNBOOK_GUARD_KILLS=1 runs it");
        Tmux.SkipWithout();
        using var scratch = new ScratchFolder();
        await using var terminal = await Tmux.OpenAsync(scratch, Columns, Rows);
        var session = scratch.In("s1");
        var walker = new Walker(terminal);
        await walker.BeginAsync(session, "drills/key-disable.md", "--clock", "real", "--speed", "30");
        await walker.UntilItSaysAsync("FAULT ARMED");

        await terminal.PressAsync("f");
        var faults = await terminal.UntilAsync(s => s.Contains("── Faults ──", StringComparison.Ordinal) && s.Contains(" GUARD    [x] process ", StringComparison.Ordinal) && s.Contains(" reads-fail ", StringComparison.Ordinal), "the faults, with a guard that stands by and the probe of the step");
        var lines = faults.Split('\n');
        Assert.Matches(Banner(), lines[1]);
        Assert.Contains(lines, l => l.StartsWith(" FAULT    [!] disable-the-key, armed at ", StringComparison.Ordinal) && l.EndsWith("Z by keyvault.key.disable", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith(" UNDO     [", StringComparison.Ordinal) && l.Contains(" of 1h40m, at ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("] reads-work         steady state  ▇", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith(" [x] the-hsm-answers    must go on    ▇", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith(" [!] stkvdataprod  ", StringComparison.Ordinal));
        Assert.Contains(Entries(session), e => e is Outcome { Result: OutcomeResult.Done } outcome && outcome.Effect.ToString().StartsWith("disable-the-key", StringComparison.Ordinal));

        await terminal.PressAsync("C-g");
        var sheet = await terminal.SeesAsync("── By hand: the break-glass sheet ");
        Assert.Contains("# Broken by \"disable-the-key\", until ", sheet, StringComparison.Ordinal);
        Assert.Contains("\n az keyvault key set-attributes ", sheet, StringComparison.Ordinal);
        Assert.DoesNotContain("…", sheet, StringComparison.Ordinal);
        await terminal.PressAsync("Escape");
        await terminal.UntilAsync(static s => s.Contains("── Faults ──", StringComparison.Ordinal), "the faults are back");

        await terminal.PressAsync("Escape");
        await terminal.UntilAsync(static s => s.Contains(" STEPS ", StringComparison.Ordinal), "the main page is back");
        await terminal.PressAsync("n");
        var dialog = await terminal.SeesAsync("═ Note for the journal ═");
        Assert.Matches(Banner(), dialog.Split('\n')[1]);
        await terminal.PressAsync("C-x");
        await terminal.UntilAsync(static s => !s.Contains("▲ ", StringComparison.Ordinal), "nothing is armed any more");

        // The data comes back some time later, as Azure's caches have it; nobody waits for that here.
        var ended = await Tools.RunAsync("kill", ["-TERM", terminal.ProgramId.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(143, await terminal.ExitCodeAsync());

        var entries = Entries(session);
        var abort = Assert.Single(entries.OfType<Abort>());
        Assert.Equal(("Ctrl+X at the console", "operator"), (abort.Reason.Value, abort.Trigger));
        Assert.Equal(LiftedHow.Revert, Assert.Single(entries.OfType<FaultLifted>()).How);
        var keys = (await EstateStanding.OfAsync(session)).Standing.Split('\n').Where(l => l.StartsWith("version ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(keys);
        Assert.All(keys, k => Assert.Contains(": enabled, ", k, StringComparison.Ordinal));
    }

    private static List<EntryBody> Entries(string session) => [.. JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Select(l => l.Entry.Body)];

    [GeneratedRegex(@"^▲ FAULT ARMED  undone in 1h\d\dm, \S+Z  Ctrl\+X aborts  disable-the-key$")]
    private static partial Regex Banner();
}
