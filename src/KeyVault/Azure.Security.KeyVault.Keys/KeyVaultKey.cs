using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>A key as the service shows it: properties and public material.</summary>
public class KeyVaultKey
{
    /// <summary>A key of that name, of which nothing else is known yet.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public KeyVaultKey(string name)
    {
        Properties = new KeyProperties(name);
        Key = new JsonWebKey([]);
    }

    private protected KeyVaultKey(JsonElement bundle)
    {
        Key = JsonWebKey.Read(bundle.GetProperty("key"));
        Properties = new KeyProperties(new Uri(Key.Id ?? throw new JsonException("The key has no kid.")));
        Properties.Fill(bundle);
    }

    /// <summary>The key's id.</summary>
    public Uri Id => Properties.Id;

    /// <summary>The key's name.</summary>
    public string Name => Properties.Name;

    /// <summary>Its material, as far as it is public.</summary>
    public JsonWebKey Key { get; }

    /// <summary>Its kind.</summary>
    public KeyType KeyType => Key.KeyType;

    /// <summary>What it may be used for.</summary>
    public IReadOnlyCollection<KeyOperation> KeyOperations => Key.KeyOps;

    /// <summary>All of it but the material.</summary>
    public KeyProperties Properties { get; }

    internal static KeyVaultKey Read(JsonElement bundle) => new(bundle);
}
