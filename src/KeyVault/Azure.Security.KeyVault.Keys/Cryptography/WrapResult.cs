namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>A key, wrapped.</summary>
public class WrapResult
{
    internal WrapResult(string keyId, byte[] encryptedKey, KeyWrapAlgorithm algorithm)
    {
        KeyId = keyId;
        EncryptedKey = encryptedKey;
        Algorithm = algorithm;
    }

    /// <summary>Id of the key's version that did it.</summary>
    public string KeyId { get; }

    /// <summary>The wrapped key.</summary>
    public byte[] EncryptedKey { get; }

    /// <summary>The algorithm.</summary>
    public KeyWrapAlgorithm Algorithm { get; }
}
