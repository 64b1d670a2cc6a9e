using System.CommandLine;
using Runbook.Cli.People;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook keys</c>: keys, rosters, and whom this user trusts.</summary>
internal static class KeysCommand
{
    public static Command Build(CliConsole console) => new("keys", "Keys of people, rosters, and whom you trust.")
    {
        New(console),
        Show(console),
        Enrol(console),
        Remove(console),
        Trust(console),
    };

    private static Command New(CliConsole console)
    {
        var name = new Argument<string>("NAME") { Description = "The key's name: the person's id in rosters." };
        var full = new Option<string?>("--name") { Description = "The person's name.", HelpName = "TEXT" };
        var passphrase = PassphraseFile();
        var command = new Command("new", "Make a key under a passphrase, and an enrolment for a roster authority.") { name, full, passphrase };
        command.SetAction(parsed => KeyMaking.New(parsed.GetValue(name)!, parsed.GetValue(full), parsed.GetValue(passphrase), console));
        return command;
    }

    private static Command Show(CliConsole console)
    {
        var what = new Argument<string?>("NAME|ROSTER") { Description = "A key that is here, or a roster; all keys if left out.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("show", "Show keys or a roster, with digests in words to read aloud.") { what };
        command.SetAction(parsed => KeyShowing.Show(parsed.GetValue(what), console));
        return command;
    }

    private static Command Enrol(CliConsole console)
    {
        var enrolment = new Argument<string>("ENROLMENT") { Description = "What 'keys new' wrote for the person." };
        var roster = RosterOption();
        var roles = new Option<string[]>("--role") { Description = "A role that the person gets; repeatable.", HelpName = "ROLE", Required = true };
        var quorum = new Option<string[]>("--quorum") { Description = "How many people of a role must agree; more than half if left out.", HelpName = "ROLE=N" };
        var signed = new Option<string[]>("--signed-ticks") { Description = "A role whose ticks must be signed.", HelpName = "ROLE" };
        var authority = AuthorityOption();
        var passphrase = PassphraseFile();
        var command = new Command("enrol", "Put a person into a roster, and sign it.") { enrolment, roster, roles, quorum, signed, authority, passphrase };
        command.SetAction(parsed => RosterMaking.Enrol(
            new EnrolmentRequest(parsed.GetValue(enrolment)!, parsed.GetValue(roles)!, parsed.GetValue(quorum) ?? [], parsed.GetValue(signed) ?? []),
            parsed.GetValue(roster)!, parsed.GetValue(authority)!, parsed.GetValue(passphrase), console));
        return command;
    }

    private static Command Remove(CliConsole console)
    {
        var person = new Argument<string>("PERSON") { Description = "The person's id." };
        var roster = RosterOption();
        var authority = AuthorityOption();
        var passphrase = PassphraseFile();
        var command = new Command("remove", "Take a person out of a roster, and sign it.") { person, roster, authority, passphrase };
        command.SetAction(parsed => RosterMaking.Remove(parsed.GetValue(person)!, parsed.GetValue(roster)!, parsed.GetValue(authority)!, parsed.GetValue(passphrase), console));
        return command;
    }

    private static Command Trust(CliConsole console)
    {
        var pem = new Argument<string?>("FILE.pem") { Description = "Public key of a roster authority; lists the trusted ones if left out.", Arity = ArgumentArity.ZeroOrOne };
        var forget = new Option<string?>("--forget") { Description = "Trust a key no more.", HelpName = "KEYID" };
        var command = new Command("trust", "Keep the roster authorities that you trust.") { pem, forget };
        command.SetAction(parsed => TrustKeeping.Keep(parsed.GetValue(pem), parsed.GetValue(forget), console));
        return command;
    }

    private static Option<string> RosterOption() => new("--roster") { Description = "The roster; made where there is none.", HelpName = "FILE", Required = true };

    private static Option<string> AuthorityOption() => new("--authority") { Description = "Name of the authority's key on this machine.", HelpName = "NAME", Required = true };

    private static Option<string?> PassphraseFile() => new("--passphrase-file") { Description = "A file whose first line is the passphrase.", HelpName = "FILE" };
}
