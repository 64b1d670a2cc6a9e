using System.CommandLine;
using Runbook.Cli.Guards;
using Runbook.Cli.Sessions;
using Runbook.Journal;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook guard --recover</c>: finds armed faults that nobody guards, as after a reboot, and undoes them.</summary>
internal static class GuardCommand
{
    public static Command Build(CliConsole console)
    {
        var directory = new Argument<string?>("DIR") { Description = "A session's directory, or a unique beginning of its id; all known sessions if left out.", Arity = ArgumentArity.ZeroOrOne };
        var recover = new Option<bool>("--recover") { Description = "Find the faults that are armed and unguarded, and undo them." };
        var azure = new Option<string?>("--azure") { Description = "The profile, where the session's own can't be found any more.", HelpName = "PROFILE.yaml" };
        var order = new Option<string?>("--order") { Description = "The console's own way to start a guard.", HelpName = "FILE", Hidden = true };
        var command = new Command("guard", "Find armed faults after a reboot, and undo them.") { directory, recover, azure, order };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(order) is { } file) return await new GuardProgram(file).RunAsync(cancellationToken).ConfigureAwait(false);
            if (!parsed.GetValue(recover)) throw new CliException("RC002", "runbook guard has nothing to do without --recover.", "nothing was done.", "runbook guard --recover");
            var sessions = parsed.GetValue(directory) is { } named ? [SessionPaths.Find(named)] : SessionPaths.Known().Select(Path.GetFullPath).ToList();
            return await RecoverAsync(sessions, parsed.GetValue(azure), console, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    // One session that can't be helped keeps no other one from being helped.
    private static async Task<int> RecoverAsync(IReadOnlyList<string> sessions, string? profile, CliConsole console, CancellationToken cancellationToken)
    {
        var (found, exit) = (0, ExitCodes.Done);
        foreach (var session in sessions)
        {
            try
            {
                foreach (var fault in await new GuardRecovery(session, profile).RunAsync(cancellationToken).ConfigureAwait(false))
                {
                    found++;
                    console.Line(CliConsole.Safe($"{SessionHost.Shown(session)}: \"{fault.Fault}\" {InWords(fault)}. Go on with the session: runbook resume {SessionHost.Shown(session)}"));
                }
            }
            catch (Exception exception) when (exception is CliException or JournalException or IOException)
            {
                exit = Failures.Tell(exception, console);
            }
        }

        if (found == 0 && exit == ExitCodes.Done) console.Line("No fault is armed.");
        return exit;
    }

    private static string InWords(FoundFault fault) => fault.State switch
    {
        FoundState.Guarded => $"is armed until {fault.Deadline:yyyy-MM-dd HH:mm:ss} UTC at most, and its guard stands by",
        FoundState.Lifted => "was lifted by its guard",
        _ => "was armed without a guard, and is undone now",
    };
}
