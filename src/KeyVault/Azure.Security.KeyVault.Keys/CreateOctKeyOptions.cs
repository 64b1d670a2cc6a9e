namespace Azure.Security.KeyVault.Keys;

/// <summary>What a symmetric key is to be.</summary>
public class CreateOctKeyOptions : CreateKeyOptions
{
    /// <summary>Options of a key of that name.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public CreateOctKeyOptions(string name, bool hardwareProtected = false)
    {
        Name = Argument.NotEmpty(name);
        HardwareProtected = hardwareProtected;
        KeyType = hardwareProtected ? KeyType.OctHsm : KeyType.Oct;
    }

    /// <summary>The key's name.</summary>
    public string Name { get; }

    /// <summary>The kind of key that follows from <see cref="HardwareProtected"/>.</summary>
    public KeyType KeyType { get; }

    /// <summary>Whether it is made in an HSM.</summary>
    public bool HardwareProtected { get; }

    /// <summary>Bits of the key; the service decides where it is not given.</summary>
    public int? KeySize { get; set; }
}
