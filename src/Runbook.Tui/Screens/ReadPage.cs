using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>A page to read: lines that scroll, and a filter for long ones.</summary>
internal class ReadPage : IScreen
{
    private readonly Func<int, IReadOnlyList<StyledLine>> _lines;
    private readonly Scroller _scroll;
    private LineEditor? _filter;
    private string _wanted = "";

    /// <summary>Makes one.</summary>
    /// <param name="shell">Where it is shown.</param>
    /// <param name="title">Its title.</param>
    /// <param name="lines">Gives its lines for a width.</param>
    /// <param name="follows">Whether the last line is kept in sight.</param>
    /// <param name="more">Keys of its own.</param>
    public ReadPage(Shell shell, string title, Func<int, IReadOnlyList<StyledLine>> lines, bool follows = false, params ImmutableArray<KeyRow> more)
    {
        (Title, _lines, _scroll) = (title, lines, new Scroller(follows));
        Keys = new KeyTable(
        [
            .. more,
            new KeyRow("filter", "filter", "Only lines that hold a word; Esc shows all", () => _filter = new LineEditor(80), KeyPress.Of('/')) { When = () => _filter is null },
            new KeyRow("page-down", "", "Read on", () => _scroll.Press(new KeyPress(KeyName.PageDown)), new KeyPress(KeyName.PageDown), KeyPress.Of(' ')) { When = () => _filter is null },
            new KeyRow("redraw", "", "Draw the screen again", shell.Redraw, KeyPress.Control('l')) { When = () => _filter is null },
            new KeyRow("back", "back", "Back", Back(shell), new KeyPress(KeyName.Esc)) { When = () => _filter is null },
            new KeyRow("leave", "leave", "Leave the console; asks first", shell.AskToLeave, KeyPress.Of('q'), KeyPress.Control('c')) { When = () => _filter is null, Effect = KeyEffect.Opens },
        ]);
    }

    /// <inheritdoc/>
    public string Title { get; }

    /// <inheritdoc/>
    public KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => false;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        var lines = _lines(body.Width - 2);
        if (_wanted.Length > 0) lines = [.. lines.Where(l => l.Text.Contains(_wanted, StringComparison.OrdinalIgnoreCase))];
        var filterRows = _filter is null ? 0 : 1;
        var height = body.Height - 1 - filterRows;
        _scroll.Measure(lines.Count, height);
        canvas.Fill(body, Tone.Normal);
        var place = Place(lines.Count);
        canvas.Rule(0, body.Row, body.Width, Cells.Clip(Title, Math.Max(12, body.Width - 6 - Cells.Width(place))) + place, Tone.Strong);
        for (var i = 0; i < height && _scroll.Top + i < lines.Count; i++) canvas.Put(1, body.Row + 1 + i, lines[_scroll.Top + i], body.Width - 2);
        if (_filter is not null) PaintFilter(canvas, body);
    }

    /// <inheritdoc/>
    public bool Press(KeyPress key)
    {
        if (_filter is null) return _scroll.Press(key);
        switch (key.Name)
        {
            case KeyName.Esc:
                _filter = null;
                _wanted = "";
                return true;
            case KeyName.Enter:
                _filter = null;
                return true;
            default:
                if (!_filter.Press(key)) return _scroll.Press(key);
                _wanted = _filter.Text;
                return true;
        }
    }

    /// <inheritdoc/>
    public bool Paste(string text)
    {
        if (_filter is null) return false;
        _filter.Insert(text);
        _wanted = _filter.Text;
        return true;
    }

    /// <inheritdoc/>
    public void Leave()
    {
    }

    private Action Back(Shell shell) => () =>
    {
        if (_wanted.Length > 0) _wanted = "";
        else shell.Close(this);
    };

    private string Place(int count)
    {
        var filtered = _wanted.Length == 0 ? "" : $"  only \"{_wanted}\"";
        return _scroll.Below == 0 && _scroll.Top == 0 ? filtered : $"  {Math.Min(count, _scroll.Top + 1)}-{count - _scroll.Below} of {count}{(_scroll.Below > 0 ? ", more below: PgDn" : "")}{filtered}";
    }

    private void PaintFilter(Canvas canvas, Area body)
    {
        const string Label = "filter: ";
        var (line, cursor) = _filter!.Shown(body.Width - Label.Length - 1);
        canvas.Put(0, body.Bottom - 1, Label, Tone.Strong, Label.Length);
        canvas.Put(Label.Length, body.Bottom - 1, line, body.Width - Label.Length);
        canvas.Cursor = (Label.Length + cursor, body.Bottom - 1);
    }
}
