namespace Runbook.Tui;

/// <summary>
/// A box over a screen: what it is about, which scrolls; fields to type into; hints. Esc always leaves it with nothing
/// done.
/// </summary>
/// <remarks>
/// What acts opens a moment after the dialog appeared, so that nobody presses Enter into something that they have not
/// read, and keys typed ahead do nothing.
/// </remarks>
internal abstract class Dialog : IScreen
{
    /// <summary>Widest box; longer lines are hard to read.</summary>
    protected const int ColsMax = 76;

    private readonly Scroller _scroll = new();
    private readonly TimeProvider _time;
    private readonly long _opened;

    /// <summary>Makes one.</summary>
    /// <param name="shell">Where it is shown.</param>
    /// <param name="title">Its title.</param>
    protected Dialog(Shell shell, string title)
    {
        (Shell, Title, _time) = (shell, title, shell.Settings.UiTime);
        _opened = _time.GetTimestamp();
        Keys = new KeyTable(
            new KeyRow("page-down", "", "Read on", () => _scroll.Press(new KeyPress(KeyName.PageDown)), new KeyPress(KeyName.PageDown)),
            new KeyRow("page-up", "", "Read back", () => _scroll.Press(new KeyPress(KeyName.PageUp)), new KeyPress(KeyName.PageUp)),
            new KeyRow("close", "leave, nothing done", "Leave this; nothing is done", () => shell.Close(this), new KeyPress(KeyName.Esc), KeyPress.Control('c')));
    }

    /// <inheritdoc/>
    public string Title { get; }

    /// <inheritdoc/>
    public virtual KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => true;

    /// <summary>Where it is shown.</summary>
    protected Shell Shell { get; }

    /// <summary>Whether what acts works already.</summary>
    protected bool IsOpen => _time.GetElapsedTime(_opened) >= Shell.Settings.OpenDelay;

    /// <summary>Tone of the frame.</summary>
    protected virtual Tone Border => Tone.Strong;

    /// <summary>Columns that it wants inside.</summary>
    protected virtual int Columns => ColsMax - 4;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        var columns = Math.Min(Columns, body.Width - 8);
        var lines = Lines(columns);
        var all = Fields(columns);
        var hints = Hints(columns);
        var (top, fields) = InSight(all, body.Height - 5 - hints.Count - Math.Min(1, lines.Count));
        var below = all.Count - top - fields.Count;
        var pinned = fields.Count + hints.Count + (below > 0 ? 1 : 0) + (fields.Count + hints.Count > 0 ? 1 : 0);
        var shown = Math.Clamp(lines.Count, 0, Math.Max(1, body.Height - 4 - pinned));
        _scroll.Measure(lines.Count, Math.Max(1, shown));
        if (Focus is { } focus) _scroll.Reveal(focus);
        var height = shown + pinned + 2;
        var box = canvas.Frame(new Area((body.Width - columns - 4) / 2, body.Row + Math.Max(0, (body.Height - height) / 2), columns + 4, height), Title, Border);
        for (var i = 0; i < shown; i++) canvas.Put(box.Col, box.Row + i, lines[_scroll.Top + i], columns);
        if (_scroll.Below > 0) canvas.Put(box.Col, box.Row + shown, $"-- {_scroll.Below} more lines: PgDn --", Tone.Warn, columns);
        if (top > 0) canvas.Put(box.Col, box.Row + shown, $"-- {top} more above --", Tone.Warn, columns);
        var row = box.Row + shown + (pinned > 0 ? 1 : 0);
        foreach (var (line, cursor) in fields)
        {
            canvas.Put(box.Col, row, line, columns);
            if (cursor is { } col) canvas.Cursor = (box.Col + Math.Min(col, columns - 1), row);
            row++;
        }

        if (below > 0) canvas.Put(box.Col, row++, $"-- {below} more below --", Tone.Warn, columns);
        foreach (var hint in hints) canvas.Put(box.Col, row++, hint, columns);
    }

    // Of more fields than there are rows, those around the one that is typed into: it and what Enter does must be seen. One row
    // beneath them says how many follow.
    private static (int Top, IReadOnlyList<(StyledLine Line, int? Cursor)> Fields) InSight(IReadOnlyList<(StyledLine Line, int? Cursor)> all, int rows)
    {
        rows = Math.Max(1, rows);
        if (all.Count <= rows) return (0, all);
        rows = Math.Max(1, rows - 1);
        var focus = Math.Max(0, all.ToList().FindIndex(f => f.Cursor is not null));
        var top = Math.Clamp(focus - rows / 2, 0, all.Count - rows);
        return (top, [.. all.Skip(top).Take(rows)]);
    }

    /// <inheritdoc/>
    public virtual bool Press(KeyPress key) => _scroll.Press(key);

    /// <inheritdoc/>
    public virtual bool Paste(string text) => false;

    /// <inheritdoc/>
    public virtual void Leave()
    {
    }

    /// <summary>What it is about.</summary>
    protected abstract IReadOnlyList<StyledLine> Lines(int columns);

    /// <summary>Rows to type into, with the cursor's column in the one that has it.</summary>
    protected virtual IReadOnlyList<(StyledLine Line, int? Cursor)> Fields(int columns) => [];

    /// <summary>What the keys do now.</summary>
    protected virtual IReadOnlyList<StyledLine> Hints(int columns) => [];

    /// <summary>The line of <see cref="Lines"/> that must be in sight.</summary>
    protected virtual int? Focus => null;

    /// <summary>What stands in the place of a hint until the dialog is open.</summary>
    protected static StyledLine NotOpenYet { get; } = StyledLine.Of("Read first: the keys open in a moment.", Tone.Dim);

    /// <summary>Leaves it.</summary>
    protected void Close() => Shell.Close(this);
}
