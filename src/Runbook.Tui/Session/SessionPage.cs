using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>The session's main page: steps, instructions, what happens, whose turn it is.</summary>
/// <param name="console">The session at this console.</param>
/// <param name="keys">Its keys.</param>
internal sealed class SessionPage(SessionConsole console, Func<KeyTable> keys) : IScreen
{
    private const int Wide = 100;
    private readonly Scroller _instructions = new();
    private readonly Scroller _steps = new();
    private readonly ReadingPlace _read = new();
    private KeyTable? _keys;

    /// <inheritdoc/>
    public string Title => "session";

    /// <inheritdoc/>
    public KeyTable Keys => _keys ??= keys();

    /// <inheritdoc/>
    public bool Floats => false;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body) => SessionPicture.Paint(canvas, body, console.Scene, console.TurnUi, _instructions, _steps, _read);

    /// <inheritdoc/>
    public bool Press(KeyPress key)
    {
        if (key is { Name: KeyName.Text, Ctrl: false, Text: [>= '1' and <= '9' and var digit] } && console.Scene.Turn.Need is SessionNeed.Choice choice)
        {
            console.MarkChoice(digit - '1' < choice.Choices.Length ? digit - '1' : null);
            return true;
        }

        return _instructions.Press(key);
    }

    /// <inheritdoc/>
    public bool Paste(string text) => false;

    /// <inheritdoc/>
    public void Leave()
    {
    }

    /// <summary>Where the layout becomes wider.</summary>
    public static bool IsWide(int cols) => cols >= Wide;
}
