using System.Globalization;

namespace Runbook.Cli.Fronts;

/// <summary>
/// The lines of plain mode: <c>HH:mm:ssZ  WORD     text</c>, at most 100 columns, no cursor movement; a longer text goes on
/// under itself.
/// </summary>
internal sealed class PlainLines(CliConsole console)
{
    private const int Columns = 100;
    private const int WordColumns = 8;

    /// <summary>Whether a prompt waits on the last line, so that a line of ours begins below it.</summary>
    public bool IsPromptOpen { get; set; }

    /// <summary>Writes a text under a word.</summary>
    public void Write(DateTimeOffset at, string word, string text)
    {
        var lead = string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:HH:mm:ss}Z  {word.PadRight(WordColumns)} ");
        var rest = new string(' ', lead.Length);
        if (IsPromptOpen) console.Line();
        IsPromptOpen = false;
        foreach (var paragraph in text.Split('\n'))
        {
            foreach (var line in Wrap(CliConsole.Safe(paragraph), Columns - lead.Length))
            {
                console.Line((lead + line).TrimEnd());
                lead = rest;
            }
        }
    }

    /// <summary>A text in lines of at most so many columns, cut at spaces where there are some. Leading spaces are kept.</summary>
    public static IEnumerable<string> Wrap(string text, int columns)
    {
        var indent = text.Length - text.TrimStart(' ').Length;
        var hanging = new string(' ', Math.Min(indent, columns / 2));
        var isFirst = true;
        while (true)
        {
            var room = isFirst ? columns : columns - hanging.Length;
            var start = isFirst ? "" : hanging;
            var fits = Fitting(text, room);
            if (fits >= text.Length)
            {
                yield return start + text;
                yield break;
            }

            var space = text.LastIndexOf(' ', fits, fits - (isFirst ? Math.Min(indent, fits) : 0));
            var cut = space > (isFirst ? indent : 0) ? space : fits;
            yield return start + text[..cut].TrimEnd(' ');
            text = text[cut..].TrimStart(' ');
            isFirst = false;
        }
    }

    // Wide characters count double; a pair of surrogates is never torn apart.
    private static int Fitting(string text, int columns)
    {
        var used = 0;
        for (var i = 0; i < text.Length;)
        {
            var rune = System.Text.Rune.TryGetRuneAt(text, i, out var r) ? r : System.Text.Rune.ReplacementChar;
            used += IsWide(rune.Value) ? 2 : 1;
            if (used > columns) return i;
            i += char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
        }

        return text.Length;
    }

    private static bool IsWide(int rune) => rune is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);
}
