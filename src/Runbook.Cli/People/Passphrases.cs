namespace Runbook.Cli;

/// <summary>Reads what must not be seen.</summary>
internal static class Passphrases
{
    private const int LengthMax = 1024;

    /// <summary>A line from the keyboard without echo; from a pipe, just a line. <see langword="null"/> at the end of input.</summary>
    public static string? ReadHidden(CliConsole console)
    {
        if (!console.IsInteractive) return console.In.ReadLine();
        var typed = new System.Text.StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter) break;
            if (key.Key == ConsoleKey.Backspace)
            {
                if (typed.Length > 0) typed.Length--;
            }
            else if (!char.IsControl(key.KeyChar) && typed.Length < LengthMax)
            {
                typed.Append(key.KeyChar);
            }
        }

        console.Line();
        return typed.ToString();
    }

    /// <summary>Asks for a passphrase, or reads it from a file's first line.</summary>
    public static char[] Ask(CliConsole console, string prompt, string? file)
    {
        if (file is not null) return [.. (File.ReadLines(file).FirstOrDefault() ?? "")];
        console.Out.Write(prompt);
        return [.. ReadHidden(console) ?? throw new CliException("RC030", "no passphrase was given.", "nothing was done.", "type it at a terminal, or name a file with --passphrase-file.")];
    }
}
