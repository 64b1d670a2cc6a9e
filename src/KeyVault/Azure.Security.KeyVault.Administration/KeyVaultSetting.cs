using System.Text.Json;

namespace Azure.Security.KeyVault.Administration;

/// <summary>A setting of a managed HSM.</summary>
public class KeyVaultSetting
{
    /// <summary>A setting that is true or false.</summary>
    public KeyVaultSetting(string name, bool value)
        : this(Argument.NotEmpty(name), value ? "true" : "false", KeyVaultSettingType.Boolean)
    {
    }

    private KeyVaultSetting(string name, string value, KeyVaultSettingType? type)
    {
        Name = name;
        Value = new KeyVaultSettingValue(value);
        SettingType = type;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its type.</summary>
    public KeyVaultSettingType? SettingType { get; }

    /// <summary>Its value.</summary>
    public KeyVaultSettingValue Value { get; }

    /// <summary>Name, value and type.</summary>
    public override string ToString() => $"{Name}={Value} ({SettingType})";

    internal static KeyVaultSetting Read(JsonElement from) =>
        new(from.Text("name") ?? "", from.Text("value") ?? "", from.Text("type") is { } type ? new KeyVaultSettingType(type) : default(KeyVaultSettingType?));
}
