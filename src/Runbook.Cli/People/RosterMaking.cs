using System.Collections.Immutable;
using System.Globalization;
using Runbook.Journal;

namespace Runbook.Cli.People;

/// <summary>What is to be enrolled, and as what.</summary>
/// <param name="File">The enrolment's file.</param>
/// <param name="Roles">Roles that the person gets.</param>
/// <param name="Quorums"><c>role=number</c> texts.</param>
/// <param name="SignedTicks">Roles whose ticks must be signed.</param>
internal sealed record EnrolmentRequest(string File, string[] Roles, string[] Quorums, string[] SignedTicks);

/// <summary>Makes and changes rosters; each change is signed by the authority anew.</summary>
internal static class RosterMaking
{
    private const int ValidYears = 3;

    /// <summary>Puts a person into a roster.</summary>
    public static int Enrol(EnrolmentRequest request, string file, string authority, string? passphraseFile, CliConsole console)
    {
        if (!File.Exists(request.File)) throw new CliException("RC064", $"there is no enrolment \"{request.File}\".", "the roster was not changed.", "the person makes it: runbook keys new NAME");
        if (!EnrolmentPayload.TryVerify(File.ReadAllBytes(request.File), out var enrolment)) throw new CliException("RC065", $"\"{request.File}\" is no enrolment, or its key did not sign it.", "the roster was not changed.", "have the person make it again: runbook keys new NAME");
        var before = File.Exists(file) ? Rosters.Read(file).Roster : null;
        var key = VerifyingKey.TryImport(enrolment!.Spki)!;
        if (before?.FindKey(key.KeyId) is { } known && known.Person.Id != enrolment.Person) throw new CliException("RC065", $"the key of \"{enrolment.Person}\" is enrolled for \"{known.Person.Id}\" already.", "the roster was not changed.", "one key belongs to one person.");
        var now = JournalTime.Of(TimeProvider.System.GetUtcNow());
        var keys = ImmutableArray.Create(RosterKey.Of(key, enrolment.Holder, now));
        var person = new RosterPerson(enrolment.Person, enrolment.Name, keys, [.. request.Roles.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal)]);
        var people = (before?.People ?? []).Where(p => p.Id != person.Id).Append(person).ToImmutableArray();
        console.Line(CliConsole.Safe($"{enrolment.Name} ({enrolment.Person}) as {string.Join(", ", person.Roles)}, with the key"));
        KeyShowing.ShowKey(key.KeyId, console);
        return Sign(Changed(before, people, Quorums(request), request.SignedTicks), file, authority, passphraseFile, console);
    }

    /// <summary>Takes a person out of a roster.</summary>
    public static int Remove(string person, string file, string authority, string? passphraseFile, CliConsole console)
    {
        var before = Rosters.Read(file).Roster;
        if (before.Find(person) is null) throw new CliException("RC070", $"\"{person}\" is not in the roster.", "the roster was not changed.", $"runbook keys show {file}");
        return Sign(Changed(before, [.. before.People.Where(p => p.Id != person)], [], []), file, authority, passphraseFile, console);
    }

    private static Roster Changed(Roster? before, ImmutableArray<RosterPerson> people, Dictionary<string, int> quorums, string[] signedTicks)
    {
        var now = TimeProvider.System.GetUtcNow();
        var roles = people.SelectMany(p => p.Roles).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(role =>
        {
            var count = people.Count(p => p.Roles.Contains(role));
            var older = before?.FindRole(role);
            // A quorum that somebody chose stays, as far as there are people for it; otherwise more than half must agree.
            var chosen = quorums.TryGetValue(role, out var asked) ? asked : older is not null && older.Quorum != Majority(older.People) ? older.Quorum : 0;
            var quorum = chosen > 0 ? Math.Min(chosen, count) : Majority(count);
            return new RosterRole(role, count, quorum, signedTicks.Contains(role) || older?.TicksAreSigned == true);
        });
        return Roster.Create(before?.Name ?? InertText.Of("roster"), before?.ValidFrom ?? JournalTime.Of(now), JournalTime.Of(now.AddYears(ValidYears)), people, roles);
    }

    private static int Majority(int people) => (people / 2) + 1;

    private static Dictionary<string, int> Quorums(EnrolmentRequest request)
    {
        var quorums = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var text in request.Quorums)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !int.TryParse(text[(equals + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) throw new CliException("RC003", $"\"{text}\" is no quorum.", "the roster was not changed.", "--quorum ROLE=N");
            quorums[text[..equals]] = number;
        }

        return quorums;
    }

    private static int Sign(Roster roster, string file, string authority, string? passphraseFile, CliConsole console)
    {
        var passphrase = Passphrases.Ask(console, $"Passphrase of the authority \"{authority}\": ", passphraseFile);
        try
        {
            using var signer = OwnKeys.OfThisUser().Open(authority, passphrase);
            var signed = SignedRoster.Sign(roster, signer);
            DurableFiles.Replace(LocalDisk.Instance, Rosters.EnvelopeOf(Path.GetFullPath(file)), signed.Envelope.Span);
            DurableFiles.Replace(LocalDisk.Instance, Path.GetFullPath(file), signed.Roster.Canonical.Span);
        }
        finally
        {
            Array.Clear(passphrase);
        }

        console.Line($"signed {file} and {Rosters.EnvelopeOf(file)}");
        return ExitCodes.Done;
    }
}
