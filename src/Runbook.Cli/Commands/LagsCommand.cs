using System.CommandLine;
using Runbook.Actions;
using Runbook.Cli.Lags;
using Runbook.Cli.Loading;
using Runbook.Cli.Sessions;
using Runbook.Language;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook lags [FILE]</c>: what drills have measured, and what the next one's time-outs and limits could be.</summary>
internal static class LagsCommand
{
    public static Command Build(CliConsole console)
    {
        var file = new Argument<string?>("FILE") { Description = "A runbook, to have its time-outs and limits proposed; if left out, what was measured is listed.", Arity = ArgumentArity.ZeroOrOne };
        var atlas = new Option<string?>("--atlas") { Description = "The atlas; .runbook/sessions/lag-atlas.jsonl if left out.", HelpName = "FILE" };
        var place = new Option<string?>("--place") { Description = "What counts: measured on the embedded Azure, or on a real one. If left out, real ones where there are any." };
        place.AcceptOnlyFromAmong("embedded", "real");
        var command = new Command("lags", "List measured lags, or propose a drill's time-outs and limits from them.") { file, atlas, place };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(atlas) ?? Path.Combine(SessionPaths.DefaultFolder, LagAtlas.FileName);
            if (parsed.GetValue(atlas) is not null && !File.Exists(path)) throw new CliException("RC094", $"there is no atlas \"{path}\".", "nothing was done.", "name the file lag-atlas.jsonl beside your sessions: --atlas FILE");
            var read = LagAtlas.Read(path);
            if (!read.Unreadable.IsEmpty) console.Error.WriteLine(CliConsole.Safe($"{path}: {(read.Unreadable.Length == 1 ? "line" : "lines")} {string.Join(", ", read.Unreadable.Take(20))} can't be read, and does not count."));
            if (parsed.GetValue(file) is { } named) Propose(RunbookLoader.LoadGood(named, AzureActions.Catalogue, console), read, parsed.GetValue(place), console);
            else List(read, parsed.GetValue(place), console);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void List(LagAtlas atlas, string? place, CliConsole console)
    {
        var groups = atlas.Lags.Where(l => place is null || IsOf(l, place)).GroupBy(l => (l.Place, l.Runbook, l.Measure)).OrderBy(g => g.Key).ToList();
        if (groups.Count == 0)
        {
            console.Line("Nothing has been measured yet. A drill measures: runbook run drills/key-disable.md --rehearse");
            return;
        }

        console.Line($"{"where",-10} {"runbook",-28} {"measure",-24} {"times",5} {"median",10} {"longest",10}  read by");
        foreach (var group in groups)
        {
            var sorted = group.Select(l => l.Ms).Order().ToList();
            console.Line(CliConsole.Safe($"{group.Key.Place,-10} {group.Key.Runbook,-28} {group.Key.Measure,-24} {sorted.Count,5} {Text(sorted[(sorted.Count - 1) / 2]),10} {Text(sorted[^1]),10}  {group.Last().Reading ?? "a called runbook"}"));
        }
    }

    private static void Propose(LoadedRunbook loaded, LagAtlas atlas, string? place, CliConsole console)
    {
        var machine = loaded.Linked.ByPath[loaded.RootPath].Machine!;
        var all = atlas.Lags.Where(l => l.Runbook == machine.Document.Id).ToList();
        place ??= all.Any(l => IsOf(l, "real")) ? "real" : MeasuredLag.EmbeddedPlace;
        var lags = all.Where(l => IsOf(l, place)).ToList();
        var proposals = LagProposals.For(machine, lags);
        if (proposals.IsEmpty)
        {
            console.Line(CliConsole.Safe($"Nothing of {machine.Document.Id} has been measured yet{(all.Count > 0 ? $" on {Words(place)}" : "")}. Its time-outs are as they are written."));
            return;
        }

        var sessions = lags.DistinctBy(l => l.Session).Count();
        console.Line(CliConsole.Safe($"{machine.Document.Id}, from {sessions} {(sessions == 1 ? "session" : "sessions")} on {Words(place)}:"));
        if (place == MeasuredLag.EmbeddedPlace) console.Line("What is measured there is as documented, not as your Azure does it: take these for rehearsals only.");
        foreach (var proposal in proposals) console.Line(CliConsole.Safe($"  {proposal.Input,-18} {LagProposals.Short(proposal.Proposed),8}   now {(proposal.Now is { } now ? LagProposals.Short(now) : "without default"),8}; {proposal.Because}"));
        console.Line();
        console.Line(CliConsole.Safe($"runbook run {loaded.File} {string.Join(' ', proposals.Select(p => $"--set {p.Input}={Durations.Format(p.Proposed)}"))}"));
    }

    private static string Words(string place) => place == MeasuredLag.EmbeddedPlace ? "the embedded Azure" : "a real Azure";

    private static bool IsOf(MeasuredLag lag, string place) => (lag.Place == MeasuredLag.EmbeddedPlace) == (place == MeasuredLag.EmbeddedPlace);

    private static string Text(long ms) => LagProposals.Short(TimeSpan.FromMilliseconds(ms));
}
