using System.Buffers;
using System.Globalization;

namespace Runbook.Journal;

/// <summary>
/// The four texts in double brackets that a journal may hold: <c>⟦U+XXXX⟧</c>, <c>⟦+N bytes sha256:…⟧</c>,
/// <c>⟦secret⟧</c> and <c>⟦withheld:…⟧</c>.
/// </summary>
internal static class BracketForm
{
    /// <summary>Longest form: a cut suffix with a number of ten digits.</summary>
    internal const int MaxChars = 96;

    private const string Withheld = "withheld:";
    private const string BytesSha256 = " bytes sha256:";

    private static readonly SearchValues<char> WordChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz-");
    private static readonly SearchValues<char> UpperHex = SearchValues.Create("0123456789ABCDEF");
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>UTF-16 length of the form at the beginning of <paramref name="text"/>, which opens with U+27E6; 0 where there is none.</summary>
    internal static int LengthAt(ReadOnlySpan<char> text)
    {
        var window = text.Length > MaxChars ? text[..MaxChars] : text;
        var close = window.IndexOf(Inert.Close);
        if (close < 2) return 0;
        return IsForm(window[1..close]) ? close + 1 : 0;
    }

    /// <summary>Judges what stands between the brackets.</summary>
    /// <param name="inner">Without the brackets.</param>
    internal static bool IsForm(ReadOnlySpan<char> inner)
    {
        if (inner.SequenceEqual("secret")) return true;
        if (inner.StartsWith("U+")) return IsEscapedCodePoint(inner[2..]);
        if (inner.StartsWith(Withheld)) return IsWord(inner[Withheld.Length..]);
        return inner.StartsWith("+") && IsCut(inner[1..]);
    }

    private static bool IsWord(ReadOnlySpan<char> word) => !word.IsEmpty && !word.ContainsAnyExcept(WordChars);

    private static bool IsEscapedCodePoint(ReadOnlySpan<char> hex)
    {
        if (hex.Length is < 4 or > 6 || hex.ContainsAnyExcept(UpperHex)) return false;
        if (hex.Length > 4 && hex[0] == '0') return false;
        var code = int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return code <= 0x10FFFF && !Inert.IsPlain(code);
    }

    private static bool IsCut(ReadOnlySpan<char> text)
    {
        var digits = text.IndexOf(BytesSha256);
        if (digits is < 1 or > 10 || text[0] == '0' || text[..digits].ContainsAnyExceptInRange('0', '9')) return false;
        var hex = text[(digits + BytesSha256.Length)..];
        return hex.Length == 64 && !hex.ContainsAnyExcept(LowerHex);
    }
}
