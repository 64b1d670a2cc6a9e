using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>
/// A certificate that a custodian handed in, to have a share of a security domain wrapped for its key. Holds the public
/// half only. Immutable.
/// </summary>
internal sealed record WrappingCertificate
{
    private WrappingCertificate()
    {
    }

    /// <summary>The file's name.</summary>
    public required string Name { get; init; }

    /// <summary>The certificate, DER.</summary>
    public required byte[] Der { get; init; }

    /// <summary><c>RSA</c>, <c>EC</c> or another word.</summary>
    public required string KeyType { get; init; }

    /// <summary>Bits of the key; 0 where they are not known.</summary>
    public required int KeyBits { get; init; }

    /// <summary>RSA modulus and exponent; empty for other keys.</summary>
    public required RSAParameters Rsa { get; init; }

    /// <summary>Digest of the public key, whatever certificate it stands in.</summary>
    public required string KeyDigest { get; init; }

    /// <summary>Whom it names.</summary>
    public required string Subject { get; init; }

    /// <summary>Until when it says that it is valid.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Whether issuer and subject are one.</summary>
    public required bool IsSelfIssued { get; init; }

    /// <summary>SHA-256 of the DER, 64 hex digits: what <c>sha256sum</c> prints of it.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Der));

    /// <summary>The same in base64url, as a security domain names it.</summary>
    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Der));

    /// <summary>Reads a certificate, PEM or DER.</summary>
    /// <exception cref="FileRefusedException">It is none, there are several, or a private key lies beside it.</exception>
    public static WrappingCertificate Read(string name, byte[] file)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(DerOf(name, file));
            using var rsa = certificate.GetRSAPublicKey();
            using var curve = rsa is null ? certificate.GetECDsaPublicKey() : null;
            return new WrappingCertificate
            {
                Name = name,
                Der = certificate.RawData,
                KeyType = rsa is not null ? "RSA" : curve is not null ? "EC" : certificate.PublicKey.Oid.FriendlyName ?? "unknown",
                KeyBits = rsa?.KeySize ?? curve?.KeySize ?? 0,
                Rsa = rsa?.ExportParameters(includePrivateParameters: false) ?? default,
                KeyDigest = Hashes.Sha256(certificate.PublicKey.ExportSubjectPublicKeyInfo()),
                Subject = certificate.Subject,
                NotAfter = certificate.NotAfter.ToUniversalTime(),
                IsSelfIssued = certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData),
            };
        }
        catch (CryptographicException exception)
        {
            throw new FileRefusedException("CertificateUnreadable", $"'{name}' holds no certificate that can be read: {exception.Message}");
        }
    }

    /// <summary>Reads each of a list.</summary>
    public static IReadOnlyList<WrappingCertificate> ReadAll(JsonElement files, SessionFiles session) =>
        [.. files.EnumerateArray().Select(file => Read(FileValue.NameOf(file), session.Read(file, ActionsLimits.CertificateBytesMax)))];

    /// <summary>The key as the download of a security domain wants it.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "x5t is defined over SHA-1 (RFC 7517 §4.8); nothing relies on it.")]
    public JsonObject ToJwk() => new()
    {
        ["kty"] = "RSA",
        ["key_ops"] = new JsonArray("verify", "encrypt", "wrapKey"),
        ["n"] = Base64Url.EncodeToString(Rsa.Modulus),
        ["e"] = Base64Url.EncodeToString(Rsa.Exponent),
        ["x5c"] = new JsonArray(Convert.ToBase64String(Der)),
        ["x5t"] = Base64Url.EncodeToString(SHA1.HashData(Der)),
        ["x5t#S256"] = Thumbprint,
        ["alg"] = "RSA-OAEP-256",
    };

    private static byte[] DerOf(string name, byte[] file)
    {
        if (file.AsSpan().IndexOf("-----BEGIN"u8) < 0) return file;
        var text = Encoding.UTF8.GetString(file);
        if (text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new FileRefusedException("PrivateKeyHandedIn", $"'{name}' holds a private key. It is no secret any more: its owner makes a new pair and hands in the certificate only.");
        }

        byte[]? der = null;
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is "CERTIFICATE")
            {
                if (der is not null) throw new FileRefusedException("SeveralCertificates", $"'{name}' holds several certificates: hand in one.");
                der = Convert.FromBase64String(rest[fields.Base64Data].ToString());
            }

            rest = rest[fields.Location.End..];
        }

        return der ?? throw new FileRefusedException("CertificateUnreadable", $"'{name}' holds no certificate.");
    }
}
