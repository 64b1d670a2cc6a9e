namespace Runbook.Journal;

/// <summary>Against what an approval is judged.</summary>
public sealed record ApprovalSituation
{
    /// <summary>The session's id.</summary>
    public required string Session { get; init; }

    /// <summary>Digest of the runbook.</summary>
    public required Digest Runbook { get; init; }

    /// <summary>The roster that is bound now.</summary>
    public required Roster Roster { get; init; }

    /// <summary>What people were asked so far.</summary>
    public required ApprovalLedger Ledger { get; init; }

    /// <summary>The epochs so far, by which time since a request is measured.</summary>
    public required EpochClocks Clocks { get; init; }

    /// <summary>The epoch in which the approval is counted.</summary>
    public required int Epoch { get; init; }

    /// <summary>Monotonic microseconds of that epoch.</summary>
    public required long MonoUs { get; init; }

    /// <summary>Wall clock: when a key must be current.</summary>
    public required JournalTime At { get; init; }

    /// <summary>A person whose approval does not count, as the operator's own does not for what is destructive.</summary>
    public string? Excluded { get; init; }
}

/// <summary>What an approval is worth.</summary>
public abstract record ApprovalJudgement
{
    private ApprovalJudgement() { }

    /// <summary>It counts.</summary>
    /// <param name="Payload">What was signed.</param>
    /// <param name="KeyId">With which key.</param>
    /// <param name="Request">Which request it answers.</param>
    public sealed record Accepted(ApprovalPayload Payload, Digest KeyId, ApprovalRequest Request) : ApprovalJudgement;

    /// <summary>It does not.</summary>
    /// <param name="Why">Why not.</param>
    /// <param name="Person">Who it claims to be from, where the envelope says.</param>
    /// <param name="Request">Seq of the request that it names, where the envelope says.</param>
    public sealed record Refused(ApprovalRefusal Why, string? Person, long? Request) : ApprovalJudgement;
}

/// <summary>Which approvals count. One function for the session and for its verification.</summary>
public static class ApprovalRules
{
    /// <summary>Judges an approval.</summary>
    /// <param name="envelope">The envelope's file, as it came.</param>
    /// <param name="situation">Against what.</param>
    /// <returns>Never throws, whatever the bytes. Rules and their order: docs/journal-format.md §11.</returns>
    public static ApprovalJudgement Judge(ReadOnlySpan<byte> envelope, ApprovalSituation situation)
    {
        if (!DsseEnvelope.TryRead(envelope, out var dsse) || dsse!.PayloadType != PayloadTypes.Approval || dsse.Signatures.Length != 1) return Refuse(ApprovalRefusal.Malformed, null);
        if (!ApprovalPayload.TryRead(dsse.Payload.Span, out var payload)) return Refuse(ApprovalRefusal.Malformed, null);
        var keyId = dsse.Signatures[0].KeyId;
        if (SignatureRules.Judge(dsse, payload!.Person, situation.Roster, situation.At) is { } signature) return Refuse(signature, payload);
        if (JudgeContext(payload, situation) is { } context) return Refuse(context, payload);

        var request = situation.Ledger.Find(payload.Head.Seq);
        if (request is null || request.Head != payload.Head) return Refuse(ApprovalRefusal.WrongHead, payload);
        return JudgeRequest(payload, keyId, request, situation) is { } why
            ? Refuse(why, payload)
            : new ApprovalJudgement.Accepted(payload, keyId, request);
    }

    private static ApprovalRefusal? JudgeContext(ApprovalPayload payload, ApprovalSituation situation)
    {
        if (payload.Session != situation.Session) return ApprovalRefusal.WrongSession;
        if (payload.Runbook != situation.Runbook) return ApprovalRefusal.WrongRunbook;
        return payload.Roster == situation.Roster.Digest ? null : ApprovalRefusal.WrongRoster;
    }

    private static ApprovalRefusal? JudgeRequest(ApprovalPayload payload, Digest keyId, ApprovalRequest request, ApprovalSituation situation)
    {
        var asked = request.Body;
        if (payload.Nonce != asked.Nonce) return ApprovalRefusal.WrongNonce;
        if (payload.Plan != asked.Plan || payload.Over != asked.Over) return ApprovalRefusal.WrongPlan;
        if (payload.Role != asked.Role || situation.Roster.Find(payload.Person)?.Roles.Contains(payload.Role, StringComparer.Ordinal) != true) return ApprovalRefusal.WrongRole;
        if (request.Counted.Any(c => c.Person == payload.Person)) return ApprovalRefusal.DuplicatePerson;
        if (request.Counted.Any(c => c.KeyId == keyId)) return ApprovalRefusal.DuplicateKey;
        if (request.State != RequestState.Open) return ApprovalRefusal.NotOpen;
        var elapsed = situation.Clocks.Between(request.Epoch, request.MonoUs, situation.Epoch, situation.MonoUs);
        if (elapsed is not { } time || time.TotalMilliseconds > asked.ExpiresMs) return ApprovalRefusal.Expired;
        return payload.Person == situation.Excluded ? ApprovalRefusal.OwnApproval : null;
    }

    private static ApprovalJudgement.Refused Refuse(ApprovalRefusal why, ApprovalPayload? payload) => new(why, payload?.Person, payload?.Head.Seq);
}
