using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>An entry as the log shows it.</summary>
/// <param name="Seq">Its line.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it happen.</param>
/// <param name="Step">Path of its step, where it belongs to one.</param>
/// <param name="Telling">It in words.</param>
internal sealed record LoggedEntry(long Seq, DateTimeOffset At, string By, string? Step, Telling Telling)
{
    /// <summary>SHA-256 of its line.</summary>
    public required Digest Hash { get; init; }
}

/// <summary>Everything that a screen of a session is made of: folded entries and nothing else. Immutable.</summary>
/// <param name="View">The view after the last entry.</param>
/// <param name="Log">The entries in words.</param>
/// <param name="Root">Merkle root over all lines so far, whose number is the head's.</param>
internal sealed record SessionSnapshot(SessionView View, ImmutableList<LoggedEntry> Log, Digest Root)
{
    /// <summary>Names of the artifacts' files, by the digest of their bytes.</summary>
    public ImmutableDictionary<Digest, string> Artifacts { get; init; } = ImmutableDictionary<Digest, string>.Empty;

    /// <summary>What was armed, and what the probes read.</summary>
    public FaultCourses Courses { get; init; } = FaultCourses.None;

    /// <summary>Number of lines.</summary>
    public long Size => View.Head.Seq;

    /// <summary>The moment of the last entry.</summary>
    public Moment Last => View.Last is { } entry ? Moment.Of(entry) : default;
}
