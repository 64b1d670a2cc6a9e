namespace Azure.Security.KeyVault.Administration;

/// <summary>The value of a setting, which travels as text.</summary>
public readonly struct KeyVaultSettingValue
{
    private readonly string _text;

    internal KeyVaultSettingValue(string text) => _text = text;

    /// <summary>The value as true or false.</summary>
    /// <exception cref="InvalidOperationException">It is neither.</exception>
    public bool AsBoolean() => bool.TryParse(_text, out var value) ? value : throw new InvalidOperationException($"Cannot get setting value as 'boolean'. Setting value is '{_text}'.");

    /// <summary>The value as it travels.</summary>
    public override string ToString() => _text;
}
