using Runbook.Journal;

namespace Runbook.Cli;

/// <summary>
/// The terminal or pipes that a command talks through. Whatever is not a literal goes through <see cref="Safe"/>: text of
/// Azure, of a runbook or of a person must reach a terminal as text.
/// </summary>
internal sealed class CliConsole(TextReader input, TextWriter output, TextWriter error, bool isInteractive, bool isOutputTerminal)
{
    private static readonly object Gate = new();

    public TextReader In { get; } = input;

    public TextWriter Out { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Whether a person sits in front: input and output are terminals.</summary>
    public bool IsInteractive { get; } = isInteractive;

    /// <summary>Whether output goes to a terminal.</summary>
    public bool IsOutputTerminal { get; } = isOutputTerminal;

    /// <summary>The console of this process.</summary>
    public static CliConsole OfProcess()
    {
        // A word-wise flush would tear lines of two writers apart; each line goes out whole.
        var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        var error = new StreamWriter(Console.OpenStandardError(), new System.Text.UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        var isDumb = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        return new CliConsole(Console.In, output, error, !Console.IsInputRedirected && !Console.IsOutputRedirected, !Console.IsOutputRedirected && !isDumb);
    }

    /// <summary>Text that can't command a terminal: control and direction characters are replaced by what they are.</summary>
    public static string Safe(string text) => Inert.Text(text);

    /// <summary>Writes a line.</summary>
    public void Line(string text = "")
    {
        lock (Gate) Out.WriteLine(text);
    }

    /// <summary>Writes what is no whole line: a prompt, or what somebody types.</summary>
    public void Write(string text)
    {
        lock (Gate) Out.Write(text);
    }

    /// <summary>Writes an error in its three parts.</summary>
    public void Complain(string code, string message, string state, string next)
    {
        lock (Gate)
        {
            Error.WriteLine($"error {code}: {Safe(message)}");
            if (state.Length > 0) Error.WriteLine($"  state: {Indented(state)}");
            if (next.Length > 0) Error.WriteLine($"  next:  {Indented(next)}");
        }
    }

    private static string Indented(string text) => Safe(text).Replace("\n", "\n         ", StringComparison.Ordinal);
}
