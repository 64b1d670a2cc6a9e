using System.Globalization;

namespace Runbook.Journal;

/// <summary>Each fault and lease was lifted, and in time.</summary>
internal sealed class FaultCheck(SessionLayout layout)
{
    internal CheckLog Log { get; } = new(CheckId.Faults);

    internal void Take(LineAtHand line, SessionLedger before)
    {
        if (line.Entry is not { Body: FaultArmed or FaultLifted or Closed } entry) return;
        if (entry.Body is not Closed) Log.Saw();
        if (before.Faults.Judge(entry) is { } finding) Log.Fail(finding.Reason, finding.Detail, line.Number);
        if (entry.Body is FaultArmed { Guard: { } guard } && !layout.Has(guard.File)) Log.Fail(Reason.MissingFile, $"{guard.File}, the guard's own file, is missing", line.Number);
        if (entry.Body is FaultLifted lifted && before.Faults.Find(lifted.Fault) is { } armed) JudgeTime(line.Number, entry, armed, before);
    }

    internal CheckResult Finish(SessionLedger ledger)
    {
        if (layout.FilesIn(SessionDirectory.GuardFolder).FirstOrDefault() is { } file) Log.Unjudge(Reason.CannotJudge, $"guard files can't be judged by this program: {file}");
        var armed = ledger.Faults.Armed.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {ledger.Faults.Armed.Length} armed");
        return Log.Result(string.Create(CultureInfo.InvariantCulture, $"{ledger.Tally.Faults.Count(f => f.LiftedSeq is not null)} lifted{armed}"), "nothing was armed");
    }

    // Where the machine did not run through, only the wall clock can say how long it took.
    private void JudgeTime(long number, JournalEntry lifted, ArmedFault armed, SessionLedger before)
    {
        var limit = TimeSpan.FromMilliseconds(Math.Min(armed.Body.LimitMs, (long)TimeSpan.MaxValue.TotalMilliseconds / 2)) + Limits.FaultLiftGrace;
        var late = before.Clocks.Between(armed.Epoch, armed.MonoUs, lifted.Epoch, lifted.MonoUs) is { } time
            ? time > limit
            : lifted.At.ToDateTimeOffset() - armed.Body.Deadline.ToDateTimeOffset() > Limits.FaultLiftGrace;
        if (late) Log.Fail(Reason.FaultLeft, $"\"{armed.Fault}\" was armed for longer than its limit", number);
    }
}
