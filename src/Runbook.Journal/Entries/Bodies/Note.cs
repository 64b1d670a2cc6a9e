namespace Runbook.Journal;

/// <summary>A remark, such as a deviation and its reason.</summary>
public sealed record Note : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Note;

    /// <summary>Seq of the entry that it is about.</summary>
    public long? About { get; init; }

    /// <summary>The remark.</summary>
    public required InertText Text { get; init; }

    internal static Note Read(EntryFields f) => new()
    {
        About = f.May("about") ? f.Seq("about") : null,
        Text = f.Text("text", Limits.TextChars),
    };

    internal override void Write(FieldWriter to)
    {
        to.Integer("about", About);
        to.Text("text", Text, Limits.TextChars);
    }
}

/// <summary>A file was kept under <c>artifacts/</c>. It was durable before this entry.</summary>
public sealed record ArtifactKept : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Artifact;

    /// <summary>Length of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Digest of the file.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Media type.</summary>
    public required string Media { get; init; }

    /// <summary>What it is, as a file name such as <c>plan.json</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The file's name under <c>artifacts/</c>: the digest's digits, a full stop, <see cref="Name"/>.</summary>
    public string FileName => FileNameOf(Digest, Name);

    internal static string FileNameOf(Digest digest, string name) => digest.Hex + "." + name;

    internal static ArtifactKept Read(EntryFields f) => new()
    {
        Bytes = f.Integer("bytes", 0, Limits.ArtifactBytes),
        Digest = f.Digest("digest"),
        Media = f.Token("media", TextRule.Media),
        Name = f.Token("name", TextRule.FileName),
    };

    internal override void Write(FieldWriter to)
    {
        to.Integer("bytes", Bytes);
        to.Digest("digest", Digest);
        to.Token("media", Media);
        to.Token("name", Name);
    }
}
