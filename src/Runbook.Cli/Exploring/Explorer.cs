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
/// <param name="Ends">How many sessions ended in which way.</param>
/// <param name="Mishaps">How many things went wrong.</param>
/// <param name="Broken">The first runs in which a promise was broken, by seed.</param>
/// <param name="Traces">A digest over what all runs left.</param>
/// <param name="Took">How long it took, on the real clock.</param>
internal sealed record Exploration(int Runs, ImmutableSortedDictionary<string, int> Ends, long Mishaps, ImmutableArray<BrokenRun> Broken, string Traces, TimeSpan Took);

/// <summary>Explores runbooks: run after run, each from a seed, on as many threads as there are processors.</summary>
/// <param name="runbooks">The runbooks.</param>
/// <param name="brokenMax">After how many broken runs it stops.</param>
internal sealed class Explorer(ImmutableArray<ExploredRunbook> runbooks, int brokenMax)
{
    private readonly Dictionary<string, RunReport> _clean = new(StringComparer.Ordinal);

    /// <summary>What a run of a runbook is like in which nothing goes wrong; the same run breaks no promise and completes, or nothing can be explored.</summary>
    public IReadOnlyDictionary<string, RunReport> Clean => _clean;

    /// <summary>Runs each runbook once with nothing going wrong.</summary>
    public async Task<ImmutableArray<BrokenRun>> CleanAsync(CancellationToken cancellationToken)
    {
        using var bench = new RunBench();
        var broken = ImmutableArray.CreateBuilder<BrokenRun>();
        foreach (var runbook in runbooks)
        {
            var report = await new ExploredRun(bench, runbook, 0, []).RunAsync(cancellationToken).ConfigureAwait(false);
            _clean[runbook.File] = report;
            if (!report.Violations.IsEmpty || report.End != ExploredEnd.Completed)
            {
                var why = report.Violations.IsEmpty ? report with { Violations = [$"nothing went wrong, and the session ended as {report.End.ToString().ToLowerInvariant()}"] } : report;
                broken.Add(new BrokenRun(runbook.File, 0, why, why));
            }
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
        var next = -1;
        var brokenCount = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(workers, runs)).Select(_ => Task.Run(
            async () =>
            {
                using var bench = new RunBench();
                int index;
                while ((index = Interlocked.Increment(ref next)) < runs && Volatile.Read(ref brokenCount) < brokenMax)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var seed = firstSeed + index;
                    var runbook = RunbookOf(seed);
                    var report = await RunAsync(bench, runbook, Schedule.Draw(seed, runbook.Id, _clean[runbook.File].Counts), cancellationToken).ConfigureAwait(false);
                    reports[index] = report;
                    if (!report.Violations.IsEmpty) Interlocked.Increment(ref brokenCount);
                }
            },
            cancellationToken))).ConfigureAwait(false);
        using var shrinking = new RunBench();
        var broken = ImmutableArray.CreateBuilder<BrokenRun>();
        for (var i = 0; i < runs && broken.Count < brokenMax; i++)
        {
            if (reports[i] is not { Violations.IsEmpty: false } report) continue;
            var runbook = RunbookOf(firstSeed + i);
            broken.Add(new BrokenRun(runbook.File, firstSeed + i, report, await ShrinkAsync(shrinking, runbook, report, cancellationToken).ConfigureAwait(false)));
        }

        var done = reports.OfType<RunReport>().ToList();
        return new Exploration(
            done.Count,
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
