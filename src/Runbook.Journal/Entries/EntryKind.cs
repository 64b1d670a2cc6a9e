namespace Runbook.Journal;

/// <summary>What an entry records. Written as <c>session-opened</c>, <c>plan-bound</c> and so on.</summary>
public enum EntryKind
{
    /// <summary>A session begins.</summary>
    SessionOpened,
    /// <summary>The runbook, its inputs and its plan are fixed.</summary>
    PlanBound,
    /// <summary>The people, their keys and their quorums are fixed.</summary>
    RosterBound,
    /// <summary>A step is entered.</summary>
    StepEntered,
    /// <summary>A step is left by a transition.</summary>
    StepLeft,
    /// <summary>A request is about to be sent.</summary>
    Intent,
    /// <summary>A long-running operation changed its status.</summary>
    Progress,
    /// <summary>What a request came to.</summary>
    Outcome,
    /// <summary>What a reading found.</summary>
    Probe,
    /// <summary>Somebody vouches for something.</summary>
    Tick,
    /// <summary>People are asked to agree.</summary>
    ApprovalRequested,
    /// <summary>Somebody agrees or refuses.</summary>
    Approval,
    /// <summary>An approval does not count.</summary>
    ApprovalRefused,
    /// <summary>People are asked for values.</summary>
    AnswerRequested,
    /// <summary>Somebody brings values.</summary>
    Answer,
    /// <summary>A fault or lease is about to be armed.</summary>
    FaultArmed,
    /// <summary>A fault or lease is undone.</summary>
    FaultLifted,
    /// <summary>An observation of clocks.</summary>
    Clock,
    /// <summary>A remark.</summary>
    Note,
    /// <summary>A file was kept.</summary>
    Artifact,
    /// <summary>The operator on duty changes.</summary>
    Handover,
    /// <summary>Somebody joins.</summary>
    Attached,
    /// <summary>Somebody leaves.</summary>
    Detached,
    /// <summary>The process ends in good order and the session stays open.</summary>
    Paused,
    /// <summary>A decision to stop.</summary>
    Abort,
    /// <summary>A new process goes on with the session.</summary>
    Recovered,
    /// <summary>A signed note over the lines before.</summary>
    Checkpoint,
    /// <summary>A copy or receipt of a checkpoint that left this machine.</summary>
    Anchor,
    /// <summary>The session ends. No line follows.</summary>
    Closed,
}
