using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>What a verification starts from, and what it asks for.</summary>
public sealed record VerifyOptions
{
    /// <summary>The word that asks for an end as the runbook meant.</summary>
    public const string RequireCompleted = "completed";

    /// <summary>The word that asks for anchors.</summary>
    public const string RequireAnchored = "anchored";

    /// <summary>The word that asks for a time stamp.</summary>
    public const string RequireTimestamped = "timestamped";

    /// <summary>The word that asks that no tick is a keyboard's claim.</summary>
    public const string RequireNoClaimedTicks = "no-claimed-ticks";

    /// <summary>Roster authorities from outside the folder.</summary>
    public TrustedAuthorities Trust { get; init; } = TrustedAuthorities.None;

    /// <summary>A head that somebody wrote down: of line <see cref="ExpectSize"/>, or of the last.</summary>
    public Digest? ExpectHead { get; init; }

    /// <summary>A root that somebody wrote down: over <see cref="ExpectSize"/> lines, or over all.</summary>
    public Digest? ExpectRoot { get; init; }

    /// <summary>The size that goes with them.</summary>
    public long? ExpectSize { get; init; }

    /// <summary>What must be there beyond what every closed session must have: the four words above, or names of checks.</summary>
    public ImmutableArray<string> Require { get; init; } = [];

    /// <summary>Whether a closed session may still wait for its signatures.</summary>
    public bool Pending { get; init; }

    /// <summary>An anchor's address was given, which this room can't reach.</summary>
    public bool HasAnchorAddress { get; init; }

    /// <summary>Replays the runbook's machine, where the program can.</summary>
    public IMachineCheck? Machine { get; init; }

    /// <summary>Name and version of the program that verifies.</summary>
    public (string Name, string Version) Tool { get; init; } = ("runbook", "0");

    /// <summary>Whether a word may stand in <see cref="Require"/>.</summary>
    /// <param name="word">The word.</param>
    public static bool IsKnownRequirement(string word)
        => word is RequireCompleted or RequireAnchored or RequireTimestamped or RequireNoClaimedTicks || Words<CheckId>.TryParse(word, out _);
}

/// <summary>Replays a runbook's machine over the entries, for the check <c>machine</c>.</summary>
/// <remarks>Gets every entry that could be read, in order, also after something failed. Must not throw, whatever the entries say.</remarks>
public interface IMachineCheck
{
    /// <summary>Takes the next entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="lineHash">SHA-256 of its line.</param>
    void Take(JournalEntry entry, Digest lineHash);

    /// <summary>Says what it came to.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The session's directory, whose runbook files may be read.</param>
    CheckResult Finish(IJournalDisk disk, SessionDirectory directory);
}
