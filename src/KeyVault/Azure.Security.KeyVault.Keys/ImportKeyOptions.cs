using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>A key to be imported.</summary>
public class ImportKeyOptions
{
    /// <summary>Material under a name.</summary>
    public ImportKeyOptions(string name, JsonWebKey keyMaterial)
    {
        Properties = new KeyProperties(Argument.NotEmpty(name));
        Key = Argument.NotNull(keyMaterial);
    }

    /// <summary>The key's name.</summary>
    public string Name => Properties.Name;

    /// <summary>Its material.</summary>
    public JsonWebKey Key { get; }

    /// <summary>Whether it goes into an HSM.</summary>
    public bool? HardwareProtected { get; set; }

    /// <summary>All of it but the material.</summary>
    public KeyProperties Properties { get; }

    internal void Write(Utf8JsonWriter writer)
    {
        Key.Write(writer);
        Properties.WriteAttributes(writer);
        writer.WriteTags(Properties.Tags);
        Properties.ReleasePolicy?.Write(writer);
        writer.WriteFlag("hsm", HardwareProtected);
    }
}
