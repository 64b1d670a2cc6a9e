using System.Numerics;
using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>What a ciphertext of RSA turned out to be.</summary>
/// <param name="Content">What was encrypted; <see langword="null"/> when no known padding fits.</param>
/// <param name="Padding">Which padding it has, in words; empty when none fits.</param>
/// <param name="IsWanted">Whether that is RSA-OAEP with SHA-1, MGF1 with SHA-1 and an empty label, which the format asks for.</param>
internal sealed record OaepReading(byte[]? Content, string Padding, bool IsWanted)
{
    private static readonly HashAlgorithmName[] Digests = [HashAlgorithmName.SHA1, HashAlgorithmName.SHA256, HashAlgorithmName.SHA384, HashAlgorithmName.SHA512];

    /// <summary>Opens a ciphertext with the private half of the key that it was made for, trying each padding that tools use.</summary>
    /// <remarks>For dissecting, off-line: it makes no secret of which padding fits, and takes its time.</remarks>
    public static OaepReading Of(RSA key, byte[] ciphertext)
    {
        var encoded = Decrypt(key.ExportParameters(includePrivateParameters: true), ciphertext);
        if (encoded is null) return new OaepReading(null, "", false);
        try
        {
            foreach (var digest in Digests)
            {
                foreach (var mask in Digests)
                {
                    if (OaepOf(encoded, digest, mask) is { } found) return found;
                }
            }

            return Pkcs1Of(encoded) is { } content ? new OaepReading(content, "RSA PKCS #1 v1.5", false) : new OaepReading(null, "", false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(encoded);
        }
    }

    private static byte[]? Decrypt(RSAParameters key, byte[] ciphertext)
    {
        var modulus = new BigInteger(key.Modulus, isUnsigned: true, isBigEndian: true);
        var value = new BigInteger(ciphertext, isUnsigned: true, isBigEndian: true);
        if (ciphertext.Length != key.Modulus!.Length || value >= modulus) return null;
        var opened = BigInteger.ModPow(value, new BigInteger(key.D, isUnsigned: true, isBigEndian: true), modulus).ToByteArray(isUnsigned: true, isBigEndian: true);
        var encoded = new byte[ciphertext.Length];
        opened.CopyTo(encoded, encoded.Length - opened.Length);
        return encoded;
    }

    private static OaepReading? OaepOf(byte[] encoded, HashAlgorithmName digest, HashAlgorithmName mask)
    {
        var ofNothing = CryptographicOperations.HashData(digest, []);
        var size = ofNothing.Length;
        if (encoded[0] != 0 || encoded.Length < (2 * size) + 2) return null;
        byte[] seed = encoded[1..(1 + size)], block = encoded[(1 + size)..];
        Mask(seed, block, mask);
        Mask(block, seed, mask);
        var end = block.AsSpan(size).IndexOfAnyExcept((byte)0);
        if (end < 0 || block[size + end] != 1) return null;
        var content = block[(size + end + 1)..];
        var isUnlabelled = block.AsSpan(0, size).SequenceEqual(ofNothing);
        // A label is seen by the rest being in its place: what is encrypted here is an AES key.
        if (!isUnlabelled && content.Length is not (16 or 24 or 32)) return null;
        var isWanted = isUnlabelled && digest == HashAlgorithmName.SHA1 && mask == HashAlgorithmName.SHA1;
        return new OaepReading(content, $"RSA-OAEP with {digest.Name}{(mask == digest ? "" : $" and MGF1 with {mask.Name}")}{(isUnlabelled ? "" : " and a label")}", isWanted);
    }

    private static byte[]? Pkcs1Of(byte[] encoded)
    {
        if (encoded[0] != 0 || encoded[1] != 2) return null;
        var end = encoded.AsSpan(2).IndexOf((byte)0);
        return end < 8 ? null : encoded[(2 + end + 1)..];
    }

    // MGF1 (RFC 8017, B.2.1): digests of the seed and a counter, one after the other.
    private static void Mask(Span<byte> target, ReadOnlySpan<byte> seed, HashAlgorithmName digest)
    {
        var counted = new byte[seed.Length + 4];
        seed.CopyTo(counted);
        var at = 0;
        for (var counter = 0; at < target.Length; counter++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(counted.AsSpan(seed.Length), counter);
            foreach (var b in CryptographicOperations.HashData(digest, counted))
            {
                if (at == target.Length) break;
                target[at++] ^= b;
            }
        }
    }
}
