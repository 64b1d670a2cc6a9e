using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>Puts the signatures under a closed session that can be had here.</summary>
public static class SessionSeal
{
    /// <summary>Signs what can be signed, and finishes the seal when nothing is missing. Safe to call again.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The session's directory.</param>
    /// <param name="keys">The keys that are unlocked here.</param>
    /// <returns>People whose signatures are still missing; empty when the transcript is complete.</returns>
    public static IReadOnlyList<string> Seal(IJournalDisk disk, SessionDirectory directory, IPersonKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var seal = TranscriptSeal.Open(disk, directory);
        if (!seal.HasFinalCheckpoint)
        {
            if (FirstKey(seal, keys) is not { } witness) return [.. seal.Roster.PeopleOf("operator").Select(p => p.Id)];
            seal.AddFinalCheckpoint(witness.Person, witness.Key);
        }

        foreach (var missing in seal.MissingSigners)
        {
            foreach (var (person, key) in missing.People.Select(p => (p, keys.TryGet(p))).Where(x => x.Item2 is not null).Take(missing.Missing))
            {
                seal.AddSignature(person, key!);
            }
        }

        var left = seal.MissingSigners;
        if (left.Count > 0) return [.. left.SelectMany(m => m.People).Distinct(StringComparer.Ordinal)];
        if (!seal.HasSshSignature)
        {
            if (FirstKey(seal, keys) is not { } signer) return [.. seal.Roster.PeopleOf("operator").Select(p => p.Id)];
            seal.AddSshSignature(signer.Person, signer.Key);
        }

        seal.MakeReadOnly();
        return [];
    }

    // The operator first: whose session it was.
    private static (string Person, ISigner Key)? FirstKey(TranscriptSeal seal, IPersonKeys keys)
    {
        foreach (var person in seal.Roster.PeopleOf("operator").Concat(seal.Roster.People))
        {
            if (keys.TryGet(person.Id) is { } key) return (person.Id, key);
        }

        return null;
    }
}
