using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>Wraps a key that lies in this computer's memory, as another HSM would: CKM_RSA_AES_KEY_WRAP.</summary>
/// <remarks>For rehearsals, and for keys that are in the clear already. A key of a token is wrapped in the token.</remarks>
public static class ByokMaker
{
    private const int AesKeyBytes = 32;

    /// <summary>The ciphertext: a one-time AES key under the KEK, and the key under that one.</summary>
    /// <param name="kek">The KEK.</param>
    /// <param name="key">PKCS#8 of an RSA or EC key, or the bytes of a symmetric one.</param>
    public static byte[] Wrap(RSA kek, ReadOnlySpan<byte> key)
    {
        ArgumentNullException.ThrowIfNull(kek);
        var aesKey = Randomness.Bytes(AesKeyBytes);
        try
        {
            return [.. Randomness.Encrypt(kek, aesKey, RSAEncryptionPadding.OaepSHA1), .. KeyWrapPadded.Wrap(aesKey, key)];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(aesKey);
        }
    }
}
