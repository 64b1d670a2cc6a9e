namespace Azure.Security.KeyVault.Keys;

/// <summary>How a released key is wrapped. The service may know more than are named here.</summary>
public readonly struct KeyExportEncryptionAlgorithm : IEquatable<KeyExportEncryptionAlgorithm>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyExportEncryptionAlgorithm(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>CKM_RSA_AES_KEY_WRAP</c>.</summary>
    public static KeyExportEncryptionAlgorithm CkmRsaAesKeyWrap { get; } = new("CKM_RSA_AES_KEY_WRAP");

    /// <summary><c>RSA_AES_KEY_WRAP_256</c>.</summary>
    public static KeyExportEncryptionAlgorithm RsaAesKeyWrap256 { get; } = new("RSA_AES_KEY_WRAP_256");

    /// <summary><c>RSA_AES_KEY_WRAP_384</c>.</summary>
    public static KeyExportEncryptionAlgorithm RsaAesKeyWrap384 { get; } = new("RSA_AES_KEY_WRAP_384");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyExportEncryptionAlgorithm left, KeyExportEncryptionAlgorithm right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyExportEncryptionAlgorithm left, KeyExportEncryptionAlgorithm right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyExportEncryptionAlgorithm(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyExportEncryptionAlgorithm other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyExportEncryptionAlgorithm other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
