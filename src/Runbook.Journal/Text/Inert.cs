using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>
/// Makes text harmless to every reader of a journal: what a terminal would act on, what hides or turns characters
/// round, becomes visible as <c>⟦U+XXXX⟧</c> before it is hashed.
/// </summary>
/// <remarks>
/// The mapping is injective, because the opening bracket U+27E6 is itself replaced: <see cref="Original"/> restores
/// every text, lone surrogates included, and two different texts never become the same. There is no Unicode
/// normalisation, which would change what was signed. Which code points are replaced: docs/journal-format.md §4.
/// </remarks>
public static class Inert
{
    /// <summary>What a secret shows of itself, anywhere.</summary>
    public const string SecretMark = "⟦secret⟧";

    internal const char Open = '\u27E6';
    internal const char Close = '\u27E7';

    /// <summary>Replaces what is not inert in <paramref name="raw"/>.</summary>
    /// <param name="raw">Any UTF-16, lone surrogates included.</param>
    /// <returns>Inert text; the same instance where nothing had to be replaced.</returns>
    /// <remarks>Each text passes once: text from a journal is inert already, and would be escaped a second time.</remarks>
    public static string Text(string raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        StringBuilder? text = null;
        for (var i = 0; i < raw.Length;)
        {
            var (code, units) = CodePointAt(raw, i);
            if (IsPlain(code))
                text?.Append(raw, i, units);
            else
                (text ??= new StringBuilder().Append(raw, 0, i)).Append(CultureInfo.InvariantCulture, $"{Open}U+{code:X4}{Close}");
            i += units;
        }

        return text?.ToString() ?? raw;
    }

    /// <summary>Restores the text that <see cref="Text"/> was given.</summary>
    /// <param name="inert">Inert text. Bracket forms other than <c>⟦U+XXXX⟧</c> stay as they are.</param>
    /// <exception cref="FormatException"><paramref name="inert"/> is not inert.</exception>
    public static string Original(string inert)
    {
        ArgumentNullException.ThrowIfNull(inert);
        if (!inert.Contains(Open, StringComparison.Ordinal) && IsInert(inert)) return inert;
        if (!IsInert(inert)) throw new FormatException("The text is not inert: it holds a character or a bracket form that a journal never has.");

        var text = new StringBuilder(inert.Length);
        for (var i = 0; i < inert.Length;)
        {
            if (inert[i] != Open || inert[i + 1] != 'U')
            {
                text.Append(inert[i++]);
                continue;
            }

            var close = inert.IndexOf(Close, i);
            var code = int.Parse(inert.AsSpan((i + 3)..close), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (code is >= 0xD800 and <= 0xDFFF) text.Append((char)code);
            else text.Append(char.ConvertFromUtf32(code));
            i = close + 1;
        }

        return text.ToString();
    }

    /// <summary>Whether <paramref name="text"/> could stand in a journal as it is.</summary>
    /// <returns><see langword="true"/> where every character is inert, every <c>⟦</c> opens one of the four bracket
    /// forms, and no surrogate stands alone.</returns>
    public static bool IsInert(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var i = 0; i < text.Length;)
        {
            var (code, units) = CodePointAt(text, i);
            if (code == Open)
            {
                var form = BracketForm.LengthAt(text.AsSpan(i));
                if (form == 0) return false;
                i += form;
                continue;
            }

            if (!IsAllowed(code)) return false;
            i += units;
        }

        return true;
    }

    /// <summary>Cuts inert text that is longer than a field allows.</summary>
    /// <param name="inert">Inert text.</param>
    /// <param name="maxChars">Code points that the result may have, its suffix included; at least 128.</param>
    /// <param name="whole">The uncut text where something was cut, else <see langword="null"/>. It belongs into the artifacts.</param>
    /// <returns><paramref name="inert"/> itself, or its beginning with the suffix
    /// <c>⟦+N bytes sha256:…⟧</c>: N bytes of its UTF-8 are left out, and the digest is that of the whole UTF-8.</returns>
    /// <remarks>Cuts between characters, never inside a surrogate pair or a bracket form.</remarks>
    public static string Cut(string inert, int maxChars, out string? whole)
    {
        ArgumentNullException.ThrowIfNull(inert);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 128);
        whole = null;
        if (inert.Length <= maxChars || CountChars(inert) <= maxChars) return inert;

        whole = inert;
        var bytes = Encoding.UTF8.GetByteCount(inert);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(inert)));
        // The suffix of the largest possible N is reserved, so that N may be computed after the cut.
        var room = maxChars - $"{Open}+{bytes} bytes sha256:{digest}{Close}".Length;
        var end = 0;
        for (var chars = 0; end < inert.Length;)
        {
            var (code, units) = CodePointAt(inert, end);
            var step = code == Open ? BracketForm.LengthAt(inert.AsSpan(end)) : units;
            var stepChars = code == Open ? step : 1;
            if (chars + stepChars > room) break;
            chars += stepChars;
            end += step;
        }

        var left = bytes - Encoding.UTF8.GetByteCount(inert.AsSpan(0, end));
        return string.Create(CultureInfo.InvariantCulture, $"{inert.AsSpan(0, end)}{Open}+{left} bytes sha256:{digest}{Close}");
    }

    /// <summary>Number of code points; a surrogate pair counts once.</summary>
    internal static int CountChars(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        foreach (var c in text)
            if (char.IsLowSurrogate(c))
                count--;
        return count;
    }

    /// <summary>Whether a code point may stand in a journal as itself: allowed, and not the opening bracket.</summary>
    internal static bool IsPlain(int code) => code != Open && IsAllowed(code);

    /// <summary>Whether a code point may occur in a journal at all. The opening bracket may, as part of a bracket form.</summary>
    internal static bool IsAllowed(int code) => code switch
    {
        < 0x20 => code is '\n' or '\t',
        < 0x7F => true,
        <= 0x9F => false,                                              // DEL and C1, among them the one-character CSI
        0xAD or 0x61C or 0x180E => false,
        0x200B or 0x200E or 0x200F or 0x2028 or 0x2029 => false,
        >= 0x202A and <= 0x202E => false,                              // bidirectional embeddings and overrides
        >= 0x2060 and <= 0x206F => false,                              // invisible operators, bidirectional isolates
        >= 0xD800 and <= 0xDFFF => false,
        >= 0xFDD0 and <= 0xFDEF => false,
        >= 0xFE00 and <= 0xFE0E => false,                              // variation selectors; U+FE0F, the emoji's, stays
        0xFEFF => false,
        >= 0xFFF9 and <= 0xFFFB => false,
        >= 0xE0000 and <= 0xE0FFF => false,                            // tags and selectors
        _ => (code & 0xFFFE) != 0xFFFE,                                // noncharacters of every plane
    };

    private static (int Code, int Units) CodePointAt(string text, int index)
        => char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1])
            ? (char.ConvertToUtf32(text[index], text[index + 1]), 2)
            : (text[index], 1);
}
