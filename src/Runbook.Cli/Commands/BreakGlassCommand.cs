using System.CommandLine;
using Runbook.Cli.Sessions;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook break-glass DIR</c>: the <c>az</c> commands that finish or undo what is open in a session, by hand.</summary>
internal static class BreakGlassCommand
{
    public static Command Build(CliConsole console)
    {
        var directory = new Argument<string>("DIR") { Description = "The session's directory, or a unique beginning of its id." };
        var command = new Command("break-glass", "Print the az commands that finish or undo what is open in a session, by hand.") { directory };
        command.SetAction(parsed => Print(new SessionDirectory(SessionPaths.Find(parsed.GetValue(directory)!)), console));
        return command;
    }

    private static int Print(SessionDirectory session, CliConsole console)
    {
        var (lines, ledger, damage) = SessionReading.Read(session);
        if (lines.Count == 0) throw new CliException("RC091", "not one line of the session's journal can be read.", "nothing is known of what is open.", $"runbook verify {SessionHost.Shown(session.Root)}", ExitCodes.VerificationFailed);
        var program = SessionReading.Program(session, ledger, console.Error);
        var view = lines.Aggregate(SessionFold.Begin(program), (before, line) => SessionFold.Apply(before, line.Entry, line.Hash));
        var place = lines[0].Entry.Body is SessionOpened opened ? opened.Azure : null;
        console.Out.Write(BreakGlass.Of(view, digest => Read(session, ledger, digest), RenderingActions.For(place)));
        if (damage is null) return ExitCodes.Done;
        console.Error.WriteLine(CliConsole.Safe($"The journal can be read to line {lines.Count} only: {damage} What came after it is not on this sheet."));
        return ExitCodes.VerificationFailed;
    }

    private static byte[]? Read(SessionDirectory session, SessionLedger ledger, Digest digest) => ledger.Artifacts.All
        .Where(a => a.Digest == digest)
        .Select(a => Path.Combine(session.Artifacts, a.FileName))
        .Where(File.Exists)
        .Select(File.ReadAllBytes)
        .FirstOrDefault(bytes => Digest.Of(bytes) == digest);
}
