namespace Azure.Security.KeyVault.Keys;

/// <summary>What a rotation policy does. The service may know more than are named here.</summary>
public readonly struct KeyRotationPolicyAction : IEquatable<KeyRotationPolicyAction>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyRotationPolicyAction(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>Notify</c>: vaults only.</summary>
    public static KeyRotationPolicyAction Notify { get; } = new("Notify");

    /// <summary><c>Rotate</c>.</summary>
    public static KeyRotationPolicyAction Rotate { get; } = new("Rotate");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyRotationPolicyAction left, KeyRotationPolicyAction right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyRotationPolicyAction left, KeyRotationPolicyAction right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyRotationPolicyAction(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyRotationPolicyAction other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyRotationPolicyAction other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
