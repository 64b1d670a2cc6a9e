namespace Runbook.Journal;

/// <summary>What a person signs with a new key to show that they have its private half.</summary>
public sealed record EnrolmentPayload : EntryPart
{
    /// <summary>When it was signed, by the person's clock.</summary>
    public required JournalTime At { get; init; }

    /// <summary>Where the private half lives.</summary>
    public required KeyHolder Holder { get; init; }

    /// <summary>The person's name.</summary>
    public required InertText Name { get; init; }

    /// <summary>The roster id that the person asks for.</summary>
    public required string Person { get; init; }

    /// <summary>The public key: DER SubjectPublicKeyInfo in base64.</summary>
    public required string Spki { get; init; }

    /// <summary>Signs it with the key that it is about.</summary>
    /// <param name="signer">The new key; <see cref="Spki"/> is its public half.</param>
    public DsseEnvelope Sign(ISigner signer)
        => signer.PublicKey.SpkiBase64 == Spki ? DsseEnvelope.Sign(PayloadTypes.Enrolment, PayloadText.Write(this), signer) : throw new ArgumentException("The key is another one.", nameof(signer));

    /// <summary>Reads an enrolment and checks that its key signed it.</summary>
    /// <param name="file">The envelope's file.</param>
    /// <param name="enrolment">The enrolment, or <see langword="null"/> where the file proves nothing.</param>
    public static bool TryVerify(ReadOnlySpan<byte> file, out EnrolmentPayload? enrolment)
    {
        enrolment = null;
        if (!DsseEnvelope.TryRead(file, out var envelope) || envelope!.PayloadType != PayloadTypes.Enrolment || envelope.Signatures.Length != 1) return false;
        // The key stands in the payload that it signs: read, then check, and only then hand out.
        if (!PayloadText.TryRead(envelope.Payload.Span, Read, out var claimed)) return false;
        using var key = VerifyingKey.TryImport(claimed.Spki);
        if (key is null || !envelope.Holds(envelope.Signatures[0], key)) return false;
        enrolment = claimed;
        return true;
    }

    internal static EnrolmentPayload Read(EntryFields f)
    {
        var value = new EnrolmentPayload
        {
            At = f.Time("at"),
            Holder = f.Word<KeyHolder>("holder"),
            Name = f.Text("name", Limits.LabelChars),
            Person = f.Token("person", TextRule.RosterId),
            Spki = f.Base64("spki", VerifyingKey.SpkiBytesMax),
        };
        f.Count("v", 1, 1);
        return value;
    }

    internal override void Write(FieldWriter to)
    {
        to.Time("at", At);
        to.Word<KeyHolder>("holder", Holder);
        to.Text("name", Name, Limits.LabelChars);
        to.Token("person", Person);
        to.Token("spki", Spki);
        to.Integer("v", 1);
    }
}
