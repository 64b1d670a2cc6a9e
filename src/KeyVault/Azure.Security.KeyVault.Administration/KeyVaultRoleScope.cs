namespace Azure.Security.KeyVault.Administration;

/// <summary>Where a role holds: everywhere, on all keys, or on one key with all its versions.</summary>
public readonly struct KeyVaultRoleScope : IEquatable<KeyVaultRoleScope>
{
    private readonly string _value;

    /// <summary>A scope as the service spells it, beginning with a slash.</summary>
    public KeyVaultRoleScope(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary>The scope of the key of that id; a version in it does not count.</summary>
    public KeyVaultRoleScope(Uri resourceId)
    {
        var path = Argument.NotNull(resourceId).AbsolutePath;
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        _value = segments.Length == 0 ? "/" : "/" + string.Join('/', segments.Take(2));
    }

    /// <summary><c>/</c>: everywhere in the HSM.</summary>
    public static KeyVaultRoleScope Global { get; } = new("/");

    /// <summary><c>/keys</c>: all keys.</summary>
    public static KeyVaultRoleScope Keys { get; } = new("/keys");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyVaultRoleScope left, KeyVaultRoleScope right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyVaultRoleScope left, KeyVaultRoleScope right) => !left.Equals(right);

    /// <summary>A scope as the service spells it.</summary>
    public static implicit operator KeyVaultRoleScope(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyVaultRoleScope other) => string.Equals(_value, other._value, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyVaultRoleScope other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
