namespace Runbook.Journal;

/// <summary>The checks of a verification, in their order.</summary>
public enum CheckId
{
    /// <summary>Names, limits, no links.</summary>
    Layout,
    /// <summary>Each line is UTF-8 with its line feed, short enough, JSON without duplicate names.</summary>
    Bytes,
    /// <summary>Each line is in the one canonical spelling.</summary>
    Canonical,
    /// <summary>Each line has its number and names the line before it.</summary>
    Chain,
    /// <summary>Each line is an entry that this version knows.</summary>
    Schema,
    /// <summary>Monotonic time does not run back, and steps of the wall clock are recorded.</summary>
    Clock,
    /// <summary>Each signed note is over the lines that it names.</summary>
    Checkpoints,
    /// <summary>Somebody of the roster vouched for each session key before it was used.</summary>
    Epochs,
    /// <summary>The runbook's files are those that were bound.</summary>
    Runbook,
    /// <summary>Plan and preflight are kept.</summary>
    Plan,
    /// <summary>The roster is the one that was bound, and a trusted authority signed it.</summary>
    Roster,
    /// <summary>The artifacts are those that were journalled.</summary>
    Artifacts,
    /// <summary>The runbook's machine permits every transition.</summary>
    Machine,
    /// <summary>Intents and outcomes pair, nothing was repeated that may not be.</summary>
    Effects,
    /// <summary>Each approval, signed tick and signed answer counts.</summary>
    Approvals,
    /// <summary>Each fault was lifted in time.</summary>
    Faults,
    /// <summary>Nothing looks like a secret.</summary>
    Secrets,
    /// <summary>The statement is signed and says what the entries say.</summary>
    Statement,
    /// <summary>The SSH signature is over these bytes.</summary>
    Sshsig,
    /// <summary>A time stamp bounds the session.</summary>
    Timestamp,
    /// <summary>Receipts of copies outside the machine match.</summary>
    Anchors,
    /// <summary>Nobody names a head or a size that the journal does not have.</summary>
    Heads,
}

/// <summary>What a check came to.</summary>
public enum CheckVerdict
{
    /// <summary>It holds.</summary>
    Holds,
    /// <summary>It does not.</summary>
    Fails,
    /// <summary>There is nothing of the kind.</summary>
    Absent,
    /// <summary>There is something, and it could not be judged.</summary>
    Unjudged,
}

/// <summary>One check's result.</summary>
/// <param name="Check">Which.</param>
/// <param name="Verdict">What it came to.</param>
/// <param name="Detail">One phrase, safe for a terminal.</param>
/// <param name="Reason">Why it fails or is unjudged.</param>
/// <param name="Line">The line that it fails at first, where it is about lines.</param>
public sealed record CheckResult(CheckId Check, CheckVerdict Verdict, string Detail, Reason Reason = Reason.None, long? Line = null);
