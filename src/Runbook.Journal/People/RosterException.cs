namespace Runbook.Journal;

/// <summary>A roster breaks a rule, or its signature does not hold: <c>RJ303</c>.</summary>
/// <remarks>Nothing was bound or written.</remarks>
public sealed class RosterException : JournalException
{
    internal RosterException(string message)
        : base("RJ303", message) { }
}
