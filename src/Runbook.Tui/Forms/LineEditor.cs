using System.Text;

namespace Runbook.Tui;

/// <summary>A line that a person types. The text is kept exactly; only its drawing is made safe.</summary>
/// <param name="charactersMax">Most characters, as a person counts them.</param>
/// <param name="text">What stands there at first.</param>
internal sealed class LineEditor(int charactersMax, string text = "")
{
    private readonly List<string> _characters = [.. Cells.Graphemes(text).Take(charactersMax)];
    private int _at = Cells.Graphemes(text).Take(charactersMax).Count();

    /// <summary>The text.</summary>
    public string Text => string.Concat(_characters);

    /// <summary>Replaces the text; the cursor goes behind it.</summary>
    public void Set(string text)
    {
        _characters.Clear();
        _at = 0;
        Insert(text);
    }

    /// <summary>Puts text in at the cursor. Line ends become blanks; other control characters are left out.</summary>
    /// <returns>How many control characters were left out.</returns>
    public int Insert(string text)
    {
        var kept = new StringBuilder(text.Length);
        var dropped = 0;
        foreach (var c in text.TrimEnd('\r', '\n').ReplaceLineEndings(" "))
        {
            if (char.IsControl(c)) dropped++;
            else kept.Append(c);
        }

        foreach (var character in Cells.Graphemes(kept.ToString()))
        {
            if (_characters.Count >= charactersMax) break;
            _characters.Insert(_at++, character);
        }

        return dropped;
    }

    /// <summary>Takes a key.</summary>
    public bool Press(KeyPress key)
    {
        switch (key)
        {
            case { Name: KeyName.Text, Ctrl: false }:
                Insert(key.Text);
                return true;
            case { Name: KeyName.Backspace }:
                if (_at > 0) _characters.RemoveAt(--_at);
                return true;
            case { Name: KeyName.Delete }:
                if (_at < _characters.Count) _characters.RemoveAt(_at);
                return true;
            case { Name: KeyName.Left }:
                _at = Math.Max(0, _at - 1);
                return true;
            case { Name: KeyName.Right }:
                _at = Math.Min(_characters.Count, _at + 1);
                return true;
            case { Name: KeyName.Home } or { Ctrl: true, Text: "a" }:
                _at = 0;
                return true;
            case { Name: KeyName.End } or { Ctrl: true, Text: "e" }:
                _at = _characters.Count;
                return true;
            case { Ctrl: true, Text: "u" }:
                _characters.RemoveRange(0, _at);
                _at = 0;
                return true;
            default:
                return false;
        }
    }

    /// <summary>What is drawn in so many columns, and the cursor's column in it.</summary>
    public (StyledLine Line, int Cursor) Shown(int columns)
    {
        var before = Safe.Screen(string.Concat(_characters.Take(_at)));
        var from = 0;
        var cells = Cells.Graphemes(before).ToList();
        var width = Cells.Width(before);
        // The cursor needs a cell of its own behind the last character.
        while (width > columns - 1 && from < cells.Count) width -= Cells.Width1(cells[from++]);
        var shown = string.Concat(cells.Skip(from)) + Safe.Screen(string.Concat(_characters.Skip(_at)));
        return (StyledLine.Of(Cells.Clip(shown, columns), Tone.Code), width);
    }
}
