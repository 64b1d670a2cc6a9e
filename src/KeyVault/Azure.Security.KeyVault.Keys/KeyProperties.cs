using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>All of a key but its material.</summary>
public class KeyProperties
{
    /// <summary>Properties of the newest version of a key.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public KeyProperties(string name) => Name = Argument.NotEmpty(name);

    /// <summary>Properties of the key, or version, of that id.</summary>
    public KeyProperties(Uri id) => Take(Argument.NotNull(id));

    private KeyProperties()
    {
    }

    /// <summary>The key's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The key's id.</summary>
    public Uri Id { get; private set; } = null!;

    /// <summary>Where it is kept.</summary>
    public Uri VaultUri { get; private set; } = null!;

    /// <summary>Its version; <see langword="null"/> where the id has none.</summary>
    public string? Version { get; private set; }

    /// <summary>Whether a certificate owns it.</summary>
    public bool Managed { get; private set; }

    /// <summary>Whether it may be used.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Whether its private half may be released.</summary>
    public bool? Exportable { get; set; }

    /// <summary>Before this time it encrypts, wraps and signs nothing.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>From this time on it encrypts, wraps and signs nothing.</summary>
    public DateTimeOffset? ExpiresOn { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedOn { get; private set; }

    /// <summary>When it was changed last.</summary>
    public DateTimeOffset? UpdatedOn { get; private set; }

    /// <summary>How many days it can be recovered after deletion.</summary>
    public int? RecoverableDays { get; private set; }

    /// <summary>What deletion means here, in the service's word.</summary>
    public string? RecoveryLevel { get; private set; }

    /// <summary>Its tags.</summary>
    public IDictionary<string, string> Tags { get; } = new Dictionary<string, string>();

    /// <summary>Under which conditions it may be released.</summary>
    public KeyReleasePolicy? ReleasePolicy { get; set; }

    internal static KeyProperties ReadItem(JsonElement item)
    {
        var properties = new KeyProperties();
        if (item.Address("kid") is { } id) properties.Take(id);
        properties.Fill(item);
        return properties;
    }

    internal void Take(Uri id)
    {
        var parsed = new KeyVaultKeyIdentifier(id);
        Id = id;
        Name = parsed.Name;
        Version = parsed.Version;
        VaultUri = parsed.VaultUri;
    }

    internal void Fill(JsonElement bundle)
    {
        Managed = bundle.Flag("managed") ?? false;
        if (bundle.Member("attributes") is { } attributes)
        {
            Enabled = attributes.Flag("enabled");
            Exportable = attributes.Flag("exportable");
            NotBefore = attributes.Time("nbf");
            ExpiresOn = attributes.Time("exp");
            CreatedOn = attributes.Time("created");
            UpdatedOn = attributes.Time("updated");
            RecoverableDays = attributes.Number("recoverableDays");
            RecoveryLevel = attributes.Text("recoveryLevel");
        }

        if (bundle.Member("tags") is { } tags)
        {
            foreach (var tag in tags.EnumerateObject()) Tags[tag.Name] = tag.Value.GetString() ?? "";
        }

        if (bundle.Member("release_policy") is { } policy) ReleasePolicy = KeyReleasePolicy.Read(policy);
    }

    internal static void WriteAttributes(Utf8JsonWriter writer, bool? enabled, DateTimeOffset? notBefore, DateTimeOffset? expiresOn, bool? exportable)
    {
        if (enabled is null && notBefore is null && expiresOn is null && exportable is null) return;
        writer.WriteStartObject("attributes");
        writer.WriteFlag("enabled", enabled);
        writer.WriteTime("nbf", notBefore);
        writer.WriteTime("exp", expiresOn);
        writer.WriteFlag("exportable", exportable);
        writer.WriteEndObject();
    }

    internal void WriteAttributes(Utf8JsonWriter writer) => WriteAttributes(writer, Enabled, NotBefore, ExpiresOn, Exportable);
}
