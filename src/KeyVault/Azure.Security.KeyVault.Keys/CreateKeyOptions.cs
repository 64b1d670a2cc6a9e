using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>What a new key is to be, apart from its kind.</summary>
public class CreateKeyOptions
{
    /// <summary>A key with the service's defaults.</summary>
    public CreateKeyOptions()
    {
    }

    /// <summary>Whether it may be used; the service's default is yes.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Whether its private half may be released.</summary>
    public bool? Exportable { get; set; }

    /// <summary>Before this time it encrypts, wraps and signs nothing.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>From this time on it encrypts, wraps and signs nothing.</summary>
    public DateTimeOffset? ExpiresOn { get; set; }

    /// <summary>What it may be used for; empty for the service's default.</summary>
    public IList<KeyOperation> KeyOperations { get; } = [];

    /// <summary>Its tags.</summary>
    public IDictionary<string, string> Tags { get; } = new Dictionary<string, string>();

    /// <summary>Under which conditions it may be released.</summary>
    public KeyReleasePolicy? ReleasePolicy { get; set; }

    internal void Write(Utf8JsonWriter writer, KeyType type, int? size, KeyCurveName? curve, int? publicExponent)
    {
        writer.WriteString("kty", type.ToString());
        if (size is { } bits) writer.WriteNumber("key_size", bits);
        if (curve is { } name) writer.WriteString("crv", name.ToString());
        if (publicExponent is { } exponent) writer.WriteNumber("public_exponent", exponent);
        if (KeyOperations.Count > 0) writer.WriteTexts("key_ops", KeyOperations.Select(o => o.ToString()));
        KeyProperties.WriteAttributes(writer, Enabled, NotBefore, ExpiresOn, Exportable);
        writer.WriteTags(Tags);
        ReleasePolicy?.Write(writer);
    }
}
