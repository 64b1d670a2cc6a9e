using System.Collections.Immutable;
using System.Diagnostics;

namespace Runbook.Cli.Exploring;

/// <summary>A run in which a promise was broken.</summary>
/// <param name="Runbook">The runbook's file.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Report">What it came to.</param>
/// <param name="Shortest">The shortest list of mishaps that was found to break a promise.</param>
internal sealed record BrokenRun(string Runbook, long Seed, RunReport Report, RunReport Shortest);

/// <summary>What an exploration came to.</summary>
/// <param name="Runs">How many runs there were.</param>
/// <param name="Distinct">How many of them were different: another runbook, or other things that went wrong.</param>
/// <param name="PerRunbook">How many runs each runbook had.</param>
/// <param name="Ends">How many sessions ended in which way.</param>
/// <param name="Mishaps">How many things went wrong.</param>
/// <param name="Broken">The first runs in which a promise was broken, by seed.</param>
/// <param name="Traces">A digest over what all runs left.</param>
/// <param name="Took">How long it took, on the real clock.</param>
internal sealed record Exploration(int Runs, int Distinct, ImmutableSortedDictionary<string, int> PerRunbook, ImmutableSortedDictionary<string, int> Ends, long Mishaps, ImmutableArray<BrokenRun> Broken, string Traces, TimeSpan Took);

/// <summary>Explores runbooks: run after run, each from a seed, on as many threads as there are processors.</summary>
/// <param name="runbooks">The runbooks.</param>
/// <param name="brokenMax">After how many broken runs it stops.</param>
internal sealed class Explorer(ImmutableArray<ExploredRunbook> runbooks, int brokenMax)
{
    private readonly Dictionary<string, RunReport> _clean = new(StringComparer.Ordinal);

    /// <summary>What a run of a runbook is like in which nothing goes wrong; the same run breaks no promise and completes, or nothing can be explored.</summary>
    public IReadOnlyDictionary<string, RunReport> Clean => _clean;

