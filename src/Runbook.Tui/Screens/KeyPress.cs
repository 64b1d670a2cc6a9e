namespace Runbook.Tui;

/// <summary>Which key.</summary>
internal enum KeyName
{
    /// <summary>A character, in <see cref="KeyPress.Text"/>.</summary>
    Text,
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,

    /// <summary>A key that nothing here listens to.</summary>
    Other,
}

/// <summary>A key that was pressed, whatever terminal sent it.</summary>
/// <param name="Name">Which.</param>
/// <param name="Text">The character as a person sees it, for <see cref="KeyName.Text"/>.</param>
/// <param name="Ctrl">Whether Ctrl was held.</param>
internal readonly record struct KeyPress(KeyName Name, string Text = "", bool Ctrl = false)
{
    /// <summary>A character.</summary>
    public static KeyPress Of(char character) => new(KeyName.Text, character.ToString());

    /// <summary>A letter with Ctrl.</summary>
    public static KeyPress Control(char letter) => new(KeyName.Text, letter.ToString(), true);

    /// <summary>The key as footer and help name it.</summary>
    public override string ToString() => Name switch
    {
        KeyName.Text when Ctrl => "Ctrl+" + Text.ToUpperInvariant(),
        KeyName.Text when Text == " " => "Space",
        KeyName.Text => Text,
        KeyName.BackTab => "Shift+Tab",
        KeyName.PageUp => "PgUp",
        KeyName.PageDown => "PgDn",
        _ => Name.ToString(),
    };
}
