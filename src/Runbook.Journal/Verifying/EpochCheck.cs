using System.Globalization;

namespace Runbook.Journal;

/// <summary>The epochs follow each other, and somebody of the roster vouched for each session key before it was used.</summary>
/// <remarks>A process for which nobody vouched may still undo faults: safety of the estate goes before neatness of the
/// record. Such lines are warned of.</remarks>
internal sealed class EpochCheck(List<string> warnings)
{
    private readonly HashSet<int> _warned = [];
    private bool _anyEndorsed;

    internal CheckLog Log { get; } = new(CheckId.Epochs);

    internal void Take(LineAtHand line, SessionLedger before, ApprovalCheck approvals)
    {
        if (line.Entry is not { } entry) return;
        if (entry.Body is Recovered) JudgeRecovered(line, before);
        if (entry.Body is not Intent) return;
        if (before.EndorsementOf(entry.Epoch) is { } endorsement)
        {
            if (approvals.Rejected.Contains(endorsement.Seq)) Log.Fail(Reason.Unendorsed, string.Create(CultureInfo.InvariantCulture, $"the session key of epoch {entry.Epoch} rests on an approval that does not count"), line.Number);
            return;
        }

        if (before.Faults.Armed.Length > 0 && entry.By == EntryDraft.Console)
        {
            if (_warned.Add(entry.Epoch)) warnings.Add(string.Create(CultureInfo.InvariantCulture, $"unendorsed-epoch: from line {line.Number} on, faults were undone in epoch {entry.Epoch} before anybody vouched for its key"));
            return;
        }

        Log.Fail(Reason.Unendorsed, string.Create(CultureInfo.InvariantCulture, $"something was sent in epoch {entry.Epoch} before anybody vouched for its session key"), line.Number);
    }

    internal CheckResult Finish(SessionLedger ledger)
    {
        foreach (var epoch in ledger.Clocks.Epochs)
            _anyEndorsed |= ledger.EndorsementOf(epoch.Epoch) is not null;
        if (_anyEndorsed) Log.Saw();
        // Where nobody ever vouched for any key, there is nothing of the kind; whether that is allowed is the verdict's to say.
        if (!_anyEndorsed && Log.FirstFailure?.Reason == Reason.Unendorsed) return new CheckResult(CheckId.Epochs, CheckVerdict.Absent, "nobody vouched for a session key");
        return Log.Result(string.Create(CultureInfo.InvariantCulture, $"{ledger.Clocks.Epochs.Length} epoch{(ledger.Clocks.Epochs.Length == 1 ? "" : "s")}"), "nobody vouched for a session key");
    }

    private void JudgeRecovered(LineAtHand line, SessionLedger before)
    {
        if (before.JudgeOrder(line.Entry!) is { Reason: Reason.EpochGap or Reason.BadField } finding) Log.Fail(finding.Reason, finding.Detail, line.Number);
    }
}
