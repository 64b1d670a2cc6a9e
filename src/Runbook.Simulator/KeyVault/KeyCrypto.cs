using System.Collections.Concurrent;
using System.Numerics;
using System.Security.Cryptography;

namespace Runbook.Simulator.KeyVault;

/// <summary>What an operation made: the value, and for authenticated encryption what goes with it.</summary>
internal sealed record CryptoResult(byte[] Value, byte[]? Iv = null, byte[]? Tag = null, byte[]? Aad = null);

/// <summary>
/// The algorithms of the key service over stored key material. Everything that a caller can get wrong comes out as a
/// <see cref="CryptographicException"/> without saying what exactly it was.
/// </summary>
internal sealed class KeyCrypto(KeyRing ring)
{
    private const int GcmTagBytes = 16;
    private const int GcmIvBytes = 12;
    private const int RememberedUnwraps = 10_000;

    private readonly ConcurrentDictionary<string, byte[]> _unwrapped = new(StringComparer.Ordinal);

    /// <summary>Algorithms by what they do and the type of key that does it.</summary>
    public static bool Fits(string operation, string algorithm, KeyVersion key) => (operation, key.BaseType) switch
    {
        ("encrypt" or "decrypt", "RSA") => RsaPadding(algorithm) is not null,
        ("wrapKey" or "unwrapKey", "RSA") => RsaPadding(algorithm) is not null,
        ("sign" or "verify", "RSA") => algorithm == "RSNULL" || RsaSignature(algorithm) is not null,
        ("sign" or "verify", "EC") => CurveFor(algorithm) == key.Curve,
        ("encrypt" or "decrypt", "oct") => algorithm == $"A{key.Bits}GCM" || algorithm == $"A{key.Bits}CBC" || algorithm == $"A{key.Bits}CBCPAD",
        ("wrapKey" or "unwrapKey", "oct") => algorithm == $"A{key.Bits}KW" || algorithm is "CKM_AES_KEY_WRAP" or "CKM_AES_KEY_WRAP_PAD",
        ("sign" or "verify", "oct") => algorithm is "HS256" or "HS384" or "HS512",
        _ => false,
    };

    public CryptoResult Encrypt(KeyVersion key, string algorithm, byte[] value, byte[]? iv, byte[]? aad)
    {
        if (key.BaseType == "RSA")
            return new CryptoResult(ring.WithRsa(key, rsa => SimulatorRandom.Encrypt(rsa, value, RsaPadding(algorithm)!)));
        var secret = Convert.FromBase64String(key.Material!);
        if (algorithm.EndsWith("GCM", StringComparison.Ordinal))
        {
            var made = SimulatorRandom.Bytes(GcmIvBytes);
            var sealedValue = new byte[value.Length];
            var tag = new byte[GcmTagBytes];
            using var gcm = new AesGcm(secret, GcmTagBytes);
            gcm.Encrypt(made, value, sealedValue, tag, aad);
            return new CryptoResult(sealedValue, made, tag, aad);
        }
        using var aes = Aes.Create();
        aes.Key = secret;
        return new CryptoResult(aes.EncryptCbc(value, iv!, CbcPadding(algorithm)), iv);
    }

    public byte[] Decrypt(KeyVersion key, string algorithm, byte[] value, byte[]? iv, byte[]? tag, byte[]? aad)
    {
        if (key.BaseType == "RSA")
            return DecryptRsa(key, algorithm, value);
        var secret = Convert.FromBase64String(key.Material!);
        if (algorithm.EndsWith("GCM", StringComparison.Ordinal))
        {
            var plain = new byte[value.Length];
            using var gcm = new AesGcm(secret, GcmTagBytes);
            gcm.Decrypt(iv!, value, tag!, plain, aad);
            return plain;
        }
        using var aes = Aes.Create();
        aes.Key = secret;
        return aes.DecryptCbc(value, iv!, CbcPadding(algorithm));
    }

    public byte[] Wrap(KeyVersion key, string algorithm, byte[] value)
    {
        if (key.BaseType == "RSA")
            return ring.WithRsa(key, rsa => SimulatorRandom.Encrypt(rsa, value, RsaPadding(algorithm)!));
        var secret = Convert.FromBase64String(key.Material!);
        return algorithm == "CKM_AES_KEY_WRAP_PAD" ? AesKeyWrap.WrapPadded(secret, value) : AesKeyWrap.Wrap(secret, value);
    }

    public byte[] Unwrap(KeyVersion key, string algorithm, byte[] value)
    {
        if (key.BaseType == "RSA")
            return DecryptRsa(key, algorithm, value);
        var secret = Convert.FromBase64String(key.Material!);
        return algorithm == "CKM_AES_KEY_WRAP_PAD" ? AesKeyWrap.UnwrapPadded(secret, value) : AesKeyWrap.Unwrap(secret, value);
    }

    /// <summary>
    /// Unwraps, remembering the results: services ask for the same data key again and again, only to see whether they still
    /// may. All checks of permission and state have been made before this.
    /// </summary>
    public byte[] UnwrapRemembering(KeyVersion key, string algorithm, byte[] value) =>
        Remembered(_unwrapped, key, algorithm, value, () => Unwrap(key, algorithm, value));

    // In runs that repeat, the same keys decrypt the same values again and again, whoever asks for it.
    private byte[] DecryptRsa(KeyVersion key, string algorithm, byte[] value)
    {
        return RepeatedRuns.Unwrapped is { } inRuns ? Remembered(inRuns, key, algorithm, value, Decrypted) : Decrypted();

        byte[] Decrypted() => ring.WithRsa(key, rsa => rsa.Decrypt(value, RsaPadding(algorithm)!));
    }

