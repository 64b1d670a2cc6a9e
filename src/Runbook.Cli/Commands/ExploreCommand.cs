using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Runbook.Cli.Exploring;
using Runbook.Cli.Fronts;
using Runbook.Cli.Loading;
using Runbook.Journal;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook explore PATH…</c>: runbooks run with everything going wrong, each run from a seed.</summary>
internal static class ExploreCommand
{
    private const int RunsMax = 10_000_000;

    // Runs are alike until something goes wrong in them, and each transcript is verified as it is written and at its end.
    private const int SignaturesMax = 200_000;

    public static Command Build(CliConsole console)
    {
        var paths = new Argument<string[]>("PATH") { Description = "Runbooks, or folders of them.", Arity = ArgumentArity.OneOrMore };
        var runs = new Option<int>("--runs") { Description = "How many runs.", HelpName = "N", DefaultValueFactory = _ => 1000 };
        var seed = new Option<long>("--seed") { Description = "The first run's seed; the others follow.", HelpName = "S", DefaultValueFactory = _ => 1 };
        var mishaps = new Option<string?>("--mishaps") { Description = "One run in which just these go wrong, as a broken run printed them.", HelpName = "LIST" };
        var output = new Option<string?>("--out") { Description = "With --mishaps: the folder that the session's directory is copied to.", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "What a program reads." };
        var command = new Command("explore", "Run every branch on the embedded Azure, with lost answers, outages, refusals and deaths at every step, and look for broken promises.") { paths, runs, seed, mishaps, output, json };
        command.SetAction((parsed, cancellationToken) => ExploreAsync(parsed.GetValue(paths)!, parsed.GetValue(runs), parsed.GetValue(seed), parsed.GetValue(mishaps), parsed.GetValue(output), parsed.GetValue(json), console, cancellationToken));
        return command;
    }

    private static async Task<int> ExploreAsync(string[] paths, int runs, long seed, string? mishaps, string? output, bool json, CliConsole console, CancellationToken cancellationToken)
    {
        if (runs is < 1 or > RunsMax) throw new CliException("RC121", $"{runs} runs can't be explored.", "nothing was explored.", $"write a number from 1 to {RunsMax}.");
        var listed = mishaps is null ? (ImmutableArray<Mishap>?)null : Mishap.ParseAll(mishaps);
        VerifyingKey.RememberHeld(SignaturesMax);
        var runbooks = ImmutableArray.CreateBuilder<ExploredRunbook>();
        foreach (var file in RunbookLoader.Files(paths).Distinct(StringComparer.Ordinal)) runbooks.Add(await ExploredRunbook.LoadAsync(file, console, cancellationToken).ConfigureAwait(false));
        var explorer = new Explorer(runbooks.ToImmutable(), brokenMax: 10);
        var unclean = await explorer.CleanAsync(Environment.ProcessorCount, cancellationToken).ConfigureAwait(false);
        if (!unclean.IsEmpty) return Tell(new Exploration(runbooks.Count, runbooks.Count, ImmutableSortedDictionary<string, int>.Empty, ImmutableSortedDictionary<string, int>.Empty, 0, unclean, "", TimeSpan.Zero), json, console);
        if (listed is { } list)
        {
            using var bench = new RunBench();
            var runbook = explorer.RunbookOf(seed);
            var report = await explorer.RunAsync(bench, runbook, list, cancellationToken, output).ConfigureAwait(false);
            if (!json) console.Line($"Places: {string.Join(", ", report.Counts.Of.OrderBy(c => c.Key).Select(c => $"{c.Value} {c.Key.ToString().ToLowerInvariant()}"))}.");
            ImmutableArray<BrokenRun> broken = report.Violations.IsEmpty ? [] : [new BrokenRun(runbook.File, seed, report, report)];
            return Tell(new Exploration(1, 1, ImmutableSortedDictionary<string, int>.Empty.Add(runbook.File, 1), ImmutableSortedDictionary<string, int>.Empty.Add(report.End.ToString(), 1), report.Happened.Length, broken, report.Trace, TimeSpan.Zero), json, console);
        }

        return Tell(await explorer.ExploreAsync(seed, runs, Environment.ProcessorCount, cancellationToken).ConfigureAwait(false), json, console);
    }

    private static int Tell(Exploration explored, bool json, CliConsole console)
    {
        if (json) console.Line(JsonFront.Written(writer => Write(writer, explored)));
        else Say(explored, console);
        return explored.Broken.IsEmpty ? ExitCodes.Done : ExitCodes.NotCompleted;
    }

    private static void Say(Exploration explored, CliConsole console)
    {
        foreach (var broken in explored.Broken)
        {
            console.Line(CliConsole.Safe($"{broken.Runbook}, seed {broken.Seed}: {broken.Report.Violations[0]}"));
            foreach (var more in broken.Report.Violations.Skip(1)) console.Line(CliConsole.Safe($"  and: {more}"));
            console.Line($"  after: {Listed(broken.Report.Happened)}");
            console.Line(CliConsole.Safe($"  shortest found: {Listed(broken.Shortest.Happened)}: {broken.Shortest.Violations[0]}"));
            console.Line(CliConsole.Safe($"  again:  runbook explore {broken.Runbook} --seed {broken.Seed} --mishaps {Listed(broken.Shortest.Happened)}"));
        }

        var ends = string.Join(", ", explored.Ends.Select(e => $"{e.Value} {e.Key.ToLowerInvariant()}"));
        console.Line($"{explored.Runs} runs, {explored.Distinct} of them different, {explored.Mishaps} mishaps: {ends}. {(explored.Broken.IsEmpty ? "Every promise was kept." : $"{explored.Broken.Length} broke a promise.")}");
        if (explored.Traces.Length > 0) console.Line($"What they left: {explored.Traces}");
    }

    private static string Listed(ImmutableArray<Mishap> mishaps) => mishaps.IsEmpty ? "\"\"" : string.Join(',', mishaps);

    private static void Write(Utf8JsonWriter writer, Exploration explored)
    {
        writer.WriteNumber("runs", explored.Runs);
        writer.WriteNumber("different", explored.Distinct);
        writer.WriteNumber("mishaps", explored.Mishaps);
        writer.WriteStartObject("runbooks");
        foreach (var (runbook, count) in explored.PerRunbook) writer.WriteNumber(runbook, count);
        writer.WriteEndObject();
        writer.WriteStartObject("ends");
        foreach (var (end, count) in explored.Ends) writer.WriteNumber(end.ToLowerInvariant(), count);
        writer.WriteEndObject();
        writer.WriteStartArray("broken");
        foreach (var broken in explored.Broken)
        {
            writer.WriteStartObject();
            writer.WriteString("runbook", broken.Runbook);
            writer.WriteString("seed", broken.Seed.ToString(CultureInfo.InvariantCulture));
            writer.WriteStartArray("violations");
            foreach (var violation in broken.Report.Violations) writer.WriteStringValue(violation);
            writer.WriteEndArray();
            writer.WriteString("mishaps", Listed(broken.Report.Happened));
            writer.WriteString("shortest", Listed(broken.Shortest.Happened));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("left", explored.Traces);
    }
}
