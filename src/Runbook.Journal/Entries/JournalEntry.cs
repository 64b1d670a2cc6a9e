namespace Runbook.Journal;

/// <summary>One line of a journal, read.</summary>
/// <remarks>Immutable; safe to share between threads. Member meanings: docs/journal-format.md §5.</remarks>
public sealed record JournalEntry
{
    /// <summary>The version of the entry format that this code writes and reads.</summary>
    public const int FormatVersion = 1;

    /// <summary>Wall clock when the entry was made: an observation, never an order.</summary>
    public required JournalTime At { get; init; }

    /// <summary>What it says.</summary>
    public required EntryBody Body { get; init; }

    /// <summary>Who made it happen: a roster id, <c>console</c> or <c>guard</c>.</summary>
    public required string By { get; init; }

    /// <summary>Which writing process, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>What it records.</summary>
    public EntryKind Kind => Body.Kind;

    /// <summary>Monotonic microseconds since the epoch's first entry.</summary>
    public required long MonoUs { get; init; }

    /// <summary>SHA-256 of the line before, without its line feed; 32 zero bytes in line 1.</summary>
    public required Digest Prev { get; init; }

    /// <summary>The line's number, from 1.</summary>
    public required long Seq { get; init; }

    /// <summary>Whether a rehearsal person or the virtual clock produced it.</summary>
    public bool Simulated { get; init; }

    /// <summary>Path of the step's slug, where it belongs to one.</summary>
    public string? Step { get; init; }

    /// <summary>Which entering of the step, from 1.</summary>
    public int? Visit { get; init; }
}
