namespace Runbook.Journal;

/// <summary>What an auditor signs about a finished transcript. Kept under <c>review/</c>, never in the journal.</summary>
public sealed record ReviewPayload : EntryPart
{
    /// <summary>When it was signed, by the auditor's clock.</summary>
    public required JournalTime At { get; init; }

    /// <summary>Who signs, in their own words: an auditor need not be in the roster.</summary>
    public required InertText Auditor { get; init; }

    /// <summary>The journal's last line and hash.</summary>
    public required Head Head { get; init; }

    /// <summary>What the auditor has to say.</summary>
    public required InertText Remarks { get; init; }

    /// <summary>The Merkle root over all lines; written in base64.</summary>
    public required Digest Root { get; init; }

    /// <summary>The session.</summary>
    public required string Session { get; init; }

    /// <summary>The verdict that the auditor's own program printed.</summary>
    public required InertText Verdict { get; init; }

    /// <summary>Reads a payload whose signature holds.</summary>
    /// <param name="payload">The bytes.</param>
    /// <param name="value">The payload, or <see langword="null"/> where the bytes are none.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ReviewPayload? value) => PayloadText.TryRead(payload, Read, out value!);

    /// <summary>Signs it.</summary>
    /// <param name="signer">The auditor's key.</param>
    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(PayloadTypes.Review, PayloadText.Write(this), signer);

    internal static ReviewPayload Read(EntryFields f)
    {
        var at = f.Time("at");
        var auditor = f.Text("auditor", Limits.LabelChars);
        var head = f.Object("head", PayloadText.ReadHead);
        var remarks = f.Text("remarks", Limits.TextChars);
        var root = f.Root("root");
        var session = f.Token("session", TextRule.SessionId);
        f.Count("v", 1, 1);
        return new ReviewPayload
        {
            At = at,
            Auditor = auditor,
            Head = head,
            Remarks = remarks,
            Root = root,
            Session = session,
            Verdict = f.Text("verdict", Limits.LineChars),
        };
    }

    internal override void Write(FieldWriter to)
    {
        to.Time("at", At);
        to.Text("auditor", Auditor, Limits.LabelChars);
        PayloadText.WriteHead(to, "head", Head);
        to.Text("remarks", Remarks, Limits.TextChars);
        to.Token("root", Root.Base64);
        to.Token("session", Session);
        to.Integer("v", 1);
        to.Text("verdict", Verdict, Limits.LineChars);
    }
}
