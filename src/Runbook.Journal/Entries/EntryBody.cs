namespace Runbook.Journal;

/// <summary>
/// What an entry says; one sealed type for each <see cref="EntryKind"/>.
/// </summary>
/// <remarks>
/// Immutable. Optional members are <see langword="null"/> or empty where they are absent. Texts are
/// <see cref="InertText"/>: assign what came from outside as a <see cref="string"/>, pass on what came from an entry as it
/// is. Meanings of all members: docs/journal-format.md §6.
/// </remarks>
public abstract record EntryBody : EntryPart
{
    private protected EntryBody() { }

    /// <summary>The kind that this body belongs to.</summary>
    public abstract EntryKind Kind { get; }

    /// <summary>A rule across members that is broken, or <see langword="null"/>.</summary>
    internal virtual string? Flaw() => null;
}
