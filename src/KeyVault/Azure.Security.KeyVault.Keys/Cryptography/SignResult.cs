namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>A signature.</summary>
public class SignResult
{
    internal SignResult(string keyId, byte[] signature, SignatureAlgorithm algorithm)
    {
        KeyId = keyId;
        Signature = signature;
        Algorithm = algorithm;
    }

    /// <summary>Id of the key's version that did it.</summary>
    public string KeyId { get; }

    /// <summary>The signature; for elliptic curves r and s side by side.</summary>
    public byte[] Signature { get; }

    /// <summary>The algorithm.</summary>
    public SignatureAlgorithm Algorithm { get; }
}
