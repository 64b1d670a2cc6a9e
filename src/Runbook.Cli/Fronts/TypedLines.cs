using System.Threading.Channels;

namespace Runbook.Cli.Fronts;

/// <summary>
/// Lines that somebody types or pipes in, read on a thread of their own so that the session is never blocked by a keyboard.
/// </summary>
internal sealed class TypedLines
{
    private const int LineCharsMax = 64 * 1024;

    private readonly Channel<string?> _lines = Channel.CreateBounded<string?>(64);
    private readonly CliConsole _console;
    private volatile bool _isHidden;

    private TypedLines(CliConsole console) => _console = console;

    /// <summary>Lines in the order in which they came; <see langword="null"/> is the end of input.</summary>
    public ChannelReader<string?> Reader => _lines.Reader;

    /// <summary>Begins to read.</summary>
    public static TypedLines Start(CliConsole console)
    {
        var lines = new TypedLines(console);
        // Reading blocks for as long as nobody types; the process does not wait for this thread when it ends.
        new Thread(lines.Read) { IsBackground = true, Name = "typed lines" }.Start();
        return lines;
    }

    /// <summary>Whether what is typed from now on stays off the screen.</summary>
    public bool IsHidden
    {
        get => _isHidden;
        set => _isHidden = value;
    }

    private void Read()
    {
        while (true)
        {
            var line = _console.IsInteractive ? ReadKeys() : ReadCapped(_console.In);
            if (!_lines.Writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult() || !_lines.Writer.TryWrite(line) || line is null) return;
        }
    }

    // One line of a pipe can be arbitrarily long; what is over the limit is no command of ours, and is cut.
    private static string? ReadCapped(TextReader reader)
    {
        var text = new System.Text.StringBuilder();
        while (true)
        {
            var next = reader.Read();
            if (next < 0) return text.Length > 0 ? text.ToString() : null;
            if (next == '\n') return text.ToString().TrimEnd('\r');
            if (text.Length < LineCharsMax) text.Append((char)next);
        }
    }

    private string? ReadKeys()
    {
        var text = new System.Text.StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key)
            {
                case { Key: ConsoleKey.Enter }:
                    _console.Line();
                    return text.ToString();
                case { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } when text.Length == 0:
                    return null;
                case { Key: ConsoleKey.Backspace } when text.Length > 0:
                    text.Length--;
                    if (!_isHidden) _console.Write("\b \b");
                    break;
                case { Key: ConsoleKey.U, Modifiers: ConsoleModifiers.Control }:
                    if (!_isHidden) _console.Write(string.Concat(Enumerable.Repeat("\b \b", text.Length)));
                    text.Clear();
                    break;
                default:
                    if (char.IsControl(key.KeyChar) || text.Length >= LineCharsMax) break;
                    text.Append(key.KeyChar);
                    if (!_isHidden) _console.Write(CliConsole.Safe(key.KeyChar.ToString()));
                    break;
            }
        }
    }
}
