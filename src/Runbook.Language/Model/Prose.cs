using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>A piece of a line of prose. A closed hierarchy.</summary>
public abstract record ProseInline
{
    private ProseInline()
    {
    }

    /// <summary>Plain text.</summary>
    public sealed record Text(string Value) : ProseInline;

    /// <summary>Inline code; <c>${name}</c> in it is shown with its value.</summary>
    public sealed record Code(string Value) : ProseInline
    {
        internal SourceSpan Span { get; init; }
    }

    /// <summary>Emphasised text.</summary>
    public sealed record Emphasis(ImmutableArray<ProseInline> Parts, bool Strong) : ProseInline;

    /// <summary>A link; <see cref="Address"/> is <c>#anchor</c> for a place in this file.</summary>
    public sealed record Link(ImmutableArray<ProseInline> Parts, string Address) : ProseInline;

    /// <summary>A forced line break.</summary>
    public sealed record LineBreak : ProseInline;
}

/// <summary>A block of prose. A closed hierarchy.</summary>
public abstract record ProseBlock
{
    private ProseBlock()
    {
    }

    /// <summary>A paragraph.</summary>
    public sealed record Paragraph(ImmutableArray<ProseInline> Parts) : ProseBlock;

    /// <summary>A heading inside a step; level 3 and deeper.</summary>
    public sealed record Heading(int Level, ImmutableArray<ProseInline> Parts) : ProseBlock;

    /// <summary>A list; each item is blocks.</summary>
    public sealed record List(bool Ordered, ImmutableArray<ImmutableArray<ProseBlock>> Items) : ProseBlock;

    /// <summary>Code to read or to run by hand, never executed by the console.</summary>
    public sealed record Code(string Language, string Text) : ProseBlock;

    /// <summary>A quotation.</summary>
    public sealed record Quote(ImmutableArray<ProseBlock> Blocks) : ProseBlock;

    /// <summary>A sentence to be spoken, and who speaks it.</summary>
    /// <param name="Speaker">As written: "Operator", "Each custodian".</param>
    /// <param name="Role">The role's name.</param>
    /// <param name="Answer">Whether it must be heard rather than read.</param>
    /// <param name="Parts">The sentence.</param>
    public sealed record Spoken(string Speaker, string Role, bool Answer, ImmutableArray<ProseInline> Parts) : ProseBlock
    {
        internal SourceSpan Span { get; init; }
    }

    /// <summary>A table; the first row is its head.</summary>
    public sealed record Table(ImmutableArray<ImmutableArray<ImmutableArray<ProseInline>>> Rows) : ProseBlock;

    /// <summary>A rule across the page.</summary>
    public sealed record Rule : ProseBlock;
}
