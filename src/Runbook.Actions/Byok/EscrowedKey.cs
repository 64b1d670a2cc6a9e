using System.Security.Cryptography;
using System.Text;

namespace Runbook.Actions;

/// <summary>
/// A copy of a token's key in escrow: a transfer blob for a one-time KEK of our own, and that KEK's private half split among
/// holders. docs/escrow-format.md describes both files.
/// </summary>
public static class EscrowedKey
{
    private const int KekBits = 3072;
    private const string KidBegin = "urn:runbook:escrow:";

    /// <summary>How a one-time KEK is named in its blob: by its public half.</summary>
    public static string KidOf(ExchangeKey kek)
    {
        ArgumentNullException.ThrowIfNull(kek);
        return KidBegin + kek.PublicDigest;
    }

    /// <summary>Makes the copy, in the token.</summary>
    internal static (byte[] Blob, byte[] Shares, string PublicDigest) Make(IToken token, string label, int quorum, IReadOnlyList<WrappingCertificate> holders)
    {
        using var rsa = Randomness.Rsa(KekBits);
        using var kek = ExchangeKey.TryRead(Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()), kid: null)!;
        var (blob, _, digest) = TokenKeyWrap.Wrap(token, label, kek, KidOf(kek));
        var secret = rsa.ExportPkcs8PrivateKey();
        try
        {
            return (blob, EscrowFile.Make(secret, quorum, holders), digest);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Opens the shares with holders' private keys, and gives the one-time KEK.</summary>
    /// <param name="shares">The file of shares.</param>
    /// <param name="holderKeys">Private keys of holders, PEM.</param>
    /// <exception cref="EscrowException">They do not give it.</exception>
    public static ExchangeKey Join(byte[] shares, IReadOnlyList<byte[]> holderKeys)
    {
        ArgumentNullException.ThrowIfNull(holderKeys);
        var keys = new List<RSA>();
        byte[] secret = [];
        try
        {
            foreach (var pem in holderKeys) keys.Add(KeyOf(pem));
            secret = EscrowFile.Open(shares, keys);
            return ExchangeKey.OfPkcs8(secret) ?? throw new EscrowException("The escrow's shares give something else than the key of a blob.");
        }
        catch (FileRefusedException refused)
        {
            throw new EscrowException(refused.Message, refused);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            foreach (var key in keys) key.Dispose();
        }
    }

    private static RSA KeyOf(byte[] pem)
    {
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(Encoding.ASCII.GetString(pem));
            return key;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new EscrowException("A holder's file is no RSA private key in PEM without a passphrase.", exception);
        }
    }
}

/// <summary>Shares of an escrow do not give what they should.</summary>
public sealed class EscrowException(string message, Exception? inner = null) : Exception(message, inner);
