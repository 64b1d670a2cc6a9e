using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Attestation;

/// <summary>What an attestation provider's data plane keeps: its signing key, and policies that replaced the defaults.</summary>
internal sealed record AttestationProvider
{
    /// <summary>Host name in lower case.</summary>
    public required string Host { get; init; }

    /// <summary>PKCS#8 of the signing key, base64.</summary>
    [Secret]
    public required string Key { get; init; }

    /// <summary>DER of its certificate, base64.</summary>
    [Unrepeatable]
    public required string Certificate { get; init; }

    /// <summary>Policies as they were put, by attestation type.</summary>
    public SortedDictionary<string, AttestationPolicyState>? Policies { get; init; }

    public string KeyId => Identity.Base64Url.Encode(SHA256.HashData(Convert.FromBase64String(Certificate)));

    public RSA SigningKey()
    {
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(Key), out _);
        return key;
    }

    public X509Certificate2 ToCertificate() => X509CertificateLoader.LoadCertificate(Convert.FromBase64String(Certificate));
}

/// <summary>One policy: its text, and the token in which it came.</summary>
internal sealed record AttestationPolicyState
{
    public required string Text { get; init; }

    public required string Token { get; init; }
}
