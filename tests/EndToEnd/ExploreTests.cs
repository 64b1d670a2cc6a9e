using System.Text.Json;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary><c>runbook explore</c>: everything goes wrong, and every promise is kept; and where the engine or a guard is broken, it is found out.</summary>
public sealed class ExploreTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromHours(2);

    /// <summary>The broken variants, by the name of their file.</summary>
    public static TheoryData<string> Mutants => [.. Directory.EnumerateFiles(Repository.In("tests", "mutants"), "*.txt").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Every_shipped_runbook_and_drill_keeps_its_promises_whatever_goes_wrong()
    {
        using var scratch = new ScratchFolder();
        var runs = Environment.GetEnvironmentVariable("RUNBOOK_EXPLORE_RUNS") ?? "60";

        var said = await Explore(scratch, null, "runbooks", "drills", "--runs", runs);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.StartsWith(runs + " runs, ", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_bytes()
    {
        using var scratch = new ScratchFolder();
        string[] command = ["drills/key-disable.md", "--runs", "6", "--seed", "71", "--json"];

        var first = await Explore(scratch, null, command);
        var second = await Explore(scratch, null, command);
        var other = await Explore(scratch, null, "drills/key-disable.md", "--runs", "6", "--seed", "81", "--json");

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal(first.Output, second.Output);
        Assert.NotEqual(Left(first), Left(other));
    }

    [Fact]
    public async Task What_goes_wrong_can_be_written_down_and_leaves_its_transcript()
    {
        using var scratch = new ScratchFolder();
        var kept = scratch.In("kept");

        var said = await Explore(scratch, null, "drills/key-disable.md", "--mishaps", "wait:30:killed-before:600", "--out", kept);
        var verified = await new RunbookProgram(scratch.In("home")).RunAsync("verify", kept);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Single(Directory.EnumerateFiles(Path.Combine(kept, "guard")));
        var refused = await Explore(scratch, null, "drills/key-disable.md", "--mishaps", "wait:often");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("RC120", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drills/network-lockout.md", "wait:119:clock-jumps:7200")] // the guard begins while the console's own undoing is on its way
    [InlineData("drills/network-lockout.md", "disk:460:killed-after:7200")] // the same, by a console that was killed over it
    [InlineData("drills/network-lockout.md", "call:84:killed-before:7200,guard-call:1:error-after")] // the reading that the guard's first look begins with is not answered
    [InlineData("drills/network-lockout.md", "wait:69:clock-jumps:-7200,guard-disk:13:torn")] // the console's clock is set back, and its guard is gone: the console keeps the limit
    [InlineData("drills/network-lockout.md", "disk:1:disk-fails:100000")] // the disk fails before there is anything of the session
    [InlineData("runbooks/byok-import.md", "disk:961:torn:7200")] // two leases, and the inner one is undone with what the outer one lends
    [InlineData("runbooks/byok-import.md", "disk:659:reboot:20")] // the console dies between the PIN and the call that needs it, and is resumed
    [InlineData("drills/security-domain-quorum-loss.md", "call:24:reboot")] // a call that was never sent counted as done by the next one's reading
    public async Task What_once_broke_a_promise_breaks_none_now(string runbook, string mishaps)
    {
        using var scratch = new ScratchFolder();

        var said = await Explore(scratch, null, runbook, "--mishaps", mishaps);

        Assert.True(said.ExitCode == 0, said.ToString());
    }

    [Theory]
    [MemberData(nameof(Mutants))]
    public async Task A_broken_engine_or_guard_is_caught_within_a_thousand_runs(string mutant)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RUNBOOK_MUTANTS") is not null, "each is built: RUNBOOK_MUTANTS=1 builds and explores them");
        using var scratch = new ScratchFolder();
        var broken = await BrokenProgram.BuildAsync(mutant, scratch);

        var said = await Explore(scratch, broken.File, "drills", "--runs", "1000", "--json");

        Assert.True(said.ExitCode == 1, $"{broken.What}: not caught\n{said}");
        using var report = JsonDocument.Parse(said.Output);
        Assert.NotEmpty(report.RootElement.GetProperty("broken").EnumerateArray());
    }

    /// <summary>So that a change of the engine does not leave a mutant behind that nobody can build any more.</summary>
    [Theory]
    [MemberData(nameof(Mutants))]
    public void What_a_mutant_changes_is_there(string mutant) => BrokenProgram.Fits(mutant);

    private static string Left(Said said)
    {
        using var report = JsonDocument.Parse(said.Output);
        return report.RootElement.GetProperty("left").GetString()!;
    }

    private static async Task<Said> Explore(ScratchFolder scratch, string? program, params string[] arguments)
    {
        var runbook = new RunbookProgram(scratch.In("home")) { Built = program };
        using var running = runbook.Start(["explore", .. arguments]);
        running.EndInput();
        return await running.EndAsync(Limit);
    }
}
