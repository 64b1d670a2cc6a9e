using System.Text.RegularExpressions;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>Writes the digests in a text the way they are read aloud: in groups of four digits, and as words.</summary>
internal static partial class SpokenDigests
{
    /// <summary>The text with each SHA-256 digest in it spelled out.</summary>
    public static string In(string text) => Sha256().Replace(text, m => Spell(m.Groups[1].Value));

    private static string Spell(string hex) => Digest.TryParseHex(hex, out var digest)
        ? $"{string.Join(' ', PaperWords.Groups(digest))} ({string.Join(' ', PaperWords.Of(digest))})"
        : hex;

    [GeneratedRegex(@"\b(?:sha256:)?([0-9a-f]{64})\b", RegexOptions.NonBacktracking)]
    private static partial Regex Sha256();
}
