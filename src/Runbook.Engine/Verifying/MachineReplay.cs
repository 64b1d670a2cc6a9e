using Runbook.Journal;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>
/// The check <c>machine</c> of a verification: compiles the runbook from the session's own copy and folds every entry over
/// it, with the same rules that the live session followed.
/// </summary>
/// <param name="catalogue">The actions that runbooks may name.</param>
public sealed class MachineReplay(ActionCatalogue catalogue) : IMachineCheck
{
    private readonly List<(JournalEntry Entry, Digest Hash)> _entries = [];
    private readonly SessionLedger _ledger = new();

    /// <inheritdoc/>
    public void Take(JournalEntry entry, Digest lineHash)
    {
        _entries.Add((entry, lineHash));
        if (_ledger.Judge(entry) is null) _ledger.Apply(entry, lineHash);
    }

    /// <inheritdoc/>
    public CheckResult Finish(IJournalDisk disk, SessionDirectory directory)
    {
        if (_ledger.Plan is null) return new CheckResult(CheckId.Machine, CheckVerdict.Absent, "no plan is bound");
        SessionProgram program;
        try
        {
            program = SessionCopies.Load(disk, directory, _ledger, catalogue);
        }
        catch (EngineException exception)
        {
            // A runbook that this version reads differently says nothing about what was done then.
            return new CheckResult(CheckId.Machine, CheckVerdict.Unjudged, Inert.Text(exception.Message), Reason.DigestMismatch);
        }

        var view = SessionFold.Begin(program);
        foreach (var (entry, hash) in _entries)
        {
            view = SessionFold.Apply(view, entry, hash);
            if (!view.Findings.IsEmpty) return new CheckResult(CheckId.Machine, CheckVerdict.Fails, Inert.Text(view.Findings[0].Message), Reason.Transition, view.Findings[0].Seq);
        }

        var steps = _entries.Count(e => e.Entry.Body is StepEntered);
        return new CheckResult(CheckId.Machine, CheckVerdict.Holds, $"{steps} steps entered as the machine leads");
    }
}
