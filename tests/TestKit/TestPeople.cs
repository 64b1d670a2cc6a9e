using System.Collections.Immutable;
using System.Text;
using Runbook.Journal;

namespace Runbook.TestKit;

/// <summary>People with keys of a test's own, and a roster authority that is not the rehearsal's.</summary>
public sealed class TestPeople
{
    private readonly string _seed;

    private TestPeople(string seed, SignedRoster roster, ISigner authority)
        => (_seed, Roster, Authority) = (seed, roster, authority);

    /// <summary>Their roster.</summary>
    public SignedRoster Roster { get; }

    /// <summary>Who signed it.</summary>
    public ISigner Authority { get; }

    /// <summary>The authority as somebody from outside would trust it.</summary>
    public TrustedAuthorities Trust
    {
        get
        {
            var trust = new TrustedAuthorities();
            trust.TryAdd(Authority.PublicKey.Pem, "test.pem");
            return trust;
        }
    }

    /// <summary>An operator (alice), three custodians of whom two must agree (bob, carol, dave), a witness (walt).</summary>
    /// <param name="seed">Other seeds have other keys under the same names.</param>
    public static TestPeople Of(string seed = "one")
    {
        var from = JournalTime.Parse("2020-01-01T00:00:00.000000Z");
        var to = JournalTime.Parse("2090-01-01T00:00:00.000000Z");
        var roles = new[] { new RosterRole("operator", 1, 1), new RosterRole("custodian", 3, 2), new RosterRole("witness", 1, 1) };
        var people = new (string Id, string Role)[] { ("alice", "operator"), ("bob", "custodian"), ("carol", "custodian"), ("dave", "custodian"), ("walt", "witness") };
        var roster = Journal.Roster.Create("ceremony room", from, to, people.Select(p => Person(seed, p.Id, p.Role, from)), roles);
        var authority = KeyOf(seed, "authority");
        return new TestPeople(seed, SignedRoster.Sign(roster, authority), authority);
    }

    /// <summary>A person's key.</summary>
    /// <param name="person">Roster id, or any other name for a key that is in no roster.</param>
    public DeterministicSigner this[string person] => KeyOf(_seed, person);

    /// <summary>These people under a roster of the caller's making.</summary>
    /// <param name="change">Gets the people, gives the people.</param>
    public TestPeople With(Func<ImmutableArray<RosterPerson>, IEnumerable<RosterPerson>> change)
    {
        var old = Roster.Roster;
        var roster = Journal.Roster.Create(old.Name, old.ValidFrom, old.ValidTo, change(old.People), old.Roles);
        return new TestPeople(_seed, SignedRoster.Sign(roster, Authority), Authority);
    }

    private static RosterPerson Person(string seed, string id, string role, JournalTime from)
    {
        using var key = KeyOf(seed, id);
        return new RosterPerson(id, id, [RosterKey.Of(key.PublicKey, KeyHolder.File, from)], [role]);
    }

    private static DeterministicSigner KeyOf(string seed, string name) => DeterministicSigner.FromSeed(Encoding.ASCII.GetBytes($"test {seed} {name}"));
}
