namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>Whether a signature holds.</summary>
public class VerifyResult
{
    internal VerifyResult(string keyId, bool isValid, SignatureAlgorithm algorithm)
    {
        KeyId = keyId;
        IsValid = isValid;
        Algorithm = algorithm;
    }

    /// <summary>Id of the key's version that did it.</summary>
    public string KeyId { get; }

    /// <summary>Whether it holds.</summary>
    public bool IsValid { get; }

    /// <summary>The algorithm.</summary>
    public SignatureAlgorithm Algorithm { get; }
}
