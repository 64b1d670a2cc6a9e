using System.Globalization;
using System.Text;

namespace Runbook.Language.Parsing;

/// <summary>
/// The anchors that GitHub gives headings: lower case; letters, marks, digits, underscores and hyphens stay, spaces
/// become hyphens, all else goes; a repeated anchor gets <c>-1</c>, <c>-2</c> behind it.
/// </summary>
internal sealed class Slugs
{
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);

    /// <summary>The anchor of the next heading of the file, and whether it had to be numbered.</summary>
    public (string Slug, bool Numbered) Next(string heading)
    {
        var plain = Of(heading);
        var slug = plain;
        var count = _seen.GetValueOrDefault(plain, -1);
        while (true)
        {
            slug = ++count == 0 ? plain : string.Create(CultureInfo.InvariantCulture, $"{plain}-{count}");
            if (!_seen.ContainsKey(slug)) break;
        }

        _seen[plain] = count;
        _seen.TryAdd(slug, 0);
        return (slug, count > 0);
    }

    /// <summary>The anchor of a heading that stands alone.</summary>
    public static string Of(string heading)
    {
        var slug = new StringBuilder();
        foreach (var rune in heading.Trim().EnumerateRunes())
        {
            if (rune.Value == ' ') slug.Append('-');
            else if (rune.Value == '-' || IsWord(rune)) slug.Append(Rune.ToLowerInvariant(rune).ToString());
        }

        return slug.ToString();
    }

    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        _ => false,
    };
}
