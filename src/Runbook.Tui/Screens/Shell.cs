using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>
/// The screens of a console, one over the other, with what stands around them: header, alerts, footer. Takes keys for the
/// uppermost and draws all of them on a canvas. Knows no terminal.
/// </summary>
/// <remarks>One thread uses it; <see cref="Post"/> may be called from any.</remarks>
internal sealed class Shell
{
    /// <summary>Smallest screen on which anything can be read whole.</summary>
    public const int ColsMin = 80;

    /// <summary>Smallest screen on which anything can be read whole.</summary>
    public const int RowsMin = 24;

    private readonly ISurroundings _around;
    private readonly ConsoleSettings _settings;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Stack<IScreen> _screens = new();
    private string? _notice;
    private bool _isStale = true;

    /// <summary>Begins without a screen.</summary>
    public Shell(ISurroundings around, ConsoleSettings settings)
    {
        (_around, _settings) = (around, settings);
        BothTimes = true;
    }

    /// <summary>The uppermost screen.</summary>
    public IScreen Top => _screens.Peek();

    /// <summary>Whether the person has left: the terminal is to be given back.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether local time stands beside UTC.</summary>
    public bool BothTimes { get; private set; }

    /// <summary>How people at this console want it.</summary>
    public ConsoleSettings Settings => _settings;

    /// <summary>What is to be written to the terminal's clipboard; taken once.</summary>
    public string? ToCopy { get; private set; }

    /// <summary>Whether the whole terminal is to be drawn again.</summary>
    public bool WantsRedraw { get; private set; }

    /// <summary>Puts a screen over the others.</summary>
    public void Open(IScreen screen)
    {
        _screens.Push(screen);
        _isStale = true;
    }

    /// <summary>Takes a screen away, with those that were opened over it. The first one stays.</summary>
    public void Close(IScreen screen)
    {
        if (!_screens.Contains(screen)) return;
        while (_screens.Count > 1)
        {
            var closed = _screens.Pop();
            closed.Leave();
            if (closed == screen) break;
        }

        _isStale = true;
    }

    /// <summary>Takes all screens away but the first.</summary>
    public void CloseAll()
    {
        while (_screens.Count > 1) Close(Top);
    }

    /// <summary>Ends the display.</summary>
    public void Finish()
    {
        IsOver = true;
        foreach (var screen in _screens) screen.Leave();
    }

    /// <summary>Says something in the row of the footer, until the next key.</summary>
    public void Say(string? notice)
    {
        _notice = notice;
        _isStale = true;
    }

    /// <summary>Has something done by the thread that draws, soon.</summary>
    public void Post(Action action) => _posted.Enqueue(action);

    /// <summary>Has text written to the terminal's clipboard.</summary>
    public void Copy(string exact)
    {
        ToCopy = exact;
        Say("Sent to the terminal's clipboard. If the terminal blocks that, copy what is shown.");
    }

    /// <summary>The text to copy, once.</summary>
    public string? TakeCopy()
    {
        var text = ToCopy;
        ToCopy = null;
        return text;
    }

    /// <summary>Whether the terminal has to be cleared before the next drawing, once.</summary>
    public bool TakeRedraw()
    {
        var wants = WantsRedraw;
        WantsRedraw = false;
        return wants;
    }

    /// <summary>Does what was posted and looks at the world.</summary>
    /// <returns>Whether the screen has to be drawn again.</returns>
    public bool Pulse()
    {
        while (_posted.TryDequeue(out var action))
        {
            action();
            _isStale = true;
        }

        if (_around.Refresh()) _isStale = true;
        return _isStale;
    }

    /// <summary>Takes a key.</summary>
    public void Press(KeyPress key)
    {
        _notice = null;
        _isStale = true;
        if (key is { Ctrl: true, Text: "z" })
        {
            Say("The console can't be suspended: the session would stand still unseen. q leaves it.");
            return;
        }

        if (Emergency is { } emergency && emergency.Keys.Contains(key) && emergency.When()) emergency.Run();
        else if (Anywhere is { } anywhere && anywhere.Keys.Contains(key)) anywhere.Run();
        else if (Top.Keys.Find(key) is { } row) row.Run();
        else Top.Press(key);
    }

