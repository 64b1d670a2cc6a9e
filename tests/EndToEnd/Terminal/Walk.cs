using Runbook.TestKit;

namespace Runbook.EndToEnd.Terminal;

/// <summary>The whole ceremony, from the shell to the shell.</summary>
public static class Walk
{
    /// <summary>Walks it in a terminal of a size, and holds what was seen against what a person has to see.</summary>
    public static async Task TheCeremonyAsync(int columns, int rows)
    {
        Tmux.SkipWithout();
        using var scratch = new ScratchFolder();
        await using var terminal = await Tmux.OpenAsync(scratch, columns, rows);
        var session = scratch.In("s1");
        var walker = new Walker(terminal);
        await walker.BeginAsync(session);

        var end = await walker.ToTheEndAsync();

        Assert.Contains("[x] COMPLETED", end, StringComparison.Ordinal);
        Assert.Contains("kv-hsm-prod is active, protected against purging", end, StringComparison.Ordinal);

        // What is sent without another signature is read, method and address, on the screen whose key sends it.
        Assert.Contains(walker.Seen, s => s.Contains("NEXT, STEP 2 of ", StringComparison.Ordinal) && s.Contains("Enter sends one call (read): Ask whether the name 'kv-hsm-prod' is free.", StringComparison.Ordinal));

        // The witness computes the digest of the security domain before any screen has shown it.
        var answer = walker.Seen.FindIndex(s => s.Contains("e opens Walt's form.", StringComparison.Ordinal));
        Assert.DoesNotContain("domain_digest = ", walker.Seen[answer], StringComparison.Ordinal);

        await terminal.PressAsync("q");
        await terminal.SeesAsync("Ended as completed");
        Assert.Equal(0, await terminal.ExitCodeAsync());
        Assert.Empty(await terminal.LeftoversAsync());
        var verified = await new RunbookProgram(scratch.In("home")).RunAsync("verify", session);
        Assert.True(verified.ExitCode == 0, verified.ToString());
    }
}
