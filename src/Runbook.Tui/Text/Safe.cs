using System.Globalization;
using System.Text;

namespace Runbook.Tui;

/// <summary>
/// Makes text from runbooks, Azure, files and people safe to put into cells. What a terminal would act on, what turns or
/// hides characters, is shown and not removed: a removed character hides an attack, a shown one reports it.
/// </summary>
/// <remarks>Both functions may be applied again to their own result and then change nothing.</remarks>
internal static class Safe
{
    /// <summary>Most characters of one line that are shown; the number of those left out is said behind them.</summary>
    public const int RunesMax = 20_000;

    // More marks on one letter than any script needs would let one cell swallow a whole text.
    private const int MarksMax = 4;
    private const string TabStop = "    ";

    /// <summary>One line: no control character, no line feed, nothing invisible.</summary>
    public static string Line(string? text, int runesMax = RunesMax)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var safe = new StringBuilder(Math.Min(text.Length, runesMax));
        var seen = 0;
        var marks = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (seen++ >= runesMax) continue;
            marks = IsMark(rune) ? marks + 1 : 0;
            if (marks > MarksMax) safe.Append(Shown(rune.Value));
            else Append(safe, rune);
        }

        if (seen > runesMax) safe.Append(CultureInfo.InvariantCulture, $"… ({seen - runesMax} more characters)");
        return safe.ToString();
    }

    /// <summary>
    /// One line for cells. The terminal driver makes a link of every <c>://</c> that it finds in a row, even of one that
    /// was cut to another host, so that no row may hold one.
    /// </summary>
    public static string Screen(string? text) => Line(text).Replace("://", "[:]//", StringComparison.Ordinal);

    /// <summary>Text of several lines, each as <see cref="Screen"/> gives it.</summary>
    public static IEnumerable<string> Lines(string? text) =>
        (text ?? "").ReplaceLineEndings("\n").Split('\n').Select(Screen);

    private static void Append(StringBuilder safe, Rune rune)
    {
        var code = rune.Value;
        switch (code)
        {
            case '\t':
                safe.Append(TabStop);
                break;
            case '\n' or '\r':
                safe.Append(' ');
                break;
            case < 0x20:
                safe.Append((char)(0x2400 + code));
                break;
            case 0x7F:
                safe.Append('\u2421');
                break;
            default:
                if (IsHidden(rune)) safe.Append(Shown(code));
                else safe.Append(rune.ToString());
                break;
        }
    }

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    private static bool IsHidden(Rune rune) => rune.Value switch
    {
        >= 0x80 and <= 0x9F => true,                                   // C1: the one-character CSI and OSC
        >= 0xFE00 and <= 0xFE0F or >= 0xE0000 and <= 0xE0FFF => true,  // selectors and tags: widths drift, text hides
        0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0 or 0x2800 => true,  // blank letters
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };

    private static string Shown(int code) => string.Create(CultureInfo.InvariantCulture, $"⟨U+{code:X4}⟩");
}
