namespace Runbook.Journal;

/// <summary>A transcript can't be sealed: <c>RJ210</c>.</summary>
/// <remarks>Nothing was changed.</remarks>
public sealed class SealException : JournalException
{
    internal SealException(string message)
        : base("RJ210", message) { }
}
