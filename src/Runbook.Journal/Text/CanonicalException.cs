namespace Runbook.Journal;

/// <summary>A value that can't be brought into canonical form: <c>RJ104</c>.</summary>
/// <remarks>Nothing was written.</remarks>
public sealed class CanonicalException : JournalException
{
    internal CanonicalException(Reason reason, string message)
        : base("RJ104", message)
        => Reason = reason;

    /// <summary>What is wrong with the value.</summary>
    public Reason Reason { get; }
}
