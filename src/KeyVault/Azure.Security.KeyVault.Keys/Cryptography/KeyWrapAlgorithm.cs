namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>An algorithm to wrap keys with. The service may know more than are named here.</summary>
public readonly struct KeyWrapAlgorithm : IEquatable<KeyWrapAlgorithm>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyWrapAlgorithm(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>A128KW</c>.</summary>
    public static KeyWrapAlgorithm A128KW { get; } = new("A128KW");

    /// <summary><c>A192KW</c>.</summary>
    public static KeyWrapAlgorithm A192KW { get; } = new("A192KW");

    /// <summary><c>A256KW</c>.</summary>
    public static KeyWrapAlgorithm A256KW { get; } = new("A256KW");

    /// <summary><c>CKM_AES_KEY_WRAP</c>.</summary>
    public static KeyWrapAlgorithm CkmAesKeyWrap { get; } = new("CKM_AES_KEY_WRAP");

    /// <summary><c>CKM_AES_KEY_WRAP_PAD</c>.</summary>
    public static KeyWrapAlgorithm CkmAesKeyWrapPad { get; } = new("CKM_AES_KEY_WRAP_PAD");

    /// <summary><c>RSA1_5</c>.</summary>
    public static KeyWrapAlgorithm Rsa15 { get; } = new("RSA1_5");

    /// <summary><c>RSA-OAEP</c>.</summary>
    public static KeyWrapAlgorithm RsaOaep { get; } = new("RSA-OAEP");

    /// <summary><c>RSA-OAEP-256</c>.</summary>
    public static KeyWrapAlgorithm RsaOaep256 { get; } = new("RSA-OAEP-256");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyWrapAlgorithm left, KeyWrapAlgorithm right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyWrapAlgorithm left, KeyWrapAlgorithm right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyWrapAlgorithm(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyWrapAlgorithm other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyWrapAlgorithm other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
