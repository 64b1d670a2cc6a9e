using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>What undoing AES key wrap with padding (RFC 5649) came to.</summary>
/// <param name="Plain">What was wrapped; <see langword="null"/> when it is not intact.</param>
/// <param name="Code">What is wrong, in a word; empty when nothing is.</param>
/// <param name="Problem">The same in a sentence.</param>
internal sealed record KeyUnwrapping(byte[]? Plain, string Code, string Problem);

/// <summary>
/// AES key wrap with padding, undone so that one learns what is wrong with a wrapping that does not open. The platform says
/// only that it does not.
/// </summary>
/// <remarks>For dissecting, off-line: it makes no secret of how far it came.</remarks>
internal static class KeyWrapPadded
{
    private const uint PaddedSign = 0xA65959A6;
    private const ulong UnpaddedSign = 0xA6A6A6A6A6A6A6A6;
    private const int Block = 8;

    /// <summary>Wraps.</summary>
    public static byte[] Wrap(byte[] key, ReadOnlySpan<byte> plain)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        return aes.EncryptKeyWrapPadded(plain);
    }

    /// <summary>Unwraps, and says why where that does not go.</summary>
    public static KeyUnwrapping Unwrap(byte[] key, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < 2 * Block || wrapped.Length % Block != 0) return new KeyUnwrapping(null, "KwpLength", $"What AES key wrap gives has a multiple of eight bytes, and at least sixteen; this has {wrapped.Length}.");
        var plain = UnwrapBlocks(key, wrapped, out var sign);
        if (sign == UnpaddedSign) return new KeyUnwrapping(null, "KwpMissing", "It is wrapped by AES key wrap without padding (RFC 3394, CKM_AES_KEY_WRAP), and has to be wrapped with padding (RFC 5649, CKM_AES_KEY_WRAP_KWP).");
        if (sign >> 32 != PaddedSign) return new KeyUnwrapping(null, "KwpIntegrity", "It was wrapped by another AES key, or a byte of it has changed.");
        var length = (uint)(sign & uint.MaxValue);
        if (length > plain.Length || length + Block <= plain.Length) return new KeyUnwrapping(null, "KwpPadding", $"Its padding says that {length} of {plain.Length} bytes are the key's, which no wrapping gives.");
        return plain.AsSpan((int)length).ContainsAnyExcept((byte)0)
            ? new KeyUnwrapping(null, "KwpPadding", "Its padding is something else than zeros.")
            : new KeyUnwrapping(plain[..(int)length], "", "");
    }

    private static byte[] UnwrapBlocks(byte[] key, ReadOnlySpan<byte> wrapped, out ulong sign)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        if (wrapped.Length == 2 * Block)
        {
            var block = aes.DecryptEcb(wrapped, PaddingMode.None);
            sign = BinaryPrimitives.ReadUInt64BigEndian(block);
            return block[Block..];
        }

        var count = (wrapped.Length / Block) - 1;
        var plain = wrapped[Block..].ToArray();
        Span<byte> pair = stackalloc byte[2 * Block];
        Span<byte> opened = stackalloc byte[2 * Block];
        sign = BinaryPrimitives.ReadUInt64BigEndian(wrapped);
        for (var step = 6 * count; step >= 1; step--)
        {
            var piece = plain.AsSpan((step - 1) % count * Block, Block);
            BinaryPrimitives.WriteUInt64BigEndian(pair, sign ^ (ulong)step);
            piece.CopyTo(pair[Block..]);
            aes.DecryptEcb(pair, opened, PaddingMode.None);
            sign = BinaryPrimitives.ReadUInt64BigEndian(opened);
            opened[Block..].CopyTo(piece);
        }

        return plain;
    }
}
