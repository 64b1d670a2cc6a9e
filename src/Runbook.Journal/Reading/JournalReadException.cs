namespace Runbook.Journal;

/// <summary>A journal's line is not what it must be: <c>RJ205</c>.</summary>
/// <remarks>Nothing was changed. A verification names everything that is wrong; this is the first of it.</remarks>
public sealed class JournalReadException : JournalException
{
    internal JournalReadException(long line, Reason reason, string detail)
        : base("RJ205", $"Line {line} of the journal is not as it was written: {detail}.")
        => (Line, Reason) = (line, reason);

    /// <summary>The line's number.</summary>
    public long Line { get; }

    /// <summary>Why.</summary>
    public Reason Reason { get; }
}
