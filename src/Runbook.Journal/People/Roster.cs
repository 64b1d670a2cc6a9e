using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>
/// The people of a session, their roles and public keys, and how many of a role must agree. Signed by a roster authority.
/// </summary>
/// <remarks>Immutable. Its file is its canonical text, without a line feed: those are the bytes that the authority signs.
/// Members: docs/journal-format.md §10.</remarks>
public sealed class Roster
{
    private readonly RosterPart _part;

    private Roster(RosterPart part, byte[] canonical)
    {
        (_part, Canonical) = (part, canonical);
        Digest = Digest.Of(canonical);
    }

    /// <summary>The roster's name.</summary>
    public InertText Name => _part.Name;

    /// <summary>It counts from here on.</summary>
    public JournalTime ValidFrom => _part.ValidFrom;

    /// <summary>It counts until here.</summary>
    public JournalTime ValidTo => _part.ValidTo;

    /// <summary>The people.</summary>
    public ImmutableArray<RosterPerson> People => _part.People;

    /// <summary>The roles, ascending by name.</summary>
    public ImmutableArray<RosterRole> Roles => _part.Roles;

    /// <summary>The file's bytes.</summary>
    public ReadOnlyMemory<byte> Canonical { get; }

    /// <summary>SHA-256 of the file.</summary>
    public Digest Digest { get; }

    /// <summary>Puts a roster together.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="validFrom">It counts from here on.</param>
    /// <param name="validTo">It counts until here.</param>
    /// <param name="people">The people; no id and no key twice.</param>
    /// <param name="roles">The roles; a quorum is at most the number of people, and as many people have the role.</param>
    /// <exception cref="RosterException">A rule is broken.</exception>
    public static Roster Create(InertText name, JournalTime validFrom, JournalTime validTo, IEnumerable<RosterPerson> people, IEnumerable<RosterRole> roles)
    {
        var part = new RosterPart(name, validFrom, validTo, [.. people], [.. roles.OrderBy(r => r.Role, StringComparer.Ordinal)]);
        if (part.People.SelectMany(p => p.Keys).GroupBy(k => k.KeyId).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new RosterException($"The key {twice.Key} is in the roster twice: one key would speak for two people.");
        var bytes = PayloadText.Write(part);
        return TryRead(bytes, out var roster, out var flaw) ? roster! : throw new RosterException($"The roster is not valid: {flaw}.");
    }

    /// <summary>Reads a roster's file.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="roster">The roster, or <see langword="null"/>.</param>
    /// <param name="flaw">What is wrong with the file, as a phrase; empty where nothing is.</param>
    /// <remarks>One key under two names is read: approvals by it are refused as what they are.</remarks>
    public static bool TryRead(ReadOnlySpan<byte> file, out Roster? roster, out string flaw)
    {
        roster = null;
        flaw = "it is not a canonical roster";
        if (file.Length > Limits.EnvelopeBytes || !PayloadText.TryRead(file, RosterPart.Read, out var part)) return false;
        flaw = part.Flaw() ?? "";
        if (flaw.Length > 0) return false;
        roster = new Roster(part, file.ToArray());
        return true;
    }

    /// <summary>A person.</summary>
    /// <param name="id">Roster id.</param>
    public RosterPerson? Find(string id) => People.FirstOrDefault(p => p.Id == id);

    /// <summary>A role.</summary>
    /// <param name="role">Its name.</param>
    public RosterRole? FindRole(string role) => Roles.FirstOrDefault(r => r.Role == role);

    /// <summary>The people of a role.</summary>
    /// <param name="role">Its name.</param>
    public IEnumerable<RosterPerson> PeopleOf(string role) => People.Where(p => p.Roles.Contains(role, StringComparer.Ordinal));

    /// <summary>Whose key this is.</summary>
    /// <param name="keyId">The key.</param>
    /// <returns>The first such person and key, or <see langword="null"/>.</returns>
    public (RosterPerson Person, RosterKey Key)? FindKey(Digest keyId)
    {
        foreach (var person in People)
            if (person.FindKey(keyId) is { } key)
                return (person, key);
        return null;
    }

    /// <summary>What an entry says of this roster.</summary>
    /// <param name="authority">The key that signed it.</param>
    public RosterBound ToEntry(Digest authority) => new()
    {
        Authority = authority,
        People = [.. People.Select(p => new BoundPerson(p.Id, [.. p.Keys.Select(k => new BoundKey(k.KeyId, k.Holder))], p.Roles))],
        Roster = Digest,
        Thresholds = [.. Roles.Select(r => new RoleThreshold(r.Role, r.People, r.Quorum))],
    };

    /// <summary>Whether an entry says the same as this roster.</summary>
    internal bool Agrees(RosterBound entry)
    {
        var mine = ToEntry(entry.Authority);
        return mine.Roster == entry.Roster
            && mine.Thresholds.SequenceEqual(entry.Thresholds)
            && mine.People.Length == entry.People.Length
            && mine.People.Zip(entry.People).All(p => p.First.Id == p.Second.Id && p.First.Roles.SequenceEqual(p.Second.Roles, StringComparer.Ordinal) && p.First.Keys.SequenceEqual(p.Second.Keys));
    }
}
