using System.Collections.Frozen;
using System.Text;

namespace Runbook.Journal;

/// <summary>The words by which the members of an enumeration are written: <c>NotUtf8</c> as <c>not-utf8</c>.</summary>
internal static class KebabWords
{
    internal static string Of(string pascal)
    {
        var text = new StringBuilder(pascal.Length + 4);
        foreach (var c in pascal)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0) text.Append('-');
            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}

/// <summary>One enumeration's words, both ways.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal static class Words<T> where T : struct, Enum
{
    private static readonly FrozenDictionary<T, string> ByValue = Enum.GetValues<T>().ToFrozenDictionary(v => v, v => KebabWords.Of(v.ToString()));
    private static readonly FrozenDictionary<string, T> ByWord = ByValue.ToFrozenDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, T>.AlternateLookup<ReadOnlySpan<char>> BySpan = ByWord.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>All values, in the order of the enumeration.</summary>
    internal static readonly T[] Values = Enum.GetValues<T>();

    /// <summary>Their words, in the same order.</summary>
    internal static readonly string[] All = [.. Values.Select(Of)];

    internal static string Of(T value) => ByValue[value];

    internal static bool TryParse(ReadOnlySpan<char> word, out T value) => BySpan.TryGetValue(word, out value);
}
