using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Runbook.Simulator.KeyVault;

/// <summary>AES key wrap (RFC 3394) and key wrap with padding (RFC 5649).</summary>
internal static class AesKeyWrap
{
    private const ulong InitialValue = 0xA6A6A6A6A6A6A6A6;
    private const uint PaddedInitialValue = 0xA65959A6;

    /// <summary>Wraps a multiple of eight bytes, at least sixteen.</summary>
    public static byte[] Wrap(byte[] key, ReadOnlySpan<byte> plain)
    {
        if (plain.Length < 16 || plain.Length % 8 != 0)
            throw new CryptographicException("The plaintext is not a multiple of eight bytes, or shorter than sixteen.");
        return WrapBlocks(key, InitialValue, plain);
    }

    /// <exception cref="CryptographicException">It was not wrapped by that key.</exception>
    public static byte[] Unwrap(byte[] key, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < 24 || wrapped.Length % 8 != 0)
            throw new CryptographicException("The wrapped key has a wrong length.");
        var plain = UnwrapBlocks(key, wrapped, out var initial);
        return initial == InitialValue ? plain : throw new CryptographicException("The wrapped key is not intact.");
    }

    /// <summary>Wraps any number of bytes from one up.</summary>
    public static byte[] WrapPadded(byte[] key, ReadOnlySpan<byte> plain)
    {
        if (plain.Length < 1)
            throw new CryptographicException("There is nothing to wrap.");
        var padded = new byte[(plain.Length + 7) / 8 * 8];
        plain.CopyTo(padded);
        var initial = ((ulong)PaddedInitialValue << 32) | (uint)plain.Length;
        if (padded.Length > 8)
            return WrapBlocks(key, initial, padded);
        Span<byte> block = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(block, initial);
        padded.CopyTo(block[8..]);
        using var aes = Cipher(key);
        return aes.EncryptEcb(block, PaddingMode.None);
    }

    /// <exception cref="CryptographicException">It was not wrapped by that key.</exception>
    public static byte[] UnwrapPadded(byte[] key, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < 16 || wrapped.Length % 8 != 0)
            throw new CryptographicException("The wrapped key has a wrong length.");
        byte[] plain;
        ulong initial;
        if (wrapped.Length == 16)
        {
            using var aes = Cipher(key);
            var block = aes.DecryptEcb(wrapped, PaddingMode.None);
            initial = BinaryPrimitives.ReadUInt64BigEndian(block);
            plain = block[8..];
        }
        else
        {
            plain = UnwrapBlocks(key, wrapped, out initial);
        }
        var length = (uint)(initial & 0xffffffff);
        if (initial >> 32 != PaddedInitialValue || length > plain.Length || length + 8 <= plain.Length || plain.AsSpan((int)length).ContainsAnyExcept((byte)0))
            throw new CryptographicException("The wrapped key is not intact.");
        return plain[..(int)length];
    }

    private static byte[] WrapBlocks(byte[] key, ulong initial, ReadOnlySpan<byte> plain)
    {
        using var aes = Cipher(key);
        var blocks = plain.Length / 8;
        var result = new byte[plain.Length + 8];
        plain.CopyTo(result.AsSpan(8));
        Span<byte> block = stackalloc byte[16];
        Span<byte> encrypted = stackalloc byte[16];
        var register = initial;
        for (var round = 0; round < 6; round++)
        {
            for (var i = 1; i <= blocks; i++)
            {
                BinaryPrimitives.WriteUInt64BigEndian(block, register);
                result.AsSpan(i * 8, 8).CopyTo(block[8..]);
                aes.EncryptEcb(block, encrypted, PaddingMode.None);
                register = BinaryPrimitives.ReadUInt64BigEndian(encrypted) ^ (ulong)((blocks * round) + i);
                encrypted[8..].CopyTo(result.AsSpan(i * 8, 8));
            }
        }
        BinaryPrimitives.WriteUInt64BigEndian(result, register);
        return result;
    }

    private static byte[] UnwrapBlocks(byte[] key, ReadOnlySpan<byte> wrapped, out ulong initial)
    {
        using var aes = Cipher(key);
        var blocks = (wrapped.Length / 8) - 1;
        var plain = wrapped[8..].ToArray();
        Span<byte> block = stackalloc byte[16];
        Span<byte> decrypted = stackalloc byte[16];
        var register = BinaryPrimitives.ReadUInt64BigEndian(wrapped);
        for (var round = 5; round >= 0; round--)
        {
            for (var i = blocks; i >= 1; i--)
            {
                BinaryPrimitives.WriteUInt64BigEndian(block, register ^ (ulong)((blocks * round) + i));
                plain.AsSpan((i - 1) * 8, 8).CopyTo(block[8..]);
                aes.DecryptEcb(block, decrypted, PaddingMode.None);
                register = BinaryPrimitives.ReadUInt64BigEndian(decrypted);
                decrypted[8..].CopyTo(plain.AsSpan((i - 1) * 8, 8));
            }
        }
        initial = register;
        return plain;
    }

    private static Aes Cipher(byte[] key)
    {
        var aes = Aes.Create();
        aes.Key = key;
        return aes;
    }
}
