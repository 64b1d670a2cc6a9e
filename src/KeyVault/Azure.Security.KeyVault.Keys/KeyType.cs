namespace Azure.Security.KeyVault.Keys;

/// <summary>A kind of key. The service may know more than are named here.</summary>
public readonly struct KeyType : IEquatable<KeyType>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyType(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>EC</c>.</summary>
    public static KeyType Ec { get; } = new("EC");

    /// <summary><c>EC-HSM</c>: an elliptic-curve key in an HSM.</summary>
    public static KeyType EcHsm { get; } = new("EC-HSM");

    /// <summary><c>oct</c>.</summary>
    public static KeyType Oct { get; } = new("oct");

    /// <summary><c>oct-HSM</c>: a symmetric key in an HSM.</summary>
    public static KeyType OctHsm { get; } = new("oct-HSM");

    /// <summary><c>RSA</c>.</summary>
    public static KeyType Rsa { get; } = new("RSA");

    /// <summary><c>RSA-HSM</c>: an RSA key in an HSM.</summary>
    public static KeyType RsaHsm { get; } = new("RSA-HSM");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyType left, KeyType right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyType left, KeyType right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyType(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyType other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
