using System.Text;

namespace Runbook.Tui;

/// <summary>A rectangle of a canvas, in columns and rows from its left upper corner.</summary>
internal readonly record struct Area(int Col, int Row, int Width, int Height)
{
    /// <summary>The row behind the last.</summary>
    public int Bottom => Row + Height;
}

/// <summary>
/// A screen as cells. Every screen is drawn here first, by pure functions, and only then put on a terminal: what a person
/// saw can be drawn again from the same entries, compared, and kept as a picture.
/// </summary>
/// <remarks>
/// The last gate for text: whatever is put goes through <see cref="Safe.Screen"/>, so that a forgotten call elsewhere
/// can't reach the terminal.
/// </remarks>
internal sealed class Canvas
{
    private const string SecondHalf = "";
    private readonly (string Grapheme, Tone Tone)[,] _cells;
    private readonly bool _ascii;

    /// <summary>An empty canvas.</summary>
    /// <param name="cols">Columns.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="ascii">Whether every cell must be 7-bit.</param>
    public Canvas(int cols, int rows, bool ascii = false)
    {
        (Cols, Rows, _ascii) = (cols, rows, ascii);
        _cells = new (string, Tone)[rows, cols];
        Fill(All, Tone.Normal);
    }

    /// <summary>Columns.</summary>
    public int Cols { get; }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <summary>All of it.</summary>
    public Area All => new(0, 0, Cols, Rows);

    /// <summary>Where the terminal's own cursor stands; <see langword="null"/> to hide it.</summary>
    public (int Col, int Row)? Cursor { get; set; }

    /// <summary>The text of all rows, without trailing blanks, line feeds between.</summary>
    public string Text => string.Join('\n', Enumerable.Range(0, Rows).Select(RowText));

    /// <summary>Empties a rectangle.</summary>
    public void Fill(Area area, Tone tone)
    {
        for (var row = Math.Max(0, area.Row); row < Math.Min(Rows, area.Bottom); row++)
        {
            for (var col = Math.Max(0, area.Col); col < Math.Min(Cols, area.Col + area.Width); col++) Set(col, row, " ", tone);
        }
    }

    /// <summary>Puts text into exactly so many columns of a row, padded or clipped.</summary>
    public void Put(int col, int row, string text, Tone tone, int width)
    {
        if (row < 0 || row >= Rows) return;
        width = Math.Min(width, Cols - col);
        var at = col;
        foreach (var grapheme in Cells.Graphemes(Cells.Fit(Safe.Screen(text), width)))
        {
            foreach (var cell in _ascii ? Ascii(grapheme) : [grapheme])
            {
                var columns = Cells.Width1(cell);
                if (columns == 2) Set(at + 1, row, " ", tone);
                Set(at, row, cell, tone);
                if (columns == 2) SetRaw(at + 1, row, SecondHalf, tone);
                at += columns;
            }
        }
    }

    /// <summary>Puts a line into exactly so many columns of a row.</summary>
    /// <param name="col">Its first column.</param>
    /// <param name="row">Its row.</param>
    /// <param name="line">The line.</param>
    /// <param name="width">Columns.</param>
    /// <param name="over">The tone of all of it, where the row stands out as a whole.</param>
    public void Put(int col, int row, StyledLine line, int width, Tone? over = null)
    {
        var left = width;
        var at = col;
        foreach (var part in line.Parts)
        {
            var text = Safe.Screen(part.Text);
            var columns = Math.Min(left, Cells.Width(text));
            if (columns <= 0) break;
            Put(at, row, text, over ?? part.Tone, columns);
            at += columns;
            left -= columns;
        }

        if (left > 0) Put(at, row, "", over ?? Tone.Normal, left);
    }

