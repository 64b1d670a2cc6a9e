using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>A SHA-256 digest: of a line, a file, a key or a text.</summary>
/// <remarks>Immutable, compared by value. The default value is 32 zero bytes, which line 1 has as its <c>prev</c>.</remarks>
public readonly record struct Digest
{
    /// <summary>Length of a digest in bytes.</summary>
    public const int Length = 32;

    private const string Prefix = "sha256:";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<byte> HexBytes = SearchValues.Create("0123456789abcdef"u8);

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Takes the 32 bytes of a digest.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    public Digest(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex => Convert.ToHexStringLower(ToBytes());

    /// <summary>The 32 bytes in standard base64, as in a signed note.</summary>
    public string Base64 => Convert.ToBase64String(ToBytes());

    /// <summary>Digests bytes.</summary>
    /// <param name="bytes">Any bytes.</param>
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[Length];
        SHA256.HashData(bytes, digest);
        return new Digest(digest);
    }

    /// <summary>Digests the UTF-8 of a text.</summary>
    /// <param name="text">Any text; as in an entry, it should have been made inert.</param>
    public static Digest OfText(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
    /// <param name="text">The text, with nothing around it.</param>
    /// <param name="digest">The digest, or the default where the text is none.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out Digest digest)
    {
        digest = default;
        return text.StartsWith(Prefix, StringComparison.Ordinal) && TryParseHex(text[Prefix.Length..], out digest);
    }

    /// <summary>Reads 64 lower-case hexadecimal digits.</summary>
    /// <param name="hex">The digits, with nothing around them.</param>
    /// <param name="digest">The digest, or the default where the text is none.</param>
    public static bool TryParseHex(ReadOnlySpan<char> hex, out Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (hex.Length != 2 * Length || hex.ContainsAnyExcept(HexDigits)) return false;
        Convert.FromHexString(hex, bytes, out _, out _);
        digest = new Digest(bytes);
        return true;
    }

    /// <summary>Reads 64 lower-case hexadecimal digits in UTF-8.</summary>
    internal static bool TryParseHex(ReadOnlySpan<byte> hex, out Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (hex.Length != 2 * Length || hex.ContainsAnyExcept(HexBytes)) return false;
        Convert.FromHexString(hex, bytes, out _, out _);
        digest = new Digest(bytes);
        return true;
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text"><c>sha256:</c> and 64 lower-case hexadecimal digits.</param>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static Digest Parse(string text)
        => TryParse(text, out var digest) ? digest : throw new FormatException("A digest is \"sha256:\" and 64 lower-case hexadecimal digits.");

    /// <summary>The 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Writes the 32 bytes.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary><c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Prefix + Hex;
}
