namespace Runbook.Journal;

/// <summary>Which signed ticks and answers count. One function for the session and for its verification.</summary>
public static class ClaimRules
{
    /// <summary>Judges a signed tick.</summary>
    /// <param name="envelope">The envelope's file.</param>
    /// <param name="session">The session's id.</param>
    /// <param name="roster">The roster that is bound now.</param>
    /// <param name="at">Wall clock: when the key must be current.</param>
    /// <param name="entered">The line and hash of the step's <c>step-entered</c> entry.</param>
    /// <param name="step">Path of the step's slug.</param>
    /// <param name="visit">Which visit of the step.</param>
    /// <param name="tick">What was signed, or <see langword="null"/> where it does not count.</param>
    /// <returns>Why it does not count, or <see langword="null"/>. Never throws, whatever the bytes.</returns>
    public static ApprovalRefusal? JudgeTick(ReadOnlySpan<byte> envelope, string session, Roster roster, JournalTime at, Head entered, string step, int visit, out TickPayload? tick)
    {
        tick = null;
        if (!DsseEnvelope.TryRead(envelope, out var dsse) || dsse!.PayloadType != PayloadTypes.Tick || !TickPayload.TryRead(dsse.Payload.Span, out var payload)) return ApprovalRefusal.Malformed;
        if (SignatureRules.Judge(dsse, payload!.Person, roster, at) is { } why) return why;
        if (payload.Session != session) return ApprovalRefusal.WrongSession;
        if (payload.Head != entered || payload.Step != step || payload.Visit != visit) return ApprovalRefusal.WrongHead;
        if (roster.Find(payload.Person)?.Roles.Contains(payload.Role, StringComparer.Ordinal) != true) return ApprovalRefusal.WrongRole;
        tick = payload;
        return null;
    }

    /// <summary>Judges a signed answer.</summary>
    /// <param name="envelope">The envelope's file.</param>
    /// <param name="values">The values that came with it, as an entry would hold them.</param>
    /// <param name="situation">Against what; <see cref="ApprovalSituation.Runbook"/> is not looked at.</param>
    /// <param name="answer">What was signed, or <see langword="null"/> where it does not count.</param>
    /// <returns>Why it does not count, or <see langword="null"/>. Never throws, whatever the bytes.</returns>
    public static ApprovalRefusal? JudgeAnswer(ReadOnlySpan<byte> envelope, NamedValues values, ApprovalSituation situation, out AnswerPayload? answer)
    {
        answer = null;
        if (!DsseEnvelope.TryRead(envelope, out var dsse) || dsse!.PayloadType != PayloadTypes.Answer || !AnswerPayload.TryRead(dsse.Payload.Span, out var payload)) return ApprovalRefusal.Malformed;
        if (SignatureRules.Judge(dsse, payload!.Person, situation.Roster, situation.At) is { } why) return why;
        if (payload.Session != situation.Session) return ApprovalRefusal.WrongSession;
        var question = situation.Ledger.FindQuestion(payload.Head.Seq);
        if (question is null || question.Head != payload.Head || payload.Step != question.Step || payload.Visit != question.Visit) return ApprovalRefusal.WrongHead;
        if (payload.Nonce != question.Body.Nonce) return ApprovalRefusal.WrongNonce;
        if (!payload.Values.SequenceEqual(AnswerPayload.DigestsOf(values))) return ApprovalRefusal.WrongPlan;
        if (payload.Role != question.Body.Role || situation.Roster.Find(payload.Person)?.Roles.Contains(payload.Role, StringComparer.Ordinal) != true) return ApprovalRefusal.WrongRole;
        if (question.Answered.Contains(payload.Person, StringComparer.Ordinal)) return ApprovalRefusal.DuplicatePerson;
        if (question.State != RequestState.Open) return ApprovalRefusal.NotOpen;
        var elapsed = situation.Clocks.Between(question.Epoch, question.MonoUs, situation.Epoch, situation.MonoUs);
        if (elapsed is not { } time || time.TotalMilliseconds > question.Body.ExpiresMs) return ApprovalRefusal.Expired;
        answer = payload;
        return null;
    }
}