    /// <summary>Draws a double frame with a title, and empties what is inside.</summary>
    /// <returns>The inside, one column of margin left and right.</returns>
    public Area Frame(Area area, string title, Tone tone)
    {
        var glyphs = Glyphs.Of(_ascii);
        Fill(area, Tone.Normal);
        var line = new string(glyphs.DoubleLine[0], Math.Max(0, area.Width - 2));
        Put(area.Col, area.Row, glyphs.DoubleTopLeft + line + glyphs.DoubleTopRight, tone, area.Width);
        var head = $" {Cells.Clip(Safe.Screen(title), Math.Max(0, area.Width - 6))} ";
        Put(area.Col + 2, area.Row, head, tone, Cells.Width(head));
        for (var row = area.Row + 1; row < area.Bottom - 1; row++)
        {
            Put(area.Col, row, glyphs.DoubleSide, tone, 1);
            Put(area.Col + area.Width - 1, row, glyphs.DoubleSide, tone, 1);
        }

        Put(area.Col, area.Bottom - 1, glyphs.DoubleBottomLeft + line + glyphs.DoubleBottomRight, tone, area.Width);
        return new Area(area.Col + 2, area.Row + 1, area.Width - 4, area.Height - 2);
    }

    /// <summary>Draws a rule with a title across a row.</summary>
    public void Rule(int col, int row, int width, string title, Tone tone = Tone.Dim)
    {
        var line = Glyphs.Of(_ascii).Line;
        Put(col, row, new string(line[0], Math.Max(0, width)), Tone.Dim, width);
        if (title.Length == 0) return;
        var text = $" {Cells.Clip(Safe.Screen(title), Math.Max(0, width - 6))} ";
        Put(col + 2, row, text, tone, Math.Min(Cells.Width(text), width - 2));
    }

    /// <summary>The text of a row, without trailing blanks.</summary>
    public string RowText(int row)
    {
        var text = new StringBuilder(Cols);
        for (var col = 0; col < Cols; col++) text.Append(_cells[row, col].Grapheme);
        return text.ToString().TrimEnd();
    }

    /// <summary>One cell: its character (empty for the second half of a wide one) and its tone.</summary>
    public (string Grapheme, Tone Tone) At(int col, int row) => _cells[row, col];

    /// <summary>A row as the longest pieces of one tone, from the left.</summary>
    public IEnumerable<(int Col, string Text, Tone Tone)> Runs(int row)
    {
        var text = new StringBuilder();
        var from = 0;
        for (var col = 0; col < Cols; col++)
        {
            text.Append(_cells[row, col].Grapheme);
            if (col + 1 < Cols && _cells[row, col + 1].Tone == _cells[row, from].Tone) continue;
            yield return (from, text.ToString(), _cells[row, from].Tone);
            text.Clear();
            from = col + 1;
        }
    }

    // Overwriting one half of a wide character leaves the other half blank.
    private void Set(int col, int row, string grapheme, Tone tone)
    {
        if (col < 0 || col >= Cols) return;
        if (_cells[row, col].Grapheme is SecondHalf && col > 0) SetRaw(col - 1, row, " ", _cells[row, col - 1].Tone);
        if (col + 1 < Cols && _cells[row, col + 1].Grapheme is SecondHalf) SetRaw(col + 1, row, " ", _cells[row, col + 1].Tone);
        SetRaw(col, row, BreaksLink(col, row, grapheme) ? "|" : grapheme, tone);
    }

    private void SetRaw(int col, int row, string grapheme, Tone tone)
    {
        if (col >= 0 && col < Cols) _cells[row, col] = (grapheme, tone);
    }

    // Pieces of one row are cleaned apart; together they might still make a link of the driver's.
    private bool BreaksLink(int col, int row, string grapheme) =>
        grapheme == "/" && col >= 2 && _cells[row, col - 1].Grapheme == "/" && _cells[row, col - 2].Grapheme == ":";

    private static IEnumerable<string> Ascii(string grapheme)
    {
        if (grapheme.Length == 1 && grapheme[0] < 0x80) return [grapheme];
        var plain = grapheme switch
        {
            "…" => "~",
            "–" or "—" or "‐" or "‑" => "-",
            "“" or "”" => "\"",
            "‘" or "’" => "'",
            "⟦" or "⟨" => "[",
            "⟧" or "⟩" => "]",
            "·" or "•" => "*",
            _ => "?",
        };
        return Cells.Width1(grapheme) == 2 ? [plain, plain] : [plain];
    }
}
