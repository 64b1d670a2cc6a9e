using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>RSA key pairs that actions make on this computer.</summary>
public static class MadeKeys
{
    private static readonly AsyncLocal<Func<int, byte[]>?> Given = new();

    /// <summary>
    /// From now on, and as far as this flow of control goes, takes key pairs from elsewhere instead of making them. For runs that are
    /// thrown away by the thousand on an embedded Azure, where making keys would take most of the time; nothing that is kept may use it.
    /// </summary>
    /// <param name="source">Gives the PKCS#8 of a key pair of so many bits; <see langword="null"/> to make them again.</param>
    public static void TakeFrom(Func<int, byte[]>? source) => Given.Value = source;

    internal static RSA Rsa(int bits)
    {
        if (Given.Value is not { } source) return RSA.Create(bits);
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(source(bits), out _);
        return key;
    }
}
