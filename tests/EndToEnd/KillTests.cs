using System.Globalization;
using Runbook.Actions;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Simulator;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>
/// Ends the program as a power cut does, at moments spread over the whole session, and resumes. More of them than a quick
/// run can afford: <c>RUNBOOK_KILLS=200 tests/run --filter-class "*KillTests"</c>; the moments follow from
/// <c>RUNBOOK_SEED</c>.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int LinesOfASession = 245;
    private const int ResumesMax = 6;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_session_killed_at_any_moment_resumes_to_the_same_estate()
    {
        var kills = Number("RUNBOOK_KILLS", 25);
        var seed = Number("RUNBOOK_SEED", Environment.TickCount);
        output.WriteLine($"RUNBOOK_KILLS={kills} RUNBOOK_SEED={seed}");
        var (expected, _) = await EstateShape.OfAsync(await Ceremony.SessionAsync());
        var moments = Moments(kills, new Random(seed));
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = TestContext.Current.CancellationToken };
        await Parallel.ForAsync(0, kills, atOnce, async (kill, _) =>
        {
            using var scratch = new ScratchFolder();
            var session = scratch.In("session");
            var what = $"RUNBOOK_SEED={seed}, kill {kill}, after {string.Join(" and ", moments[kill])} lines";
            var done = await RunKilledAsync(scratch, session, moments[kill]);
            Assert.True(done.ExitCode == 0, $"{what}: {done}");
            var report = JournalVerifier.Verify(LocalDisk.Instance, session, new VerifyOptions { Machine = new MachineReplay(AzureActions.Catalogue) });
            Assert.True(report.ExitCode == 0, $"{what}: {ReportText.Render(report)}");
            var (shape, calls) = await EstateShape.OfAsync(session);
            Assert.True(expected == shape, $"{what}: the estate differs\n{expected}\n\n{shape}");
            NothingMadeTwice(session, calls, what);
        });
    }

    // Spread over the whole session; every fourth session is killed a second time, while it goes on.
    private static List<int>[] Moments(int kills, Random random) =>
    [
        .. Enumerable.Range(0, kills).Select(kill =>
        {
            var first = random.Next(LinesOfASession * kill / kills, (LinesOfASession * (kill + 1) / kills) + 1);
            return random.Next(4) == 0 ? new List<int> { first, first + random.Next(60) } : [first];
        }),
    ];

    private static async Task<Said> RunKilledAsync(ScratchFolder scratch, string session, IEnumerable<int> moments)
    {
        var program = new RunbookProgram(scratch.In("home"));
        string[] begin = ["run", Ceremony.File, "--rehearse", "--out", session];
        string[] goOn = ["resume", session, "--rehearse"];
        foreach (var moment in moments)
        {
            using var running = program.Start(HasBegun(session) ? goOn : begin);
            running.EndInput();
            await UntilAsync(session, moment, running);
            running.Kill();
            await running.EndAsync(Limit);
            if (HasBegun(session)) continue;
            if (LinesIn(session) > 0) Assert.Equal(5, (await program.RunAsync(goOn)).ExitCode);
            Clear(scratch, session);
        }

        for (var again = 0; ; again++)
        {
            var said = await program.RunAsync(HasBegun(session) ? goOn : begin);
            if (said.ExitCode == 0 || again == ResumesMax) return said;
        }
    }

    // The journal is looked at and nothing else: the program must not have to help with being killed.
    private static async Task UntilAsync(string session, int lines, RunningProgram running)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        while (!running.HasEnded && LinesIn(session) < lines) await timer.WaitForNextTickAsync(limit.Token);
    }

    private static int LinesIn(string session)
    {
        var journal = Path.Combine(session, SessionDirectory.JournalName);
        if (!File.Exists(journal)) return 0;
        using var stream = new FileStream(journal, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var lines = 0;
        var buffer = new byte[64 * 1024];
        for (int read; (read = stream.Read(buffer)) > 0;) lines += buffer.AsSpan(0, read).Count((byte)'\n');
        return lines;
    }

    // Before its plan is bound nothing was sent, and there is nothing to go on with: the program says so, and one begins anew.
    private static bool HasBegun(string session) => LinesIn(session) > 0 && File.ReadLines(Path.Combine(session, SessionDirectory.JournalName)).Any(l => l.Contains("\"kind\":\"plan-bound\"", StringComparison.Ordinal));

    private static void Clear(ScratchFolder scratch, string session)
    {
        foreach (var left in new DirectoryInfo(scratch.Path).EnumerateFileSystemInfos(Path.GetFileName(session) + "*"))
        {
            if (left is DirectoryInfo folder) folder.Delete(recursive: true);
            else left.Delete();
        }
    }

    private static void NothingMadeTwice(string session, IReadOnlyList<CallRecord> calls, string what)
    {
        var once = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session))
            .Select(l => l.Entry.Body)
            .OfType<Intent>()
            .Where(i => i.Class == EffectClass.Once)
            .Select(i => (Method: i.Request.Method.ToString(), Target: i.Target.ToString()))
            .ToHashSet();
        Assert.NotEmpty(once);
        foreach (var (method, target) in once)
        {
            var made = calls.Count(c => c.Method == method && c.Url.Contains(target, StringComparison.OrdinalIgnoreCase) && c.Principal is not null && c.Status < 400);
            Assert.True(made == 1, string.Create(CultureInfo.InvariantCulture, $"{what}: {method} {target} was made {made} times"));
        }
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
