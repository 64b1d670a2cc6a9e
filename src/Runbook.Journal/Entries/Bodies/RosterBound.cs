using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>Where a person's private key lives.</summary>
public enum KeyHolder
{
    /// <summary>A file under a passphrase.</summary>
    File,
    /// <summary>A PKCS#11 token.</summary>
    Token,
    /// <summary>An ssh-agent.</summary>
    Agent,
    /// <summary>A key vault.</summary>
    Vault,
}

/// <summary>The people of the session, their keys and their quorums are fixed, until another roster is bound.</summary>
public sealed record RosterBound : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.RosterBound;

    /// <summary>Key id of the roster authority that signed the roster.</summary>
    public required Digest Authority { get; init; }

    /// <summary>The people, in the roster's order.</summary>
    public required ImmutableArray<BoundPerson> People { get; init; }

    /// <summary>Digest of the roster's file.</summary>
    public required Digest Roster { get; init; }

    /// <summary>For each role how many people there must be and how many must agree, ascending by role.</summary>
    public required ImmutableArray<RoleThreshold> Thresholds { get; init; }

    internal static RosterBound Read(EntryFields f) => new()
    {
        Authority = f.Digest("authority"),
        People = f.List("people", 1, e => e.Object(EntryFields.Item, BoundPerson.Read)),
        Roster = f.Digest("roster"),
        Thresholds = f.Map("thresholds", TextRule.Role, RoleThreshold.Read),
    };

    internal override void Write(FieldWriter to)
    {
        to.Digest("authority", Authority);
        to.List("people", People, (w, person) => w.Object(EntryFields.Item, person));
        to.Digest("roster", Roster);
        to.Map("thresholds", Thresholds, (w, threshold) => w.Object(threshold.Role, threshold));
    }
}

/// <summary>A person of the roster, as far as an entry says.</summary>
/// <param name="Id">Roster id.</param>
/// <param name="Keys">Public keys, by id.</param>
/// <param name="Roles">Roles that the person has.</param>
public sealed record BoundPerson(string Id, ImmutableArray<BoundKey> Keys, ImmutableArray<string> Roles) : EntryPart
{
    internal static BoundPerson Read(EntryFields f)
    {
        var id = f.Token("id", TextRule.RosterId);
        var keys = f.List("keys", 1, e => e.Object(EntryFields.Item, BoundKey.Read));
        return new BoundPerson(id, keys, f.List("roles", 1, e => e.Token(EntryFields.Item, TextRule.Role)));
    }

    internal override void Write(FieldWriter to)
    {
        to.Token("id", Id);
        to.List("keys", Keys, (w, key) => w.Object(EntryFields.Item, key));
        to.List("roles", Roles, (w, role) => w.Token(EntryFields.Item, role));
    }
}

/// <summary>A person's key, as far as an entry says.</summary>
/// <param name="KeyId">SHA-256 of its DER SubjectPublicKeyInfo.</param>
/// <param name="Holder">Where its private half lives.</param>
public sealed record BoundKey(Digest KeyId, KeyHolder Holder) : EntryPart
{
    internal static BoundKey Read(EntryFields f)
    {
        var holder = f.Word<KeyHolder>("holder");
        return new BoundKey(f.Digest("keyid"), holder);
    }

    internal override void Write(FieldWriter to)
    {
        to.Word<KeyHolder>("holder", Holder);
        to.Digest("keyid", KeyId);
    }
}

/// <summary>How many people of a role there must be, and how many of them must agree.</summary>
/// <param name="Role">The role.</param>
/// <param name="People">People who must be there.</param>
/// <param name="Quorum">People who must agree; at most <paramref name="People"/>.</param>
public sealed record RoleThreshold(string Role, int People, int Quorum) : EntryPart
{
    internal static RoleThreshold Read(EntryFields f, string role)
        => f.Object(EntryFields.Item, o =>
        {
            var people = o.Count("people", 1, Limits.RosterPeople);
            return new RoleThreshold(role, people, o.Count("quorum", 1, Limits.RosterPeople));
        });

    internal override void Write(FieldWriter to)
    {
        to.Integer("people", People);
        to.Integer("quorum", Quorum);
    }
}
