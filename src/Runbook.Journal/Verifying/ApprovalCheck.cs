using System.Globalization;

namespace Runbook.Journal;

/// <summary>Each approval, signed tick and signed answer counts, by the very rules that let it in.</summary>
internal sealed class ApprovalCheck(SessionLayout layout, RosterBook rosters)
{
    private readonly Dictionary<string, (Head Head, int Visit)> _entered = new(StringComparer.Ordinal);
    private readonly HashSet<string> _people = new(StringComparer.Ordinal);
    private int _approvals;

    internal CheckLog Log { get; } = new(CheckId.Approvals);

    /// <summary>Lines of approvals that do not count: what rests on them does not hold either.</summary>
    internal HashSet<long> Rejected { get; } = [];

    internal CheckResult Result()
        => Log.Result(string.Create(CultureInfo.InvariantCulture, $"{_approvals} by {_people.Count} {(_people.Count == 1 ? "person" : "people")}"), "nobody was asked to agree");

    internal void Take(LineAtHand line, SessionLedger before)
    {
        if (line.Entry is not { } entry) return;
        switch (entry.Body)
        {
            case StepEntered when entry is { Step: { } step, Visit: { } visit }:
                _entered[step] = (new Head(entry.Seq, line.Hash), visit);
                break;
            case ApprovalRequested or AnswerRequested or ApprovalRefused:
                Log.Saw();
                JudgeLedger(line, before);
                break;
            case Approval approval:
                JudgeApproval(line, entry, approval, before);
                break;
            case Tick { Auth: ClaimAuth.Signed } tick:
                JudgeTick(line, entry, tick, before);
                break;
            case Answer answer:
                JudgeAnswer(line, entry, answer, before);
                break;
            case Handover handover:
                JudgeHandover(line, entry, handover, before);
                break;
        }
    }

    private bool JudgeLedger(LineAtHand line, SessionLedger before)
    {
        if (before.Approvals.Judge(line.Entry!, before.OperatorOnDuty) is not { } finding) return true;
        Log.Fail(finding.Reason, finding.Detail, line.Number);
        return false;
    }

    private void JudgeApproval(LineAtHand line, JournalEntry entry, Approval approval, SessionLedger before)
    {
        Log.Saw();
        _approvals++;
        _people.Add(approval.Person);
        if (JudgeLedger(line, before) && JudgeEnvelope(line, entry, approval, before)) return;
        Rejected.Add(entry.Seq);
    }

    private bool JudgeEnvelope(LineAtHand line, JournalEntry entry, Approval approval, SessionLedger before)
    {
        if (ReadEnvelope(approval.Envelope, line.Number) is not { } file || Situation(entry, before, line.Number) is not { } situation) return false;
        switch (ApprovalRules.Judge(file, situation))
        {
            case ApprovalJudgement.Refused refused:
                Log.Fail(ReasonOf(refused.Why), $"{approval.Person}'s approval does not count ({Words<ApprovalRefusal>.Of(refused.Why)})", line.Number);
                return false;
            case ApprovalJudgement.Accepted accepted when !Agrees(accepted, approval):
                Log.Fail(Reason.ApprovalMalformed, $"the entry says something else than {approval.Person} signed", line.Number);
                return false;
            default:
                return true;
        }
    }

    private static bool Agrees(ApprovalJudgement.Accepted accepted, Approval approval)
        => accepted.KeyId == approval.Envelope.KeyId && accepted.Request.Head.Seq == approval.Request && accepted.Payload.Person == approval.Person
           && accepted.Payload.Role == approval.Role && accepted.Payload.Decision == approval.Decision && accepted.Payload.Reason == approval.Reason;

    private void JudgeTick(LineAtHand line, JournalEntry entry, Tick tick, SessionLedger before)
    {
        Log.Saw();
        if (ReadEnvelope(tick.Envelope!, line.Number) is not { } file || Situation(entry, before, line.Number) is not { } situation) return;
        var entered = entry.Step is { } step && _entered.TryGetValue(step, out var known) ? known : default;
        var why = ClaimRules.JudgeTick(file, situation.Session, situation.Roster, entry.At, entered.Head, entry.Step ?? "", entered.Visit, out var signed);
        if (why is { } refusal)
            Log.Fail(ReasonOf(refusal), $"{tick.Person}'s tick does not count ({Words<ApprovalRefusal>.Of(refusal)})", line.Number);
        else if (signed!.Person != tick.Person || signed.Role != tick.Role || signed.Item != tick.Item || signed.Text != tick.Text || signed.Visit != entry.Visit)
            Log.Fail(Reason.ApprovalMalformed, $"the entry says something else than {tick.Person} signed", line.Number);
    }

