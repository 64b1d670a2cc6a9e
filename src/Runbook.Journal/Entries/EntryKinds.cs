using System.Diagnostics;

namespace Runbook.Journal;

/// <summary>Which reader belongs to which kind.</summary>
internal static class EntryKinds
{
    internal static Func<EntryFields, EntryBody> ReaderOf(EntryKind kind) => kind switch
    {
        EntryKind.SessionOpened => SessionOpened.Read,
        EntryKind.PlanBound => PlanBound.Read,
        EntryKind.RosterBound => RosterBound.Read,
        EntryKind.StepEntered => StepEntered.Read,
        EntryKind.StepLeft => StepLeft.Read,
        EntryKind.Intent => Intent.Read,
        EntryKind.Progress => Progress.Read,
        EntryKind.Outcome => Outcome.Read,
        EntryKind.Probe => Probe.Read,
        EntryKind.Tick => Tick.Read,
        EntryKind.ApprovalRequested => ApprovalRequested.Read,
        EntryKind.Approval => Approval.Read,
        EntryKind.ApprovalRefused => ApprovalRefused.Read,
        EntryKind.AnswerRequested => AnswerRequested.Read,
        EntryKind.Answer => Answer.Read,
        EntryKind.FaultArmed => FaultArmed.Read,
        EntryKind.FaultLifted => FaultLifted.Read,
        EntryKind.Clock => ClockObservation.Read,
        EntryKind.Note => Note.Read,
        EntryKind.Artifact => ArtifactKept.Read,
        EntryKind.Handover => Handover.Read,
        EntryKind.Attached => Attached.Read,
        EntryKind.Detached => Detached.Read,
        EntryKind.Paused => Paused.Read,
        EntryKind.Abort => Abort.Read,
        EntryKind.Recovered => Recovered.Read,
        EntryKind.Checkpoint => Checkpoint.Read,
        EntryKind.Anchor => Anchor.Read,
        EntryKind.Closed => Closed.Read,
        _ => throw new UnreachableException(),
    };
}
