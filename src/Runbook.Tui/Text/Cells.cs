using System.Collections.Immutable;
using System.Text;
using Terminal.Gui.Drawing;
using Terminal.Gui.Text;

namespace Runbook.Tui;

/// <summary>The only functions that may cut or measure text: by terminal columns, never inside a character.</summary>
internal static class Cells
{
    private static readonly ImmutableArray<string> Single = [.. Enumerable.Range(0, 128).Select(c => ((char)c).ToString())];

    /// <summary>Columns that a text takes; a wide character takes two.</summary>
    public static int Width(string text)
    {
        if (IsPlain(text)) return text.Length;
        var width = 0;
        foreach (var grapheme in Graphemes(text)) width += Width1(grapheme);
        return width;
    }

    /// <summary>The characters as a person sees them, combining marks with their letter.</summary>
    public static IEnumerable<string> Graphemes(string text) => IsPlain(text) ? text.Select(c => Single[c]) : GraphemeHelper.GetGraphemes(text);

    /// <summary>Columns of one character: one or two. What has no width of its own still takes its cell.</summary>
    public static int Width1(string grapheme) => grapheme.Length == 1 && grapheme[0] < 0x80 ? 1 : Math.Clamp(grapheme.GetColumns(), 1, 2);

    /// <summary>Pads or clips to exactly so many columns; what was clipped ends in an ellipsis.</summary>
    public static string Fit(string text, int columns)
    {
        if (columns <= 0) return "";
        var width = Width(text);
        if (width <= columns) return text + new string(' ', columns - width);
        var kept = new StringBuilder();
        var used = 0;
        foreach (var grapheme in Graphemes(text))
        {
            var w = Width1(grapheme);
            if (used + w > columns - 1) break;
            kept.Append(grapheme);
            used += w;
        }

        return kept.Append('…').Append(' ', columns - used - 1).ToString();
    }

    /// <summary>Clips to at most so many columns.</summary>
    public static string Clip(string text, int columns) => Width(text) <= columns ? text : Fit(text, columns);

    /// <summary>Breaks a plain line at spaces.</summary>
    public static ImmutableArray<StyledLine> Wrap(string text, int columns, Tone tone = Tone.Normal, string first = "", string? rest = null) =>
        Wrap([new StyledText(text, tone)], columns, first, rest);

    /// <summary>
    /// Breaks a styled line at spaces, and inside a word only where the word is longer than the line: there behind what
    /// parts an address, where that leaves no line half empty.
    /// </summary>
    /// <param name="parts">The line.</param>
    /// <param name="columns">Columns of a line, indentation included.</param>
    /// <param name="first">What stands before the first line.</param>
    /// <param name="rest">What stands before the others; spaces as wide as <paramref name="first"/> by default.</param>
    public static ImmutableArray<StyledLine> Wrap(IEnumerable<StyledText> parts, int columns, string first = "", string? rest = null)
    {
        rest ??= new string(' ', Width(first));
        var lines = ImmutableArray.CreateBuilder<StyledLine>();
        var cells = parts.SelectMany(p => Graphemes(p.Text).Select(g => (Grapheme: g, p.Tone, Width: Width1(g)))).ToList();
        var start = 0;
        do
        {
            var lead = lines.Count == 0 ? first : rest;
            var room = Math.Max(1, columns - Width(lead));
            var (end, next) = Break(cells, start, room);
            lines.Add(Join(lead, cells, start, end));
            start = next;
        }
        while (start < cells.Count);
        return lines.ToImmutable();
    }

    // Nearly all text is: it needs no tables.
    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static (int End, int Next) Break(List<(string Grapheme, Tone Tone, int Width)> cells, int start, int room)
    {
        var used = 0;
        var space = -1;
        for (var i = start; i < cells.Count; i++)
        {
            if (cells[i].Grapheme == " ") space = i;
            used += cells[i].Width;
            if (used <= room) continue;
            var fitsNextLine = space > start && WordFits(cells, Skip(cells, space), room);
            if (!fitsNextLine && Parting(cells, Math.Max(start, space), i, start + room / 2) is { } part) return (part, part);
            if (space > start) return (space, Skip(cells, space));
            return i > start ? (i, i) : (i + 1, i + 1);
        }

        return (cells.Count, cells.Count);
    }

    private static bool WordFits(List<(string Grapheme, Tone Tone, int Width)> cells, int from, int room)
    {
        for (var i = from; i < cells.Count && cells[i].Grapheme != " "; i++)
        {
            room -= cells[i].Width;
            if (room < 0) return false;
        }

        return true;
    }

    // The last place before "to" where an address may be parted, not before "earliest".
    private static int? Parting(List<(string Grapheme, Tone Tone, int Width)> cells, int from, int to, int earliest)
    {
        for (var i = to; i > from && i > earliest; i--)
        {
            if (cells[i - 1].Grapheme is "/" or "?" or "&" or "," && cells[i].Grapheme != "/") return i;
        }

        return null;
    }

    private static int Skip(List<(string Grapheme, Tone Tone, int Width)> cells, int at)
    {
        while (at < cells.Count && cells[at].Grapheme == " ") at++;
        return at;
    }

    private static StyledLine Join(string lead, List<(string Grapheme, Tone Tone, int Width)> cells, int start, int end)
    {
        var parts = ImmutableArray.CreateBuilder<StyledText>();
        if (lead.Length > 0) parts.Add(new StyledText(lead, Tone.Normal));
        var text = new StringBuilder();
        for (var i = start; i < end; i++)
        {
            text.Append(cells[i].Grapheme);
            if (i + 1 < end && cells[i + 1].Tone == cells[i].Tone) continue;
            parts.Add(new StyledText(text.ToString(), cells[i].Tone));
            text.Clear();
        }

        return new StyledLine(parts.ToImmutable());
    }
}
