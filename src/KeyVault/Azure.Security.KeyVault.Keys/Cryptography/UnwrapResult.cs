namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>A key, unwrapped.</summary>
public class UnwrapResult
{
    internal UnwrapResult(string keyId, byte[] key, KeyWrapAlgorithm algorithm)
    {
        KeyId = keyId;
        Key = key;
        Algorithm = algorithm;
    }

    /// <summary>Id of the key's version that did it.</summary>
    public string KeyId { get; }

    /// <summary>The key.</summary>
    public byte[] Key { get; }

    /// <summary>The algorithm.</summary>
    public KeyWrapAlgorithm Algorithm { get; }
}
