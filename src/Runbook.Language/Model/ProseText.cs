using System.Collections.Immutable;
using System.Text;

namespace Runbook.Language;

/// <summary>
/// Writes prose as plain text lines: what plain mode prints, and the text whose digest the journal keeps as what was
/// shown. Paragraphs are one line each; whoever shows them wraps them.
/// </summary>
/// <param name="show">Gives the text of <c>name.path</c>, or <see langword="null"/> while it is not known.</param>
public sealed class ProseText(Func<string, string?> show)
{
    /// <summary>What stands in the place of a value that is not known.</summary>
    public const string NotKnown = "not known";

    /// <summary>Blocks as lines, an empty one between blocks; without line feeds.</summary>
    public ImmutableArray<string> Lines(ImmutableArray<ProseBlock> blocks)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (var block in blocks)
        {
            if (lines.Count > 0) lines.Add("");
            lines.AddRange(Lines(block));
        }

        return lines.ToImmutable();
    }

    /// <summary>One block as lines.</summary>
    public ImmutableArray<string> Lines(ProseBlock block) => block switch
    {
        ProseBlock.Paragraph p => [.. Inline(p.Parts).Split('\n')],
        ProseBlock.Heading h => [new string('#', h.Level) + " " + Inline(h.Parts)],
        ProseBlock.List l => [.. l.Items.SelectMany((item, i) => Indent(Lines(item), l.Ordered ? $"{i + 1}. " : "- "))],
        ProseBlock.Code c => [.. c.Text.TrimEnd('\n').Split('\n').Select(line => "    " + line.TrimEnd('\r'))],
        ProseBlock.Quote q => Indent(Lines(q.Blocks), "  "),
        ProseBlock.Spoken s => [$"{s.Speaker} {(s.Answer ? "answers" : "reads aloud")}: {Inline(s.Parts)}"],
        ProseBlock.Table t => TableLines(t),
        _ => ["----"],
    };

    /// <summary>Inlines as one text; a forced line break is a line feed.</summary>
    public string Inline(ImmutableArray<ProseInline> inlines)
    {
        var text = new StringBuilder();
        foreach (var inline in inlines) Append(inline, text);
        return text.ToString();
    }

    /// <summary>The text of an attestation, as it is ticked.</summary>
    public string Of(Attestation attestation)
    {
        ArgumentNullException.ThrowIfNull(attestation);
        return Inline(attestation.Parts).Replace('\n', ' ').Trim();
    }

    /// <summary>Puts values into the text of inline code.</summary>
    public string Code(string code) => Template.Substitute(code, path => show(path) ?? NotKnown);

    private void Append(ProseInline inline, StringBuilder text)
    {
        switch (inline)
        {
            case ProseInline.Text t:
                text.Append(t.Value);
                break;
            case ProseInline.Code c:
                text.Append(Code(c.Value));
                break;
            case ProseInline.Emphasis e:
                foreach (var part in e.Parts) Append(part, text);
                break;
            case ProseInline.Link { Address: var address } l when address.StartsWith('#'):
                foreach (var part in l.Parts) Append(part, text);
                break;
            case ProseInline.Link l:
                var caption = Inline(l.Parts);
                text.Append(caption);
                if (caption != l.Address) text.Append(" (").Append(l.Address).Append(')');
                break;
            case ProseInline.LineBreak:
                text.Append('\n');
                break;
        }
    }

    private static ImmutableArray<string> Indent(ImmutableArray<string> lines, string first)
    {
        var rest = new string(' ', first.Length);
        return [.. lines.Select((line, i) => i == 0 ? first + line : line.Length == 0 ? "" : rest + line)];
    }

    private ImmutableArray<string> TableLines(ProseBlock.Table table)
    {
        var cells = table.Rows.Select(r => r.Select(Inline).ToList()).ToList();
        var columns = cells.Count == 0 ? 0 : cells.Max(r => r.Count);
        var widths = Enumerable.Range(0, columns).Select(c => cells.Max(r => c < r.Count ? r[c].Length : 0)).ToList();
        return [.. cells.Select(r => string.Join("  ", r.Select((cell, c) => cell.PadRight(widths[c]))).TrimEnd())];
    }
}
