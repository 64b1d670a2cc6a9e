using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>The key that was found in a transfer blob: its kind and its public half, never the rest of it.</summary>
/// <param name="Kind"><c>RSA-HSM</c>, <c>EC-HSM</c> or <c>oct-HSM</c>, as an import names it.</param>
/// <param name="Bits">Its size.</param>
/// <param name="Curve">The curve of an EC key.</param>
/// <param name="PublicDigest">SHA-256 of the public half (SubjectPublicKeyInfo, DER): what <c>openssl pkey -pubout -outform DER | sha256sum</c> prints.</param>
/// <param name="Modulus">The modulus of an RSA key, base64url, as Azure shows it.</param>
public sealed record WrappedKey(string Kind, int Bits, string? Curve, string? PublicDigest, string? Modulus);

/// <summary>What the plaintext of a transfer blob is.</summary>
/// <param name="Key">The key; <see langword="null"/> when it is none that can be imported.</param>
/// <param name="Code">What is wrong, in a word; empty when nothing is.</param>
/// <param name="Problem">The same in a sentence.</param>
internal sealed record KeyPlaintext(WrappedKey? Key, string Code, string Problem)
{
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const int WrapBlockBytes = 8;
    private const string EcOid = "1.2.840.10045.2.1";

    /// <summary>Looks at a plaintext: PKCS#8 for RSA and EC, bare bytes for a symmetric key.</summary>
    public static KeyPlaintext Of(ReadOnlyMemory<byte> plain)
    {
        if (plain.Span.StartsWith("-----BEGIN "u8)) return Wrong("KeyIsPem", "The key was wrapped as PEM text; it has to be the DER inside.");
        if (plain.Length is 16 or 24 or 32) return new KeyPlaintext(new WrappedKey("oct-HSM", plain.Length * 8, null, null, null), "", "");
        try
        {
            return OfDer(plain);
        }
        catch (AsnContentException)
        {
            return Wrong("KeyUnreadable", $"The {plain.Length} bytes that were wrapped are no DER of a private key (PKCS#8), and not 16, 24 or 32 bytes of a symmetric one.");
        }
    }

    private static KeyPlaintext OfDer(ReadOnlyMemory<byte> plain)
    {
        var outer = new AsnReader(plain, AsnEncodingRules.BER);
        var content = outer.ReadSequence();
        if (!IsOnlyFilling(plain.Span)) return Wrong("KeyTrailing", "Bytes follow the key's DER: it was padded before it was wrapped, or something was appended.");
        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            content.ReadEncodedValue();
            return content.PeekTag().TagValue == (int)UniversalTagNumber.BitString
                ? Wrong("KeyIsPublic", "What was wrapped is a public key.")
                : Wrong("KeyIsEncrypted", "What was wrapped is an encrypted PKCS#8 (EncryptedPrivateKeyInfo); it has to be the key without a passphrase: openssl pkcs8 -topk8 -nocrypt.");
        }

        content.ReadInteger();
        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) return Wrong("KeyIsPkcs1", "What was wrapped is an RSA key as PKCS#1 (RSAPrivateKey); it has to be PKCS#8: openssl pkcs8 -topk8 -nocrypt -outform DER.");
        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)) return Wrong("KeyIsSec1", "What was wrapped is an EC key as SEC 1 (ECPrivateKey); it has to be PKCS#8: openssl pkcs8 -topk8 -nocrypt -outform DER.");
        return content.ReadSequence().ReadObjectIdentifier() switch
        {
            RsaOid => OfRsa(plain.Span),
            EcOid => OfCurve(plain.Span),
            var other => Wrong("KeyKind", $"The key is of the kind {other}; RSA and EC keys, and symmetric ones, can be imported."),
        };
    }

    // Tokens that fill a key up to the block of the wrapping before they wrap it leave fewer zero bytes than one block behind it.
    private static bool IsOnlyFilling(ReadOnlySpan<byte> plain)
    {
        AsnDecoder.ReadSequence(plain, AsnEncodingRules.BER, out _, out _, out var read);
        return plain.Length - read < WrapBlockBytes && !plain[read..].ContainsAnyExcept((byte)0);
    }

    private static KeyPlaintext OfRsa(ReadOnlySpan<byte> plain)
    {
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportPkcs8PrivateKey(plain, out _);
        }
        catch (CryptographicException)
        {
            return Wrong("KeyUnreadable", "The PKCS#8 holds no RSA private key that fits together.");
        }

        return rsa.KeySize is 2048 or 3072 or 4096
            ? new KeyPlaintext(new WrappedKey("RSA-HSM", rsa.KeySize, null, Digest(rsa.ExportSubjectPublicKeyInfo()), ByokFile.Text(rsa.ExportParameters(includePrivateParameters: false).Modulus!)), "", "")
            : Wrong("KeySize", $"The RSA key has {rsa.KeySize} bits; 2048, 3072 and 4096 can be imported.");
    }

    private static KeyPlaintext OfCurve(ReadOnlySpan<byte> plain)
    {
        using var curve = ECDsa.Create();
        try
        {
            curve.ImportPkcs8PrivateKey(plain, out _);
        }
        catch (CryptographicException)
        {
            return Wrong("KeyUnreadable", "The PKCS#8 holds no EC private key on a curve that is known here.");
        }

        return CurveName(curve.ExportParameters(includePrivateParameters: false).Curve.Oid.Value) is { } name
            ? new KeyPlaintext(new WrappedKey("EC-HSM", curve.KeySize, name, Digest(curve.ExportSubjectPublicKeyInfo()), null), "", "")
            : Wrong("KeyCurve", "The EC key is on another curve than P-256, P-256K, P-384 and P-521.");
    }

    private static string? CurveName(string? oid) => oid switch
    {
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        "1.3.132.0.10" => "P-256K",
        _ => null,
    };

    private static string Digest(byte[] publicHalf) => Hashes.Sha256(publicHalf);

    private static KeyPlaintext Wrong(string code, string problem) => new(null, code, problem);
}
