using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Tests.TestKit;

/// <summary>Custodians with a wrapping key and a certificate each.</summary>
internal sealed class Holders : IDisposable
{
    /// <summary>RSA keys take their time to make: each is made once for all tests.</summary>
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<(int Number, int Bits), byte[]> Known = new();

    private readonly List<(RSA Key, X509Certificate2 Certificate)> _holders = [];

    public IReadOnlyList<RSA> Keys => [.. _holders.Select(holder => holder.Key)];

    public IReadOnlyList<X509Certificate2> Certificates => [.. _holders.Select(holder => holder.Certificate)];

    public static Holders Make(int count, int bits = 2048)
    {
        var holders = new Holders();
        for (var i = 0; i < count; i++)
        {
            var key = RSA.Create();
            key.ImportPkcs8PrivateKey(Known.GetOrAdd((i, bits), static which =>
            {
                using var made = RSA.Create(which.Bits);
                return made.ExportPkcs8PrivateKey();
            }), out _);
            var request = new CertificateRequest($"CN=holder {i + 1}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            holders._holders.Add((key, request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(55), DateTimeOffset.UnixEpoch.AddYears(75))));
        }
        return holders;
    }

    /// <summary>A download request for all of them, certificates in the form that clients send.</summary>
    public JsonObject Request(int required)
    {
        var certificates = new JsonArray();
        foreach (var (_, certificate) in _holders)
            certificates.Add((JsonNode)Jwk(certificate));
        return new JsonObject { ["certificates"] = certificates, ["required"] = required };
    }

    public static JsonObject Jwk(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPublicKey()!;
        var parameters = key.ExportParameters(false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["key_ops"] = new JsonArray("verify", "encrypt", "wrapKey"),
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            ["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData)),
            ["x5t"] = Base64Url.EncodeToString(Convert.FromHexString(certificate.Thumbprint)),
            ["x5t#S256"] = Base64Url.EncodeToString(SHA256.HashData(certificate.RawData)),
            ["alg"] = "RSA-OAEP-256",
        };
    }

    public void Dispose()
    {
        foreach (var (key, certificate) in _holders)
        {
            key.Dispose();
            certificate.Dispose();
        }
    }
}
