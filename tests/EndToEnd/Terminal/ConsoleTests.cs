using System.Diagnostics;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Terminal;

/// <summary>The console in a real terminal: walked, aborted, killed, ended by a signal, and left.</summary>
public sealed class ConsoleTests
{
    [Fact]
    public async Task A_killed_console_leaves_a_session_that_another_console_goes_on_with()
    {
        Tmux.SkipWithout();
        using var scratch = new ScratchFolder();
        await using var terminal = await Tmux.OpenAsync(scratch, 100, 30);
        var session = scratch.In("s1");
        var walker = new Walker(terminal);
        await walker.BeginAsync(session);
        await walker.UntilAsync(s => s.Contains("e opens Carol's form.", StringComparison.Ordinal));

        using (var program = Process.GetProcessById(terminal.ProgramId)) program.Kill();
        await terminal.UntilAsync(s => s.Contains("Killed", StringComparison.Ordinal), "the shell says that it was killed");
        await terminal.RunbookInRawModeAsync("terminal-reset");
        await terminal.UntilAsync(s => !s.Contains("STEP", StringComparison.Ordinal), "the ordinary screen is back");
        Assert.Empty(await terminal.LeftoversAsync());

        await terminal.RunbookAsync("resume", session);
        var opening = await terminal.SeesAsync("Nothing runs yet. Enter goes on with the session.");
        Assert.Contains("RESUMED. It stands in step 4, \"Hand in the certificates\".", opening, StringComparison.Ordinal);
        await terminal.PressAsync("Enter");
        var goesOn = await terminal.SeesAsync("e opens Carol's form.");
        Assert.Contains("[x] Bob: certificate = ", goesOn, StringComparison.Ordinal);

        await LeaveAsync(terminal);
        await terminal.SeesAsync("Go on with it:   runbook resume ");
        Assert.Equal(4, await terminal.ExitCodeAsync());
        Assert.Empty(await terminal.LeftoversAsync());
    }

    [Fact]
    public async Task An_abort_at_the_console_leads_to_the_aborted_end()
    {
        Tmux.SkipWithout();
        using var scratch = new ScratchFolder();
        await using var terminal = await Tmux.OpenAsync(scratch, 80, 24);
        var session = scratch.In("s1");
        var walker = new Walker(terminal);
        await walker.BeginAsync(session);
        var first = await walker.UntilAsync(static s => s.Contains("STEP 1 of ", StringComparison.Ordinal));
        Assert.Contains("Ctrl+G by hand", first, StringComparison.Ordinal);
        await terminal.PressAsync("C-g");
        var sheet = await terminal.SeesAsync("# Sign in first, as somebody who may: az login");
        Assert.DoesNotContain("…", sheet, StringComparison.Ordinal);
        await terminal.PressAsync("Escape");
        await terminal.UntilAsync(static s => s.Contains("STEP 1 of ", StringComparison.Ordinal), "the main page is back");

        await walker.AbortAsync("the camera has no battery");
        var end = await walker.ToTheEndAsync();

        Assert.Contains("[!] ABORTED", end, StringComparison.Ordinal);
        await terminal.PressAsync("q");
        await terminal.SeesAsync("Ended as aborted");
        Assert.Equal(1, await terminal.ExitCodeAsync());
        var journal = await File.ReadAllTextAsync(Path.Combine(session, "journal.jsonl"), TestContext.Current.CancellationToken);
        Assert.Contains("the camera has no battery", journal, StringComparison.Ordinal);
        Assert.DoesNotContain("keyvault.managed-hsm.create\"", journal, StringComparison.Ordinal);
        var verified = await new RunbookProgram(scratch.In("home")).RunAsync("verify", session);
        Assert.True(verified.ExitCode == 0, verified.ToString());
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    public async Task A_signal_ends_the_console_and_gives_the_terminal_back(string signal, int exit)
    {
        Tmux.SkipWithout();
        using var scratch = new ScratchFolder();
        await using var terminal = await Tmux.OpenAsync(scratch, 80, 24);
        var walker = new Walker(terminal);
        await walker.BeginAsync(scratch.In("s1"));

        var killed = await Tools.RunAsync("kill", [$"-{signal}", terminal.ProgramId.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.Equal(0, killed.ExitCode);

        await terminal.SeesAsync("Go on with it:   runbook resume ");
        Assert.Equal(exit, await terminal.ExitCodeAsync());
        Assert.Empty(await terminal.LeftoversAsync());
    }

    [Fact]
    public async Task A_console_that_is_left_before_it_begins_has_sent_nothing()
    {
        Tmux.SkipWithout();
        using var scratch = new ScratchFolder();
        await using var terminal = await Tmux.OpenAsync(scratch, 80, 24);
        await new Walker(terminal).OpenAsync(scratch.In("s1"));

        await LeaveAsync(terminal);

        await terminal.SeesAsync("left before anything was sent.");
        Assert.Empty(await terminal.LeftoversAsync());
        Assert.DoesNotContain("\"intent\"", await File.ReadAllTextAsync(scratch.In("s1", "journal.jsonl"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task LeaveAsync(Tmux terminal)
    {
        await terminal.PressAsync("q");
        await terminal.SeesAsync("═ Leave the console? ═");
        await terminal.PressAsync("Up");
        await terminal.UntilAsync(static s => s.Contains("║ > 1 ", StringComparison.Ordinal) && s.Contains("║ Enter does what is marked.", StringComparison.Ordinal), "to leave is marked, and the dialog takes keys");
        await terminal.PressAsync("Enter");
    }
}
