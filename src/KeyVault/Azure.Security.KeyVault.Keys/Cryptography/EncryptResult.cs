namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>What was encrypted, and what decrypting it needs.</summary>
public class EncryptResult
{
    internal EncryptResult(string keyId, byte[] ciphertext, EncryptionAlgorithm algorithm)
    {
        KeyId = keyId;
        Ciphertext = ciphertext;
        Algorithm = algorithm;
    }

    /// <summary>Id of the key's version that did it.</summary>
    public string KeyId { get; }

    /// <summary>The ciphertext.</summary>
    public byte[] Ciphertext { get; }

    /// <summary>The algorithm.</summary>
    public EncryptionAlgorithm Algorithm { get; }

    /// <summary>The initialization vector, of symmetric algorithms.</summary>
    public byte[]? Iv { get; internal init; }

    /// <summary>The tag, of algorithms that authenticate.</summary>
    public byte[]? AuthenticationTag { get; internal init; }

    /// <summary>What was authenticated besides.</summary>
    public byte[]? AdditionalAuthenticatedData { get; internal init; }
}