    private void JudgeAnswer(LineAtHand line, JournalEntry entry, Answer answer, SessionLedger before)
    {
        Log.Saw();
        if (!JudgeLedger(line, before) || answer.Auth == ClaimAuth.Keyboard) return;
        if (ReadEnvelope(answer.Envelope!, line.Number) is not { } file || Situation(entry, before, line.Number) is not { } situation) return;
        if (ClaimRules.JudgeAnswer(file, answer.Values, situation, out var signed) is { } why)
            Log.Fail(ReasonOf(why), $"{answer.Person}'s answer does not count ({Words<ApprovalRefusal>.Of(why)})", line.Number);
        else if (signed!.Person != answer.Person || signed.Head.Seq != answer.Request)
            Log.Fail(Reason.ApprovalMalformed, $"the entry says something else than {answer.Person} signed", line.Number);
    }

    private void JudgeHandover(LineAtHand line, JournalEntry entry, Handover handover, SessionLedger before)
    {
        Log.Saw();
        if (Situation(entry, before, line.Number) is not { } situation) return;
        if (HandoverRules.Judge(handover, new HandoverEnvelopes(layout, Log), situation.Session, situation.Roster, entry.At, before.Approvals) is { } finding)
            Log.Fail(finding.Reason, finding.Detail, line.Number);
    }

    private ApprovalSituation? Situation(JournalEntry entry, SessionLedger before, long line)
    {
        if (rosters.Last is not { } roster || before.Plan is not { } plan || before.Opened is not { } opened)
        {
            Log.Fail(Reason.ApprovalWrongRoster, "no runbook, no roster, or none that can be read, is bound before it", line);
            return null;
        }

        return new ApprovalSituation
        {
            Session = opened.Session,
            Runbook = plan.Runbook.Digest,
            Roster = roster,
            Ledger = before.Approvals,
            Clocks = before.Clocks,
            Epoch = entry.Epoch,
            MonoUs = entry.MonoUs,
            At = entry.At,
        };
    }

    private byte[]? ReadEnvelope(EnvelopeLink link, long line)
    {
        layout.Name(link.File);
        var isInPlace = link.File.StartsWith(SessionDirectory.ApprovalsFolder + "/", StringComparison.Ordinal);
        var file = isInPlace ? layout.TryRead(link.File, Limits.EnvelopeBytes, Log) : null;
        if (file is null) Log.Fail(Reason.MissingFile, $"{link.File} is missing or too large", line);
        else if (Digest.Of(file) != link.Digest) Log.Fail(Reason.DigestMismatch, $"{link.File} is not what was counted", line);
        else return file;
        return null;
    }

    private static Reason ReasonOf(ApprovalRefusal why) => why switch
    {
        ApprovalRefusal.UnknownKey => Reason.ApprovalUnknownKey,
        ApprovalRefusal.BadSignature => Reason.ApprovalBadSignature,
        ApprovalRefusal.WrongSession => Reason.ApprovalWrongSession,
        ApprovalRefusal.WrongRunbook => Reason.ApprovalWrongRunbook,
        ApprovalRefusal.WrongRoster => Reason.ApprovalWrongRoster,
        ApprovalRefusal.NotOpen => Reason.ApprovalNotOpen,
        ApprovalRefusal.WrongHead => Reason.ApprovalWrongHead,
        ApprovalRefusal.WrongNonce => Reason.ApprovalWrongNonce,
        ApprovalRefusal.WrongPlan => Reason.ApprovalWrongPlan,
        ApprovalRefusal.WrongRole => Reason.ApprovalWrongRole,
        ApprovalRefusal.Expired => Reason.ApprovalExpired,
        ApprovalRefusal.DuplicatePerson => Reason.ApprovalDuplicatePerson,
        ApprovalRefusal.DuplicateKey => Reason.ApprovalDuplicateKey,
        ApprovalRefusal.OwnApproval => Reason.ApprovalOwn,
        _ => Reason.ApprovalMalformed,
    };
}
