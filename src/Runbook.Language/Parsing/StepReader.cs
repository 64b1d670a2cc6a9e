using System.Collections.Immutable;
using Markdig.Syntax;
using Runbook.Language.Yaml;

namespace Runbook.Language.Parsing;

/// <summary>Reads the blocks of one section into a step, the introduction or an end.</summary>
internal sealed class StepReader(DiagnosticBag found, ImmutableArray<RoleDeclaration> roles, bool rolesKnown)
{
    private readonly ProseReader _prose = new(found);
    private readonly BlockReader _blocks = new(found);

    private ListReader Lists => new(found, _prose, roles, rolesKnown);

    /// <summary>A heading's text without mark-up.</summary>
    public string HeadingText(HeadingBlock heading) => ProseReader.PlainText(_prose.ReadInlines(heading.Inline)).Trim();

    /// <summary>Reads a step.</summary>
    public RunbookStep ReadStep(HeadingBlock heading, string slug, int number, IReadOnlyList<Block> content)
    {
        var prose = ImmutableArray.CreateBuilder<ProseBlock>();
        var ticks = ImmutableArray.CreateBuilder<Attestation>();
        var transitions = ImmutableArray.CreateBuilder<Transition>();
        StepBlock? block = null;
        var blockText = "";
        var hasBlock = false;
        var broken = false;
        foreach (var part in content)
        {
            if (part is FencedCodeBlock fence && ListReader.IsExecutable(fence))
            {
                _prose.CheckClosed(fence);
                if (hasBlock)
                {
                    found.Add(Rules.SecondBlock, ProseReader.SpanOf(fence), "This is the step's second executable block.", "Give it a step of its own, with a heading.");
                    continue;
                }

                hasBlock = true;
                blockText = fence.Lines.ToString();
                var before = found.Count;
                block = fence.ClosingFencedCharCount == 0 ? null : ReadBlock(fence);
                broken = block is null || found.Count > before;
            }
            else if (part is ListBlock list)
            {
                var read = Lists.Read(list, ticks.Count + 1);
                ticks.AddRange(read.Attestations.Select(t => t with { BeforeBlock = !hasBlock }));
                transitions.AddRange(read.Transitions);
                if (read.Prose is not null) prose.Add(read.Prose);
            }
            else
            {
                if (part is ContainerBlock) Lists.RefuseHidden(part, part is QuoteBlock ? "inside a quotation" : "inside a table");
                if (_prose.Read(part) is { } text) prose.Add(text);
            }
        }

        return new RunbookStep
        {
            Slug = slug,
            Title = HeadingText(heading),
            Number = number,
            Prose = prose.ToImmutable(),
            Block = block,
            BlockText = blockText,
            IsBroken = broken,
            // In a step without block there is nothing to stand before.
            Attestations = [.. ticks.Select(t => t with { BeforeBlock = t.BeforeBlock && hasBlock })],
            Transitions = transitions.ToImmutable(),
            Span = ProseReader.SpanOf(heading),
        };
    }

    /// <summary>Reads what stands before the first step: prose, and transitions that hold for steps without their own.</summary>
    public (ImmutableArray<ProseBlock> Prose, ImmutableArray<Transition> Transitions) ReadIntroduction(IReadOnlyList<Block> content)
    {
        var prose = ImmutableArray.CreateBuilder<ProseBlock>();
        var transitions = ImmutableArray.CreateBuilder<Transition>();
        foreach (var part in content)
        {
            if (part is ListBlock list)
            {
                var read = Lists.Read(list, 1);
                transitions.AddRange(read.Transitions);
                foreach (var tick in read.Attestations) RefuseOutside(tick.Span, "An attestation", "the introduction");
                if (read.Prose is not null) prose.Add(read.Prose);
                continue;
            }

            ReadProseOnly(part, "the introduction", prose);
        }

        return (prose.ToImmutable(), transitions.ToImmutable());
    }

    /// <summary>Reads the text of an end: prose and nothing else.</summary>
    public ImmutableArray<ProseBlock> ReadEnd(IReadOnlyList<Block> content)
    {
        var prose = ImmutableArray.CreateBuilder<ProseBlock>();
        foreach (var part in content)
        {
            if (part is ListBlock list)
            {
                var read = Lists.Read(list, 1);
                foreach (var tick in read.Attestations) RefuseOutside(tick.Span, "An attestation", "the ends");
                foreach (var transition in read.Transitions) RefuseOutside(transition.Span, "A transition", "the ends");
                if (read.Prose is not null) prose.Add(read.Prose);
                continue;
            }

            ReadProseOnly(part, "the ends", prose);
        }

        return prose.ToImmutable();
    }

    private void ReadProseOnly(Block part, string where, ImmutableArray<ProseBlock>.Builder prose)
    {
        Lists.RefuseHidden(part, $"in {where}");
        if (_prose.Read(part) is { } text) prose.Add(text);
    }

    private void RefuseOutside(SourceSpan span, string what, string where) =>
        found.Add(Rules.Hidden, span, $"{what} stands in {where}, where it does not count.", "Move it to the top level of a step.");

    private StepBlock? ReadBlock(FencedCodeBlock fence)
    {
        var kind = fence.Arguments!.Trim();
        if (fence.Info != "yaml" || !BlockReader.Kinds.Contains(kind))
        {
            found.Add(Rules.UnknownBlock, ProseReader.SpanOf(fence) with { Length = 0 }, $"'{fence.Info} {kind}' is no kind of block.", $"Write ```yaml and one of {string.Join(", ", BlockReader.Kinds)}; yaml alone is prose.");
            return null;
        }

        return _blocks.Read(kind, PieceOf(fence));
    }

    /// <summary>The lines of a fence, each with its place in the file.</summary>
    internal static YamlPiece PieceOf(LeafBlock block)
    {
        var lines = new List<(string, int)>();
        for (var i = 0; i < block.Lines.Count; i++)
        {
            var line = block.Lines.Lines[i];
            lines.Add((line.Slice.ToString(), line.Slice.Start));
        }

        return YamlPiece.FromLines(lines, ProseReader.SpanOf(block));
    }
}
