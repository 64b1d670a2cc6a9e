namespace Runbook.Tui;

/// <summary>
/// What is seen of a guard at this moment. It is no evidence, and nothing is decided by it: it tells the person at the
/// console whether somebody would undo the fault if this console were gone.
/// </summary>
/// <param name="IsAlive">Whether its process lives.</param>
/// <param name="StandsBy">Whether it has said in its own file that it stands by.</param>
/// <param name="Acts">Why it began to undo by itself; <see langword="null"/> where it did not.</param>
/// <param name="Trouble">Why its file can't be read; <see langword="null"/> where it can.</param>
public sealed record GuardSight(bool IsAlive, bool StandsBy, string? Acts, string? Trouble);
