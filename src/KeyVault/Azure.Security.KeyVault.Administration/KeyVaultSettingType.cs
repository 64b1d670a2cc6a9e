namespace Azure.Security.KeyVault.Administration;

/// <summary>The type of a setting. The service may know more than are named here.</summary>
public readonly struct KeyVaultSettingType : IEquatable<KeyVaultSettingType>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyVaultSettingType(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>boolean</c>.</summary>
    public static KeyVaultSettingType Boolean { get; } = new("boolean");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyVaultSettingType left, KeyVaultSettingType right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyVaultSettingType left, KeyVaultSettingType right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyVaultSettingType(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyVaultSettingType other) => string.Equals(_value, other._value, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyVaultSettingType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
