using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>What is random in what actions do on this computer, from elsewhere than the operating system: for runs that repeat.</summary>
public interface IRandomness
{
    /// <summary>The next key pair, PKCS#8.</summary>
    /// <param name="bits">Its size.</param>
    byte[] NextPkcs8(int bits);

    /// <summary>Fills with the next bytes.</summary>
    /// <param name="bytes">Where they go.</param>
    void Fill(Span<byte> bytes);

    /// <summary>Encrypts under a public key, padded with the next bytes.</summary>
    /// <param name="key">The public key.</param>
    /// <param name="value">What is encrypted.</param>
    /// <param name="padding">OAEP, or that of PKCS#1.</param>
    byte[] Encrypt(RSA key, byte[] value, RSAEncryptionPadding padding);
}

/// <summary>
/// Where actions take key pairs, random bytes and padding from: the operating system. Only runs that are thrown away by the thousand,
/// on an embedded Azure, take them from elsewhere, so that they repeat.
/// </summary>
public static class Randomness
{
    private static readonly AsyncLocal<IRandomness?> Given = new();

    /// <summary>
    /// From now on, and as far as this flow of control goes, takes them from elsewhere. Nothing that is kept may use it, and no call
    /// leaves for an Azure that is not embedded while it does.
    /// </summary>
    /// <param name="source">Where from; <see langword="null"/> for the operating system again.</param>
    public static void TakeFrom(IRandomness? source) => Given.Value = source;

    internal static bool IsGiven => Given.Value is not null;

    internal static RSA Rsa(int bits)
    {
        if (Given.Value is not { } source) return RSA.Create(bits);
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(source.NextPkcs8(bits), out _);
        return key;
    }

    internal static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    internal static void Fill(Span<byte> bytes)
    {
        if (Given.Value is { } source) source.Fill(bytes);
        else RandomNumberGenerator.Fill(bytes);
    }

    internal static byte[] Encrypt(RSA key, byte[] value, RSAEncryptionPadding padding) => Given.Value is { } source ? source.Encrypt(key, value, padding) : key.Encrypt(value, padding);
}
