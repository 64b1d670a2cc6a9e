using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Markdig.Extensions.Tables;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Runbook.Language.Parsing;

/// <summary>Turns Markdig's tree into prose, and refuses what a viewer would show differently from the console.</summary>
internal sealed partial class ProseReader(DiagnosticBag found)
{
    /// <summary>One block of prose, or <see langword="null"/> when there is nothing to show of it.</summary>
    public ProseBlock? Read(Block block) => Read(block, 1);

    /// <summary>The pieces of a leaf block's line.</summary>
    public ImmutableArray<ProseInline> ReadInlines(ContainerInline? inlines) =>
        inlines is null ? [] : Merge(inlines.Select(ReadInline).OfType<ProseInline>());

    /// <summary>The text of inlines without any mark-up, as a viewer computes a heading's anchor from it.</summary>
    public static string PlainText(IEnumerable<ProseInline> inlines)
    {
        var text = new StringBuilder();
        foreach (var inline in inlines)
        {
            text.Append(inline switch
            {
                ProseInline.Text t => t.Value,
                ProseInline.Code c => c.Value,
                ProseInline.Emphasis e => PlainText(e.Parts),
                ProseInline.Link l => PlainText(l.Parts),
                _ => " ",
            });
        }

        return text.ToString();
    }

    public static SourceSpan SpanOf(MarkdownObject node) => new(node.Span.Start, Math.Max(0, node.Span.Length));

    private ProseBlock? Read(Block block, int depth)
    {
        if (depth > Limits.MarkdownDepthMax)
        {
            found.Add(Rules.MarkdownLimit, SpanOf(block), $"Markdown nests more than {Limits.MarkdownDepthMax} deep here.", "Say it with fewer levels of lists and quotations.");
            return null;
        }

        switch (block)
        {
            case ParagraphBlock paragraph:
                var parts = ReadInlines(paragraph.Inline);
                return parts.IsEmpty ? null : new ProseBlock.Paragraph(parts);
            case HeadingBlock heading:
                return new ProseBlock.Heading(heading.Level, ReadInlines(heading.Inline));
            case ListBlock list:
                return new ProseBlock.List(list.IsOrdered, [.. list.OfType<ListItemBlock>().Select(i => ReadAll(i, depth + 1))]);
            case FencedCodeBlock fence:
                CheckClosed(fence);
                return new ProseBlock.Code(fence.Info ?? "", fence.Lines.ToString());
            case CodeBlock code:
                return new ProseBlock.Code("", code.Lines.ToString());
            case QuoteBlock quote:
                return ReadQuote(quote, depth);
            case Table table:
                return ReadTable(table);
            case ThematicBreakBlock:
                return new ProseBlock.Rule();
            case HtmlBlock html:
                found.Add(Rules.RefusedMarkdown, SpanOf(html), "Raw HTML or an HTML comment stands here: a viewer and the console would show it differently.", "Write it in Markdown, or leave it out.");
                return null;
            case LinkReferenceDefinition definition:
                RefuseReference(definition);
                return null;
            case LinkReferenceDefinitionGroup group:
                foreach (var definition in group.OfType<LinkReferenceDefinition>()) RefuseReference(definition);
                return null;
            default:
                return null;
        }
    }

    private ImmutableArray<ProseBlock> ReadAll(ContainerBlock container, int depth) =>
        [.. container.Select(b => Read(b, depth)).OfType<ProseBlock>()];

    public void CheckClosed(FencedCodeBlock fence)
    {
        if (fence.ClosingFencedCharCount > 0) return;
        found.Add(Rules.FenceOpen, new SourceSpan(fence.Span.Start, 0), "A fence begins here and is not closed: everything behind it is code.", "Close it with a line of the same characters.");
    }

    private ProseBlock.Quote ReadQuote(QuoteBlock quote, int depth)
    {
        var blocks = ImmutableArray.CreateBuilder<ProseBlock>();
        foreach (var block in quote)
        {
            if (block is ParagraphBlock paragraph && Spoken(paragraph) is { } spoken) blocks.Add(spoken);
            else if (Read(block, depth + 1) is { } read) blocks.Add(read);
        }

        return new ProseBlock.Quote(blocks.ToImmutable());
    }

