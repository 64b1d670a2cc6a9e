using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>
/// The security domain's file: three secrets, each encrypted under a key derived from a master key, which is shared among the
/// holders of certificates; and the form in which it comes back, under a transfer key.
/// </summary>
internal static class SecurityDomainFile
{
    private const int MasterKeyBytes = 32;
    private const int ContentKeyBits = 512;
    private const int SerialBytes = 8;
    private const string HsmTag = "hsm_backup";
    private const string BaseTag = "base_enclave_backup";
    private const string KmspTag = "kmsp_enclave_backup";

    /// <summary>The certificates and the quorum of a download request, checked.</summary>
    public static (IReadOnlyList<X509Certificate2> Certificates, int Required) ReadRequest(Call call)
    {
        var body = call.Json();
        if (body.Member("certificates") is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() is < 3 or > 10)
            throw KeyVaultService.BadParameter(call, "Property certificates must hold from 3 to 10 certificates");
        if (body.Member("required").Number() is not { } required || required < 2 || required > 10 || required > list.GetArrayLength())
            throw KeyVaultService.BadParameter(call, "Property required must be from 2 to 10, and not more than there are certificates");
        return ([.. list.EnumerateArray().Select(jwk => ReadCertificate(call, jwk))], required);
    }

    private static X509Certificate2 ReadCertificate(Call call, JsonElement jwk)
    {
        if (jwk.Member("kty").Text() != "RSA")
            throw KeyVaultService.BadParameter(call, "A certificate's kty must be RSA");
        if (jwk.Member("x5c").Texts() is not { Count: > 0 } chain || !Base64Url.TryDecode(chain[0], out var der))
            throw KeyVaultService.BadParameter(call, "A certificate's x5c must hold the certificate in base64");
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            throw KeyVaultService.BadParameter(call, "A certificate's x5c can't be read as a certificate");
        }
        using var key = certificate.GetRSAPublicKey();
        if (key is null || key.KeySize < 2048)
            throw KeyVaultService.BadParameter(call, "A certificate must have an RSA key of at least 2048 bits");
        var parameters = key.ExportParameters(includePrivateParameters: false);
        if ((jwk.Member("x5t#S256").Text() is { } sha256 && sha256.TrimEnd('=') != Thumbprint(certificate))
            || (jwk.Member("n").Text() is { } modulus && (!Base64Url.TryDecode(modulus, out var n) || !n.AsSpan().TrimStart((byte)0).SequenceEqual(parameters.Modulus))))
            throw KeyVaultService.BadParameter(call, "A certificate's thumbprint or modulus is not that of its x5c");
        return certificate;
    }

    /// <summary>A domain of its own for an HSM that has none yet.</summary>
    public static SecurityDomainState NewDomain(SecurityDomainState before)
    {
        var key = SimulatorRandom.Bytes(32);
        return WithKey(before, key, SimulatorRandom.Bytes(64), SimulatorRandom.Bytes(64));
    }

    private static SecurityDomainState WithKey(SecurityDomainState before, byte[] key, byte[] baseEnclave, byte[] kmspEnclave) => before with
    {
        DomainKey = Convert.ToBase64String(key),
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(key))[..32],
        BaseEnclave = Convert.ToBase64String(baseEnclave),
        KmspEnclave = Convert.ToBase64String(kmspEnclave),
    };

    /// <summary>The file, as the text that goes into the answer's <c>value</c>.</summary>
    public static string Make(SecurityDomainState domain, IReadOnlyList<X509Certificate2> certificates, int required)
    {
        var master = SimulatorRandom.Bytes(MasterKeyBytes);
        var shares = Shamir.Split(master, required, certificates.Count);
        var encrypted = new JsonArray();
        for (var i = 0; i < certificates.Count; i++)
        {
            using var key = certificates[i].GetRSAPublicKey()!;
            encrypted.Add((JsonNode)new JsonObject { ["enc_key"] = Jwe.EncryptTo(key, "not used", shares[i]), ["x5t_256"] = Thumbprint(certificates[i]) });
            CryptographicOperations.ZeroMemory(shares[i]);
        }
        var file = new JsonObject
        {
            ["EncData"] = new JsonObject
            {
                ["data"] = new JsonArray(
                    Datum(master, HsmTag, domain.DomainKey!),
                    Datum(master, BaseTag, domain.BaseEnclave!),
                    Datum(master, KmspTag, domain.KmspEnclave!)),
                ["kdf"] = "sp108_kdf",
            },
            ["SharedKeys"] = new JsonObject { ["enc_shares"] = encrypted, ["key_algorithm"] = "shamir_share", ["required"] = required },
            ["version"] = 2,
        };
        CryptographicOperations.ZeroMemory(master);
        return Encoding.UTF8.GetString(Answer.Serialize(file));
    }

    private static JsonObject Datum(byte[] master, string tag, string secret) => new()
    {
        ["compact_jwe"] = Jwe.EncryptDirect(Jwe.DeriveKey(master, tag, "", ContentKeyBits), tag, Convert.FromBase64String(secret)),
        ["tag"] = tag,
    };

    public static SecurityDomainState NewTransferKey(SecurityDomainState domain, RSA key, string host, DateTimeOffset now)
    {
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), now.AddMinutes(-5), now.AddYears(1), SimulatorRandom.Bytes(SerialBytes));
        return domain with
        {
            TransferKey = Convert.ToBase64String(key.ExportPkcs8PrivateKey()),
            TransferCertificate = Convert.ToBase64String(certificate.RawData),
        };
    }

    public static JsonObject TransferJwk(SecurityDomainState domain, string keyId)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(domain.TransferCertificate!));
        using var key = certificate.GetRSAPublicKey()!;
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kid"] = keyId,
            ["kty"] = "RSA",
            ["key_ops"] = new JsonArray("encrypt"),
            ["n"] = Base64Url.Encode(parameters.Modulus),
            ["e"] = Base64Url.Encode(parameters.Exponent),
            ["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData)),
            ["x5t"] = Base64Url.Encode(Convert.FromHexString(certificate.Thumbprint)),
            ["x5t#S256"] = Thumbprint(certificate),
            ["alg"] = "RSA-OAEP-256",
        };
    }

    /// <summary>
    /// Opens what was made for this HSM's transfer key; <see langword="null"/> and a reason where it was not, or is not whole.
    /// </summary>
    public static SecurityDomainState? Open(SecurityDomainState domain, string value, out string? why)
    {
        try
        {
            using var document = JsonDocument.Parse(value, new JsonDocumentOptions { MaxDepth = Limits.JsonDepth, AllowDuplicateProperties = false });
            var root = document.RootElement;
            using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(domain.TransferCertificate!));
            if (root.Member("WrappedKey") is not { } wrapped || wrapped.Member("x5t_256").Text()?.TrimEnd('=') != Thumbprint(certificate))
            {
                why = "The blob was not made for this HSM's transfer key.";
                return null;
            }
            using var key = RSA.Create();
            key.ImportPkcs8PrivateKey(Convert.FromBase64String(domain.TransferKey!), out _);
            var master = Jwe.DecryptWith(key, Token(wrapped.Member("enc_key").Text()));
            var data = root.Member("EncData")?.Member("data") ?? throw new CryptographicException("The blob has no data.");
            byte[] Datum(string tag) => data.EnumerateArray().FirstOrDefault(item => item.Member("tag").Text() == tag).Member("compact_jwe").Text() is { } token
                ? Jwe.DecryptDirect(Jwe.DeriveKey(master, tag, "", ContentKeyBits), Token(token))
                : throw new CryptographicException($"The blob has no \"{tag}\".");
            why = null;
            return WithKey(domain, Datum(HsmTag), Datum(BaseTag), Datum(KmspTag));
        }
        catch (Exception error) when (error is JsonException or CryptographicException or InvalidOperationException)
        {
            why = $"The Security Domain could not be restored: {error.Message}";
            return null;
        }
    }

    /// <summary>Some clients encode the compact tokens a second time.</summary>
    private static string Token(string? text)
    {
        if (text is null)
            throw new CryptographicException("A token is missing.");
        return !text.Contains('.', StringComparison.Ordinal) && Base64Url.TryDecode(text, out var inner) ? Encoding.ASCII.GetString(inner) : text;
    }

    private static string Thumbprint(X509Certificate2 certificate) => Base64Url.Encode(SHA256.HashData(certificate.RawData));
}
