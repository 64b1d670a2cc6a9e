namespace Runbook.Journal;

/// <summary>An entry breaks a rule of the journal: <c>RJ101</c>. A bug of the caller.</summary>
/// <remarks>Nothing of the entry was written, and the journal goes on as before.</remarks>
public sealed class EntryRefusedException : JournalException
{
    internal EntryRefusedException(Reason reason, string message)
        : base("RJ101", message)
        => Reason = reason;

    /// <summary>Which rule.</summary>
    public Reason Reason { get; }
}
