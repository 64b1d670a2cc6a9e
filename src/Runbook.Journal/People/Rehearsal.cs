using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>A role that a runbook declares, and how many people it asks for.</summary>
/// <param name="Role">Its name.</param>
/// <param name="People">People who must be there.</param>
/// <param name="Quorum">People who must agree.</param>
public sealed record DeclaredRole(string Role, int People, int Quorum);

/// <summary>
/// The people of a rehearsal and their authority. Their private keys are built into the program, and public on purpose.
/// </summary>
/// <remarks>
/// Every key follows from a phrase: its scalar is 1 + SHA-512("runbook rehearsal, public on purpose: NAME") mod (n - 1), n
/// being the order of P-256. Whoever reads this can sign as any of them, so they count for sessions on the embedded Azure only, and every verdict about such
/// a session says so.
/// </remarks>
public static class Rehearsal
{
    private const string Phrase = "runbook rehearsal, public on purpose: ";
    private const string OperatorRole = "operator";
    private const string WitnessRole = "witness";

    // The operator and the witness have their own names; everybody else is taken in this order.
    private static readonly string[] Others =
        ["bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim", "laura", "mallory", "niaj", "olivia", "peggy", "rupert", "sybil", "trent"];

    // There are as many as there are people; whoever rehearses needs them again and again.
    private static readonly ConcurrentDictionary<string, DeterministicSigner> Keys = new(StringComparer.Ordinal);

    private static readonly JournalTime From = JournalTime.Parse("2000-01-01T00:00:00.000000Z");
    private static readonly JournalTime To = JournalTime.Parse("2100-01-01T00:00:00.000000Z");

    /// <summary>Signs rehearsal rosters.</summary>
    public static ISigner Authority { get; } = SignerOf("authority");

    /// <summary>Ids of all people that a rehearsal can have: at most this many take part in one.</summary>
    public static ImmutableArray<string> People { get; } = ["alice", .. Others, "walt"];

    /// <summary>A rehearsal person's key.</summary>
    /// <param name="person">One of <see cref="People"/>.</param>
    /// <exception cref="ArgumentException">It is somebody else.</exception>
    public static DeterministicSigner KeyOf(string person)
        => People.Contains(person, StringComparer.Ordinal) ? SignerOf(person) : throw new ArgumentException("There is no such rehearsal person.", nameof(person));

    /// <summary>The roster for the roles that a runbook declares: the same roles give the same bytes.</summary>
    /// <param name="roles">The roles. There is an operator even where none is declared.</param>
    /// <returns>Signed by <see cref="Authority"/>. <c>alice</c> is the first operator, <c>walt</c> the first witness,
    /// <c>bob</c>, <c>carol</c>, <c>dave</c> and so on take the other places in the order of the roles.</returns>
    /// <exception cref="RosterException">More people are asked for than there are.</exception>
    public static SignedRoster RosterFor(IEnumerable<DeclaredRole> roles)
    {
        var declared = roles.ToList();
        if (!declared.Any(r => r.Role == OperatorRole)) declared.Insert(0, new DeclaredRole(OperatorRole, 1, 1));
        var others = new Queue<string>(Others);
        var people = new List<RosterPerson>();
        foreach (var role in declared)
            for (var i = 0; i < role.People; i++)
                people.Add(Person(NameFor(role, i, others), role.Role));

        var roster = Roster.Create("rehearsal", From, To, people, declared.Select(r => new RosterRole(r.Role, r.People, r.Quorum)));
        return SignedRoster.Sign(roster, Authority);
    }

    private static string NameFor(DeclaredRole role, int index, Queue<string> others) => (role.Role, index) switch
    {
        (OperatorRole, 0) => "alice",
        (WitnessRole, 0) => "walt",
        _ when others.TryDequeue(out var name) => name,
        _ => throw new RosterException(string.Create(CultureInfo.InvariantCulture, $"A rehearsal has at most {People.Length} people.")),
    };

    private static RosterPerson Person(string name, string role)
    {
        var signer = SignerOf(name);
        var shown = $"{char.ToUpperInvariant(name[0])}{name[1..]} (rehearsal)";
        return new RosterPerson(name, shown, [RosterKey.Of(signer.PublicKey, KeyHolder.File, From)], [role]);
    }

    private static DeterministicSigner SignerOf(string name) => Keys.GetOrAdd(name, static n => DeterministicSigner.FromSeed(Encoding.ASCII.GetBytes(Phrase + n)));
}