    private static byte[] Remembered(ConcurrentDictionary<string, byte[]> results, KeyVersion key, string algorithm, byte[] value, Func<byte[]> decrypt)
    {
        var name = $"{DigestOf(key.Material!)}\n{algorithm}\n{Convert.ToHexString(SHA256.HashData(value))}";
        if (results.TryGetValue(name, out var known))
            return known;
        var decrypted = decrypt();
        if (results.Count >= RememberedUnwraps)
            results.Clear();
        results[name] = decrypted;
        return decrypted;
    }

    public byte[] Sign(KeyVersion key, string algorithm, byte[] value)
    {
        RequireDigestLength(algorithm, value);
        switch (key.BaseType)
        {
            case "RSA" when algorithm == "RSNULL":
                return ring.WithRsa(key, rsa => SignBare(rsa, value));
            case "RSA":
                var (hash, padding) = RsaSignature(algorithm)!.Value;
                return ring.WithRsa(key, rsa => rsa.SignHash(value, hash, padding));
            case "EC":
                return ring.WithEc(key, ec => GivenCurve.SignHash(ec, value));
            default:
                return Mac(key, algorithm, value);
        }
    }

    public bool Verify(KeyVersion key, string algorithm, byte[] digest, byte[] signature)
    {
        RequireDigestLength(algorithm, digest);
        switch (key.BaseType)
        {
            case "RSA" when algorithm == "RSNULL":
                return ring.WithRsa(key, rsa => VerifyBare(rsa, digest, signature));
            case "RSA":
                var (hash, padding) = RsaSignature(algorithm)!.Value;
                return ring.WithRsa(key, rsa => rsa.VerifyHash(digest, signature, hash, padding));
            case "EC":
                return ring.WithEc(key, ec => ec.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
            default:
                return CryptographicOperations.FixedTimeEquals(Mac(key, algorithm, digest), signature);
        }
    }

    // Many estates may share what is remembered: a short hash would not do.
    private static string DigestOf(string material) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(material)));

    private static byte[] Mac(KeyVersion key, string algorithm, byte[] value)
    {
        var secret = Convert.FromBase64String(key.Material!);
        return algorithm switch
        {
            "HS256" => HMACSHA256.HashData(secret, value),
            "HS384" => HMACSHA384.HashData(secret, value),
            _ => HMACSHA512.HashData(secret, value),
        };
    }

    private static void RequireDigestLength(string algorithm, byte[] digest)
    {
        var expected = algorithm switch
        {
            "RSNULL" or "HS256" or "HS384" or "HS512" => digest.Length,
            _ when algorithm.EndsWith("384", StringComparison.Ordinal) => 48,
            _ when algorithm.EndsWith("512", StringComparison.Ordinal) => 64,
            _ => 32,
        };
        if (digest.Length != expected)
            throw new CryptographicException($"The digest has {digest.Length} bytes; {algorithm} takes {expected}.");
    }

    private static RSAEncryptionPadding? RsaPadding(string algorithm) => algorithm switch
    {
        "RSA-OAEP-256" => RSAEncryptionPadding.OaepSHA256,
        "RSA-OAEP" => RSAEncryptionPadding.OaepSHA1,
        "RSA1_5" => RSAEncryptionPadding.Pkcs1,
        _ => null,
    };

    private static (HashAlgorithmName Hash, RSASignaturePadding Padding)? RsaSignature(string algorithm) => algorithm switch
    {
        "RS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "RS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        "RS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        "PS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        "PS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        "PS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
        _ => null,
    };

    private static string? CurveFor(string algorithm) => algorithm switch
    {
        "ES256" => "P-256",
        "ES256K" => "P-256K",
        "ES384" => "P-384",
        "ES512" => "P-521",
        _ => null,
    };

    private static PaddingMode CbcPadding(string algorithm) =>
        algorithm.EndsWith("PAD", StringComparison.Ordinal) ? PaddingMode.PKCS7 : PaddingMode.None;

    /// <summary>PKCS#1 type 1 padding around whatever was sent, without a DigestInfo (TLS of old).</summary>
    private static byte[] SignBare(RSA rsa, byte[] value)
    {
        var bytes = rsa.KeySize / 8;
        if (value.Length > bytes - 11)
            throw new CryptographicException("The value is too long for the key.");
        var parameters = rsa.ExportParameters(includePrivateParameters: true);
        var block = new byte[bytes];
        block.AsSpan(2, bytes - value.Length - 3).Fill(0xff);
        block[1] = 1;
        value.CopyTo(block, bytes - value.Length);
        var signature = BigInteger.ModPow(BigEndian.Number(block), BigEndian.Number(parameters.D!), BigEndian.Number(parameters.Modulus!));
        return BigEndian.Bytes(signature, bytes);
    }

    private static bool VerifyBare(RSA rsa, byte[] value, byte[] signature)
    {
        var bytes = rsa.KeySize / 8;
        if (signature.Length != bytes || value.Length > bytes - 11)
            return false;
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        var block = BigEndian.Bytes(BigInteger.ModPow(BigEndian.Number(signature), BigEndian.Number(parameters.Exponent!), BigEndian.Number(parameters.Modulus!)), bytes);
        var padding = block.AsSpan(2, bytes - value.Length - 3);
        return block[0] == 0 && block[1] == 1 && !padding.ContainsAnyExcept((byte)0xff) && block[padding.Length + 2] == 0
            && block.AsSpan(bytes - value.Length).SequenceEqual(value);
    }

}
