namespace Runbook.Journal;

/// <summary>Why an entry does not fit to those before it.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Detail">One plain phrase, safe for a terminal.</param>
public sealed record LedgerFinding(Reason Reason, string Detail);
