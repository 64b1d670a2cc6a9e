namespace Runbook.Tui;

/// <summary>How far a list of lines is scrolled. Pure state of the screen; knows its bounds once it was drawn.</summary>
internal sealed class Scroller
{
    private int _height = 1;
    private readonly bool _followsAtEnd;
    private int _count;

    /// <summary>Makes one.</summary>
    /// <param name="follows">Whether the last line is kept in sight while lines are added, until somebody scrolls up.</param>
    public Scroller(bool follows = false) => Follows = _followsAtEnd = follows;

    /// <summary>The first line that is shown.</summary>
    public int Top { get; private set; }

    /// <summary>Whether the last line is kept in sight.</summary>
    public bool Follows { get; private set; }

    /// <summary>How many lines fit.</summary>
    public int Height => _height;

    /// <summary>Lines below what is shown.</summary>
    public int Below => Math.Max(0, _count - Top - _height);

    /// <summary>Says how much there is and how much fits, before drawing.</summary>
    public void Measure(int count, int height)
    {
        (_count, _height) = (count, Math.Max(1, height));
        Top = Follows ? Last : Math.Clamp(Top, 0, Last);
    }

    /// <summary>Scrolls so that a line is in sight.</summary>
    public void Reveal(int line)
    {
        if (line < Top) Top = Math.Max(0, line);
        else if (line >= Top + _height) Top = Math.Min(line - _height + 1, Last);
    }

    /// <summary>Back to the first line.</summary>
    public void Reset() => Top = 0;

    /// <summary>Takes the keys that move.</summary>
    public bool Press(KeyPress key)
    {
        int? top = key switch
        {
            { Name: KeyName.Up } or { Name: KeyName.Text, Text: "k", Ctrl: false } => Top - 1,
            { Name: KeyName.Down } or { Name: KeyName.Text, Text: "j", Ctrl: false } => Top + 1,
            { Name: KeyName.PageUp } => Top - Math.Max(1, _height - 1),
            { Name: KeyName.PageDown } => Top + Math.Max(1, _height - 1),
            { Name: KeyName.Text, Ctrl: true, Text: "u" } => Top - (_height + 1) / 2,
            { Name: KeyName.Text, Ctrl: true, Text: "d" } => Top + (_height + 1) / 2,
            { Name: KeyName.Home } or { Name: KeyName.Text, Text: "g", Ctrl: false } => 0,
            { Name: KeyName.End } or { Name: KeyName.Text, Text: "G", Ctrl: false } => Last,
            _ => null,
        };
        if (top is not { } wanted) return false;
        Top = Math.Clamp(wanted, 0, Last);
        Follows = _followsAtEnd && Top == Last;
        return true;
    }

    private int Last => Math.Max(0, _count - _height);
}
