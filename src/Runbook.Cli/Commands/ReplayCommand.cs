using System.CommandLine;
using Runbook.Cli.Sessions;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Tui;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook replay DIR</c>: rebuilds every state of a session from its journal.</summary>
internal static class ReplayCommand
{
    public static Command Build(CliConsole console)
    {
        var directory = new Argument<string>("DIR") { Description = "The session's directory, or a unique beginning of its id." };
        var ui = new Option<FrontKind?>("--ui") { Description = "The console on a terminal, plain lines elsewhere.", HelpName = "tui|plain" };
        var command = new Command("replay", "Rebuild every state of a session from its journal.") { directory, ui };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var root = SessionPaths.Find(parsed.GetValue(directory)!);
            var front = parsed.GetValue(ui) ?? (console.IsInteractive && console.IsOutputTerminal ? FrontKind.Tui : FrontKind.Plain);
            return await ReplayAsync(root, front, console, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Replays a session.</summary>
    public static async Task<int> ReplayAsync(string root, FrontKind front, CliConsole console, CancellationToken cancellationToken)
    {
        var session = new SessionDirectory(root);
        var (lines, ledger, damage) = SessionReading.Read(session);
        var program = SessionReading.Program(session, ledger, console.Out);
        if (front == FrontKind.Tui)
        {
            var exit = await ConsoleApp.RunReplayAsync(program, lines, RenderingActions.For(lines.Count > 0 && lines[0].Entry.Body is SessionOpened opened ? opened.Azure : null), new ConsoleSettings { ReplayedSession = root }, cancellationToken).ConfigureAwait(false);
            if (exit is ReplayExit.Signalled signalled) return 128 + signalled.Signal;
            if (exit is ReplayExit.NoTerminal none) throw new CliException("RC032", none.Reason, "nothing was shown.", $"runbook replay {SessionHost.Shown(root)} --ui plain");
            return damage is null ? ExitCodes.Done : ExitCodes.VerificationFailed;
        }

        var view = SessionFold.Begin(program);
        foreach (var line in lines)
        {
            view = SessionFold.Apply(view, line.Entry, line.Hash);
            var telling = EntryTelling.Of(line.Entry, view);
            console.Line(CliConsole.Safe($"{line.Entry.Seq,5}  {line.Entry.At.ToDateTimeOffset().UtcDateTime:HH:mm:ss}Z  {telling.Word,-8} {view.Current?.Path ?? "-"}  {telling.Text}"));
        }

        foreach (var finding in view.Findings) console.Line(CliConsole.Safe($"{finding.Seq,5}  does not follow: {finding.Message}"));
        if (damage is not null) console.Line(CliConsole.Safe($"       {damage}"));
        console.Line($"{lines.Count} entries; the session is {(view.End is { } end ? "closed as " + end.ToString().ToLowerInvariant() : "open")}. Whether it is genuine: runbook verify {SessionHost.Shown(root)}");
        return view.Findings.IsEmpty && damage is null ? ExitCodes.Done : ExitCodes.VerificationFailed;
    }
}
