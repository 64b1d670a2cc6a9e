using System.Globalization;

namespace Runbook.Journal;

/// <summary>A journal's line is not what it must be: <c>RJ205</c>.</summary>
/// <remarks>Nothing was changed. A verification names everything that is wrong; this is the first of it.</remarks>
public sealed class JournalReadException : JournalException
{
    internal JournalReadException(long line, Reason reason, string detail)
        : base("RJ205", $"{Blamed(line, reason)} of the journal {(reason == Reason.PrevMismatch ? "was changed after it was written" : "is not as it was written")}: {detail}.")
        => (Line, Reason) = (line, reason);

    // A hash that does not fit tells that one of two lines was changed, and not which.
    private static string Blamed(long line, Reason reason) =>
        reason == Reason.PrevMismatch && line > 1 ? string.Create(CultureInfo.InvariantCulture, $"Line {line - 1} or line {line}") : string.Create(CultureInfo.InvariantCulture, $"Line {line}");

    /// <summary>The line's number.</summary>
    public long Line { get; }

    /// <summary>Why.</summary>
    public Reason Reason { get; }
}
