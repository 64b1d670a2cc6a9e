using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>The digest of one value that a person brings.</summary>
/// <param name="Name">The value's name.</param>
/// <param name="Digest">SHA-256 of the value's canonical bytes as the entry holds it.</param>
public readonly record struct ValueDigest(string Name, Digest Digest);

/// <summary>What a person signs who brings values away from the console's keyboard.</summary>
public sealed record AnswerPayload : EntryPart
{
    /// <summary>When it was signed, by the person's clock.</summary>
    public required JournalTime At { get; init; }

    /// <summary>The request's line and hash.</summary>
    public required Head Head { get; init; }

    /// <summary>The request's nonce.</summary>
    public required string Nonce { get; init; }

    /// <summary>Who signs.</summary>
    public required string Person { get; init; }

    /// <summary>In which role.</summary>
    public required string Role { get; init; }

    /// <summary>The session.</summary>
    public required string Session { get; init; }

    /// <summary>Path of the step's slug.</summary>
    public required string Step { get; init; }

    /// <summary>Digests of the values, ascending by name.</summary>
    public required ImmutableArray<ValueDigest> Values { get; init; }

    /// <summary>Which visit of the step.</summary>
    public required int Visit { get; init; }

    /// <summary>The digests of values, as a payload holds them.</summary>
    /// <param name="values">The values as the entry will hold them.</param>
    public static ImmutableArray<ValueDigest> DigestsOf(NamedValues values) => [.. values.Select(v => new ValueDigest(v.Key, v.Value.Digest))];

    /// <summary>Reads a payload whose signature holds.</summary>
    /// <param name="payload">The bytes.</param>
    /// <param name="value">The payload, or <see langword="null"/> where the bytes are none.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out AnswerPayload? value) => PayloadText.TryRead(payload, Read, out value!);

    /// <summary>Signs it.</summary>
    /// <param name="signer">The person's key.</param>
    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(PayloadTypes.Answer, PayloadText.Write(this), signer);

    internal static AnswerPayload Read(EntryFields f)
    {
        var at = f.Time("at");
        var head = f.Object("head", PayloadText.ReadHead);
        var nonce = f.Token("nonce", TextRule.Nonce);
        var person = f.Token("person", TextRule.RosterId);
        var role = f.Token("role", TextRule.Role);
        var session = f.Token("session", TextRule.SessionId);
        var step = f.Token("step", TextRule.Step);
        f.Count("v", 1, 1);
        return new AnswerPayload
        {
            At = at,
            Head = head,
            Nonce = nonce,
            Person = person,
            Role = role,
            Session = session,
            Step = step,
            Values = f.Map("values", TextRule.Variable, (e, name) => new ValueDigest(name, e.Digest(EntryFields.Item))),
            Visit = f.Count("visit", 1, int.MaxValue),
        };
    }

    internal override void Write(FieldWriter to)
    {
        to.Time("at", At);
        PayloadText.WriteHead(to, "head", Head);
        to.Token("nonce", Nonce);
        to.Token("person", Person);
        to.Token("role", Role);
        to.Token("session", Session);
        to.Token("step", Step);
        to.Integer("v", 1);
        to.Map("values", Values, (w, value) => w.Digest(value.Name, value.Digest));
        to.Integer("visit", Visit);
    }
}
