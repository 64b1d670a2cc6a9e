namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>What is to be decrypted, and how; made by the method of the algorithm's name.</summary>
public class DecryptParameters
{
    private DecryptParameters(EncryptionAlgorithm algorithm, byte[] ciphertext, byte[]? iv = null, byte[]? authenticationTag = null, byte[]? additionalAuthenticatedData = null)
    {
        Algorithm = algorithm;
        Ciphertext = Argument.NotNull(ciphertext);
        Iv = iv;
        AuthenticationTag = authenticationTag;
        AdditionalAuthenticatedData = additionalAuthenticatedData;
    }

    /// <summary>The algorithm.</summary>
    public EncryptionAlgorithm Algorithm { get; }

    /// <summary>The ciphertext.</summary>
    public byte[] Ciphertext { get; }

    /// <summary>The initialization vector, of symmetric algorithms.</summary>
    public byte[]? Iv { get; }

    /// <summary>The tag, of algorithms that authenticate.</summary>
    public byte[]? AuthenticationTag { get; }

    /// <summary>What is authenticated besides.</summary>
    public byte[]? AdditionalAuthenticatedData { get; }

    /// <summary>By RSA1_5.</summary>
    public static DecryptParameters Rsa15Parameters(byte[] ciphertext) => new(EncryptionAlgorithm.Rsa15, ciphertext);

    /// <summary>By RSA-OAEP.</summary>
    public static DecryptParameters RsaOaepParameters(byte[] ciphertext) => new(EncryptionAlgorithm.RsaOaep, ciphertext);

    /// <summary>By RSA-OAEP-256.</summary>
    public static DecryptParameters RsaOaep256Parameters(byte[] ciphertext) => new(EncryptionAlgorithm.RsaOaep256, ciphertext);

    /// <summary>By A128CBC.</summary>
    public static DecryptParameters A128CbcParameters(byte[] ciphertext, byte[] iv) => new(EncryptionAlgorithm.A128Cbc, ciphertext, Argument.NotNull(iv));

    /// <summary>By A128CBCPAD.</summary>
    public static DecryptParameters A128CbcPadParameters(byte[] ciphertext, byte[] iv) => new(EncryptionAlgorithm.A128CbcPad, ciphertext, Argument.NotNull(iv));

    /// <summary>By A128GCM.</summary>
    public static DecryptParameters A128GcmParameters(byte[] ciphertext, byte[] iv, byte[] authenticationTag, byte[]? additionalAuthenticatedData = null) => new(EncryptionAlgorithm.A128Gcm, ciphertext, Argument.NotNull(iv), Argument.NotNull(authenticationTag), additionalAuthenticatedData);

    /// <summary>By A192CBC.</summary>
    public static DecryptParameters A192CbcParameters(byte[] ciphertext, byte[] iv) => new(EncryptionAlgorithm.A192Cbc, ciphertext, Argument.NotNull(iv));

    /// <summary>By A192CBCPAD.</summary>
    public static DecryptParameters A192CbcPadParameters(byte[] ciphertext, byte[] iv) => new(EncryptionAlgorithm.A192CbcPad, ciphertext, Argument.NotNull(iv));

    /// <summary>By A192GCM.</summary>
    public static DecryptParameters A192GcmParameters(byte[] ciphertext, byte[] iv, byte[] authenticationTag, byte[]? additionalAuthenticatedData = null) => new(EncryptionAlgorithm.A192Gcm, ciphertext, Argument.NotNull(iv), Argument.NotNull(authenticationTag), additionalAuthenticatedData);

    /// <summary>By A256CBC.</summary>
    public static DecryptParameters A256CbcParameters(byte[] ciphertext, byte[] iv) => new(EncryptionAlgorithm.A256Cbc, ciphertext, Argument.NotNull(iv));

    /// <summary>By A256CBCPAD.</summary>
    public static DecryptParameters A256CbcPadParameters(byte[] ciphertext, byte[] iv) => new(EncryptionAlgorithm.A256CbcPad, ciphertext, Argument.NotNull(iv));

    /// <summary>By A256GCM.</summary>
    public static DecryptParameters A256GcmParameters(byte[] ciphertext, byte[] iv, byte[] authenticationTag, byte[]? additionalAuthenticatedData = null) => new(EncryptionAlgorithm.A256Gcm, ciphertext, Argument.NotNull(iv), Argument.NotNull(authenticationTag), additionalAuthenticatedData);

    internal static DecryptParameters For(EncryptionAlgorithm algorithm, byte[] ciphertext) => new(algorithm, ciphertext);
}
