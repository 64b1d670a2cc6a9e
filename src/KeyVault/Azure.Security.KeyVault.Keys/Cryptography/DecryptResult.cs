namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>What was decrypted.</summary>
public class DecryptResult
{
    internal DecryptResult(string keyId, byte[] plaintext, EncryptionAlgorithm algorithm)
    {
        KeyId = keyId;
        Plaintext = plaintext;
        Algorithm = algorithm;
    }

    /// <summary>Id of the key's version that did it.</summary>
    public string KeyId { get; }

    /// <summary>The plaintext.</summary>
    public byte[] Plaintext { get; }

    /// <summary>The algorithm.</summary>
    public EncryptionAlgorithm Algorithm { get; }
}
