using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>Does what a holder does with openssl: opens the key of their share, and seals it to the session's certificate.</summary>
internal static class Openings
{
    /// <summary>What the holder hands in.</summary>
    /// <param name="world">Its folder holds the domain and the certificate.</param>
    /// <param name="holder">Number of the holder, from 1.</param>
    /// <param name="domain">The domain's file.</param>
    /// <param name="sealing">The certificate's file.</param>
    public static byte[] Of(World world, int holder, string domain = "domain.json", string sealing = "sealing.cer")
    {
        using var certificate = X509CertificateLoader.LoadCertificate(Der(Holders.Certificate(holder)));
        using var session = X509CertificateLoader.LoadCertificateFromFile(world.Files.In(sealing));
        using var recipient = session.GetRSAPublicKey()!;
        using var document = JsonDocument.Parse(File.ReadAllBytes(world.Files.In(domain)));
        var thumbprint = Base64Url.EncodeToString(SHA256.HashData(certificate.RawData));
        var share = document.RootElement.GetProperty("SharedKeys").GetProperty("enc_shares").EnumerateArray().Single(s => s.GetProperty("x5t_256").GetString() == thumbprint);
        var key = Holders.Key(holder).Decrypt(Base64Url.DecodeFromChars(share.GetProperty("enc_key").GetString()!.Split('.')[1]), RSAEncryptionPadding.OaepSHA256);
        return recipient.Encrypt(key, RSAEncryptionPadding.OaepSHA256);
    }

    private static byte[] Der(byte[] pem)
    {
        var text = System.Text.Encoding.ASCII.GetString(pem);
        return Convert.FromBase64String(text[PemEncoding.Find(text).Base64Data]);
    }
}
