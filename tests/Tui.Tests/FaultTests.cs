using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Tui.Sample;
using Terminal.Gui.Input;

namespace Runbook.Tui.Tests;

/// <summary>What a person sees while something is broken on purpose, and the one key that ends it.</summary>
public sealed class FaultTests
{
    private const string Banner = "▲ FAULT ARMED  undone in 1h00m, 10:00:00Z  Ctrl+X aborts  break-it";

    private static readonly AffectedResource Account = new("/subscriptions/s/providers/Microsoft.Storage/storageAccounts/stkvdataprod", "Microsoft.Storage/storageAccounts", "/keys/cmk-storage", "payments", "test");

    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    public async Task The_screen_tells_the_countdown_the_guard_the_probes_and_who_is_affected(int cols, int rows)
    {
        await using var drill = await Armed.OpenAsync(cols: cols, rows: rows);

        await drill.Console.PressAsync(Key.F);

        Assert.Equal(Banner, drill.Rows[1]);
        Assert.Contains(" FAULT    [!] break-it, armed at 09:00:00Z by sample.grant.create", drill.Rows);
        Assert.Contains(" UNDO     [----------------------] in 1h00m of 1h00m, at 10:00:00Z", drill.Rows);
        Assert.Contains("          by sample.grant.delete; Ctrl+X aborts and undoes it now", drill.Rows);
        Assert.StartsWith(" GUARD    [x] process 4711 lives, seen 09:00:00Z; it stands by, and undoes it", drill.RowOf("GUARD"), StringComparison.Ordinal);
        Assert.Contains(" STEP     5 of 7, \"Look around\", for 0s; it is Alice's turn", drill.Rows);
        Assert.Contains(" PROBES   15s a column, from 09:00:00Z:  ▇ held  ▄ at times  x not  · not read", drill.Rows);
        Assert.StartsWith(" [x] it-answers         steady state  ▇ ", drill.RowOf("it-answers "), StringComparison.Ordinal);
        Assert.EndsWith(" held 09:00:00Z", drill.RowOf("others-answer"), StringComparison.Ordinal);
        Assert.Contains(" AFFECTED 1 resource, as agreed to; what else suffers ends the drill", drill.Rows);
        Assert.Contains("stkvdataprod  Microsoft.Storage/storageAccounts, through cmk-storage", drill.RowOf("stkvdataprod"), StringComparison.Ordinal);
        Assert.DoesNotContain(drill.Rows[..^1], r => r.Contains('…', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Time_that_passes_is_seen_in_the_countdown_and_in_the_probes()
    {
        await using var drill = await Armed.OpenAsync();
        await drill.Console.PressAsync(Key.F);

        await drill.PassAsync(TimeSpan.FromSeconds(30), () => drill.Console.World.Hsms.Remove("kv-hsm-prod"));
        await drill.Console.SeesAsync("404 ResourceNotFound");

        Assert.Contains(" UNDO     [----------------------] in 59m30s of 1h00m, at 10:00:00Z", drill.Rows);
        Assert.StartsWith(" [~] it-answers         steady state  ▇·x ", drill.RowOf("it-answers "), StringComparison.Ordinal);
        Assert.EndsWith(" not 09:00:30Z", drill.RowOf("it-answers "), StringComparison.Ordinal);
        Assert.Contains("FAULT ARMED  undone in 59m30s, 10:00:00Z  Ctrl+X aborts  break-it", drill.Rows[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the main page")]
    [InlineData("the faults")]
    [InlineData("the help")]
    [InlineData("the journal with a filter open")]
    [InlineData("a dialog with a note half typed")]
    [InlineData("the list of commands")]
    public async Task One_key_aborts_from_anywhere(string where)
    {
        await using var drill = await Armed.OpenAsync();
        Key[] keys = where switch
        {
            "the faults" => [Key.F],
            "the help" => [new Key('?')],
            "the journal with a filter open" => [Key.L, new Key('/'), Key.A],
            "a dialog with a note half typed" => [Key.N, Key.A],
            "the list of commands" => [new Key(':')],
            _ => [],
        };
        await drill.Console.PressAsync(keys);
        Assert.Equal(Banner, drill.Rows[1]);

        drill.Console.Screen.Press(Key.X.WithCtrl);
        await drill.Console.UntilAsync(() => drill.Console.Link.Stand == RunStand.Ended, "the session has ended");

        Assert.Equal(["grant nobody", "revoke nobody"], drill.Console.World.Effects);
        var view = drill.Console.Link.Result!.View;
        Assert.Equal(SessionEnd.Aborted, view.End);
        var abort = Assert.Single(drill.Lines.Select(l => l.Entry.Body).OfType<Abort>());
        Assert.Equal(("Ctrl+X at the console", "operator"), (abort.Reason.Value, abort.Trigger));
    }

    [Theory]
    [InlineData("the main page", 80, 24)]
    [InlineData("the faults", 80, 24)]
    [InlineData("the help", 80, 24)]
    [InlineData("the journal with a filter open", 80, 24)]
    [InlineData("a dialog with a note half typed", 80, 24)]
    [InlineData("the faults", 120, 40)]
    public async Task One_key_shows_the_way_out_by_hand_from_anywhere(string where, int cols, int rows)
    {
        await using var drill = await Armed.OpenAsync(cols: cols, rows: rows);
        Key[] keys = where switch
        {
            "the faults" => [Key.F],
            "the help" => [new Key('?')],
            "the journal with a filter open" => [Key.L, new Key('/'), Key.A],
            "a dialog with a note half typed" => [Key.N, Key.A],
            _ => [],
        };
        await drill.Console.PressAsync(keys);

        await drill.Console.PressAsync(Key.G.WithCtrl, Key.G.WithCtrl);

        var shown = drill.Rows;
        Assert.Equal(Banner, shown[1]);
        Assert.Contains("By hand: the break-glass sheet", shown[2], StringComparison.Ordinal);
        Assert.Contains(shown, r => r.Contains("# Sign in first, as somebody who may: az login", StringComparison.Ordinal));
        Assert.Contains(shown, r => r.Contains("# Broken by \"break-it\", until ", StringComparison.Ordinal));
        Assert.Contains(shown, r => r.Contains("az keyvault role assignment delete --hsm-name", StringComparison.Ordinal));
        Assert.Contains("y copy", shown[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(shown, r => r.Contains('…', StringComparison.Ordinal));

        await drill.Console.PressAsync(Key.Esc);
        Assert.DoesNotContain("break-glass sheet", drill.Console.Screen.Draw().Lines()[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_way_out_by_hand_scrolls_follows_the_session_and_gives_a_command_whole()
    {
        await using var drill = await Armed.OpenAsync(arm: false);
        await drill.Console.PressAsync(Key.G.WithCtrl);
        Assert.DoesNotContain("Broken by", drill.Console.Screen.Draw().Text, StringComparison.Ordinal);
        await drill.Console.PressAsync(Key.Esc);

        await drill.ArmAsync();
        await drill.Console.PressAsync(Key.G.WithCtrl, Key.End, Key.Home);
        await drill.Console.PressAsync(new Key('y'), Key.Enter);

        Assert.StartsWith("az keyvault role assignment delete --hsm-name", drill.Console.Screen.Shell.TakeCopy(), StringComparison.Ordinal);
        Assert.Equal(["grant nobody"], drill.Console.World.Effects);
    }

    [Fact]
    public async Task The_key_line_and_the_help_say_how_the_way_out_by_hand_is_found()
    {
        await using var drill = await Armed.OpenAsync();
        Assert.Contains("Ctrl+G by hand", drill.Rows[^1], StringComparison.Ordinal);
        await drill.Console.PressAsync(Key.F);
        Assert.Contains("Ctrl+G by hand", drill.Rows[^1], StringComparison.Ordinal);
        await drill.Console.PressAsync(Key.Esc, new Key('?'));
        Assert.Single(drill.Rows, r => r.StartsWith(" Ctrl+G ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_key_is_nobodys_before_something_is_armed_and_after_it_is_undone()
    {
        await using var drill = await Armed.OpenAsync(arm: false);
        await drill.Console.PressAsync(Key.X.WithCtrl);
        Assert.Null(drill.Console.Console.Scene.View.Current!.AbortReason);
        Assert.DoesNotContain("Ctrl+X", drill.Console.Text, StringComparison.Ordinal);

        await drill.ArmAsync();
        await drill.Console.PressAsync(Key.Space, Key.Enter);
        await drill.Console.UntilAsync(() => drill.Console.Console.Scene.View.Faults.Armed.IsEmpty, "it is undone");

        Assert.DoesNotContain("FAULT ARMED", drill.Console.Screen.Draw().Text, StringComparison.Ordinal);
        Assert.False(drill.Console.Console.Scene.CanAbortAtOnce);
    }

    [Fact]
    public async Task A_guard_that_is_gone_is_said_on_every_screen()
    {
        await using var drill = await Armed.OpenAsync();

        drill.Guards.Sight = new GuardSight(IsAlive: false, StandsBy: true, null, null);
        await drill.Console.SeesAsync("▲ THE GUARD IS GONE  nobody but this console undoes break-it");
        await drill.Console.PressAsync(Key.F);

        Assert.StartsWith(" GUARD    [!] process 4711 is gone: nobody undoes it but this console", drill.RowOf("GUARD    "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_screen_comes_of_the_journal_alone()
    {
        await using var drill = await Armed.OpenAsync();
        drill.Console.Screen.Press(Key.X.WithCtrl);
        await drill.Console.UntilAsync(() => drill.Console.Link.Stand == RunStand.Ended, "the session has ended");
        var live = drill.Console.Console.Scene;

        var replay = new ReplayConsole(live.View.Program, drill.Lines, null, live.Settings with { ReplayedSession = drill.Console.Session.Directory });
        replay.GoTo(replay.Last);

        Assert.Equal(Texts(FaultLines.Of(live with { Now = replay.Scene.Now }, 78)), Texts(FaultLines.Of(replay.Scene, 78)));
        Assert.StartsWith("FAULT    [x] break-it, undone by the session at 09:00:", FaultLines.Of(replay.Scene, 78)[0].Text, StringComparison.Ordinal);

        replay.GoTo((int)drill.Lines.First(l => l.Entry.Body is FaultArmed).Entry.Seq);
        var armed = Texts(FaultLines.Of(replay.Scene, 78));
        Assert.Contains("GUARD    [-] process 4711 was started for it; whether it lives is not looked", armed);
        Assert.Contains(armed, l => l.StartsWith("[!] stkvdataprod  Microsoft.Storage/storageAccounts", StringComparison.Ordinal));
        Assert.DoesNotContain(armed, l => l.Contains("Ctrl+X", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_from_outside_reach_no_terminal_as_they_are()
    {
        var hostile = Account with { Id = "/subscriptions/s/\u001b]0;owned\u0007\u202Etxt", Owner = "see https://evil.example\u009b31m" };
        await using var drill = await Armed.OpenAsync(radius: hostile);

        await drill.Console.PressAsync(Key.F);

        Assert.Contains("]0;owned", drill.RowOf("AFFECTED ", 1), StringComparison.Ordinal);
        Assert.Contains("evil.example", drill.Console.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("://", drill.Console.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(drill.Console.Text, c => (char.IsControl(c) && c != '\n') || c == '\u202E');
    }

    [Fact]
    public async Task In_seven_bits_every_mark_of_the_screen_is_another()
    {
        await using var drill = await Armed.OpenAsync(ascii: true);
        await drill.Console.PressAsync(Key.F);

        await drill.PassAsync(TimeSpan.FromSeconds(30), () => drill.Console.World.Hsms.Remove("kv-hsm-prod"));
        await drill.Console.SeesAsync("404 ResourceNotFound");

        Assert.Contains(" PROBES   15s a column, from 09:00:00Z:  # held  + at times  x not  . not read", drill.Rows);
        Assert.StartsWith(" [~] it-answers         steady state  #.x ", drill.RowOf("it-answers "), StringComparison.Ordinal);
        Assert.DoesNotContain(drill.Console.Text, c => c > 0x7E);
    }

    private static string[] Texts(IEnumerable<StyledLine> lines) => [.. lines.Select(l => l.Text)];

    /// <summary>A drill at a console, as far as the step in which something is broken and a person looks around.</summary>
    private sealed class Armed : IAsyncDisposable
    {
        private Armed(Driven console, PostedGuards guards) => (Console, Guards) = (console, guards);

        public Driven Console { get; }

        public PostedGuards Guards { get; }

        public string[] Rows => Console.Screen.Draw().Lines();

        public IReadOnlyList<JournalLine> Lines => [.. JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(Console.Session.Directory))];

        public static async Task<Armed> OpenAsync(int cols = 80, int rows = 24, bool arm = true, bool ascii = false, AffectedResource? radius = null)
        {
            var world = new SampleWorld();
            (world.Hsms["kv-hsm-prod"], world.Hsms["other"]) = (0, 0);
            var guards = new PostedGuards();
            var console = await Driven.OpenAsync(SampleRunbooks.Drill, world, cols: cols, rows: rows,
                settings: s => s with { Ascii = ascii, LookAtGuard = (_, _) => guards.Sight },
                prepare: s => (s.Guards, s.BlastRadius) = (guards, new SaidRadius(radius ?? Account)));
            var armed = new Armed(console, guards);
            await console.BegunAsync();
            await console.UntilAsync(() => console.Console.Scene.Turn.Need is SessionNeed.Approvals { Request.Body.Over: var over } && over.Covers("plan"), "a custodian is asked");
            if (arm) await armed.ArmAsync();
            return armed;
        }

        public async Task ArmAsync()
        {
            await Console.PressAsync(Key.A);
            await Console.SeesAsync("Enter signs as");
            await Console.PressAsync(Key.Enter);
            await Console.UntilAsync(() => Console.Console.Scene.View.Current?.Slug == "look-around", "it is broken, and a person looks around");
        }

        /// <summary>Has something happen, and the session's clock go on.</summary>
        public async Task PassAsync(TimeSpan time, Action what)
        {
            what();
            Console.Clock.Fake.Advance(time);
            await Console.UntilAsync(() => Console.Console.Scene.Now.Wall == Console.Clock.Fake.GetUtcNow(), "the console's clock goes on");
        }

        public string RowOf(string text, int below = 0)
        {
            var rows = Rows;
            return rows[Array.FindIndex(rows, r => r.Contains(text, StringComparison.Ordinal)) + below];
        }

        public ValueTask DisposeAsync() => Console.DisposeAsync();
    }
}
