namespace Azure.Security.KeyVault.Keys;

/// <summary>An elliptic curve. The service may know more than are named here.</summary>
public readonly struct KeyCurveName : IEquatable<KeyCurveName>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyCurveName(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>P-256</c>.</summary>
    public static KeyCurveName P256 { get; } = new("P-256");

    /// <summary><c>P-256K</c>.</summary>
    public static KeyCurveName P256K { get; } = new("P-256K");

    /// <summary><c>P-384</c>.</summary>
    public static KeyCurveName P384 { get; } = new("P-384");

    /// <summary><c>P-521</c>.</summary>
    public static KeyCurveName P521 { get; } = new("P-521");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyCurveName left, KeyCurveName right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyCurveName left, KeyCurveName right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyCurveName(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyCurveName other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyCurveName other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
