using System.Collections.Immutable;
using System.Globalization;
using Runbook.Language;

namespace Runbook.Tui;

/// <summary>
/// Lays a runbook's prose out in lines of a width. Nothing in it is active: links show where they lead, code is shown and
/// not run.
/// </summary>
/// <param name="shown">Fills values in.</param>
/// <param name="columns">Columns of a line.</param>
internal sealed class ProseLayout(ProseText shown, int columns)
{
    /// <summary>Blocks, an empty line between.</summary>
    public ImmutableArray<StyledLine> Lines(ImmutableArray<ProseBlock> blocks)
    {
        var lines = ImmutableArray.CreateBuilder<StyledLine>();
        Append(lines, blocks, "", "");
        return lines.ToImmutable();
    }

    /// <summary>Inline text as one styled line; values filled in.</summary>
    public ImmutableArray<StyledText> Inline(ImmutableArray<ProseInline> parts, Tone tone = Tone.Normal)
    {
        var line = ImmutableArray.CreateBuilder<StyledText>();
        foreach (var part in parts) Append(line, part, tone);
        return line.ToImmutable();
    }

    private void Append(ImmutableArray<StyledLine>.Builder lines, ImmutableArray<ProseBlock> blocks, string first, string rest)
    {
        var lead = first;
        for (var i = 0; i < blocks.Length; i++)
        {
            if (i > 0 && !BelongsToTheOneBefore(blocks, i)) lines.Add(StyledLine.Of(rest.TrimEnd()));
            Append(lines, blocks[i], lead, rest);
            lead = rest;
        }
    }

    // What is read aloud and what must be heard are one exchange.
    private static bool BelongsToTheOneBefore(ImmutableArray<ProseBlock> blocks, int i) =>
        blocks[i] is ProseBlock.Spoken { Answer: true } && blocks[i - 1] is ProseBlock.Spoken;

    private void Append(ImmutableArray<StyledLine>.Builder lines, ProseBlock block, string first, string rest)
    {
        switch (block)
        {
            case ProseBlock.Paragraph p:
                AppendText(lines, Inline(p.Parts), first, rest);
                break;
            case ProseBlock.Heading h:
                AppendText(lines, Inline(h.Parts, Tone.Strong), first, rest);
                break;
            case ProseBlock.List l:
                AppendList(lines, l, first, rest);
                break;
            case ProseBlock.Code c:
                foreach (var line in c.Text.TrimEnd('\n').Split('\n')) lines.AddRange(Cells.Wrap(Safe.Screen(line.TrimEnd('\r')), columns, Tone.Code, rest + "  ", rest + "    "));
                break;
            case ProseBlock.Quote q:
                // What is said aloud has a bar of its own.
                var bar = q.Blocks.All(b => b is ProseBlock.Spoken) ? "" : "| ";
                Append(lines, q.Blocks, first + bar, rest + bar);
                break;
            case ProseBlock.Spoken s:
                AppendSpoken(lines, s, rest);
                break;
            case ProseBlock.Table t:
                AppendTable(lines, t, rest);
                break;
            default:
                lines.Add(StyledLine.Of(rest + "----", Tone.Dim));
                break;
        }
    }

    private void AppendText(ImmutableArray<StyledLine>.Builder lines, ImmutableArray<StyledText> text, string first, string rest)
    {
        var lead = first;
        foreach (var line in SplitAtBreaks(text))
        {
            lines.AddRange(Cells.Wrap(line, columns, lead, rest));
            lead = rest;
        }
    }

    private void AppendList(ImmutableArray<StyledLine>.Builder lines, ProseBlock.List list, string first, string rest)
    {
        for (var i = 0; i < list.Items.Length; i++)
        {
            var mark = list.Ordered ? string.Create(CultureInfo.InvariantCulture, $"{i + 1}. ") : "- ";
            Append(lines, list.Items[i], (i == 0 ? first : rest) + mark, rest + new string(' ', mark.Length));
        }
    }

    private void AppendSpoken(ImmutableArray<StyledLine>.Builder lines, ProseBlock.Spoken spoken, string rest)
    {
        lines.AddRange(Cells.Wrap(Safe.Screen($"{(spoken.Answer ? "ANSWER" : "READ ALOUD")}  {spoken.Speaker}"), columns, Tone.Strong, rest));
        var said = Inline(spoken.Parts, Tone.Spoken).Select(p => p with { Text = SpokenDigests.In(p.Text), Tone = Tone.Spoken });
        AppendText(lines, [.. said], rest + "| ", rest + "| ");
    }

    private void AppendTable(ImmutableArray<StyledLine>.Builder lines, ProseBlock.Table table, string rest)
    {
        var rows = table.Rows.Select(r => r.Select(c => string.Concat(Inline(c).Select(p => p.Text)).Replace('\n', ' ')).ToList()).ToList();
        if (rows.Count == 0) return;
        var widths = Enumerable.Range(0, rows.Max(r => r.Count)).Select(c => rows.Max(r => c < r.Count ? Cells.Width(r[c]) : 0)).ToList();
        if (Cells.Width(rest) + widths.Sum() + 2 * (widths.Count - 1) <= columns)
        {
            for (var i = 0; i < rows.Count; i++)
            {
                var cells = rows[i].Select((cell, c) => Cells.Fit(cell, widths[c]));
                lines.Add(StyledLine.Of(rest + string.Join("  ", cells).TrimEnd(), i == 0 ? Tone.Strong : Tone.Normal));
            }

            return;
        }

        // Too wide for its place: each row as a list of "head: cell".
        foreach (var row in rows.Skip(1))
        {
            for (var c = 0; c < row.Count; c++)
            {
                var head = c < rows[0].Count ? rows[0][c] + ": " : "";
                lines.AddRange(Cells.Wrap([new StyledText(head, Tone.Strong), new StyledText(row[c], Tone.Normal)], columns, rest + (c == 0 ? "- " : "  "), rest + "    "));
            }
        }
    }

    private void Append(ImmutableArray<StyledText>.Builder line, ProseInline inline, Tone tone)
    {
        switch (inline)
        {
            case ProseInline.Text t:
                line.Add(new StyledText(Safe.Screen(t.Value), tone));
                break;
            case ProseInline.Code c:
                line.Add(new StyledText(Safe.Screen(shown.Code(c.Value)), tone is Tone.Normal ? Tone.Code : tone));
                break;
            case ProseInline.Emphasis e:
                foreach (var part in e.Parts) Append(line, part, e.Strong && tone is Tone.Normal ? Tone.Strong : tone);
                break;
            case ProseInline.Link l:
                foreach (var part in l.Parts) Append(line, part, tone);
                var caption = string.Concat(l.Parts.Select(p => shown.Inline([p])));
                if (!l.Address.StartsWith('#') && caption != l.Address) line.Add(new StyledText($" <{Safe.Screen(l.Address)}>", tone));
                break;
            case ProseInline.LineBreak:
                line.Add(new StyledText("\n", tone));
                break;
        }
    }

    private static IEnumerable<ImmutableArray<StyledText>> SplitAtBreaks(ImmutableArray<StyledText> text)
    {
        var line = ImmutableArray.CreateBuilder<StyledText>();
        foreach (var part in text)
        {
            if (part.Text != "\n")
            {
                line.Add(part);
                continue;
            }

            yield return line.ToImmutable();
            line.Clear();
        }

        yield return line.ToImmutable();
    }
}
