using System.Collections.Immutable;
using System.Text;
using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace Runbook.Language.Parsing;

/// <summary>Reads a whole file into a document. Collects findings; never throws for what an author can write.</summary>
internal sealed class RunbookParser
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UseYamlFrontMatter()
        .UseTaskLists()
        .UsePipeTables()
        .UsePreciseSourceLocation()
        .Build();

    private readonly SourceText _source;
    private readonly DiagnosticBag _found;
    private readonly string _name;

    private RunbookParser(SourceText source, DiagnosticBag found, string name)
    {
        _source = source;
        _found = found;
        _name = name;
    }

    /// <summary>Reads the file; <see langword="null"/>, with findings, when there is nothing to go on with.</summary>
    public static RunbookDocument? Parse(SourceText source, DiagnosticBag found, string name) =>
        new RunbookParser(source, found, name).Parse();

    private RunbookDocument? Parse()
    {
        if (Encoding.UTF8.GetByteCount(_source.Text) > Limits.RunbookBytesMax)
        {
            _found.Add(Rules.TooLarge, default, $"The file has more than {Limits.RunbookBytesMax:N0} bytes.", "Split it into runbooks that call one another.");
            return null;
        }

        MarkdownDocument markdown;
        try
        {
            markdown = Markdown.Parse(_source.Text, Pipeline);
        }
        catch (ArgumentException)
        {
            // Markdig gives up on nesting that only a hostile file has.
            _found.Add(Rules.MarkdownLimit, default, $"Markdown nests more than {Limits.MarkdownDepthMax} deep somewhere in this file.", "Say it with fewer levels of lists, quotations and emphasis.");
            RefuseDeceptive([]);
            return null;
        }

        RefuseDeceptive(markdown);
        var front = ReadFrontMatter(markdown);
        return ReadSections(markdown, front);
    }

    private FrontMatter ReadFrontMatter(MarkdownDocument markdown)
    {
        if (markdown.FirstOrDefault() is YamlFrontMatterBlock block)
        {
            return new FrontMatterReader(_found, _name).Read(StepReader.PieceOf(block));
        }

        _found.Add(Rules.FrontMatterMissing, default, "The file does not begin with front matter.", $"Begin with ---, 'runbook: {_name}', its other members, and --- again.");
        return new FrontMatter { Id = _name };
    }

    private RunbookDocument? ReadSections(MarkdownDocument markdown, FrontMatter front)
    {
        var reader = new StepReader(_found, front.Roles, front.WasRead);
        var sections = Cut(markdown, reader);
        var title = ReadTitle(sections, reader);
        var steps = ImmutableArray.CreateBuilder<RunbookStep>();
        var (prose, shared) = reader.ReadIntroduction(sections.Introduction);
        RunbookEnds? ends = null;
        foreach (var section in sections.Level2)
        {
            if (section.Slug == "ends")
            {
                if (section != sections.Level2[^1])
                {
                    _found.Add(Rules.EndsIncomplete, ProseReader.SpanOf(section.Heading), "'## Ends' is not the last section of the file.", "Move it to the end.");
                }

                ends = ReadEnds(section, reader);
                continue;
            }

            if (section.Numbered)
            {
                _found.Add(Rules.AnchorNumbered, ProseReader.SpanOf(section.Heading), $"The anchor of '{section.Title}' had to be numbered, '#{section.Slug}': another heading of the file has the same.", "Give the step a heading of its own.");
            }

            if (EndNames.IsEnd(section.Slug))
            {
                _found.Add(Rules.AnchorNumbered, ProseReader.SpanOf(section.Heading), $"'{section.Title}' is the name of an end: links to '#{section.Slug}' could not tell the two apart.", "Name the step otherwise.");
            }

            if (section.Slug.Length == 0)
            {
                _found.Add(Rules.AnchorNumbered, ProseReader.SpanOf(section.Heading), "This heading has no letter or digit, and so no anchor.", "Name the step.");
                continue;
            }

            steps.Add(reader.ReadStep(section.Heading, section.Slug, steps.Count + 1, section.Content));
        }

        if (ends is null && !_found.Has(Rules.FenceOpen) && sections.Level2.All(s => s.Slug != "ends"))
        {
            _found.Add(Rules.EndsIncomplete, new SourceSpan(_source.Text.Length, 0), "The file does not close with '## Ends'.", "Add '## Ends' with '### Completed', '### Failed' and '### Aborted', and what each leaves behind.");
        }

        if (steps.Count is 0 or > Limits.StepsMax)
        {
            _found.Add(Rules.NoSteps, default, steps.Count == 0 ? "The file has no step." : $"The file has {steps.Count} steps, and may have at most {Limits.StepsMax}.", steps.Count == 0 ? "Write a '##' heading and what is to be done." : "Split it into runbooks that call one another.");
            return null;
        }

        return new RunbookDocument
        {
            Id = front.Id,
            Kind = front.Kind,
            Summary = front.Summary,
            Environments = front.Environments,
            Roles = front.Roles,
            Inputs = front.Inputs,
            Rehearsal = front.Rehearsal,
            Title = title,
            Introduction = prose,
            SharedTransitions = shared,
            Steps = SameAs.Resolve(steps.ToImmutable(), _found),
            Ends = ends ?? new RunbookEnds([], [], []),
            InputSpans = front.InputSpans,
            RehearsalSpan = front.RehearsalSpan,
            FrontMatterSpan = front.Span,
            FrontMatterRead = front.WasRead,
        };
    }

    private string ReadTitle(Sections sections, StepReader reader)
    {
        foreach (var extra in sections.Titles.Skip(1))
        {
            _found.Add(Rules.OneTitle, ProseReader.SpanOf(extra), $"'{reader.HeadingText(extra)}' is a second heading of the first level.", "Make it '##', a step.");
        }

        if (sections.Titles.Count == 0)
        {
            _found.Add(Rules.OneTitle, default, "The file has no heading of the first level.", "Write '# Title' behind the front matter.");
            return _name;
        }

        if (sections.Level2.Count > 0 && sections.Titles[0].Span.Start > sections.Level2[0].Heading.Span.Start)
        {
            _found.Add(Rules.OneTitle, ProseReader.SpanOf(sections.Titles[0]), "The title stands behind the first step.", "Move it to the beginning of the file.");
        }

        return reader.HeadingText(sections.Titles[0]);
    }

    private RunbookEnds ReadEnds(Section section, StepReader reader)
    {
        var texts = new Dictionary<string, ImmutableArray<ProseBlock>>(StringComparer.Ordinal);
        HeadingBlock? open = null;
        var content = new List<Block>();
        foreach (var block in section.Content.Append(null))
        {
            if (block is null or HeadingBlock { Level: 3 })
            {
                CloseEnd(open, content, texts, reader);
                open = block as HeadingBlock;
                content.Clear();
            }
            else
            {
                content.Add(block);
            }
        }

        foreach (var missing in EndNames.All.Where(e => !texts.ContainsKey(e)))
        {
            _found.Add(Rules.EndsIncomplete, ProseReader.SpanOf(section.Heading), $"'## Ends' lacks '### {char.ToUpperInvariant(missing[0])}{missing[1..]}'.", "Say what that end leaves behind.");
        }

        return new RunbookEnds(
            texts.GetValueOrDefault(EndNames.Completed, []),
            texts.GetValueOrDefault(EndNames.Failed, []),
            texts.GetValueOrDefault(EndNames.Aborted, []));
    }

    private void CloseEnd(HeadingBlock? heading, List<Block> content, Dictionary<string, ImmutableArray<ProseBlock>> texts, StepReader reader)
    {
        var prose = reader.ReadEnd(content);
        if (heading is null)
        {
            if (!prose.IsEmpty) _found.Add(Rules.EndsIncomplete, ProseReader.SpanOf(content[0]), "Something stands in '## Ends' before its first end.", "Move it under one of the three.");
            return;
        }

        var name = Slugs.Of(reader.HeadingText(heading));
        if (!EndNames.IsEnd(name) || texts.ContainsKey(name))
        {
            _found.Add(Rules.EndsIncomplete, ProseReader.SpanOf(heading), $"'{reader.HeadingText(heading)}' is no end, or stands here twice.", "The ends are Completed, Failed and Aborted.");
            return;
        }

        texts[name] = prose;
        if (prose.IsEmpty) _found.Add(Rules.EndsIncomplete, ProseReader.SpanOf(heading), $"'{reader.HeadingText(heading)}' says nothing.", "Say what this end leaves behind.");
    }

    /// <summary>Cuts the file at its headings, and gives every heading its anchor in the order of the file.</summary>
    private static Sections Cut(MarkdownDocument markdown, StepReader reader)
    {
        var slugs = new Slugs();
        var sections = new Sections();
        foreach (var block in markdown)
        {
            if (block is YamlFrontMatterBlock) continue;
            if (block is not HeadingBlock heading)
            {
                sections.Current.Add(block);
                continue;
            }

            var text = reader.HeadingText(heading);
            var (slug, numbered) = slugs.Next(text);
            if (heading.Level == 1) sections.Titles.Add(heading);
            else if (heading.Level == 2) sections.Level2.Add(new Section(heading, text, slug, numbered));
            else sections.Current.Add(heading);
        }

        return sections;
    }

    /// <summary>Refuses characters that could make the text look like something else, but for those in code that nobody executes.</summary>
    private void RefuseDeceptive(MarkdownDocument markdown)
    {
        var quiet = markdown.OfType<CodeBlock>()
            .Where(c => c is not YamlFrontMatterBlock && !(c is FencedCodeBlock fence && ListReader.IsExecutable(fence)))
            .Select(c => c.Span)
            .ToList();
        var text = _source.Text;
        for (var i = 0; i < text.Length; i++)
        {
            var loneReturn = text[i] == '\r' && (i + 1 >= text.Length || text[i + 1] != '\n');
            var half = char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) && !(char.IsLowSurrogate(text[i]) && i > 0 && char.IsHighSurrogate(text[i - 1]));
            if (!loneReturn && !half && !TextSafety.IsDeceptive(text[i])) continue;
            if (!half && quiet.Any(s => s.Start <= i && i <= s.End)) continue;
            _found.Add(Rules.DeceptiveCharacter, new SourceSpan(i, 1), $"The character {TextSafety.Name(text[i])} stands here: it could make the text look like something else.", "Remove it.");
        }
    }

    private sealed record Section(HeadingBlock Heading, string Title, string Slug, bool Numbered)
    {
        public List<Block> Content { get; } = [];
    }

    private sealed class Sections
    {
        public List<HeadingBlock> Titles { get; } = [];

        public List<Block> Introduction { get; } = [];

        public List<Section> Level2 { get; } = [];

        public List<Block> Current => Level2.Count > 0 ? Level2[^1].Content : Introduction;
    }
}
