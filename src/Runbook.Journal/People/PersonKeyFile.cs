using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>
/// A person's key in a file under a passphrase: PKCS#8 in PEM, PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256.
/// </summary>
/// <remarks><c>openssl pkey -in FILE</c> opens it as well. The passphrase is the caller's to wipe; it is never copied into a string.</remarks>
public static class PersonKeyFile
{
    private const string Label = "ENCRYPTED PRIVATE KEY";
    private const int BytesMax = 64 * 1024;

    /// <summary>Encrypts a key.</summary>
    /// <param name="signer">The key.</param>
    /// <param name="passphrase">The passphrase.</param>
    /// <returns>The file: PEM with a line feed at its end.</returns>
    public static byte[] Write(EcdsaSigner signer, ReadOnlySpan<char> passphrase) => Encoding.ASCII.GetBytes(signer.ExportEncryptedPem(passphrase) + "\n");

    /// <summary>Opens a key.</summary>
    /// <param name="file">The file.</param>
    /// <param name="passphrase">The passphrase; wiped by the caller.</param>
    /// <returns>The key; dispose it as soon as it has signed.</returns>
    /// <exception cref="PersonKeyException">The passphrase is wrong, the file is no such file, or holds another kind of key.</exception>
    public static EcdsaSigner Open(ReadOnlySpan<byte> file, ReadOnlySpan<char> passphrase)
    {
        if (file.Length > BytesMax) throw new PersonKeyException(PersonKeyFailure.Unreadable, "The file is too large for a key file.");
        var pem = Encoding.Latin1.GetString(file);
        if (!PemEncoding.TryFind(pem, out var fields) || !pem.AsSpan()[fields.Label].SequenceEqual(Label))
            throw new PersonKeyException(PersonKeyFailure.Unreadable, "The file is no key file: it has no \"ENCRYPTED PRIVATE KEY\".");
        KeyFileCost.Refuse(Convert.FromBase64String(pem[fields.Base64Data]));

        var key = ECDsa.Create();
        try
        {
            key.ImportFromEncryptedPem(pem, passphrase);
            return EcdsaSigner.Own(key);
        }
        catch (CryptographicException e)
        {
            key.Dispose();
            // The framework does not tell a wrong passphrase from an RSA key under the right one.
            throw new PersonKeyException(PersonKeyFailure.WrongPassphrase, "The passphrase does not open the key file, or the file holds no elliptic-curve key.", e);
        }
    }
}
