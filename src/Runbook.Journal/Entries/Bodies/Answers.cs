using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>People are asked for values. The line's hash is the head that a signed answer names.</summary>
public sealed record AnswerRequested : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.AnswerRequested;

    /// <summary>Whether every person of the role answers.</summary>
    public required bool Each { get; init; }

    /// <summary>Milliseconds of monotonic time after which the request runs out.</summary>
    public required long ExpiresMs { get; init; }

    /// <summary>Names of the values.</summary>
    public required ImmutableArray<string> Names { get; init; }

    /// <summary>32 hexadecimal digits that no other request has.</summary>
    public required string Nonce { get; init; }

    /// <summary>How many people must answer.</summary>
    public required int Quorum { get; init; }

    /// <summary>Of which role.</summary>
    public required string Role { get; init; }

    internal static AnswerRequested Read(EntryFields f) => new()
    {
        Each = f.Flag("each"),
        ExpiresMs = f.Natural("expiresMs"),
        Names = f.List("names", 1, e => e.Token(EntryFields.Item, TextRule.Variable)),
        Nonce = f.Token("nonce", TextRule.Nonce),
        Quorum = f.Count("quorum", 1, Limits.RosterPeople),
        Role = f.Token("role", TextRule.Role),
    };

    internal override void Write(FieldWriter to)
    {
        to.Flag("each", Each);
        to.Integer("expiresMs", ExpiresMs);
        to.List("names", Names, (w, name) => w.Token(EntryFields.Item, name));
        to.Token("nonce", Nonce);
        to.Integer("quorum", Quorum);
        to.Token("role", Role);
    }
}

/// <summary>A person brings values.</summary>
public sealed record Answer : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Answer;

    /// <summary>How the claim was made.</summary>
    public required ClaimAuth Auth { get; init; }

    /// <summary>The signed answer; there exactly where <see cref="Auth"/> is <see cref="ClaimAuth.Signed"/>.</summary>
    public EnvelopeLink? Envelope { get; init; }

    /// <summary>Names of the values that were brought.</summary>
    public required ImmutableArray<string> Names { get; init; }

    /// <summary>Who.</summary>
    public required string Person { get; init; }

    /// <summary>Seq of the request.</summary>
    public required long Request { get; init; }

    /// <summary>The values; a secret one is a <see cref="Commitment"/>.</summary>
    public required NamedValues Values { get; init; }

    internal override string? Flaw()
        => EnvelopeLink.Flaw(Auth, Envelope) ?? (Names.ToHashSet(StringComparer.Ordinal).SetEquals(Values.Keys) ? null : "\"names\" and the names in \"values\" differ");

    internal static Answer Read(EntryFields f) => new()
    {
        Auth = f.Word<ClaimAuth>("auth"),
        Envelope = f.May("envelope") ? f.Object("envelope", EnvelopeLink.Read) : null,
        Names = f.List("names", 1, e => e.Token(EntryFields.Item, TextRule.Variable)),
        Person = f.Token("person", TextRule.RosterId),
        Request = f.Seq("request"),
        Values = f.Values("values"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Word<ClaimAuth>("auth", Auth);
        to.Object("envelope", Envelope);
        to.List("names", Names, (w, name) => w.Token(EntryFields.Item, name));
        to.Token("person", Person);
        to.Integer("request", Request);
        to.Values("values", Values, required: true);
    }
}