    /// <summary>Takes text that was pasted: it is never read as keys.</summary>
    public void Paste(string text)
    {
        _isStale = true;
        if (!Top.Paste(text)) Say($"Paste ignored: {text.Length} characters. Nothing here takes text.");
    }

    /// <summary>Draws everything.</summary>
    public Canvas Paint(int cols, int rows)
    {
        _isStale = false;
        var canvas = new Canvas(cols, rows, _settings.Ascii);
        if (cols < ColsMin || rows < RowsMin)
        {
            CloseDialogs();
            PaintTooSmall(canvas);
            return canvas;
        }

        var top = PaintAround(canvas);
        var body = new Area(0, top, cols, rows - top - 1);
        var visible = _screens.TakeWhile(s => s.Floats).Count();
        foreach (var screen in _screens.Take(visible + 1).Reverse()) screen.Paint(canvas, body);
        var footer = _notice ?? Top.Keys.Footer(cols - 1);
        canvas.Put(0, rows - 1, footer, _notice is null ? Tone.Bar : Tone.Warn, cols);
        return canvas;
    }

    /// <summary>What happens when a person wants to leave; asks first.</summary>
    public Action AskToLeave { get; set; } = static () => { };

    /// <summary>A key that goes before those of every screen, dialogs and what is typed included, while it is possible; <see langword="null"/> where there is none.</summary>
    public KeyRow? Emergency { get; set; }

    /// <summary>A key that only looks, and goes before those of every screen too; <see langword="null"/> where there is none.</summary>
    public KeyRow? Anywhere { get; set; }

    /// <summary>The rows that are possible now on a screen, those of every screen first.</summary>
    public IEnumerable<KeyRow> Possible(IScreen screen)
    {
        if (Emergency is { } emergency && emergency.When()) yield return emergency;
        if (Anywhere is { } anywhere) yield return anywhere;
        foreach (var row in screen.Keys.Possible.Where(r => r.Command != Anywhere?.Command)) yield return row;
    }

    /// <summary>Has the whole terminal drawn again.</summary>
    public void Redraw() => WantsRedraw = true;

    /// <summary>Turns local time beside UTC on or off.</summary>
    public void ToggleTimes() => BothTimes = !BothTimes;

    /// <summary>A screen's rows with those that every screen has.</summary>
    public KeyTable WithCommon(params ImmutableArray<KeyRow> own) => new(
    [
        .. own,
        new KeyRow("commands", "commands", "Every command by name", () => Open(new CommandList(this, Top)), KeyPress.Of(':')),
        new KeyRow("times", "", "Local time beside UTC, or not", ToggleTimes, KeyPress.Of('b')),
        new KeyRow("redraw", "", "Draw the screen again", Redraw, KeyPress.Control('l')),
        new KeyRow("help", "help", "The keys of this screen", () => Open(HelpPage.For(this, Top)), KeyPress.Of('?')),
        new KeyRow("leave", "leave", "Leave the console; asks first", () => AskToLeave(), KeyPress.Of('q'), KeyPress.Control('c')) { Effect = KeyEffect.Opens },
    ]);

    // A half-visible dangerous sentence must not be confirmable.
    private void CloseDialogs()
    {
        while (_screens.Count > 1 && Top.Floats) Close(Top);
    }

    private int PaintAround(Canvas canvas)
    {
        var status = Safe.Screen(_around.Status);
        var width = Cells.Width(status);
        canvas.Put(0, 0, " " + Safe.Screen(_around.Header), Tone.Bar, canvas.Cols - width - 1);
        canvas.Put(canvas.Cols - width - 1, 0, status + " ", Tone.Bar, width + 1);
        var row = 1;
        foreach (var alert in _around.Alerts) canvas.Put(0, row++, $"{Glyphs.Of(_settings.Ascii).Up} {Safe.Screen(alert)}", Tone.Danger, canvas.Cols);
        return row;
    }

    private static void PaintTooSmall(Canvas canvas)
    {
        string[] lines =
        [
            $"This window is {canvas.Cols} x {canvas.Rows}.",
            $"The console needs {ColsMin} x {RowsMin}.",
            "The session goes on; nothing was lost.",
            "Enlarge the window, or use --ui plain.",
        ];
        for (var row = 0; row < Math.Min(lines.Length, canvas.Rows); row++) canvas.Put(0, row, lines[row], Tone.Normal, canvas.Cols);
    }
}
