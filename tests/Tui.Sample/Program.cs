using Runbook.Engine;
using Runbook.Journal;
using Runbook.Tui;
using Runbook.Tui.Sample;

// runbook-sample [FOLDER]: the ceremony of SampleRunbooks at a console, on a clock that jumps while nothing is to be seen.
var folder = args.Length > 0 ? Path.GetFullPath(args[0]) : Directory.CreateTempSubdirectory("runbook-sample-").FullName;
var session = new SampleSession(new SampleWorld { Polls = 4 }, SampleRunbooks.Ceremony, folder, new SampleClock(TimeSpan.FromMilliseconds(120)));
using var runner = await (File.Exists(Path.Combine(session.Directory, SessionDirectory.JournalName)) ? session.ResumeAsync(default) : session.OpenAsync(default));
var exit = await ConsoleApp.RunSessionAsync(runner, session.World.Actions, new RehearsalKeyring(), new ConsoleSettings
{
    SessionTime = session.Clock.Time,
    StandIns = session.People,
    FilesFolder = folder,
    ResumeCommand = $"runbook resume {session.Directory}",
    ApproveCommand = $"runbook approve {session.Directory}",
}, default);
Console.WriteLine(exit switch
{
    ConsoleExit.Ended { Result: { PauseReason: null } result } => $"ended {result.View.End}, {result.View.Head.Seq} entries",
    ConsoleExit.Ended { Result.PauseReason: { } why } => $"paused: {why}",
    ConsoleExit.Signalled signalled => $"signal {signalled.Signal}: {signalled.Result?.PauseReason}",
    ConsoleExit.SessionBroke broke => $"broke: {broke.Cause.Message}",
    ConsoleExit.DisplayFailed failed => $"display failed: {failed.Cause.Message}",
    ConsoleExit.NoTerminal none => $"no terminal: {none.Reason}",
    _ => "not begun",
});
return exit is ConsoleExit.Signalled signal ? 128 + signal.Signal : exit is ConsoleExit.Ended { Result.PauseReason: null } ? 0 : 4;
