using Runbook.Cli.Fronts;
using Runbook.Cli.Guards;
using Runbook.Cli.Lags;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Tui;

namespace Runbook.Cli.Sessions;

/// <summary>Runs an opened session behind its front, and says at the end what became of it.</summary>
/// <param name="Runner">The session.</param>
/// <param name="World">The Azure that it acts on.</param>
/// <param name="Keyring">Who can sign here.</param>
/// <param name="StandIns">The rehearsal's people, who can bring what a newcomer does not have; <see langword="null"/> for a session with real people.</param>
/// <param name="Choices">What was typed.</param>
/// <param name="Guards">Where its guards are started, and its heart beats for them.</param>
internal sealed record SessionHost(SessionRunner Runner, IWorld World, IKeyring Keyring, ISimulatedPeople? StandIns, SessionChoices Choices, GuardPost Guards)
{
    /// <summary>Runs it.</summary>
    public async Task<int> RunAsync(CliConsole console)
    {
        using var signals = new SessionSignals();
        return await RunAsync(console, signals).ConfigureAwait(false);
    }

    /// <summary>Runs it, with signals that are listened for already.</summary>
    public async Task<int> RunAsync(CliConsole console, SessionSignals signals)
    {
        using var guards = Guards;

        // Who is told to stop before there is a screen shows none any more.
        if (Choices.Front == FrontKind.Tui && signals.ExitCode is null) return await RunConsoleAsync(console).ConfigureAwait(false);
        var typed = Choices.Rehearse ? null : TypedLines.Start(console);
        ISessionFront front = Choices.Front == FrontKind.Json
            ? new JsonFront(Runner, Keyring, console, typed)
            : new PlainFront(Runner, World.Actions, Keyring, StandIns, console, typed);
        signals.Tell(front);
        var result = await front.RunAsync(CancellationToken.None).ConfigureAwait(false);
        return Tell(result, signals.ExitCode, console);
    }

    private async Task<int> RunConsoleAsync(CliConsole console)
    {
        var session = Runner.Directory.Root;
        var exit = await ConsoleApp.RunSessionAsync(Runner, World.Actions, Keyring, new ConsoleSettings
        {
            SessionTime = World.Clock.Time,
            Colour = Choices.NoColor ? ColourUse.Never : ColourUse.Auto,
            Names = NamesOf(Runner.View),
            StandIns = StandIns,
            LookAtGuard = Guards.SightOf,
            ResumeCommand = $"runbook resume {Shown(session)}",
            ApproveCommand = $"runbook approve {Shown(session)}",
        }, CancellationToken.None).ConfigureAwait(false);
        switch (exit)
        {
            case ConsoleExit.Ended ended:
                return Tell(ended.Result, null, console);
            case ConsoleExit.Signalled { Result: { } result } signalled:
                return Tell(result, 128 + signalled.Signal, console);
            case ConsoleExit.Signalled signalled:
                foreach (var armed in Runner.View.Faults.Armed)
                {
                    console.Complain("RC087", $"\"{armed.Fault}\" could not be undone before the console ended.", "it is armed, and its guard undoes it once this console is not heard any more.", $"runbook guard --recover {Shown(session)}    (says what became of it)");
                }

                return 128 + signalled.Signal;
            case ConsoleExit.SessionBroke broke:
                return Failures.Tell(broke.Cause, console);
            case ConsoleExit.DisplayFailed failed:
                console.Complain("RC071", $"the screen failed again and again: {failed.Cause.Message}", "the session was left in order.", $"runbook resume {Shown(session)} --ui plain");
                return ExitCodes.NeedsPerson;
            case ConsoleExit.NoTerminal none:
                console.Complain("RC072", none.Reason, "the session is open; nothing was sent.", $"runbook resume {Shown(session)} --ui plain");
                return ExitCodes.BadInput;
            default:
                console.Line(JsonFront.Notice(Choices.Front, $"left before anything was sent. runbook resume {Shown(session)}"));
                return ExitCodes.NeedsPerson;
        }
    }

    private static Dictionary<string, string> NamesOf(SessionView view) =>
        view.Roster?.People.ToDictionary(p => p.Id, p => Fronts.PlainQuestions.Named(p.Id), StringComparer.Ordinal) ?? [];

    /// <summary>A path as it is pasted: relative where it lies below the current folder.</summary>
    public static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    private int Tell(SessionResult result, int? bySignal, CliConsole console)
    {
        var session = Shown(Runner.Directory.Root);
        var exit = bySignal ?? ExitOf(result);
        var measured = KeepLags(result, console);
        if (Choices.Front == FrontKind.Json)
        {
            console.Line(JsonFront.Written(writer =>
            {
                writer.WriteString("kind", "result");
                writer.WriteString("status", result.PauseReason is null ? "closed" : "paused");
                if (result.View.End is { } end) writer.WriteString("end", end.ToString().ToLowerInvariant());
                if (result.PauseReason is { } reason) writer.WriteString("reason", Inert.Text(reason));
                writer.WriteNumber("entries", result.View.Head.Seq);
                writer.WriteString("head", result.View.Head.Hash.Hex);
                writer.WriteString("directory", Inert.Text(session));
                writer.WriteNumber("exit", exit);
            }));
            return exit;
        }

        SessionSummary.Write(result, session, measured, console);
        return exit;
    }

    // The atlas is a convenience: what was measured stands in the transcript all the same, so nothing fails with it.
    private string? KeepLags(SessionResult result, CliConsole console)
    {
        var file = LagAtlas.Beside(Runner.Directory.Root);
        try
        {
            return LagAtlas.Add(file, LagAtlas.Of(result.View)) ? Shown(file) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CliException)
        {
            console.Complain("RC095", $"what was measured can't be added to \"{Shown(file)}\": {exception.Message}", "the session is closed and whole; its transcript holds the times.", "make the file writable; the next session is added.");
            return null;
        }
    }

    private static int ExitOf(SessionResult result)
    {
        if (result.PauseReason is not null || result.MissingSignatures.Count > 0) return ExitCodes.NeedsPerson;
        if (result.View.IsRefusedUntouched) return ExitCodes.Refused;
        return result.View.End == SessionEnd.Completed ? ExitCodes.Done : ExitCodes.NotCompleted;
    }
}