    /// <summary>Runs each runbook once with nothing going wrong.</summary>
    /// <param name="workers">On how many threads.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<ImmutableArray<BrokenRun>> CleanAsync(int workers, CancellationToken cancellationToken)
    {
        var reports = new RunReport[runbooks.Length];
        await OnEachAsync(runbooks.Length, workers, static () => true, async (bench, i) => reports[i] = await new ExploredRun(bench, runbooks[i], 0, []).RunAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var broken = ImmutableArray.CreateBuilder<BrokenRun>();
        foreach (var (runbook, report) in runbooks.Zip(reports))
        {
            _clean[runbook.File] = report;
            if (report.Violations.IsEmpty && report.End == ExploredEnd.Completed) continue;
            var why = report.Violations.IsEmpty ? report with { Violations = [$"nothing went wrong, and the session ended as {report.End.ToString().ToLowerInvariant()}"] } : report;
            broken.Add(new BrokenRun(runbook.File, 0, why, why));
        }

        return broken.ToImmutable();
    }

    /// <summary>The runbook of a seed.</summary>
    public ExploredRunbook RunbookOf(long seed) => runbooks[(int)(Schedule.Mix(seed, "runbook") % (ulong)runbooks.Length)];

    /// <summary>Explores.</summary>
    /// <param name="firstSeed">The first run's seed; the others follow.</param>
    /// <param name="runs">How many.</param>
    /// <param name="workers">On how many threads.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<Exploration> ExploreAsync(long firstSeed, int runs, int workers, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var reports = new RunReport?[runs];
        var brokenCount = 0;
        await OnEachAsync(
            runs,
            workers,
            () => Volatile.Read(ref brokenCount) < brokenMax,
            async (bench, index) =>
            {
                var seed = firstSeed + index;
                var runbook = RunbookOf(seed);
                var report = await RunAsync(bench, runbook, Schedule.Draw(seed, runbook.Id, _clean[runbook.File].Counts), cancellationToken).ConfigureAwait(false);
                // What a run left is compared by now; of a good many runs only what is told of them is kept.
                reports[index] = report.Violations.IsEmpty ? report with { Steps = [], Standing = "", Counts = PlaceCounts.None } : report;
                if (!report.Violations.IsEmpty) Interlocked.Increment(ref brokenCount);
            },
            cancellationToken).ConfigureAwait(false);
        using var shrinking = new RunBench();
        var broken = ImmutableArray.CreateBuilder<BrokenRun>();
        // Where it stopped early, workers had got different ways: what comes after the last broken run is left out, so that the same seeds tell the same.
        var told = 0;
        for (; told < runs && broken.Count < brokenMax && reports[told] is { } report; told++)
        {
            if (report.Violations.IsEmpty) continue;
            var runbook = RunbookOf(firstSeed + told);
            broken.Add(new BrokenRun(runbook.File, firstSeed + told, report, await ShrinkAsync(shrinking, runbook, report, cancellationToken).ConfigureAwait(false)));
        }

        var done = reports.Take(told).OfType<RunReport>().ToList();
        return new Exploration(
            done.Count,
            done.Select((r, i) => (RunbookOf(firstSeed + i).File, string.Join(',', r.Happened))).Distinct().Count(),
            Enumerable.Range(0, done.Count).GroupBy(i => RunbookOf(firstSeed + i).File, StringComparer.Ordinal).ToImmutableSortedDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal),
            done.GroupBy(r => r.End.ToString()).ToImmutableSortedDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal),
            done.Sum(r => (long)r.Happened.Length),
            broken.ToImmutable(),
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Concat(done.Select(r => r.Trace)))))[..16],
            Stopwatch.GetElapsedTime(started));
    }

    /// <summary>Runs one list of mishaps.</summary>
    /// <param name="bench">The worker's.</param>
    /// <param name="runbook">The runbook.</param>
    /// <param name="mishaps">What goes wrong.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="keepIn">Where the session's directory is copied to; <see langword="null"/> for nowhere.</param>
    public async Task<RunReport> RunAsync(RunBench bench, ExploredRunbook runbook, ImmutableArray<Mishap> mishaps, CancellationToken cancellationToken, string? keepIn = null)
    {
        var report = await new ExploredRun(bench, runbook, 0, mishaps) { KeepIn = keepIn }.RunAsync(cancellationToken).ConfigureAwait(false);
        return report with { Violations = [.. report.Violations, .. Unlike(runbook, report)] };
    }

    // A session that did what a clean one does leaves what that one left. A drill whose clean run leaves the estate as it was leaves
    // it so whatever way it ended; one that goes on to repair something for good (a rotation) promises that of its faults alone.
    private IEnumerable<string> Unlike(ExploredRunbook runbook, RunReport report)
    {
        if (!_clean.TryGetValue(runbook.File, out var clean) || report.Standing == clean.Standing) yield break;
        var isDrill = runbook.Program.Document.Kind == Language.RunbookKind.Drill;
        var restores = isDrill && clean.Standing == runbook.Standing;
        // What is set to end, ends at a time that follows from when it was set.
        if (!restores && Timeless(report.Standing) == Timeless(clean.Standing)) yield break;
        if (report.End == ExploredEnd.Completed && report.Steps.Distinct(StringComparer.Ordinal).SequenceEqual(clean.Steps.Distinct(StringComparer.Ordinal)))
            yield return "the session did what a clean one does, and left another estate: " + Difference(clean.Standing, report.Standing);
        else if (restores && report.End is ExploredEnd.Completed or ExploredEnd.Failed or ExploredEnd.Aborted && report.Standing != runbook.Standing)
            yield return "the drill left the estate other than it was: " + Difference(runbook.Standing, report.Standing);
    }

    private static string Timeless(string standing) => string.Join('\n', standing.Split('\n').Select(l => l.IndexOf(", expires ", StringComparison.Ordinal) is > 0 and var at ? l[..at] : l));

    private static string Difference(string before, string after)
    {
        var (was, @is) = (before.Split('\n'), after.Split('\n'));
        return string.Join("; ", was.Except(@is).Select(l => "-" + l).Concat(@is.Except(was).Select(l => "+" + l)).Take(4));
    }

    // One number after the other, each to the worker that is free; a worker has a bench of its own. A number that was given out is worked on.
    private static async Task OnEachAsync(int count, int workers, Func<bool> goesOn, Func<RunBench, int, Task> work, CancellationToken cancellationToken)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(workers, count)).Select(_ => Task.Run(
            async () =>
            {
                using var bench = new RunBench();
                int index;
                while (goesOn() && (index = Interlocked.Increment(ref next)) < count)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await work(bench, index).ConfigureAwait(false);
                }
            },
            cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Leaves out one mishap after the other for as long as a promise is still broken.</summary>
    private async Task<RunReport> ShrinkAsync(RunBench bench, ExploredRunbook runbook, RunReport report, CancellationToken cancellationToken)
    {
        var best = report;
        for (var i = 0; i < best.Happened.Length;)
        {
            var shorter = await RunAsync(bench, runbook, best.Happened.RemoveAt(i), cancellationToken).ConfigureAwait(false);
            if (shorter.Violations.IsEmpty || shorter.Happened.Length >= best.Happened.Length) i++;
            else (best, i) = (shorter, 0);
        }

        return best;
    }
}
