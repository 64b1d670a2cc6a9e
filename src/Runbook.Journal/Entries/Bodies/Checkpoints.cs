namespace Runbook.Journal;

/// <summary>A signed note over all lines before this one.</summary>
public sealed record Checkpoint : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Checkpoint;

    /// <summary>The signed note, whole.</summary>
    public required InertText Note { get; init; }

    /// <summary>The Merkle root over those lines; written in base64.</summary>
    public required Digest Root { get; init; }

    /// <summary>Number of those lines; this entry's <c>seq</c> - 1.</summary>
    public required long Size { get; init; }

    internal static Checkpoint Read(EntryFields f) => new()
    {
        Note = f.Text("note", Limits.TextChars),
        Root = f.Root("root"),
        Size = f.Seq("size"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Text("note", Note, Limits.TextChars);
        to.Token("root", Root.Base64);
        to.Integer("size", Size);
    }
}

/// <summary>What kind of copy or receipt left the machine.</summary>
public enum AnchorKind
{
    /// <summary>The bytes, on an append blob.</summary>
    AppendBlob,
    /// <summary>A cosignature.</summary>
    Witness,
    /// <summary>A time-stamp token.</summary>
    Rfc3161,
    /// <summary>Digits or words on paper.</summary>
    Paper,
}

/// <summary>A copy or receipt of a checkpoint left this machine.</summary>
public sealed record Anchor : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Anchor;

    /// <summary>What kind.</summary>
    public required AnchorKind AnchorKind { get; init; }

    /// <summary>Position in the store, where it has one.</summary>
    public long? Position { get; init; }

    /// <summary>Digest of the receipt under <c>anchors/</c>.</summary>
    public required Digest Receipt { get; init; }

    /// <summary>The Merkle root; written in base64.</summary>
    public required Digest Root { get; init; }

    /// <summary>The checkpoint's size.</summary>
    public required long Size { get; init; }

    /// <summary>Where it went.</summary>
    public InertText? Where { get; init; }

    /// <summary>The root in words, where it was spoken.</summary>
    public InertText? Words { get; init; }

    internal static Anchor Read(EntryFields f) => new()
    {
        AnchorKind = f.Word<AnchorKind>("kind"),
        Position = f.May("position") ? f.Natural("position") : null,
        Receipt = f.Digest("receipt"),
        Root = f.Root("root"),
        Size = f.Seq("size"),
        Where = f.TextIfAny("where", Limits.LineChars),
        Words = f.TextIfAny("words", Limits.LineChars),
    };

    internal override void Write(FieldWriter to)
    {
        to.Word<AnchorKind>("kind", AnchorKind);
        to.Integer("position", Position);
        to.Digest("receipt", Receipt);
        to.Token("root", Root.Base64);
        to.Integer("size", Size);
        to.Text("where", Where, Limits.LineChars);
        to.Text("words", Words, Limits.LineChars);
    }
}
