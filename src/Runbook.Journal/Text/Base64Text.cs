namespace Runbook.Journal;

/// <summary>Standard base64 with padding, read strictly: a text counts only where encoding again gives the same text.</summary>
internal static class Base64Text
{
    /// <summary>Decodes; fails on the URL-safe alphabet, white space, missing padding and unused bits that are not zero.</summary>
    internal static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 != 0) return false;
        var buffer = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, buffer, out var length)) return false;
        var decoded = buffer.AsSpan(0, length);
        if (!text.SequenceEqual(Convert.ToBase64String(decoded))) return false;
        bytes = decoded.ToArray();
        return true;
    }
}
