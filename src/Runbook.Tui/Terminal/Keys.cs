using System.Text;
using Terminal.Gui.Drivers;
using Terminal.Gui.Input;

namespace Runbook.Tui;

/// <summary>Turns the terminal library's keys into ours.</summary>
internal static class Keys
{
    /// <summary>The key that was pressed.</summary>
    public static KeyPress From(Key key)
    {
        var plain = key.KeyCode & ~(KeyCode.ShiftMask | KeyCode.CtrlMask | KeyCode.AltMask);
        var name = plain switch
        {
            KeyCode.Enter => KeyName.Enter,
            KeyCode.Esc => KeyName.Esc,
            KeyCode.Tab => key.IsShift ? KeyName.BackTab : KeyName.Tab,
            KeyCode.Backspace => KeyName.Backspace,
            KeyCode.Delete => KeyName.Delete,
            KeyCode.CursorUp => KeyName.Up,
            KeyCode.CursorDown => KeyName.Down,
            KeyCode.CursorLeft => KeyName.Left,
            KeyCode.CursorRight => KeyName.Right,
            KeyCode.PageUp => KeyName.PageUp,
            KeyCode.PageDown => KeyName.PageDown,
            KeyCode.Home => KeyName.Home,
            KeyCode.End => KeyName.End,
            _ => KeyName.Text,
        };
        if (name != KeyName.Text) return new KeyPress(name);
        if (key.IsAlt) return new KeyPress(KeyName.Other);
        if (key.IsCtrl) return plain is >= KeyCode.A and <= KeyCode.Z ? KeyPress.Control((char)('a' + (plain - KeyCode.A))) : new KeyPress(KeyName.Other);
        var text = key.AsGrapheme is { Length: > 0 } grapheme ? grapheme : key.AsRune is { Value: > 0 } rune ? rune.ToString() : "";
        return text.Length == 0 || Rune.IsControl(text.EnumerateRunes().First()) ? new KeyPress(KeyName.Other) : new KeyPress(KeyName.Text, text);
    }
}
