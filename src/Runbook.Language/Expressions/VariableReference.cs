using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>Reads <c>${name}</c> and <c>${name.path}</c>.</summary>
/// <remarks>
/// A name is ASCII letters, digits and underscores, beginning with a letter or underscore; the members behind it may
/// hold hyphens as well. Nothing else may stand between the braces.
/// </remarks>
internal static class VariableReference
{
    /// <summary>Reads the reference that begins at <paramref name="at"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Offset of the dollar sign.</param>
    /// <param name="path">Name and members, joined by dots.</param>
    /// <param name="length">Length of the whole reference, braces included.</param>
    public static bool TryRead(string text, int at, out string path, out int length)
    {
        path = "";
        length = 0;
        if (at + 3 >= text.Length || text[at] != '$' || text[at + 1] != '{') return false;
        var end = text.IndexOf('}', at);
        if (end < 0) return false;
        path = text[(at + 2)..end];
        length = end + 1 - at;
        return IsPath(path);
    }

    /// <summary>Name and members of a path.</summary>
    public static ImmutableArray<string> Split(string path) => [.. path.Split('.')];

    /// <summary>Whether a text is a variable's name: at most 64 ASCII letters, digits and underscores.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64
        && (char.IsAsciiLetter(text[0]) || text[0] == '_')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsPath(string path)
    {
        var parts = path.Split('.');
        return IsName(parts[0]) && parts.Skip(1).All(p => p.Length > 0 && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'));
    }
}
