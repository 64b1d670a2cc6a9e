namespace Runbook.Journal;

/// <summary>What a caller gives to be appended. The writer adds number, hash, times and epoch.</summary>
/// <param name="By">Who makes it happen: a roster id, or <see cref="Console"/>.</param>
/// <param name="Body">What it says.</param>
public sealed record EntryDraft(string By, EntryBody Body)
{
    /// <summary>The console itself, as an entry's <c>by</c>.</summary>
    public const string Console = "console";

    /// <summary>The guard, as an entry's <c>by</c>.</summary>
    public const string Guard = "guard";

    /// <summary>Path of the step's slug, where it belongs to one.</summary>
    public string? Step { get; init; }

    /// <summary>Which entering of the step, from 1.</summary>
    public int? Visit { get; init; }

    /// <summary>Whether a rehearsal person produced it. A writer on a virtual clock marks every entry.</summary>
    public bool Simulated { get; init; }
}
