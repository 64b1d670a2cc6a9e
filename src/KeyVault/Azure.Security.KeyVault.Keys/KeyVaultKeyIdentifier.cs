using System.Diagnostics.CodeAnalysis;

namespace Azure.Security.KeyVault.Keys;

/// <summary>A key's id, taken apart: <c>https://host/keys/name</c>, and perhaps <c>/version</c>.</summary>
[SuppressMessage("Usage", "CA2231:Overload operator equals on overriding ValueType.Equals", Justification = "The official type has no such operators.")]
public readonly struct KeyVaultKeyIdentifier : IEquatable<KeyVaultKeyIdentifier>
{
    /// <summary>Takes an id apart.</summary>
    /// <exception cref="ArgumentException">It is no key's id.</exception>
    public KeyVaultKeyIdentifier(Uri id)
    {
        if (!TryCreate(Argument.NotNull(id), out this)) throw new ArgumentException($"{id} is not a valid key ID", nameof(id));
    }

    private KeyVaultKeyIdentifier(Uri source, Uri vault, string name, string? version)
    {
        SourceId = source;
        VaultUri = vault;
        Name = name;
        Version = version;
    }

    /// <summary>The id as it was given.</summary>
    public Uri SourceId { get; }

    /// <summary>Where the key is kept.</summary>
    public Uri VaultUri { get; }

    /// <summary>The key's name.</summary>
    public string Name { get; }

    /// <summary>The version; <see langword="null"/> for the newest.</summary>
    public string? Version { get; }

    /// <summary>Takes an id apart; false where it is no key's.</summary>
    public static bool TryCreate(Uri id, out KeyVaultKeyIdentifier identifier)
    {
        identifier = default;
        if (id is null || !id.IsAbsoluteUri || id.Segments.Length is not (3 or 4) || !string.Equals(id.Segments[1], "keys/", StringComparison.OrdinalIgnoreCase)) return false;
        var version = id.Segments.Length == 4 ? id.Segments[3].TrimEnd('/') : null;
        identifier = new KeyVaultKeyIdentifier(id, new Uri($"{id.Scheme}://{id.Authority}/"), id.Segments[2].TrimEnd('/'), version);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(KeyVaultKeyIdentifier other) => Equals(SourceId, other.SourceId);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is KeyVaultKeyIdentifier other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => SourceId?.GetHashCode() ?? 0;

    /// <inheritdoc/>
    public override string? ToString() => SourceId?.ToString();
}
