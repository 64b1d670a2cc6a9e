using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>How somebody is present.</summary>
public enum Presence
{
    /// <summary>At this console.</summary>
    Local,
    /// <summary>From another machine.</summary>
    Remote,
    /// <summary>Looking on.</summary>
    ReadOnly,
}

/// <summary>Somebody joins.</summary>
/// <param name="Person">Who.</param>
/// <param name="Role">In which role.</param>
/// <param name="How">How.</param>
public sealed record Attached(string Person, string Role, Presence How) : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Attached;

    internal static Attached Read(EntryFields f)
    {
        var how = f.Word<Presence>("how");
        var person = f.Token("person", TextRule.RosterId);
        return new Attached(person, f.Token("role", TextRule.Role), how);
    }

    internal override void Write(FieldWriter to) => WritePresence(to, Person, Role, How);

    internal static void WritePresence(FieldWriter to, string person, string role, Presence how)
    {
        to.Word<Presence>("how", how);
        to.Token("person", person);
        to.Token("role", role);
    }
}

/// <summary>Somebody leaves.</summary>
/// <param name="Person">Who.</param>
/// <param name="Role">In which role.</param>
/// <param name="How">How the person had been present.</param>
public sealed record Detached(string Person, string Role, Presence How) : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Detached;

    internal static Detached Read(EntryFields f)
    {
        var how = f.Word<Presence>("how");
        var person = f.Token("person", TextRule.RosterId);
        return new Detached(person, f.Token("role", TextRule.Role), how);
    }

    internal override void Write(FieldWriter to) => Attached.WritePresence(to, Person, Role, How);
}

/// <summary>The operator on duty changes.</summary>
public sealed record Handover : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Handover;

    /// <summary>Who hands over.</summary>
    public required string From { get; init; }

    /// <summary>Digest of the envelope of who takes over.</summary>
    public required Digest In { get; init; }

    /// <summary>Digests of the envelopes of two people who sign in the place of an absent outgoing operator.</summary>
    public ImmutableArray<Digest> Instead { get; init; } = [];

    /// <summary>Public half of the new session key, where the process changes: DER SubjectPublicKeyInfo in base64.</summary>
    public string? NewSessionKey { get; init; }

    /// <summary>What is open, as agreed.</summary>
    public required OpenItems Open { get; init; }

    /// <summary>Digest of the envelope of who hands over; absent where two others sign instead.</summary>
    public Digest? Out { get; init; }

    /// <summary>Who takes over.</summary>
    public required string To { get; init; }

    internal override string? Flaw()
        => (Out is null) == Instead.IsDefaultOrEmpty ? "exactly one of \"out\" and \"instead\" must be there" : null;

    internal static Handover Read(EntryFields f) => new()
    {
        From = f.Token("from", TextRule.RosterId),
        In = f.Digest("in"),
        Instead = f.May("instead") ? f.List("instead", 2, e => e.Digest(EntryFields.Item)) : [],
        NewSessionKey = f.May("newSessionKey") ? f.Base64("newSessionKey", VerifyingKey.SpkiBytesMax) : null,
        Open = f.Object("open", OpenItems.Read),
        Out = f.May("out") ? f.Digest("out") : null,
        To = f.Token("to", TextRule.RosterId),
    };

    internal override void Write(FieldWriter to)
    {
        to.Token("from", From);
        to.Digest("in", In);
        to.ListIfAny("instead", Instead, (w, digest) => w.Digest(EntryFields.Item, digest));
        to.Token("newSessionKey", NewSessionKey);
        to.Object("open", Open);
        to.Digest("out", Out);
        to.Token("to", To);
    }
}

/// <summary>What is open at a handover.</summary>
/// <param name="Steps">Steps that are not left.</param>
/// <param name="Faults">Faults and leases that are armed.</param>
/// <param name="InDoubt">Effects that are in doubt.</param>
public sealed record OpenItems(ImmutableArray<string> Steps, ImmutableArray<string> Faults, ImmutableArray<EffectId> InDoubt) : EntryPart
{
    /// <summary>What people sign about them: SHA-256 of their canonical text, which is how the entry holds them.</summary>
    public Digest Digest => HandoverRules.OpenDigest(this);

    internal static OpenItems Read(EntryFields f)
    {
        var faults = f.List("faults", 0, e => e.Token(EntryFields.Item, TextRule.Step));
        var inDoubt = f.List("inDoubt", 0, e => e.Effect(EntryFields.Item));
        return new OpenItems(f.List("steps", 0, e => e.Token(EntryFields.Item, TextRule.Step)), faults, inDoubt);
    }

    internal override void Write(FieldWriter to)
    {
        to.List("faults", Faults, (w, slug) => w.Token(EntryFields.Item, slug));
        to.List("inDoubt", InDoubt, (w, effect) => w.Token(EntryFields.Item, effect.ToString()));
        to.List("steps", Steps, (w, slug) => w.Token(EntryFields.Item, slug));
    }
}
