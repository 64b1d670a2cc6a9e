using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Runbook.Simulator.Http;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Compact encrypted tokens (RFC 7516) with A256CBC-HS512 content, the key direct or under RSA-OAEP-256.</summary>
internal static class Jwe
{
    private const int ContentKeyBytes = 64;
    private const int HalfBytes = 32;

    /// <summary>Encrypts under a content key that both sides derive.</summary>
    public static string EncryptDirect(byte[] contentKey, string keyId, ReadOnlySpan<byte> plain) =>
        Seal($"{{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\"kid\":\"{keyId}\"}}", [], contentKey, plain);

    /// <summary>Encrypts under a fresh content key that goes to the holder of an RSA key.</summary>
    public static string EncryptTo(RSA key, string keyId, ReadOnlySpan<byte> plain)
    {
        var contentKey = SimulatorRandom.Bytes(ContentKeyBytes);
        var encryptedKey = SimulatorRandom.Encrypt(key, contentKey, RSAEncryptionPadding.OaepSHA256);
        var token = Seal($"{{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"kid\":\"{keyId}\"}}", encryptedKey, contentKey, plain);
        CryptographicOperations.ZeroMemory(contentKey);
        return token;
    }

    /// <exception cref="CryptographicException">It is no such token, or was not made for that key.</exception>
    public static byte[] DecryptDirect(byte[] contentKey, string token) => Open(token, "dir", _ => contentKey);

    /// <exception cref="CryptographicException">It is no such token, or was not made for that key.</exception>
    public static byte[] DecryptWith(RSA key, string token) =>
        Open(token, "RSA-OAEP-256", encrypted => key.Decrypt(encrypted, RSAEncryptionPadding.OaepSHA256));

    /// <summary>Derives a content key as NIST SP 800-108 says: counter mode, HMAC-SHA-512, one block.</summary>
    public static byte[] DeriveKey(byte[] key, string label, string context, int bits)
    {
        var labelBytes = Encoding.UTF8.GetBytes(label);
        var contextBytes = Encoding.UTF8.GetBytes(context);
        var input = new byte[4 + labelBytes.Length + 1 + contextBytes.Length + 4];
        BinaryPrimitives.WriteUInt32BigEndian(input, 1);
        labelBytes.CopyTo(input, 4);
        contextBytes.CopyTo(input, 5 + labelBytes.Length);
        BinaryPrimitives.WriteUInt32BigEndian(input.AsSpan(input.Length - 4), (uint)bits);
        return HMACSHA512.HashData(key, input)[..(bits / 8)];
    }

    private static string Seal(string header, byte[] encryptedKey, byte[] contentKey, ReadOnlySpan<byte> plain)
    {
        var head = Base64Url.Encode(Encoding.ASCII.GetBytes(header));
        var iv = SimulatorRandom.Bytes(16);
        using var aes = Aes.Create();
        aes.Key = contentKey[HalfBytes..];
        var cipher = aes.EncryptCbc(plain, iv, PaddingMode.PKCS7);
        var tag = Tag(contentKey, head, iv, cipher);
        return $"{head}.{Base64Url.Encode(encryptedKey)}.{Base64Url.Encode(iv)}.{Base64Url.Encode(cipher)}.{Base64Url.Encode(tag)}";
    }

    private static byte[] Open(string token, string algorithm, Func<byte[], byte[]> contentKeyOf)
    {
        var parts = token.Split('.');
        if (parts.Length != 5 || !Base64Url.TryDecode(parts[0], out var header) || !Base64Url.TryDecode(parts[1], out var encryptedKey)
            || !Base64Url.TryDecode(parts[2], out var iv) || !Base64Url.TryDecode(parts[3], out var cipher) || !Base64Url.TryDecode(parts[4], out var tag))
            throw new CryptographicException("The token does not have five base64url parts.");
        RequireAlgorithm(header, algorithm);
        var contentKey = contentKeyOf(encryptedKey);
        if (contentKey.Length != ContentKeyBytes || !CryptographicOperations.FixedTimeEquals(Tag(contentKey, parts[0], iv, cipher), tag))
            throw new CryptographicException("The token is not intact, or was made for another key.");
        using var aes = Aes.Create();
        aes.Key = contentKey[HalfBytes..];
        return aes.DecryptCbc(cipher, iv, PaddingMode.PKCS7);
    }

    private static void RequireAlgorithm(byte[] header, string algorithm)
    {
        try
        {
            using var document = JsonDocument.Parse(header);
            if (document.RootElement.Member("alg").Text() == algorithm && document.RootElement.Member("enc").Text() == "A256CBC-HS512")
                return;
        }
        catch (JsonException error)
        {
            throw new CryptographicException("The token's header is not JSON.", error);
        }
        throw new CryptographicException($"The token's header does not name {algorithm} with A256CBC-HS512.");
    }

    private static byte[] Tag(byte[] contentKey, string header, byte[] iv, byte[] cipher)
    {
        var head = Encoding.ASCII.GetBytes(header);
        var input = new byte[head.Length + iv.Length + cipher.Length + 8];
        head.CopyTo(input, 0);
        iv.CopyTo(input, head.Length);
        cipher.CopyTo(input, head.Length + iv.Length);
        BinaryPrimitives.WriteUInt64BigEndian(input.AsSpan(input.Length - 8), (ulong)head.Length * 8);
        return HMACSHA512.HashData(contentKey.AsSpan(0, HalfBytes), input)[..HalfBytes];
    }
}
