using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Identity;

/// <summary>Key sets (RFC 7517) of issuers that are not part of this Azure.</summary>
internal static class OutsideKeys
{
    /// <summary>The RSA keys of an issuer that was registered; those with another key id are left out where one is given.</summary>
    public static IEnumerable<RSA> Of(EstateView view, string issuer, string? keyId = null)
    {
        if (view.Find(Tables.OutsideIssuers, issuer.TrimEnd('/'))?.Text is not { } set)
            yield break;
        using var document = JsonDocument.Parse(set);
        foreach (var key in document.RootElement.GetProperty("keys").EnumerateArray())
        {
            if (keyId is not null && key.Member("kid").Text() is { } known && known != keyId)
                continue;
            if (Base64Url.TryDecode(key.Member("n").Text(), out var modulus) && Base64Url.TryDecode(key.Member("e").Text(), out var exponent))
            {
                yield return RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
            }
            else if (key.Member("x5c").Texts() is [var first, ..])
            {
                using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(first));
                if (certificate.GetRSAPublicKey() is { } rsa)
                    yield return rsa;
            }
        }
    }
}