    /// <summary>A paragraph that begins with bold "Role reads aloud:" or "Role answers:".</summary>
    private ProseBlock.Spoken? Spoken(ParagraphBlock paragraph)
    {
        if (paragraph.Inline?.FirstChild is not EmphasisInline { DelimiterCount: 2 } bold) return null;
        var match = SpokenPattern().Match(PlainText(ReadInlines(bold)));
        if (!match.Success) return null;
        var rest = ReadInlines(paragraph.Inline).Skip(1).ToImmutableArray();
        return new ProseBlock.Spoken(
            match.Groups["who"].Value,
            match.Groups["role"].Value.ToLowerInvariant(),
            match.Groups["how"].Value == "answers",
            TrimStart(rest))
        {
            Span = SpanOf(bold),
        };
    }

    private ProseBlock.Table ReadTable(Table table) => new(
    [
        .. table.OfType<TableRow>().Select(row => row.OfType<TableCell>()
            .Select(cell => cell.OfType<ParagraphBlock>().SelectMany(p => ReadInlines(p.Inline)).ToImmutableArray())
            .ToImmutableArray()),
    ]);

    private ProseInline? ReadInline(Inline inline)
    {
        switch (inline)
        {
            case LiteralInline literal:
                return new ProseInline.Text(literal.Content.ToString());
            case CodeInline code:
                return new ProseInline.Code(code.Content) { Span = SpanOf(code) };
            case EmphasisInline emphasis:
                return new ProseInline.Emphasis(ReadInlines(emphasis), emphasis.DelimiterCount == 2);
            case LinkInline { IsImage: true } image:
                return new ProseInline.Text(PlainText(ReadInlines(image)));
            case LinkInline link:
                return new ProseInline.Link(ReadInlines(link), link.Url ?? "");
            case AutolinkInline auto:
                return new ProseInline.Link([new ProseInline.Text(auto.Url)], auto.Url);
            case LineBreakInline { IsHard: true }:
                return new ProseInline.LineBreak();
            case LineBreakInline:
                return new ProseInline.Text(" ");
            case HtmlEntityInline entity:
                return new ProseInline.Text(entity.Transcoded.ToString());
            case HtmlInline html:
                found.Add(Rules.RefusedMarkdown, SpanOf(html), $"Raw HTML, {html.Tag}, stands here: a viewer and the console would show it differently.", "Write it in Markdown; put a name in angle brackets into backticks.");
                return null;
            case TaskList:
                return null;
            case ContainerInline container:
                return new ProseInline.Emphasis(ReadInlines(container), Strong: false);
            default:
                return null;
        }
    }

    private void RefuseReference(LinkReferenceDefinition definition) =>
        found.Add(Rules.RefusedMarkdown, SpanOf(definition), $"A link definition, '[{definition.Label}]:', stands here: where its links lead can't be seen where they are.", "Write the address into each link: [text](address).");

    /// <summary>Joins neighbouring texts, so that a soft line break is a space and nothing else.</summary>
    private static ImmutableArray<ProseInline> Merge(IEnumerable<ProseInline> inlines)
    {
        var merged = ImmutableArray.CreateBuilder<ProseInline>();
        foreach (var inline in inlines)
        {
            if (inline is ProseInline.Text { Value: var text } && merged.Count > 0 && merged[^1] is ProseInline.Text last)
            {
                merged[^1] = new ProseInline.Text(last.Value + text);
            }
            else
            {
                merged.Add(inline);
            }
        }

        return merged.ToImmutable();
    }

    internal static ImmutableArray<ProseInline> TrimStart(ImmutableArray<ProseInline> inlines)
    {
        if (inlines.Length == 0 || inlines[0] is not ProseInline.Text text) return inlines;
        var trimmed = text.Value.TrimStart();
        return trimmed.Length == 0 ? inlines.RemoveAt(0) : inlines.SetItem(0, new ProseInline.Text(trimmed));
    }

    [GeneratedRegex(@"^(?<who>(?:[Ee]ach |[Oo]ne )?(?<role>[A-Za-z][A-Za-z0-9-]*)) (?<how>reads aloud|answers):\z", RegexOptions.CultureInvariant)]
    private static partial Regex SpokenPattern();
}
