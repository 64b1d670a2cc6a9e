using System.Globalization;

namespace Runbook.Journal;

/// <summary>Each fault and lease was lifted, and in time; each guard's file is whole and says what the journal took from it.</summary>
internal sealed class FaultCheck(IJournalDisk disk, SessionDirectory directory, SessionLayout layout, List<string> warnings)
{
    private readonly List<(long Number, Digest Hash, FaultArmed Body)> _guarded = [];
    private readonly List<(long Number, Digest GuardLine)> _imported = [];

    internal CheckLog Log { get; } = new(CheckId.Faults);

    internal void Take(LineAtHand line, SessionLedger before)
    {
        if (line.Entry is not { Body: FaultArmed or FaultLifted or Closed } entry) return;
        if (entry.Body is not Closed) Log.Saw();
        if (before.Faults.Judge(entry) is { } finding) Log.Fail(finding.Reason, finding.Detail, line.Number);
        if (entry.Body is FaultArmed { Guard: not null } guarded) _guarded.Add((line.Number, line.Hash, guarded));
        if (entry.Body is not FaultLifted lifted) return;
        if (lifted.GuardLine is { } from) _imported.Add((line.Number, from));
        else if (lifted.How == LiftedHow.Guard) Log.Fail(Reason.FaultLeft, $"\"{lifted.Fault}\" is said to be lifted by the guard, and no line of it is named", line.Number);
        if (before.Faults.Find(lifted.Fault) is { } armed) JudgeTime(line.Number, entry, armed, before);
    }

    internal CheckResult Finish(SessionLedger ledger)
    {
        var unnamed = layout.FilesIn(SessionDirectory.GuardFolder).ToHashSet(StringComparer.Ordinal);
        var lifts = new HashSet<Digest>();
        foreach (var (number, hash, armed) in _guarded)
        {
            var file = armed.Guard!.File;
            unnamed.Remove(file);
            if (!layout.Has(file))
            {
                // The breaking request waits for the guard's first line: where it was never announced, nothing was ever broken.
                if (ledger.Effects.Find(armed.Effect) is { State: not EffectState.DidNot }) Log.Fail(Reason.MissingFile, $"{file}, the guard's own file, is missing", number);
                continue;
            }

            try
            {
                if (GuardRecord.Read(disk, directory.In(file.Split('/')), hash) is not { } record) continue;
                GuardCheck.Judge(record, file, ledger.Opened?.Session ?? "", armed, Log, warnings);
                if (record.Lifted is not { } lifted) continue;
                lifts.Add(lifted.Hash);
                if (IsLate(record, lifted, armed)) Log.Fail(Reason.FaultLeft, $"\"{armed.Fault}\" was armed for longer than its limit, says the guard's line {lifted.Entry.Seq}", number);
            }
            catch (JournalReadException broken)
            {
                Log.Fail(broken.Reason, $"{file}: {broken.Message}", number);
            }
        }

        foreach (var (number, line) in _imported.Where(i => !lifts.Contains(i.GuardLine))) Log.Fail(Reason.FaultLeft, $"the guard's line {line.Hex[..12]}… is in no guard's file", number);
        foreach (var stray in unnamed) Log.Unjudge(Reason.CannotJudge, $"no fault of the journal has this guard's file: {stray}");
        var left = ledger.Faults.Armed.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {ledger.Faults.Armed.Length} armed");
        return Log.Result(string.Create(CultureInfo.InvariantCulture, $"{ledger.Tally.Faults.Count(f => f.LiftedSeq is not null)} lifted{left}"), "nothing was armed");
    }

    // Where the machine did not run through, only the wall clock can say how long it took.
    private void JudgeTime(long number, JournalEntry lifted, ArmedFault armed, SessionLedger before)
    {
        var limit = TimeSpan.FromMilliseconds(Math.Min(armed.Body.LimitMs, (long)TimeSpan.MaxValue.TotalMilliseconds / 2)) + Limits.FaultLiftGrace;
        var late = before.Clocks.Between(armed.Epoch, armed.MonoUs, lifted.Epoch, lifted.MonoUs) is { } time
            ? time > limit
            : lifted.At.ToDateTimeOffset() - armed.Body.Deadline.ToDateTimeOffset() > Limits.FaultLiftGrace;
        if (late && !IsGuards(lifted)) Log.Fail(Reason.FaultLeft, $"\"{armed.Fault}\" was armed for longer than its limit", number);
    }

    // Both of the guard's own lines are on the guard's own clock, which is a real one whatever the session's is. One process's
    // monotonic time says how long it took even where the wall clock jumped; between two processes only the wall clock does.
    private static bool IsLate(GuardRecord record, JournalLine lifted, FaultArmed armed)
        => record.Lines.FirstOrDefault(l => l.Entry.Body is FaultArmed) is { } stands
        && Between(stands.Entry, lifted.Entry) > TimeSpan.FromMilliseconds(Math.Min(armed.LimitMs, (long)TimeSpan.MaxValue.TotalMilliseconds / 2)) + Limits.FaultLiftGrace;

    private static TimeSpan Between(JournalEntry first, JournalEntry last) => first.Epoch == last.Epoch
        ? TimeSpan.FromMicroseconds(last.MonoUs - first.MonoUs)
        : last.At.ToDateTimeOffset() - first.At.ToDateTimeOffset();

    // What the guard lifted was lifted when its own line says so, however late a resume took that over.
    private static bool IsGuards(JournalEntry lifted) => lifted.Body is FaultLifted { GuardLine: not null };
}
