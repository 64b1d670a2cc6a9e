namespace Azure.Security.KeyVault.Keys;

/// <summary>What a key may be used for. The service may know more than are named here.</summary>
public readonly struct KeyOperation : IEquatable<KeyOperation>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyOperation(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>decrypt</c>.</summary>
    public static KeyOperation Decrypt { get; } = new("decrypt");

    /// <summary><c>encrypt</c>.</summary>
    public static KeyOperation Encrypt { get; } = new("encrypt");

    /// <summary><c>import</c>: to receive a wrapped key.</summary>
    public static KeyOperation Import { get; } = new("import");

    /// <summary><c>sign</c>.</summary>
    public static KeyOperation Sign { get; } = new("sign");

    /// <summary><c>unwrapKey</c>.</summary>
    public static KeyOperation UnwrapKey { get; } = new("unwrapKey");

    /// <summary><c>verify</c>.</summary>
    public static KeyOperation Verify { get; } = new("verify");

    /// <summary><c>wrapKey</c>.</summary>
    public static KeyOperation WrapKey { get; } = new("wrapKey");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyOperation left, KeyOperation right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyOperation left, KeyOperation right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyOperation(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyOperation other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyOperation other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
