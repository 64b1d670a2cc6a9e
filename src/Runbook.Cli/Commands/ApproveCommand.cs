using System.CommandLine;
using Runbook.Cli.People;
using Runbook.Cli.Sessions;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook approve DIR</c>: shows what is open for a person, and signs it; also away from the console.</summary>
internal static class ApproveCommand
{
    public static Command Build(CliConsole console)
    {
        var directory = new Argument<string>("DIR") { Description = "The session's directory, or a unique beginning of its id." };
        var person = new Option<string?>("--person") { Description = "Who signs, where the keys on this machine do not say.", HelpName = "ID" };
        var reject = new Option<string?>("--reject") { Description = "Sign that you do not agree.", HelpName = "REASON" };
        var yes = new Option<bool>("--yes") { Description = "Sign what is open without being asked again." };
        var set = new Option<string[]>("--set") { Description = "A value that is asked of you; repeatable.", HelpName = "name=value" };
        var files = new Option<string[]>("--file") { Description = "A file that is asked of you; repeatable.", HelpName = "name=PATH" };
        var trust = new Option<string[]>("--trust") { Description = "Public key of a roster authority; repeatable.", HelpName = "FILE.pem" };
        var passphrase = new Option<string?>("--passphrase-file") { Description = "A file whose first line is the passphrase.", HelpName = "FILE" };
        var command = new Command("approve", "Show what is open for you in a session, and sign it.") { directory, person, reject, yes, set, files, trust, passphrase };
        command.SetAction((parsed, cancellationToken) => new Approving(new ApprovingChoices
        {
            Directory = SessionPaths.Find(parsed.GetValue(directory)!),
            Person = parsed.GetValue(person),
            Reject = parsed.GetValue(reject),
            Yes = parsed.GetValue(yes),
            Set = parsed.GetValue(set) ?? [],
            Files = parsed.GetValue(files) ?? [],
            Trusted = VerifyCommand.Trusted(parsed.GetValue(trust) ?? []),
            PassphraseFile = parsed.GetValue(passphrase),
        }, console).RunAsync(cancellationToken));
        return command;
    }
}
