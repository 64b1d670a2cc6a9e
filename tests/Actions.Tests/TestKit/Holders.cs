using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>Custodians' wrapping keys, each made once for all tests, because RSA keys take their time.</summary>
internal static class Holders
{
    private static readonly ConcurrentDictionary<(int Number, int Bits), Lazy<(RSA Key, byte[] Pem)>> Known = new();

    /// <summary>A holder's certificate, PEM.</summary>
    public static byte[] Certificate(int number, int bits = 2048) => Of(number, bits).Pem;

    /// <summary>A holder's key pair.</summary>
    public static RSA Key(int number, int bits = 2048) => Of(number, bits).Key;

    private static (RSA Key, byte[] Pem) Of(int number, int bits) => Known.GetOrAdd((number, bits), static which => new(() =>
    {
        var key = RSA.Create(which.Bits);
        var request = new CertificateRequest($"CN=holder {which.Number}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(55), DateTimeOffset.UnixEpoch.AddYears(75));
        return (key, System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
    })).Value;
}
