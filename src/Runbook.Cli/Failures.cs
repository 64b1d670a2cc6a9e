using Runbook.Actions;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli;

/// <summary>Every way in which a command can fail, in words and as an exit code. The one place where exceptions become messages.</summary>
internal static class Failures
{
    private const string NothingChanged = "nothing was changed.";

    /// <summary>Tells what happened, what state it left and what to do next.</summary>
    /// <returns>The exit code.</returns>
    public static int Tell(Exception exception, CliConsole console)
    {
        if (exception is OperationCanceledException) return ExitCodes.Interrupted;
        var (code, state, next, exit) = Describe(exception);
        console.Complain(code, exception.Message, state, next);
        if (code == "RC099") console.Error.WriteLine(CliConsole.Safe(exception.ToString()));
        return exit;
    }

    private static (string Code, string State, string Next, int Exit) Describe(Exception exception) => exception switch
    {
        CliException cli => (cli.Code, cli.State, cli.Next, cli.ExitCode),
        EngineException engine => (engine.Code, engine.State, engine.Next, ExitCodes.Refused),
        JournalException journal => OfJournal(journal),
        ProfileException profile => (profile.Code, "nothing was sent; nothing was written.", profile.Next, profile.Code == Actions.ActionCodes.ProfileUnlabelled ? ExitCodes.Refused : ExitCodes.BadInput),
        StateFileException state => (state.Code, "nothing was sent.", "free the file, or start a new session.", ExitCodes.Refused),
        IOException or UnauthorizedAccessException => ("RC090", NothingChanged, "make the file or folder readable and writable, then try again.", ExitCodes.BadInput),
        _ => ("RC099", "what is durable in the journal stays so.", "this is a fault of the program: report it with what follows; runbook resume DIR goes on with the session.", ExitCodes.NeedsPerson),
    };

    private static (string Code, string State, string Next, int Exit) OfJournal(JournalException exception) => exception switch
    {
        JournalNotDurableException disk => (disk.Code, $"entries 1 to {disk.Durable.Seq} are durable; nothing more was sent.", "make the disk healthy, then: runbook resume DIR", disk.HasSent ? ExitCodes.NeedsPerson : ExitCodes.Refused),
        SessionLockedException => (exception.Code, NothingChanged, "end the other console, or wait for it; then: runbook resume DIR", ExitCodes.NeedsPerson),
        SessionNeverOpenedException => (exception.Code, "nothing was ever sent in it.", "runbook resume DIR --clean    (removes it)", ExitCodes.BadInput),
        SessionDirectoryException => (exception.Code, NothingChanged, "name another directory: --out DIR", ExitCodes.BadInput),
        JournalReadException or JournalBehindException => (exception.Code, NothingChanged, "runbook verify DIR    (says which line, and why)", ExitCodes.VerificationFailed),
        NotEnoughSpaceException => (exception.Code, NothingChanged, "free some space, then: runbook resume DIR", ExitCodes.Refused),
        PersonKeyException { Failure: PersonKeyFailure.WrongPassphrase } => (exception.Code, "nothing was signed.", "type the passphrase again.", ExitCodes.BadInput),
        PersonKeyException => (exception.Code, "nothing was signed.", "runbook keys show    (lists the keys that are here)", ExitCodes.BadInput),
        RosterException => (exception.Code, NothingChanged, "runbook keys show ROSTER", ExitCodes.BadInput),
        SealException => (exception.Code, NothingChanged, "runbook verify DIR", ExitCodes.VerificationFailed),
        DiskException => (exception.Code, "what is durable in the journal stays so.", "make the disk healthy, then: runbook resume DIR", ExitCodes.Refused),
        _ => (exception.Code, NothingChanged, "runbook verify DIR", ExitCodes.VerificationFailed),
    };
}
