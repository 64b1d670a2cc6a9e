using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>A public key that signatures are checked with: ECDSA over P-256 or P-384, nothing else.</summary>
/// <remarks>Signatures are DER over SHA-256 for both curves, so that one openssl command checks either. Checking is
/// thread-safe. Taking a key costs as much as checking a signature, and a transcript names the same few keys again and again: a
/// key that was taken is remembered, and the same object is given to everybody who takes it.</remarks>
public sealed class VerifyingKey : IDisposable
{
    /// <summary>Longest DER SubjectPublicKeyInfo that is looked at.</summary>
    public const int SpkiBytesMax = 160;

    private const int KnownMax = 1024;

    private static readonly ConcurrentDictionary<Digest, VerifyingKey> Known = new();
    private static HeldSignatures? _held;

    private readonly ECDsa _key;
    private readonly byte[] _spki;
    private readonly Lock _gate = new();

    private VerifyingKey(ECDsa key, byte[] spki)
    {
        (_key, _spki, CurveBits) = (key, spki, key.KeySize);
        KeyId = Digest.Of(spki);
        SpkiBase64 = Convert.ToBase64String(spki);
    }

    /// <summary>SHA-256 of the DER SubjectPublicKeyInfo.</summary>
    public Digest KeyId { get; }

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> Spki => _spki;

    /// <summary>DER SubjectPublicKeyInfo in base64, as entries and rosters hold it.</summary>
    public string SpkiBase64 { get; }

    /// <summary>The key in PEM, one line feed behind each line.</summary>
    public string Pem => PemEncoding.WriteString("PUBLIC KEY", _spki) + "\n";

    /// <summary>256 or 384.</summary>
    public int CurveBits { get; }

    private int CurveBytes => CurveBits / 8;

    /// <summary>Takes a DER SubjectPublicKeyInfo.</summary>
    /// <param name="spki">The bytes.</param>
    /// <returns><see langword="null"/> where the bytes are no P-256 or P-384 key, or not encoded the one way that it is
    /// encoded again.</returns>
    public static VerifyingKey? TryImport(ReadOnlySpan<byte> spki)
    {
        if (spki.Length is 0 or > SpkiBytesMax) return null;
        var id = Digest.Of(spki);
        if (Known.TryGetValue(id, out var known)) return known;
        if (Import(spki) is not { } imported) return null;
        if (Known.Count >= KnownMax) Known.Clear();
        return Known.GetOrAdd(id, imported);
    }

    private static VerifyingKey? Import(ReadOnlySpan<byte> spki)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(spki, out var read);
            var again = key.ExportSubjectPublicKeyInfo();
            var oid = key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value;
            if (read == spki.Length && again.AsSpan().SequenceEqual(spki) && oid is "1.2.840.10045.3.1.7" or "1.3.132.0.34")
                return new VerifyingKey(key, again);
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException)
        {
            // A curve that the system does not know is told by the second. Whatever the bytes are, they are no key of ours; the caller is told so below.
        }

        key.Dispose();
        return null;
    }

    /// <summary>Takes a DER SubjectPublicKeyInfo in strict base64.</summary>
    /// <param name="base64">The text.</param>
    /// <returns><see langword="null"/> where it is no key.</returns>
    public static VerifyingKey? TryImport(string base64)
        => Base64Text.TryDecode(base64, out var spki) ? TryImport(spki) : null;

    /// <summary>Takes a key in PEM.</summary>
    /// <param name="pem">The text; what stands before and behind the armour is ignored.</param>
    /// <returns><see langword="null"/> where the first armour is no public key of ours.</returns>
    public static VerifyingKey? TryImportPem(ReadOnlySpan<char> pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields) || !pem[fields.Label].SequenceEqual("PUBLIC KEY")) return null;
        var spki = new byte[fields.DecodedDataLength];
        return Convert.TryFromBase64Chars(pem[fields.Base64Data], spki, out var length) ? TryImport(spki.AsSpan(0, length)) : null;
    }

    /// <summary>Checks a signature.</summary>
    /// <param name="message">What was signed.</param>
    /// <param name="signature">DER.</param>
    /// <returns>Whether it holds. Never throws, whatever the bytes.</returns>
    public bool Holds(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
        => SignatureEncoding.TryToFixedWidth(signature, CurveBytes, out var fixedWidth) && HoldsFixedWidth(message, fixedWidth, HashAlgorithmName.SHA256);

    /// <summary>Says that it is not needed here any more. Others may hold the same object, so it goes with the last of them.</summary>
    public void Dispose()
    {
    }

    /// <summary>
    /// Remembers, for this process and from now on, which signatures were found to hold, so that the same signature by the same
    /// key of the same bytes is not worked out again. What was not found to hold is worked out each time.
    /// </summary>
    /// <param name="signaturesMax">How many are remembered; then it begins anew.</param>
    /// <remarks>For a process that verifies a great many transcripts that are alike. It is off until it is asked for.</remarks>
    public static void RememberHeld(int signaturesMax) => _held ??= new HeldSignatures(signaturesMax);

    internal ECPoint Point() => _key.ExportParameters(includePrivateParameters: false).Q;

    internal bool HoldsFixedWidth(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        if (_held is { } held) return held.Holds(this, message, signature, hash);
        return Verified(message, signature, hash);
    }

    internal bool Verified(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        try
        {
            lock (_gate) return _key.VerifyData(message, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
