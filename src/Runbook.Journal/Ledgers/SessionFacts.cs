using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>A roster and the line that bound it.</summary>
/// <param name="Seq">The line.</param>
/// <param name="Body">What it says.</param>
public sealed record RosterAt(long Seq, RosterBound Body);

/// <summary>People vouched for an epoch's session key.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Seq">The line of the last approval that it took.</param>
/// <param name="People">Who.</param>
public sealed record EpochEndorsement(int Epoch, long Seq, ImmutableArray<string> People);

/// <summary>A fault or lease, from arming to lifting.</summary>
/// <param name="Fault">Its slug.</param>
/// <param name="ArmedSeq">The line that armed it.</param>
/// <param name="LiftedSeq">The line that says it is lifted.</param>
/// <param name="How">How it was lifted.</param>
public sealed record FaultSpan(string Fault, long ArmedSeq, long? LiftedSeq, LiftedHow? How);

/// <summary>What one person did, in numbers.</summary>
/// <param name="Approvals">Approvals and rejections that counted.</param>
/// <param name="TicksSigned">Ticks under the person's signature.</param>
/// <param name="TicksClaimed">Ticks that a keyboard claimed for the person.</param>
public readonly record struct PersonCounts(int Approvals, int TicksSigned, int TicksClaimed);
