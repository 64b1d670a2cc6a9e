namespace Runbook.Journal;

/// <summary>What is wrong with a line, and where.</summary>
/// <param name="Reason">Why.</param>
/// <param name="At">Offset in the line, in bytes from 0.</param>
/// <param name="Detail">One plain phrase, safe for a terminal.</param>
public sealed record EntryFinding(Reason Reason, int At, string Detail);
