using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Cli.People;

/// <summary>The people of a session: from a roster that somebody signed, or the rehearsal's.</summary>
internal static class Rosters
{
    /// <summary>The rehearsal's people for the roles that a runbook declares.</summary>
    public static SignedRoster ForRehearsal(RunbookDocument document) =>
        Rehearsal.RosterFor(document.Roles.Select(r => new DeclaredRole(r.Name, r.People, r.Quorum)));

    /// <summary>Reads a signed roster: the file, and its envelope beside it.</summary>
    /// <exception cref="CliException">A file is missing, or is no signed roster.</exception>
    public static SignedRoster Read(string file)
    {
        var envelope = EnvelopeOf(file);
        if (!File.Exists(file)) throw new CliException("RC064", $"there is no roster \"{file}\".", "nothing was done.", "runbook keys enrol    (makes one)");
        if (!File.Exists(envelope)) throw new CliException("RC064", $"the roster \"{file}\" is not signed: there is no \"{envelope}\".", "nothing was done.", "have the roster authority sign it: runbook keys enrol");
        return SignedRoster.TryRead(File.ReadAllBytes(file), File.ReadAllBytes(envelope), out var roster, out var flaw)
            ? roster!
            : throw new CliException("RC065", $"\"{file}\" can't be used: {flaw}", "nothing was done.", "get the roster again from whoever signed it.");
    }

    /// <summary>Where the signature of a roster lies.</summary>
    public static string EnvelopeOf(string file) => Path.ChangeExtension(file, ".dsse.json");

    /// <summary>A roster must be signed by an authority that this user trusts, before anybody's keys are staked on it.</summary>
    /// <exception cref="CliException">It is not.</exception>
    public static void RequireTrusted(SignedRoster roster, TrustedAuthorities trusted)
    {
        if (trusted.TryFind(roster.Authority, isEmbedded: false, out var key, out _) && roster.IsSignedBy(key)) return;
        throw new CliException("RC066", $"the roster is signed by {roster.Authority}, whom you do not trust.", "nothing was done.", "compare the key with the authority's by another way, then: runbook keys trust AUTHORITY.pub.pem");
    }

    /// <summary>Who drives the console: who was named, or the one operator whose key is here.</summary>
    /// <exception cref="CliException">Nobody, or several.</exception>
    public static string Operator(Roster roster, FileKeyring keyring, string? named)
    {
        if (named is not null) return named;
        var operators = roster.PeopleOf("operator").Select(p => p.Id).ToArray();
        var here = operators.Where(o => keyring.Of(o) != KeyAvailability.Elsewhere).ToArray();
        return (here, operators) switch
        {
            ([var one], _) => one,
            ([], [var only]) => only,
            _ => throw new CliException("RC067", $"it is not clear who of {string.Join(", ", operators)} drives the console.", "nothing was done.", "say who: --operator ID"),
        };
    }
}
