using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Runbook.Engine;

/// <summary>
/// What a holder of a security domain's share does on their own machine, for the people of a rehearsal: they have a key pair, open
/// with it what was encrypted for them, and hand on either a digest of it or the content itself, sealed for somebody else.
/// </summary>
/// <param name="filesFolder">The session's folder; each person's key pair lies in a folder of their own below it.</param>
/// <param name="time">The clock, for the validity of certificates that they make.</param>
/// <param name="keys">Where their key pairs come from.</param>
internal sealed class RehearsalHolder(string filesFolder, TimeProvider time, RehearsalKeySource keys)
{
    /// <summary>Media type of a wrapping certificate.</summary>
    public const string Certificate = "application/x-x509-ca-cert";

    /// <summary>Media type of an answer to a challenge: what <c>sha256sum</c> prints of the decrypted value.</summary>
    public const string ChallengeAnswer = "application/vnd.runbook.challenge-answer";

    /// <summary>Media type of the key of a share, opened and sealed anew.</summary>
    public const string OpenedShare = "application/vnd.runbook.opened-share";

    // The least that Azure takes: the rehearsal waits while they are made, and what they guard is not real.
    private const int KeyBits = 2048;
    private const int SerialBytes = 8;

    /// <summary>The person's certificate, PEM: the one that they have, or that of a key pair made now.</summary>
    public string CertificateOf(string person)
    {
        var file = InFolderOf(person, "wrapping.cer");
        if (File.Exists(file)) return File.ReadAllText(file);
        using var key = keys.Make(KeyBits, person);
        var request = new CertificateRequest($"CN=security domain holder {person}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = time.GetUtcNow();
        // Its number is that of its key, so that the same key has the same certificate at the same time.
        var serial = SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..SerialBytes];
        using var certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), now.AddDays(-1), now.AddYears(10), serial);
        Directory.CreateDirectory(InFolderOf(person, ""));
        var pem = certificate.ExportCertificatePem() + "\n";
        File.WriteAllText(file, pem);
        File.WriteAllText(InFolderOf(person, "wrapping.key.pem"), key.ExportPkcs8PrivateKeyPem() + "\n");
        return pem;
    }

    /// <summary>The person's answer to a file of challenges; words that are no answer where none is for them.</summary>
    public string AnswerTo(string person, string challengeFile)
    {
        using var key = KeyOf(person);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(filesFolder, challengeFile)));
        foreach (var challenge in document.RootElement.GetProperty("challenges").EnumerateArray())
        {
            if (TryOpen(key, challenge.GetProperty("challenge").GetBytesFromBase64()) is { } value) return Convert.ToHexStringLower(SHA256.HashData(value));
        }

        return "none is for me";
    }

    /// <summary>The key of the person's share, sealed for a certificate; nothing where no share is theirs.</summary>
    public byte[] Open(string person, string domainFile, string recipientFile)
    {
        using var key = KeyOf(person);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(filesFolder, domainFile)));
        using var recipient = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(filesFolder, recipientFile));
        using var sealing = recipient.GetRSAPublicKey()!;
        foreach (var share in document.RootElement.GetProperty("SharedKeys").GetProperty("enc_shares").EnumerateArray())
        {
            var wrapped = System.Buffers.Text.Base64Url.DecodeFromChars(share.GetProperty("enc_key").GetString()!.Split('.')[1]);
            if (TryOpen(key, wrapped) is { } content) return keys.Encrypt(sealing, content, RSAEncryptionPadding.OaepSHA256);
        }

        return [];
    }

    private RSA KeyOf(string person)
    {
        _ = CertificateOf(person);
        var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(InFolderOf(person, "wrapping.key.pem")));
        return key;
    }

    private string InFolderOf(string person, string name) => Path.Combine(filesFolder, "rehearsal-people", person, name);

    private static byte[]? TryOpen(RSA key, byte[] wrapped)
    {
        try
        {
            return key.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256);
        }
        catch (CryptographicException)
        {
            // It was encrypted for somebody else.
            return null;
        }
    }
}
