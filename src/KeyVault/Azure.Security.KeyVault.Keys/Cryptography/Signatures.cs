using System.Security.Cryptography;

namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>What a signature algorithm's name says.</summary>
internal static class Signatures
{
    public static RSASignaturePadding? PaddingOf(string name) => name[..2] switch
    {
        "PS" => RSASignaturePadding.Pss,
        "RS" => RSASignaturePadding.Pkcs1,
        _ => null,
    };

    public static HashAlgorithmName HashOf(SignatureAlgorithm algorithm) => algorithm.ToString() switch
    {
        "ES256" or "ES256K" or "PS256" or "RS256" or "HS256" => HashAlgorithmName.SHA256,
        "ES384" or "PS384" or "RS384" or "HS384" => HashAlgorithmName.SHA384,
        "ES512" or "PS512" or "RS512" or "HS512" => HashAlgorithmName.SHA512,
        var other => throw new NotSupportedException($"The signature algorithm {other} is not supported."),
    };

    public static byte[] DigestOf(SignatureAlgorithm algorithm, byte[] data) => CryptographicOperations.HashData(HashOf(algorithm), data);
}
