namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>What is to be encrypted, and how; made by the method of the algorithm's name.</summary>
public class EncryptParameters
{
    private EncryptParameters(EncryptionAlgorithm algorithm, byte[] plaintext, byte[]? iv = null, byte[]? additionalAuthenticatedData = null)
    {
        Algorithm = algorithm;
        Plaintext = Argument.NotNull(plaintext);
        Iv = iv;
        AdditionalAuthenticatedData = additionalAuthenticatedData;
    }

    /// <summary>The algorithm.</summary>
    public EncryptionAlgorithm Algorithm { get; }

    /// <summary>The plaintext.</summary>
    public byte[] Plaintext { get; }

    /// <summary>The initialization vector, of symmetric algorithms.</summary>
    public byte[]? Iv { get; internal set; }

    /// <summary>What is authenticated besides.</summary>
    public byte[]? AdditionalAuthenticatedData { get; }

    /// <summary>By RSA1_5.</summary>
    public static EncryptParameters Rsa15Parameters(byte[] plaintext) => new(EncryptionAlgorithm.Rsa15, plaintext);

    /// <summary>By RSA-OAEP.</summary>
    public static EncryptParameters RsaOaepParameters(byte[] plaintext) => new(EncryptionAlgorithm.RsaOaep, plaintext);

    /// <summary>By RSA-OAEP-256.</summary>
    public static EncryptParameters RsaOaep256Parameters(byte[] plaintext) => new(EncryptionAlgorithm.RsaOaep256, plaintext);

    /// <summary>By A128CBC; a vector is made where none is given.</summary>
    public static EncryptParameters A128CbcParameters(byte[] plaintext, byte[]? iv = null) => new(EncryptionAlgorithm.A128Cbc, plaintext, iv);

    /// <summary>By A128CBCPAD; a vector is made where none is given.</summary>
    public static EncryptParameters A128CbcPadParameters(byte[] plaintext, byte[]? iv = null) => new(EncryptionAlgorithm.A128CbcPad, plaintext, iv);

    /// <summary>By A128GCM; the service makes the vector.</summary>
    public static EncryptParameters A128GcmParameters(byte[] plaintext, byte[]? additionalAuthenticatedData = null) => new(EncryptionAlgorithm.A128Gcm, plaintext, null, additionalAuthenticatedData);

    /// <summary>By A192CBC; a vector is made where none is given.</summary>
    public static EncryptParameters A192CbcParameters(byte[] plaintext, byte[]? iv = null) => new(EncryptionAlgorithm.A192Cbc, plaintext, iv);

    /// <summary>By A192CBCPAD; a vector is made where none is given.</summary>
    public static EncryptParameters A192CbcPadParameters(byte[] plaintext, byte[]? iv = null) => new(EncryptionAlgorithm.A192CbcPad, plaintext, iv);

    /// <summary>By A192GCM; the service makes the vector.</summary>
    public static EncryptParameters A192GcmParameters(byte[] plaintext, byte[]? additionalAuthenticatedData = null) => new(EncryptionAlgorithm.A192Gcm, plaintext, null, additionalAuthenticatedData);

    /// <summary>By A256CBC; a vector is made where none is given.</summary>
    public static EncryptParameters A256CbcParameters(byte[] plaintext, byte[]? iv = null) => new(EncryptionAlgorithm.A256Cbc, plaintext, iv);

    /// <summary>By A256CBCPAD; a vector is made where none is given.</summary>
    public static EncryptParameters A256CbcPadParameters(byte[] plaintext, byte[]? iv = null) => new(EncryptionAlgorithm.A256CbcPad, plaintext, iv);

    /// <summary>By A256GCM; the service makes the vector.</summary>
    public static EncryptParameters A256GcmParameters(byte[] plaintext, byte[]? additionalAuthenticatedData = null) => new(EncryptionAlgorithm.A256Gcm, plaintext, null, additionalAuthenticatedData);

    internal static EncryptParameters For(EncryptionAlgorithm algorithm, byte[] plaintext) => new(algorithm, plaintext);
}
