namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>An algorithm to encrypt with. The service may know more than are named here.</summary>
public readonly struct EncryptionAlgorithm : IEquatable<EncryptionAlgorithm>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public EncryptionAlgorithm(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>A128CBC</c>.</summary>
    public static EncryptionAlgorithm A128Cbc { get; } = new("A128CBC");

    /// <summary><c>A128CBCPAD</c>.</summary>
    public static EncryptionAlgorithm A128CbcPad { get; } = new("A128CBCPAD");

    /// <summary><c>A128GCM</c>.</summary>
    public static EncryptionAlgorithm A128Gcm { get; } = new("A128GCM");

    /// <summary><c>A192CBC</c>.</summary>
    public static EncryptionAlgorithm A192Cbc { get; } = new("A192CBC");

    /// <summary><c>A192CBCPAD</c>.</summary>
    public static EncryptionAlgorithm A192CbcPad { get; } = new("A192CBCPAD");

    /// <summary><c>A192GCM</c>.</summary>
    public static EncryptionAlgorithm A192Gcm { get; } = new("A192GCM");

    /// <summary><c>A256CBC</c>.</summary>
    public static EncryptionAlgorithm A256Cbc { get; } = new("A256CBC");

    /// <summary><c>A256CBCPAD</c>.</summary>
    public static EncryptionAlgorithm A256CbcPad { get; } = new("A256CBCPAD");

    /// <summary><c>A256GCM</c>.</summary>
    public static EncryptionAlgorithm A256Gcm { get; } = new("A256GCM");

    /// <summary><c>RSA1_5</c>.</summary>
    public static EncryptionAlgorithm Rsa15 { get; } = new("RSA1_5");

    /// <summary><c>RSA-OAEP</c>.</summary>
    public static EncryptionAlgorithm RsaOaep { get; } = new("RSA-OAEP");

    /// <summary><c>RSA-OAEP-256</c>.</summary>
    public static EncryptionAlgorithm RsaOaep256 { get; } = new("RSA-OAEP-256");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(EncryptionAlgorithm left, EncryptionAlgorithm right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(EncryptionAlgorithm left, EncryptionAlgorithm right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator EncryptionAlgorithm(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(EncryptionAlgorithm other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EncryptionAlgorithm other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
