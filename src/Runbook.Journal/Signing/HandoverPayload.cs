namespace Runbook.Journal;

/// <summary>On which side of a handover a person signs.</summary>
public enum HandoverSide
{
    /// <summary>"These are open, I hand over at this head."</summary>
    Out,
    /// <summary>"I take over at this head; I have verified the lines up to it."</summary>
    In,
    /// <summary>In the place of an outgoing operator who is gone.</summary>
    Instead,
}

/// <summary>What people sign when the operator on duty changes.</summary>
public sealed record HandoverPayload : EntryPart
{
    /// <summary>When it was signed, by the person's clock.</summary>
    public required JournalTime At { get; init; }

    /// <summary>Who hands over.</summary>
    public required string From { get; init; }

    /// <summary>The line and hash at which it happens.</summary>
    public required Head Head { get; init; }

    /// <summary>Public half of the new session key, where the process changes: DER SubjectPublicKeyInfo in base64.</summary>
    public string? NewSessionKey { get; init; }

    /// <summary>Digest of the open items as rendered.</summary>
    public required Digest Open { get; init; }

    /// <summary>Who signs.</summary>
    public required string Person { get; init; }

    /// <summary>The session.</summary>
    public required string Session { get; init; }

    /// <summary>On which side.</summary>
    public required HandoverSide Side { get; init; }

    /// <summary>Who takes over.</summary>
    public required string To { get; init; }

    /// <summary>Reads a payload whose signature holds.</summary>
    /// <param name="payload">The bytes.</param>
    /// <param name="value">The payload, or <see langword="null"/> where the bytes are none.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out HandoverPayload? value) => PayloadText.TryRead(payload, Read, out value!);

    /// <summary>Signs it.</summary>
    /// <param name="signer">The person's key.</param>
    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(PayloadTypes.Handover, PayloadText.Write(this), signer);

    internal static HandoverPayload Read(EntryFields f)
    {
        var value = new HandoverPayload
        {
            At = f.Time("at"),
            From = f.Token("from", TextRule.RosterId),
            Head = f.Object("head", PayloadText.ReadHead),
            NewSessionKey = f.May("newSessionKey") ? f.Base64("newSessionKey", VerifyingKey.SpkiBytesMax) : null,
            Open = f.Digest("open"),
            Person = f.Token("person", TextRule.RosterId),
            Session = f.Token("session", TextRule.SessionId),
            Side = f.Word<HandoverSide>("side"),
            To = f.Token("to", TextRule.RosterId),
        };
        f.Count("v", 1, 1);
        return value;
    }

    internal override void Write(FieldWriter to)
    {
        to.Time("at", At);
        to.Token("from", From);
        PayloadText.WriteHead(to, "head", Head);
        to.Token("newSessionKey", NewSessionKey);
        to.Digest("open", Open);
        to.Token("person", Person);
        to.Token("session", Session);
        to.Word<HandoverSide>("side", Side);
        to.Token("to", To);
        to.Integer("v", 1);
    }
}
