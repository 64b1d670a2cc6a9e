using System.Buffers;
using System.Text;

namespace Runbook.Journal;

/// <summary>Text that looks like a secret.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Number of bytes.</param>
/// <param name="Word">What it looks like, as in <c>⟦withheld:…⟧</c>.</param>
internal readonly record struct SecretHit(int Start, int Length, string Word);

/// <summary>
/// The last line of defence against secrets in a journal: finds what looks like one in a line's bytes.
/// </summary>
/// <remarks>JSON Web Tokens, private keys in PEM, signatures of shared access, account keys. The first line of defence is
/// that responses are journalled by allow-list, and that a <see cref="Secret"/> can't be put into an entry.</remarks>
internal static class SecretScan
{
    private const int SasSignatureMin = 40;

    private static readonly SearchValues<byte> Base64Url = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);
    private static readonly SearchValues<byte> SasBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/%="u8);
    private static readonly SearchValues<byte> KeyEnd = SearchValues.Create("\";&\\ "u8);

    /// <summary>The first hit at or behind an offset.</summary>
    internal static SecretHit? Find(ReadOnlySpan<byte> line, int from)
    {
        SecretHit? first = null;
        Consider(ref first, Token(line, from));
        Consider(ref first, PrivateKey(line, from));
        Consider(ref first, SasSignature(line, from));
        Consider(ref first, Assigned(line, from, "AccountKey="u8, "account-key"));
        Consider(ref first, Assigned(line, from, "SharedAccessSignature"u8, "shared-access"));
        return first;
    }

    /// <summary>Replaces every hit.</summary>
    /// <param name="line">The line.</param>
    /// <param name="words">What was replaced, in order; empty where nothing was.</param>
    internal static byte[] Withhold(byte[] line, out IReadOnlyList<string> words)
    {
        var found = new List<string>();
        words = found;
        if (Find(line, 0) is null) return line;
        var clean = new ArrayBufferWriter<byte>(line.Length);
        var at = 0;
        while (Find(line, at) is { } hit)
        {
            clean.Write(line.AsSpan(at, hit.Start - at));
            clean.Write(Encoding.UTF8.GetBytes($"⟦withheld:{hit.Word}⟧"));
            found.Add(hit.Word);
            at = hit.Start + hit.Length;
        }

        clean.Write(line.AsSpan(at));
        return clean.WrittenSpan.ToArray();
    }

    private static void Consider(ref SecretHit? first, SecretHit? hit)
    {
        if (hit is { } found && (first is not { } known || found.Start < known.Start)) first = found;
    }

    // eyJ is how base64 of {" begins: a header and a body of a JSON Web Token, then what belongs to them.
    private static SecretHit? Token(ReadOnlySpan<byte> line, int from)
    {
        for (var at = from; Next(line, "eyJ"u8, at) is >= 0 and var start; at = start + 3)
        {
            var end = start + Run(line, start, Base64Url);
            if (end >= line.Length || line[end] != '.' || !line[(end + 1)..].StartsWith("eyJ"u8)) continue;
            while (end < line.Length && line[end] == '.') end = end + 1 + Run(line, end + 1, Base64Url);
            return new SecretHit(start, end - start, "jwt");
        }

        return null;
    }

    private static SecretHit? PrivateKey(ReadOnlySpan<byte> line, int from)
    {
        for (var at = from; Next(line, "-----BEGIN "u8, at) is >= 0 and var start; at = start + 1)
        {
            var quote = StringEnd(line, start);
            var label = line[start..quote];
            var key = label.IndexOf("PRIVATE KEY"u8);
            if (key < 0 || key > 40) continue;
            var end = label.IndexOf("-----END "u8);
            var close = end < 0 ? -1 : label[(end + 9)..].IndexOf("-----"u8);
            return new SecretHit(start, close < 0 ? quote - start : end + 9 + close + 5, "key");
        }

        return null;
    }

    private static SecretHit? SasSignature(ReadOnlySpan<byte> line, int from)
    {
        for (var at = from; Next(line, "sig="u8, at) is >= 0 and var start; at = start + 4)
        {
            var length = Run(line, start + 4, SasBytes);
            if (length >= SasSignatureMin) return new SecretHit(start, length + 4, "sas");
        }

        return null;
    }

    private static SecretHit? Assigned(ReadOnlySpan<byte> line, int from, ReadOnlySpan<byte> name, string word)
    {
        var start = Next(line, name, from);
        if (start < 0) return null;
        var length = line[(start + name.Length)..].IndexOfAny(KeyEnd);
        var end = length < 0 ? line.Length : start + name.Length + length;
        // "SharedAccessSignature sr=…;…": the blank belongs to it.
        if (word == "shared-access" && end < line.Length && line[end] is (byte)' ' or (byte)'&') end = StringEnd(line, start);
        return new SecretHit(start, end - start, word);
    }

    private static int Next(ReadOnlySpan<byte> line, ReadOnlySpan<byte> needle, int from)
        => line[from..].IndexOf(needle) is >= 0 and var at ? from + at : -1;

    private static int Run(ReadOnlySpan<byte> line, int from, SearchValues<byte> of)
        => line[from..].IndexOfAnyExcept(of) is >= 0 and var length ? length : line.Length - from;

    // The quotation mark that ends the string around an offset: the next one without a backslash before it.
    private static int StringEnd(ReadOnlySpan<byte> line, int from)
    {
        for (var at = from; at < line.Length; at++)
        {
            if (line[at] == '\\') at++;
            else if (line[at] == '"') return at;
        }

        return line.Length;
    }
}
