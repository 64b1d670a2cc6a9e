namespace Azure.Security.KeyVault.Keys;

/// <summary>What an RSA key is to be.</summary>
public class CreateRsaKeyOptions : CreateKeyOptions
{
    /// <summary>Options of a key of that name.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public CreateRsaKeyOptions(string name, bool hardwareProtected = false)
    {
        Name = Argument.NotEmpty(name);
        HardwareProtected = hardwareProtected;
        KeyType = hardwareProtected ? KeyType.RsaHsm : KeyType.Rsa;
    }

    /// <summary>The key's name.</summary>
    public string Name { get; }

    /// <summary>The kind of key that follows from <see cref="HardwareProtected"/>.</summary>
    public KeyType KeyType { get; }

    /// <summary>Whether it is made in an HSM.</summary>
    public bool HardwareProtected { get; }

    /// <summary>Bits of the modulus; the service decides where it is not given.</summary>
    public int? KeySize { get; set; }

    /// <summary>The public exponent; the service decides where it is not given.</summary>
    public int? PublicExponent { get; set; }
}
