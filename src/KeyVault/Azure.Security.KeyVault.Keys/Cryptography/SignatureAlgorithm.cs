namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>An algorithm to sign with. The service may know more than are named here.</summary>
public readonly struct SignatureAlgorithm : IEquatable<SignatureAlgorithm>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public SignatureAlgorithm(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>ES256</c>.</summary>
    public static SignatureAlgorithm ES256 { get; } = new("ES256");

    /// <summary><c>ES256K</c>.</summary>
    public static SignatureAlgorithm ES256K { get; } = new("ES256K");

    /// <summary><c>ES384</c>.</summary>
    public static SignatureAlgorithm ES384 { get; } = new("ES384");

    /// <summary><c>ES512</c>.</summary>
    public static SignatureAlgorithm ES512 { get; } = new("ES512");

    /// <summary><c>HS256</c>.</summary>
    public static SignatureAlgorithm HS256 { get; } = new("HS256");

    /// <summary><c>HS384</c>.</summary>
    public static SignatureAlgorithm HS384 { get; } = new("HS384");

    /// <summary><c>HS512</c>.</summary>
    public static SignatureAlgorithm HS512 { get; } = new("HS512");

    /// <summary><c>PS256</c>.</summary>
    public static SignatureAlgorithm PS256 { get; } = new("PS256");

    /// <summary><c>PS384</c>.</summary>
    public static SignatureAlgorithm PS384 { get; } = new("PS384");

    /// <summary><c>PS512</c>.</summary>
    public static SignatureAlgorithm PS512 { get; } = new("PS512");

    /// <summary><c>RS256</c>.</summary>
    public static SignatureAlgorithm RS256 { get; } = new("RS256");

    /// <summary><c>RS384</c>.</summary>
    public static SignatureAlgorithm RS384 { get; } = new("RS384");

    /// <summary><c>RS512</c>.</summary>
    public static SignatureAlgorithm RS512 { get; } = new("RS512");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(SignatureAlgorithm left, SignatureAlgorithm right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(SignatureAlgorithm left, SignatureAlgorithm right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator SignatureAlgorithm(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(SignatureAlgorithm other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SignatureAlgorithm other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
