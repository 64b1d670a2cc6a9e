using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>A person of a roster.</summary>
/// <param name="Id">Roster id.</param>
/// <param name="Name">The person's name.</param>
/// <param name="Keys">Public keys.</param>
/// <param name="Roles">Roles that the person has.</param>
public sealed record RosterPerson(string Id, InertText Name, ImmutableArray<RosterKey> Keys, ImmutableArray<string> Roles) : EntryPart
{
    /// <summary>One of the person's keys.</summary>
    /// <param name="keyId">The key.</param>
    public RosterKey? FindKey(Digest keyId) => Keys.FirstOrDefault(k => k.KeyId == keyId);

    internal string? Flaw(RosterPart roster)
    {
        foreach (var key in Keys)
            if (key.Flaw() is { } flaw)
                return flaw;
        return Roles.FirstOrDefault(r => !roster.Roles.Any(known => known.Role == r)) is { } role ? $"\"{Id}\" has the role \"{role}\", which it does not list" : null;
    }

    internal static RosterPerson Read(EntryFields f)
    {
        var id = f.Token("id", TextRule.RosterId);
        var keys = f.List("keys", 1, e => e.Object(EntryFields.Item, RosterKey.Read));
        var name = f.Text("name", Limits.LabelChars);
        return new RosterPerson(id, name, keys, f.List("roles", 1, e => e.Token(EntryFields.Item, TextRule.Role)));
    }

    internal override void Write(FieldWriter to)
    {
        to.Token("id", Id);
        to.List("keys", Keys, (w, key) => w.Object(EntryFields.Item, key));
        to.Text("name", Name, Limits.LabelChars);
        to.List("roles", Roles, (w, role) => w.Token(EntryFields.Item, role));
    }
}

/// <summary>A person's public key.</summary>
/// <param name="KeyId">SHA-256 of the DER SubjectPublicKeyInfo.</param>
/// <param name="Spki">DER SubjectPublicKeyInfo in base64.</param>
/// <param name="Holder">Where its private half lives.</param>
/// <param name="From">It counts from here on.</param>
/// <param name="To">It counts until here.</param>
/// <param name="Revoked">It was revoked then.</param>
public sealed record RosterKey(Digest KeyId, string Spki, KeyHolder Holder, JournalTime From, JournalTime? To = null, JournalTime? Revoked = null) : EntryPart
{
    /// <summary>Takes a public key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="holder">Where its private half lives.</param>
    /// <param name="from">It counts from here on.</param>
    public static RosterKey Of(VerifyingKey key, KeyHolder holder, JournalTime from) => new(key.KeyId, key.SpkiBase64, holder, from);

    /// <summary>Whether it counts at a time.</summary>
    /// <param name="at">The time of the entry that it signed for.</param>
    public bool IsCurrent(JournalTime at) => From <= at && (To is not { } to || at < to) && (Revoked is not { } revoked || at < revoked);

    /// <summary>The key.</summary>
    /// <exception cref="RosterException">It is none; never so in a roster that was read.</exception>
    public VerifyingKey ToVerifyingKey() => VerifyingKey.TryImport(Spki) ?? throw new RosterException($"The key {KeyId} of the roster is neither P-256 nor P-384.");

    internal string? Flaw()
    {
        using var key = VerifyingKey.TryImport(Spki);
        if (key is null) return $"the key {KeyId} is neither P-256 nor P-384";
        if (key.KeyId != KeyId) return $"the key {KeyId} has another id";
        return To is { } to && to <= From ? $"the key {KeyId} ends before it begins" : null;
    }

    internal static RosterKey Read(EntryFields f)
    {
        var from = f.Time("from");
        var holder = f.Word<KeyHolder>("holder");
        var keyId = f.Digest("keyid");
        var revoked = f.May("revoked") ? f.Time("revoked") : default(JournalTime?);
        var spki = f.Base64("spki", VerifyingKey.SpkiBytesMax);
        var to = f.May("to") ? f.Time("to") : default(JournalTime?);
        return new RosterKey(keyId, spki, holder, from, to, revoked);
    }

    internal override void Write(FieldWriter to)
    {
        to.Time("from", From);
        to.Word<KeyHolder>("holder", Holder);
        to.Digest("keyid", KeyId);
        to.Time("revoked", Revoked);
        to.Token("spki", Spki);
        to.Time("to", To);
    }
}

/// <summary>A role of a roster.</summary>
/// <param name="Role">Its name.</param>
/// <param name="People">People who must be there.</param>
/// <param name="Quorum">People who must agree.</param>
/// <param name="TicksAreSigned">Whether what these people vouch for must be signed; a claim at the keyboard is not enough.</param>
public sealed record RosterRole(string Role, int People, int Quorum, bool TicksAreSigned = false) : EntryPart
{
    internal static RosterRole Read(EntryFields f, string role) => f.Object(EntryFields.Item, o =>
    {
        var signed = o.May("auth") && o.Word<ClaimAuth>("auth") == ClaimAuth.Signed;
        var people = o.Count("people", 1, Limits.RosterPeople);
        return new RosterRole(role, people, o.Count("quorum", 1, Limits.RosterPeople), signed);
    });

    internal override void Write(FieldWriter to)
    {
        if (TicksAreSigned) to.Word<ClaimAuth>("auth", ClaimAuth.Signed);
        to.Integer("people", People);
        to.Integer("quorum", Quorum);
    }
}
