using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>A field of a form.</summary>
internal sealed class EntryField
{
    /// <summary>What stands before it.</summary>
    public required string Label { get; init; }

    /// <summary>What it is for: shown while it has the cursor.</summary>
    public ImmutableArray<string> Help { get; init; } = [];

    /// <summary>What is typed; <see langword="null"/> for a secret.</summary>
    public LineEditor? Editor { get; init; }

    /// <summary>What is typed, for a secret.</summary>
    public SecretEditor? Secret { get; init; }

    /// <summary>Whether text may be pasted.</summary>
    public bool TakesPaste { get; init; } = true;

    /// <summary>What is wrong with what is typed, in a sentence; <see langword="null"/> when nothing is.</summary>
    public Func<string, string?> Complaint { get; init; } = static _ => null;

    /// <summary>Completes what is typed; gives the same text where there is nothing to complete, and what there is to choose.</summary>
    public Func<string, (string Text, string? Notice)>? Complete { get; init; }

    /// <summary>The text; empty for a secret.</summary>
    public string Text => Editor?.Text ?? "";

    /// <summary>What is wrong now.</summary>
    public string? Problem => Complaint(Text);
}
