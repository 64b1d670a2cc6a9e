namespace Azure.Security.KeyVault.Administration;

/// <summary>The resource type of a role definition. The service may know more than are named here.</summary>
public readonly struct KeyVaultRoleDefinitionType : IEquatable<KeyVaultRoleDefinitionType>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyVaultRoleDefinitionType(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>Microsoft.Authorization/roleDefinitions</c>.</summary>
    public static KeyVaultRoleDefinitionType MicrosoftAuthorizationRoleDefinitions { get; } = new("Microsoft.Authorization/roleDefinitions");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyVaultRoleDefinitionType left, KeyVaultRoleDefinitionType right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyVaultRoleDefinitionType left, KeyVaultRoleDefinitionType right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyVaultRoleDefinitionType(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyVaultRoleDefinitionType other) => string.Equals(_value, other._value, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyVaultRoleDefinitionType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
