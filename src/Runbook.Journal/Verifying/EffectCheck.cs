using System.Globalization;

namespace Runbook.Journal;

/// <summary>Intents and outcomes pair, nothing was repeated that may not be, and what needed people's agreement had it.</summary>
internal sealed class EffectCheck(List<string> warnings)
{
    internal CheckLog Log { get; } = new(CheckId.Effects);

    internal void Take(LineAtHand line, SessionLedger before, ApprovalCheck approvals)
    {
        if (line.Entry is not { Body: Intent or Outcome or Probe or Progress or Closed } entry) return;
        if (entry.Body is Intent or Outcome) Log.Saw();
        var finding = before.Effects.Judge(entry) ?? (entry.Body is Intent or Outcome ? before.Approvals.Judge(entry, before.OperatorOnDuty) : null);
        if (finding is not null) Log.Fail(finding.Reason, finding.Detail, line.Number);
        if (entry.Body is not Intent intent) return;
        if (intent.Requires.Any(approvals.Rejected.Contains)) Log.Fail(Reason.Quorum, $"{intent.Effect} rests on an approval that does not count", line.Number);
        if (intent is { Class: EffectClass.Destructive, Requires.Length: 0 }) warnings.Add(string.Create(CultureInfo.InvariantCulture, $"destructive-without-approval: line {line.Number}"));
    }

    internal CheckResult Result(SessionLedger ledger)
    {
        var sent = Enum.GetValues<EffectClass>().Sum(ledger.Tally.IntentsOf);
        var open = ledger.Effects.InDoubt.Count();
        var doubt = open == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {open} in doubt");
        return Log.Result(string.Create(CultureInfo.InvariantCulture, $"{sent} sent{doubt}"), "nothing was sent");
    }
}
