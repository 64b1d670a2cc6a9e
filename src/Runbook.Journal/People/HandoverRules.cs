namespace Runbook.Journal;

/// <summary>Finds the envelopes of a handover by their digests.</summary>
internal sealed class HandoverEnvelopes(SessionLayout layout, CheckLog log)
{
    internal byte[]? Find(Digest digest)
    {
        foreach (var path in layout.FilesIn(SessionDirectory.ApprovalsFolder))
        {
            if (layout.TryRead(path, Limits.EnvelopeBytes, log) is not { } file || Digest.Of(file) != digest) continue;
            layout.Name(path);
            return file;
        }

        return null;
    }
}

/// <summary>Whether the people of a handover signed what its entry says.</summary>
internal static class HandoverRules
{
    internal static LedgerFinding? Judge(Handover handover, HandoverEnvelopes envelopes, string session, Roster roster, JournalTime at, ApprovalLedger ledger)
    {
        var signers = new List<(Digest Envelope, HandoverSide Side, string? Person)> { (handover.In, HandoverSide.In, handover.To) };
        if (handover.Out is { } given) signers.Add((given, HandoverSide.Out, handover.From));
        signers.AddRange(handover.Instead.Select(d => (d, HandoverSide.Instead, default(string))));

        var people = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (digest, side, person) in signers)
        {
            if (envelopes.Find(digest) is not { } file) return new(Reason.MissingFile, "an envelope of the handover is missing");
            if (!DsseEnvelope.TryRead(file, out var dsse) || dsse!.PayloadType != PayloadTypes.Handover || !HandoverPayload.TryRead(dsse.Payload.Span, out var payload)) return new(Reason.ApprovalMalformed, "an envelope of the handover is none");
            if (SignatureRules.Judge(dsse, payload!.Person, roster, at) is not null) return new(Reason.ApprovalBadSignature, $"{payload.Person}'s signature under the handover does not count");
            if (!Agrees(payload, handover, side, person, session)) return new(Reason.ApprovalMalformed, $"{payload.Person} signed another handover");
            if (ledger.Find(payload.Head.Seq) is not { } request || request.Head != payload.Head || !request.Body.Over.Covers("handover")) return new(Reason.ApprovalWrongHead, $"{payload.Person} signed the handover at another head than its request");
            if (!people.Add(payload.Person)) return new(Reason.Quorum, "one person signed the handover twice");
        }

        return null;
    }

    private static bool Agrees(HandoverPayload payload, Handover handover, HandoverSide side, string? person, string session)
        => payload.Side == side && payload.Session == session && payload.From == handover.From && payload.To == handover.To
           && payload.NewSessionKey == handover.NewSessionKey && payload.Open == OpenDigest(handover.Open)
           && (person ?? payload.Person) == payload.Person && !(side == HandoverSide.Instead && payload.Person == handover.From);

    /// <summary>The digest of open items that people sign: over their canonical text.</summary>
    internal static Digest OpenDigest(OpenItems open) => Digest.Of(PayloadText.Write(open));
}
