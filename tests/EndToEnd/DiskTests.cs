using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Runbook.Actions;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The real program on a disk on which the system itself says no.</summary>
public sealed class DiskTests
{
    /// <summary>The line that is the intent of the runbook's one call.</summary>
    private const int FirstLineOfTheCall = 12;

    /// <summary>Lines before a person has endorsed the session's key: without them there may be nothing to go on with.</summary>
    private const int LinesOfAnOpening = 8;
    private const string Probe = "RUNBOOK_TEST_PROBE";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("fsync", "EIO", 1)]
    [InlineData("fsync", "ENOSPC", 2)]
    [InlineData("fsync", "EDQUOT", 5)]
    [InlineData("pwrite64", "EIO", 3)]
    [InlineData("pwrite64", "ENOSPC", 6)]
    public async Task What_could_not_be_made_durable_is_neither_shown_nor_acted_on_and_the_session_goes_on_later(string call, string error, int when)
    {
        if (!Tools.Has("strace")) Assert.Skip("strace is not installed.");
        using var scratch = new ScratchFolder();
        var session = new SessionDirectory(scratch.In("s"));
        var program = new RunbookProgram(scratch.In("home"), scratch.Path);
        Said said;
        string[] calls;

        // strace counts calls by thread, and which thread writes is the runtime's choice: where none gets that far, an earlier call fails.
        do
        {
            if (Directory.Exists(session.Root)) scratch.Empty();
            said = await UnderAsync(program, scratch, session, $"inject={call}:error={error}:when={when.ToString(CultureInfo.InvariantCulture)}");
            calls = [.. (await File.ReadAllLinesAsync(scratch.In("calls"), TestContext.Current.CancellationToken)).Where(IsACall)];
        }
        while (!calls.Any(c => c.EndsWith("(INJECTED)", StringComparison.Ordinal)) && --when > 0);

        Assert.Contains(error, calls[^1], StringComparison.Ordinal);
        Assert.EndsWith("(INJECTED)", calls[^1], StringComparison.Ordinal);
        Assert.True(said.ExitCode == 5, said.ToString());
        Assert.Contains($"error RJ201: The journal could not be made durable ({error}).", said.Error, StringComparison.Ordinal);
        var failed = calls.Count(c => c.Contains("pwrite64(", StringComparison.Ordinal));
        Assert.InRange(LastShown(said.Output), 0, failed - 1);
        var sent = (await EstateShape.OfAsync(session.Root)).Calls.Count(c => c.Url.Contains("checkMhsmNameAvailability", StringComparison.Ordinal));
        Assert.Equal(failed > FirstLineOfTheCall ? 1 : 0, sent);

        var resumed = await program.RunAsync("resume", session.Root, "--rehearse");
        if (failed <= LinesOfAnOpening)
        {
            Assert.True(resumed.ExitCode is 0 or 2 or 5, resumed.ToString());
            return;
        }

        Assert.True(resumed.ExitCode == 0, resumed.ToString());
        var report = JournalVerifier.Verify(LocalDisk.Instance, session.Root, new VerifyOptions { Machine = new MachineReplay(AzureActions.Catalogue) });
        Assert.True(report.ExitCode == 0, report.ToString());
    }

    /// <summary>
    /// Records a defect of the framework on Linux: its flush does not tell that fsync failed. When this test fails because it
    /// does tell, the defect is mended; then read design §6.2 of the journal again. Our own call of fsync stays either way.
    /// </summary>
    [Fact]
    public async Task The_frameworks_flush_hides_a_failed_fsync_and_ours_does_not()
    {
        if (Environment.GetEnvironmentVariable(Probe) is { } file)
        {
            Assert.Equal("Errno 5", FlushBothWays(file));
            return;
        }

        if (!OperatingSystem.IsLinux() || !Tools.Has("strace")) Assert.Skip("strace is not installed.");
        using var scratch = new ScratchFolder();
        var said = await AgainAsync(scratch.In("flushed"), nameof(The_frameworks_flush_hides_a_failed_fsync_and_ours_does_not), $"strace -f -qq -o {scratch.In("calls")} -P {scratch.In("flushed")} -e trace=fsync -e inject=fsync:error=EIO");
        Assert.True(said.ExitCode == 0, said.Text + said.Error);
        Assert.Equal(3, (await File.ReadAllLinesAsync(scratch.In("calls"), TestContext.Current.CancellationToken)).Count(l => l.Contains("EIO", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(14)]
    public async Task A_write_that_the_system_cuts_at_a_limit_leaves_a_tail_that_is_set_aside(int kibibytes)
    {
        if (Environment.GetEnvironmentVariable(Probe) is { } folder)
        {
            using var session = await ScriptedSession.BeginAsync(LocalDisk.Instance, folder);
            await session.RunAsync();
            Assert.Fail("The limit was never reached.");
        }

        if (!OperatingSystem.IsLinux()) Assert.Skip("Limits on a file's size are those of Linux here.");
        using var scratch = new ScratchFolder();
        var directory = scratch.In("s");
        // The limit is for every file of the process: the runtime's own mapping of code must not be one.
        var said = await AgainAsync(directory, nameof(A_write_that_the_system_cuts_at_a_limit_leaves_a_tail_that_is_set_aside), "", $"export DOTNET_EnableWriteXorExecute=0; ulimit -f {kibibytes}; ");
        Assert.NotEqual(0, said.ExitCode);
        var journal = new SessionDirectory(directory).Journal;
        Assert.Equal(kibibytes * 1024, new FileInfo(journal).Length);
        using var recovered = await JournalRecovery.OpenAsync(directory, ScriptedSession.GroundOf(LocalDisk.Instance, 8, new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero))), ScriptedSession.Program, TestContext.Current.CancellationToken);
        await recovered.AppendRecoveredAsync("alice", null, simulated: false, TestContext.Current.CancellationToken);
        Assert.InRange(recovered.Facts.TornBytes, 1, Journal.Limits.LineBytes);
        Assert.Equal(recovered.Facts.TornBytes, new FileInfo(Path.Combine(directory, recovered.Facts.Tail!)).Length);
        var report = JournalVerifier.Verify(LocalDisk.Instance, directory, new VerifyOptions { Pending = true });
        Assert.DoesNotContain(report.Checks, c => c.Verdict == CheckVerdict.Fails);
    }

    /// <summary>strace ends with a line for each thread that it has to let go of when the program exits; that is no call.</summary>
    private static bool IsACall(string line) => !line.EndsWith("<detached ...>", StringComparison.Ordinal);

    private static async Task<Said> UnderAsync(RunbookProgram program, ScratchFolder scratch, SessionDirectory session, string inject)
    {
        string[] strace = ["strace", "-f", "-qq", "-o", scratch.In("calls"), "-P", session.Journal, "-e", "trace=fsync,pwrite64", "-e", inject];
        using var running = program.StartUnder(strace, ["run", Repository.In("tests", "EndToEnd", "runbooks", "small.md"), "--rehearse", "--ui", "json", "--out", session.Root]);
        running.EndInput();
        return await running.EndAsync(Limit);
    }

    // Three times fsync: twice by the framework, which says nothing, then by us.
    private static string FlushBothWays(string file)
    {
        using (var stream = new FileStream(file, FileMode.Create))
        {
            stream.Write("bytes"u8);
#pragma warning disable RS0030 // What is banned elsewhere is what is on trial here.
            stream.Flush(flushToDisk: true);
            RandomAccess.FlushToDisk(stream.SafeFileHandle);
#pragma warning restore RS0030
        }

        using var ours = LocalDisk.Instance.OpenWrite(file);
        return Assert.Throws<DiskException>(ours.Sync) is var e ? string.Create(CultureInfo.InvariantCulture, $"Errno {e.Errno}") : "";
    }

    // These tests once more, in a process of their own to which things may be done.
    private static Task<ToolResult> AgainAsync(string probe, string test, string under, string before = "")
    {
        var own = Path.Combine(AppContext.BaseDirectory, "Runbook.EndToEnd.dll");
        return Tools.RunAsync("bash", ["-c", $"{before}export {Probe}={probe}; exec {under} dotnet {own} --filter-method '*{test}'"]);
    }

    private static long LastShown(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(l => JsonDocument.Parse(l).RootElement)
        .Where(j => j.TryGetProperty("seq", out _))
        .Select(j => j.GetProperty("seq").GetInt64())
        .DefaultIfEmpty(0)
        .Max();
}
