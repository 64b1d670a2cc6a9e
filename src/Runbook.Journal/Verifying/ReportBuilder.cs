using System.Collections.Immutable;
using System.Globalization;

namespace Runbook.Journal;

/// <summary>Draws the conclusion: what is required and missing, the verdict, the exit code.</summary>
internal sealed class ReportBuilder(VerifyOptions options, SessionLedger ledger, JournalSummary journal, List<CheckResult> checks, List<string> warnings, BrokenLine? broken)
{
    private static readonly CheckId[] OfEveryClosedSession = [CheckId.Checkpoints, CheckId.Epochs, CheckId.Roster, CheckId.Statement, CheckId.Sshsig];

    private static readonly CheckId[] OfTheLines = [CheckId.Bytes, CheckId.Canonical, CheckId.Chain, CheckId.Schema, CheckId.Clock, CheckId.Checkpoints, CheckId.Epochs, CheckId.Effects, CheckId.Approvals, CheckId.Secrets];

    private bool _isPending;

    internal VerificationReport Build(RosterBook rosters, CheckpointCheck checkpoints, StatementCheck statement, SshSigCheck sshSig, AnchorCheck anchors, RecoveryNotes recoveries)
    {
        Demand(checkpoints, statement);
        var verdict = Verdict();
        return new VerificationReport
        {
            Verdict = verdict,
            ExitCode = ExitCode(verdict),
            Session = ledger.Opened?.Session ?? "",
            Runbook = ledger.Plan?.Runbook.Id.Value ?? "",
            IsSimulated = ledger.IsSimulated,
            HasRehearsalPeople = rosters.HasRehearsalPeople,
            Journal = journal,
            FirstBroken = broken,
            Checks = [.. checks],
            People = [.. StatementPredicate.PeopleOf(ledger).Select(p => new PersonSummary(p.Id, p.Roles, ledger.Tally.CountsOf(p.Id)))],
            SignedBy = [.. statement.SignedBy],
            InDoubt = [.. ledger.Effects.InDoubt.Select(e => e.Intent.Effect.ToString())],
            FaultsArmed = [.. ledger.Faults.Armed.Select(f => f.Fault)],
            Warnings = [.. warnings],
            Limits = Bounds(),
            Recoveries = [.. recoveries.Sentences],
            Roster = ledger.Rosters.Count == 0 ? null : ledger.Rosters[^1].Body.Roster,
            IsRosterPinned = rosters.IsPinned,
            TrustSource = rosters.Source,
            AnchoredSizes = anchors.Sizes,
            SshSignedBy = sshSig.SignedBy,
            Tool = options.Tool,
        };
    }

    private CheckResult this[CheckId check] => checks[(int)check];

    private bool Asks(string word) => options.Require.Contains(word, StringComparer.Ordinal);

    // What must be there and is not, fails; where signatures may still come, they are waited for.
    private void Demand(CheckpointCheck checkpoints, StatementCheck statement)
    {
        if (ledger.Closed is not null)
        {
            foreach (var check in OfEveryClosedSession)
                if (this[check].Verdict == CheckVerdict.Absent)
                    Lack(check, "a closed session must have it");
            if (this[CheckId.Checkpoints].Verdict == CheckVerdict.Holds && !checkpoints.HasFinal) Lack(CheckId.Checkpoints, "the one over all lines is missing");
            if (options.Pending && statement.IsPending && statement.Log.Failures > 0 && this[CheckId.Statement].Reason == Reason.RequiredAbsent) Wait(CheckId.Statement);
        }

        if (ledger.Opened?.Anchoring == Anchoring.Required || Asks(VerifyOptions.RequireAnchored)) Require(CheckId.Anchors);
        if (Asks(VerifyOptions.RequireTimestamped)) Require(CheckId.Timestamp);
        foreach (var check in Enum.GetValues<CheckId>())
            if (Asks(Words<CheckId>.Of(check)))
                Require(check);
        var claimed = StatementPredicate.PeopleOf(ledger).Sum(p => (long)ledger.Tally.CountsOf(p.Id).TicksClaimed);
        if (Asks(VerifyOptions.RequireNoClaimedTicks) && claimed > 0)
            checks[(int)CheckId.Approvals] = new CheckResult(CheckId.Approvals, CheckVerdict.Fails, string.Create(CultureInfo.InvariantCulture, $"{claimed} ticks are a keyboard's claim"), Reason.RequiredAbsent);
    }

    private void Require(CheckId check)
    {
        if (this[check].Verdict == CheckVerdict.Absent) Lack(check, "it is required");
    }

    private void Lack(CheckId check, string why)
    {
        var mayStillCome = check is CheckId.Statement or CheckId.Sshsig or CheckId.Checkpoints;
        if (options.Pending && mayStillCome) Wait(check);
        else checks[(int)check] = this[check] with { Verdict = CheckVerdict.Fails, Reason = Reason.RequiredAbsent, Detail = $"{this[check].Detail}: {why}" };
    }

    private void Wait(CheckId check)
    {
        _isPending = true;
        checks[(int)check] = this[check] with { Verdict = CheckVerdict.Absent, Reason = Reason.RequiredAbsent, Detail = $"{this[check].Detail}: waited for" };
    }

    private TranscriptVerdict Verdict()
    {
        var fails = checks.Where(c => c.Verdict == CheckVerdict.Fails).ToList();
        var isAhead = fails.Any(c => c.Reason == Reason.Ahead);
        // Where something signed knows more lines and no line is wrong in itself, the missing end explains what else fails.
        if (isAhead && !fails.Any(c => OfTheLines.Contains(c.Check) && c.Reason != Reason.Ahead)) return TranscriptVerdict.Truncated;
        if (fails.Count > 0) return fails.All(c => c.Reason == Reason.TwoValues) ? TranscriptVerdict.Forked : TranscriptVerdict.Broken;
        if (checks.Any(c => c.Verdict == CheckVerdict.Unjudged)) return TranscriptVerdict.Unjudged;
        return ledger.Closed is null || _isPending ? TranscriptVerdict.Open : TranscriptVerdict.Intact;
    }

    private int ExitCode(TranscriptVerdict verdict) => verdict switch
    {
        TranscriptVerdict.Open => 4,
        TranscriptVerdict.Intact => Asks(VerifyOptions.RequireCompleted) && ledger.Closed!.End != SessionEnd.Completed ? 1 : 0,
        _ => 3,
    };

    private ImmutableArray<string> Bounds()
    {
        var bounds = ImmutableArray.CreateBuilder<string>();
        if (this[CheckId.Anchors].Verdict != CheckVerdict.Holds) bounds.Add("Nothing that left the machine was judged: a cut tail or a second history could not show.");
        if (ledger.Closed is null) bounds.Add(string.Create(CultureInfo.InvariantCulture, $"Nothing proves that there were not more entries after {journal.Lines}."));
        if (this[CheckId.Timestamp].Verdict != CheckVerdict.Holds) bounds.Add("No authority bounds the time: wall-clock times are the machine's word.");
        if (this[CheckId.Machine].Verdict != CheckVerdict.Holds) bounds.Add("The runbook was not replayed: whether each transition was permitted was not judged.");
        if (ledger.IsSimulated) bounds.Add("This is a rehearsal: it proves nothing about any real resource.");
        return bounds.DrainToImmutable();
    }
}
