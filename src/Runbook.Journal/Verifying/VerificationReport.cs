using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>What a whole verification comes to, worst first.</summary>
public enum TranscriptVerdict
{
    /// <summary>Something does not hold.</summary>
    Broken,
    /// <summary>There are two histories.</summary>
    Forked,
    /// <summary>Lines are missing at the end.</summary>
    Truncated,
    /// <summary>Something could not be judged.</summary>
    Unjudged,
    /// <summary>Everything holds so far, and the session is not closed.</summary>
    Open,
    /// <summary>Everything holds.</summary>
    Intact,
}

/// <summary>The first line that is wrong.</summary>
/// <param name="Line">Its number in the file, from 1.</param>
/// <param name="Byte">Offset in the file of what is wrong.</param>
/// <param name="Check">Which check says so.</param>
/// <param name="Reason">Why.</param>
/// <param name="Expected">What would be right, where that can be said.</param>
/// <param name="Found">What is there.</param>
/// <param name="Kind">The line's kind, where it can be read.</param>
/// <param name="Suspects">Lines that may have been changed, ascending.</param>
/// <param name="Sentences">For people, each a sentence.</param>
public sealed record BrokenLine(long Line, long Byte, CheckId Check, Reason Reason, string? Expected, string? Found, string? Kind, ImmutableArray<long> Suspects, ImmutableArray<string> Sentences);

/// <summary>What one person did in a session.</summary>
/// <param name="Id">Roster id.</param>
/// <param name="Roles">The person's roles.</param>
/// <param name="Counts">Numbers.</param>
public sealed record PersonSummary(string Id, ImmutableArray<string> Roles, PersonCounts Counts);

/// <summary>The journal's file in numbers.</summary>
/// <param name="Lines">Lines read.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
/// <param name="Head">Hash of the last line.</param>
/// <param name="Root">Merkle root over all lines.</param>
/// <param name="GoodTo">Lines up to which bytes, spelling, chain and schema hold.</param>
/// <param name="End">How the session ended, where it did.</param>
public sealed record JournalSummary(long Lines, long Bytes, Digest Sha256, Digest Head, Digest Root, long GoodTo, SessionEnd? End);

/// <summary>Everything that a verification found.</summary>
/// <remarks>Immutable. <see cref="ReportText"/> and <see cref="ReportJson"/> render it; both programs print the same.</remarks>
public sealed record VerificationReport
{
    /// <summary>What it comes to.</summary>
    public required TranscriptVerdict Verdict { get; init; }

    /// <summary>The exit code: 0, 1, 3 or 4.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The session's id; empty where it can't be read.</summary>
    public required string Session { get; init; }

    /// <summary>The runbook's id; empty where none was bound.</summary>
    public required string Runbook { get; init; }

    /// <summary>Whether any entry was produced by a rehearsal person or the virtual clock.</summary>
    public required bool IsSimulated { get; init; }

    /// <summary>Whether the built-in rehearsal authority vouches for the people.</summary>
    public required bool HasRehearsalPeople { get; init; }

    /// <summary>The journal in numbers.</summary>
    public required JournalSummary Journal { get; init; }

    /// <summary>The first line that is wrong, where one is.</summary>
    public BrokenLine? FirstBroken { get; init; }

    /// <summary>All checks, in their order.</summary>
    public required ImmutableArray<CheckResult> Checks { get; init; }

    /// <summary>The people, ascending by id.</summary>
    public required ImmutableArray<PersonSummary> People { get; init; }

    /// <summary>Who signed the statement.</summary>
    public required ImmutableArray<string> SignedBy { get; init; }

    /// <summary>Effects in doubt.</summary>
    public required ImmutableArray<string> InDoubt { get; init; }

    /// <summary>Faults that are armed.</summary>
    public required ImmutableArray<string> FaultsArmed { get; init; }

    /// <summary>What is odd and changes no exit code.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>What this transcript can't show, each a sentence.</summary>
    public required ImmutableArray<string> Limits { get; init; }

    /// <summary>Removed bytes of interrupted writes, each a sentence, rendered inert.</summary>
    public required ImmutableArray<string> Recoveries { get; init; }

    /// <summary>Digest of the roster that was bound last.</summary>
    public Digest? Roster { get; init; }

    /// <summary>Whether a trusted authority signed it.</summary>
    public required bool IsRosterPinned { get; init; }

    /// <summary>Where that trust comes from.</summary>
    public required string TrustSource { get; init; }

    /// <summary>Number of sizes at which something left the machine.</summary>
    public required int AnchoredSizes { get; init; }

    /// <summary>Who the SSH signature is by.</summary>
    public string? SshSignedBy { get; init; }

    /// <summary>Name and version of the program that verified.</summary>
    public required (string Name, string Version) Tool { get; init; }

    /// <summary>Whether everything holds and the session is closed.</summary>
    public bool Holds => ExitCode == 0;

    /// <summary>One check's result.</summary>
    /// <param name="check">Which.</param>
    public CheckResult this[CheckId check] => Checks.First(c => c.Check == check);

    /// <summary>The report for people.</summary>
    public override string ToString() => ReportText.Render(this);
}
