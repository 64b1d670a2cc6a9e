namespace Runbook.Language;

/// <summary>Says which characters could make a text look like something else than it is.</summary>
public static class TextSafety
{
    /// <summary>
    /// Whether a code unit is a control character other than tab and line ends, or one that changes the direction
    /// or visibility of the text around it (Unicode Annex 9 controls, zero-width and tag characters).
    /// </summary>
    public static bool IsDeceptive(char c) => c switch
    {
        '\t' or '\n' or '\r' => false,
        < ' ' => true,
        '\u007f' => true,
        >= '\u0080' and <= '\u009f' => true,
        '\u061c' or '\u200e' or '\u200f' => true,
        >= '\u202a' and <= '\u202e' => true,
        >= '\u2066' and <= '\u2069' => true,
        '\u00ad' or '\u180e' or '\u200b' or '\u2028' or '\u2029' or '\ufeff' => true,
        >= '\u2060' and <= '\u2065' => true,
        >= '\ufff9' and <= '\ufffb' => true,
        _ => false,
    };

    /// <summary>The character's code point as <c>U+XXXX</c>.</summary>
    public static string Name(char c) => $"U+{(int)c:X4}";
}
