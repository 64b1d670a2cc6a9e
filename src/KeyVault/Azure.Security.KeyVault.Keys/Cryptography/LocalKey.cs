using System.Security.Cryptography;

namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>
/// The part of a key's work that its public half can do on this computer: encrypt, wrap and verify. An operation that it
/// can't do gives <see langword="null"/>, and the service is asked.
/// </summary>
internal sealed class LocalKey(KeyVaultKey key)
{
    private static readonly Dictionary<string, RSAEncryptionPadding> Paddings = new(StringComparer.Ordinal)
    {
        ["RSA1_5"] = RSAEncryptionPadding.Pkcs1,
        ["RSA-OAEP"] = RSAEncryptionPadding.OaepSHA1,
        ["RSA-OAEP-256"] = RSAEncryptionPadding.OaepSHA256,
    };

    private bool IsRsa => key.KeyType == KeyType.Rsa || key.KeyType == KeyType.RsaHsm;

    private bool IsCurve => key.KeyType == KeyType.Ec || key.KeyType == KeyType.EcHsm;

    public string Id => key.Id.AbsoluteUri;

    public byte[]? Encrypt(KeyOperation operation, string algorithm, byte[] plaintext)
    {
        if (!IsRsa || !key.KeyOperations.Contains(operation) || !Paddings.TryGetValue(algorithm, out var padding)) return null;
        CheckDates();
        using var rsa = key.Key.ToRSA();
        try
        {
            return rsa.Encrypt(plaintext, padding);
        }
        catch (CryptographicException)
        {
            // What this platform can't encrypt, the service may: it decides.
            return null;
        }
    }

    public bool? Verify(SignatureAlgorithm algorithm, byte[] digest, byte[] signature)
    {
        if (!key.KeyOperations.Contains(KeyOperation.Verify)) return null;
        var name = algorithm.ToString();
        if (IsCurve && name.StartsWith("ES", StringComparison.Ordinal))
        {
            using var curve = key.Key.ToECDsa();
            return curve.VerifyHash(digest, signature);
        }

        if (!IsRsa || Signatures.PaddingOf(name) is not { } padding) return null;
        using var rsa = key.Key.ToRSA();
        return rsa.VerifyHash(digest, signature, Signatures.HashOf(algorithm), padding);
    }

    private void CheckDates()
    {
        var now = TimeProvider.System.GetUtcNow();
        if (key.Properties.NotBefore is { } from && now < from) throw new InvalidOperationException($"The key \"{key.Name}\" is not valid before {from:r}.");
        if (key.Properties.ExpiresOn is { } until && now > until) throw new InvalidOperationException($"The key \"{key.Name}\" is not valid after {until:r}.");
    }
}
