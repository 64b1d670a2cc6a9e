namespace Azure.Security.KeyVault.Administration;

/// <summary>Whether a role is built in. The service may know more than are named here.</summary>
public readonly struct KeyVaultRoleType : IEquatable<KeyVaultRoleType>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyVaultRoleType(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>AKVBuiltInRole</c>.</summary>
    public static KeyVaultRoleType BuiltInRole { get; } = new("AKVBuiltInRole");

    /// <summary><c>CustomRole</c>.</summary>
    public static KeyVaultRoleType CustomRole { get; } = new("CustomRole");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyVaultRoleType left, KeyVaultRoleType right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyVaultRoleType left, KeyVaultRoleType right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyVaultRoleType(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyVaultRoleType other) => string.Equals(_value, other._value, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyVaultRoleType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
