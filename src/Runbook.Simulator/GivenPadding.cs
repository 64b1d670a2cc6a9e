using System.Numerics;
using System.Security.Cryptography;

namespace Runbook.Simulator;

/// <summary>RSA encryption whose padding takes its random bytes from the caller: the framework's own takes none (RFC 8017 §7.1.1, §7.2.1).</summary>
internal static class GivenPadding
{
    public delegate void Filler(Span<byte> bytes);

    /// <summary>Encrypts.</summary>
    /// <exception cref="CryptographicException">The value is too long for the key.</exception>
    public static byte[] Encrypt(RSA key, ReadOnlySpan<byte> value, RSAEncryptionPadding padding, Filler fill)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        var length = parameters.Modulus!.Length;
        var block = padding.Mode == RSAEncryptionPaddingMode.Oaep ? Oaep(value, length, padding.OaepHashAlgorithm, fill) : Pkcs1(value, length, fill);
        return BigEndian.Bytes(BigInteger.ModPow(BigEndian.Number(block), BigEndian.Number(parameters.Exponent!), BigEndian.Number(parameters.Modulus)), length);
    }

    private static byte[] Oaep(ReadOnlySpan<byte> value, int length, HashAlgorithmName hash, Filler fill)
    {
        var label = CryptographicOperations.HashData(hash, []);
        if (value.Length > length - (2 * label.Length) - 2)
            throw new CryptographicException("The value is too long for the key.");
        // A zero, the masked seed, the masked data: label, zeros, a one, the value.
        var block = new byte[length];
        var seed = block.AsSpan(1, label.Length);
        var data = block.AsSpan(1 + label.Length);
        label.CopyTo(data);
        data[^(value.Length + 1)] = 1;
        value.CopyTo(data[^value.Length..]);
        fill(seed);
        Mask(data, seed, hash);
        Mask(seed, data, hash);
        return block;
    }

    private static byte[] Pkcs1(ReadOnlySpan<byte> value, int length, Filler fill)
    {
        if (value.Length > length - 11)
            throw new CryptographicException("The value is too long for the key.");
        var block = new byte[length];
        block[1] = 2;
        var random = block.AsSpan(2, length - value.Length - 3);
        fill(random);
        for (var i = 0; i < random.Length; i++)
            while (random[i] == 0)
                fill(random.Slice(i, 1));
        value.CopyTo(block.AsSpan(length - value.Length));
        return block;
    }

    // MGF1 (RFC 8017 §B.2.1), laid over what it masks.
    private static void Mask(Span<byte> masked, ReadOnlySpan<byte> seed, HashAlgorithmName hash)
    {
        var input = new byte[seed.Length + sizeof(int)];
        seed.CopyTo(input);
        for (var (at, counter) = (0, 0); at < masked.Length; counter++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(seed.Length), counter);
            foreach (var part in CryptographicOperations.HashData(hash, input))
            {
                if (at == masked.Length)
                    break;
                masked[at++] ^= part;
            }
        }
    }
}
