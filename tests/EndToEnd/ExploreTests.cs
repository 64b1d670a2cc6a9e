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
    public async Task The_same_seed_gives_the_same_bytes_on_however_many_threads()
    {
        using var scratch = new ScratchFolder();
        string[] command = ["runbooks", "drills", "--runs", "24", "--json", "--seed"];

        var first = await ExploreOn(3, scratch, [.. command, "71"]);
        var second = await ExploreOn(1, scratch, [.. command, "71"]);
        var other = await ExploreOn(3, scratch, [.. command, "72"]);

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal(first.Output, second.Output);
        Assert.NotEqual(Left(first), Left(other));
    }

    [Theory]
    [InlineData("runbooks/secure-key-release.md", "disk:379:reboot:60")] // attestation, certificates, keys that are wrapped
    [InlineData("runbooks/security-domain-recovery.md", "call:91:lost")] // shares, sealed for their holders
    public async Task A_list_of_mishaps_gives_the_same_transcript_byte_for_byte(string runbook, string mishaps)
    {
        using var scratch = new ScratchFolder();

        foreach (var name in (string[])["first", "second"])
        {
            var said = await Explore(scratch, null, runbook, "--mishaps", mishaps, "--out", scratch.In(name));
            Assert.True(said.ExitCode == 0, said.ToString());
        }

        var files = Contents(scratch.In("first"));
        Assert.Contains("journal.jsonl", files.Keys);
        Assert.Equal(files, Contents(scratch.In("second")));

        static SortedDictionary<string, string> Contents(string folder) =>
            new(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f), f => Convert.ToBase64String(File.ReadAllBytes(f))), StringComparer.Ordinal);
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
    [InlineData("drills/security-domain-quorum-loss.md", "disk:586:disk-fails:20")] // what was accepted and failed while it was carried out counted as done
    [InlineData("runbooks/security-domain-recovery.md", "call:127:slow:30000")] // what was armed again counted as undone before its new limit
    [InlineData("drills/iam-cleanup.md", "guard-look:16:clock-jumps:7200,guard-call:4:error,guard-call:5:throttled")] // a guard that could not look undid again what was answered as done
    [InlineData("drills/security-domain-quorum-loss.md", "wait:148:clock-jumps:-7200")] // the clock is set back while a revert waits: the wait was for a time of day, and grew by what was taken off it
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

    private static Task<Said> Explore(ScratchFolder scratch, string? program, params string[] arguments) => ExploreWith(new RunbookProgram(scratch.In("home")) { Built = program }, arguments);

    private static Task<Said> ExploreOn(int processors, ScratchFolder scratch, params string[] arguments)
    {
        var variables = new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = processors.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        return ExploreWith(new RunbookProgram(scratch.In("home")) { Variables = variables }, arguments);
    }

    private static async Task<Said> ExploreWith(RunbookProgram runbook, params string[] arguments)
    {
        using var running = runbook.Start(["explore", .. arguments]);
        running.EndInput();
        return await running.EndAsync(Limit);
    }
}
