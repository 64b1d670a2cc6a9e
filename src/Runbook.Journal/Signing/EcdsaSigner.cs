using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>A signing key in this process's memory.</summary>
public sealed class EcdsaSigner : ISigner, IDisposable
{
    private readonly ECDsa _key;

    private EcdsaSigner(ECDsa key)
    {
        _key = key;
        PublicKey = VerifyingKey.TryImport(key.ExportSubjectPublicKeyInfo())
            ?? throw new PersonKeyException(PersonKeyFailure.WrongKind, "The key is neither P-256 nor P-384.");
    }

    /// <inheritdoc/>
    public VerifyingKey PublicKey { get; }

    /// <summary>Makes a new P-256 key.</summary>
    public static EcdsaSigner Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Takes over a key.</summary>
    /// <param name="key">P-256 or P-384, with its private half. Disposed with the signer, or at once where it is refused.</param>
    /// <exception cref="PersonKeyException">It is another kind of key.</exception>
    public static EcdsaSigner Own(ECDsa key)
    {
        try
        {
            return new EcdsaSigner(key);
        }
        catch (PersonKeyException)
        {
            key.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> message, HashAlgorithmName hash)
        => _key.SignData(message, hash, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>Forgets the key.</summary>
    public void Dispose()
    {
        PublicKey.Dispose();
        _key.Dispose();
    }

    internal string ExportEncryptedPem(ReadOnlySpan<char> passphrase)
        => _key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Limits.PassphraseRounds));
}
