using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>
/// The primitives of a security domain: encrypted objects (RFC 7516, A256CBC-HS512 of RFC 7518 §5.2.5), keys derived as NIST SP 800-108
/// says, and shares over GF(257).
/// </summary>
internal static class DomainCrypto
{
    /// <summary>Bytes of a content key: half for the tag, half for the cipher.</summary>
    public const int ContentKeyBytes = 64;

    /// <summary>Bytes of the master key that the shares give back.</summary>
    public const int MasterKeyBytes = 32;

    private const int Half = 32;
    private const int BlockBytes = 16;
    private const int Prime = 257;
    private const int NumberShift = 9;

    /// <summary>Derives the content key of a part from the master key: counter mode, HMAC-SHA-512, one block, no context.</summary>
    public static byte[] Derive(ReadOnlySpan<byte> master, string label)
    {
        var text = Encoding.UTF8.GetBytes(label);
        var input = new byte[4 + text.Length + 1 + 4];
        BinaryPrimitives.WriteUInt32BigEndian(input, 1);
        text.CopyTo(input, 4);
        BinaryPrimitives.WriteUInt32BigEndian(input.AsSpan(input.Length - 4), ContentKeyBytes * 8);
        return HMACSHA512.HashData(master, input);
    }

    /// <summary>Opens an encrypted object; <see langword="null"/> when it was not made with that content key, or was changed.</summary>
    public static byte[]? TryOpen(string token, ReadOnlySpan<byte> contentKey)
    {
        var parts = token.Split('.');
        if (parts.Length != 5 || contentKey.Length != ContentKeyBytes) return null;
        var (iv, cipher, tag) = (Base64Url.DecodeFromChars(parts[2]), Base64Url.DecodeFromChars(parts[3]), Base64Url.DecodeFromChars(parts[4]));
        if (iv.Length != BlockBytes || !CryptographicOperations.FixedTimeEquals(Tag(contentKey, parts[0], iv, cipher), tag)) return null;
        using var aes = Aes.Create();
        aes.SetKey(contentKey[Half..]);
        return aes.DecryptCbc(cipher, iv, PaddingMode.PKCS7);
    }

    /// <summary>Encrypts under a content key that both sides know.</summary>
    public static string Seal(ReadOnlySpan<byte> contentKey, string keyId, ReadOnlySpan<byte> plain) =>
        Seal(Header("dir", keyId), [], contentKey, plain);

    /// <summary>Encrypts for the holder of an RSA key, under a content key of its own.</summary>
    public static string SealFor(RSA recipient, ReadOnlySpan<byte> plain)
    {
        var contentKey = Randomness.Bytes(ContentKeyBytes);
        try
        {
            return Seal(Header("RSA-OAEP-256", "not used"), Randomness.Encrypt(recipient, contentKey, RSAEncryptionPadding.OaepSHA256), contentKey, plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    /// <summary>
    /// Joins shares: each holds a 16-bit little-endian word for each byte of the secret, its number in the upper seven bits and a
    /// polynomial's value in the lower nine.
    /// </summary>
    /// <param name="shares">As many as are required, each of another number.</param>
    /// <returns>The secret; <see langword="null"/> when the shares don't fit together.</returns>
    public static byte[]? TryJoin(IReadOnlyList<byte[]> shares)
    {
        if (shares.Any(s => s.Length != MasterKeyBytes * 2)) return null;
        var secret = new byte[MasterKeyBytes];
        for (var at = 0; at < secret.Length; at++)
        {
            var points = shares.Select(s => BinaryPrimitives.ReadUInt16LittleEndian(s.AsSpan(at * 2))).Select(w => (X: w >> NumberShift, Y: w & ((1 << NumberShift) - 1))).ToArray();
            if (points.DistinctBy(p => p.X).Count() != points.Length || points.Any(p => p.X == 0 || p.Y >= Prime)) return null;
            var sum = 0;
            foreach (var (x, y) in points)
            {
                var weight = 1;
                foreach (var (other, _) in points)
                {
                    if (other != x) weight = weight * other % Prime * Inverse((other - x + Prime) % Prime) % Prime;
                }

                sum = (sum + (y * weight)) % Prime;
            }

            if (sum > byte.MaxValue) return null;
            secret[at] = (byte)sum;
        }

        return secret;
    }

    // x²⁵⁵ is x's inverse modulo 257.
    private static int Inverse(int x)
    {
        var result = 1;
        for (var i = 0; i < Prime - 2; i++) result = result * x % Prime;
        return result;
    }

    private static string Header(string algorithm, string keyId) => $$"""{"alg":"{{algorithm}}","enc":"A256CBC-HS512","kid":"{{JsonEncodedText.Encode(keyId)}}"}""";

    private static string Seal(string header, ReadOnlySpan<byte> encryptedKey, ReadOnlySpan<byte> contentKey, ReadOnlySpan<byte> plain)
    {
        var head = Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header));
        var iv = Randomness.Bytes(BlockBytes);
        using var aes = Aes.Create();
        aes.SetKey(contentKey[Half..]);
        var cipher = aes.EncryptCbc(plain, iv, PaddingMode.PKCS7);
        return string.Join('.', head, Base64Url.EncodeToString(encryptedKey), Base64Url.EncodeToString(iv), Base64Url.EncodeToString(cipher), Base64Url.EncodeToString(Tag(contentKey, head, iv, cipher)));
    }

    private static byte[] Tag(ReadOnlySpan<byte> contentKey, string head, byte[] iv, byte[] cipher)
    {
        var text = Encoding.ASCII.GetBytes(head);
        var input = new byte[text.Length + iv.Length + cipher.Length + 8];
        text.CopyTo(input, 0);
        iv.CopyTo(input, text.Length);
        cipher.CopyTo(input, text.Length + iv.Length);
        BinaryPrimitives.WriteUInt64BigEndian(input.AsSpan(input.Length - 8), (ulong)text.Length * 8);
        return HMACSHA512.HashData(contentKey[..Half], input)[..Half];
    }
}
