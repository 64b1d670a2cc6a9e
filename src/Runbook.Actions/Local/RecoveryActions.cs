using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.sealing-key.make</c>: a key pair of this computer's, for one session, to which holders seal what they open.</summary>
internal sealed class SealingKeyMake : LocalAction
{
    private const int Bits = 3072;
    private const int SerialBytes = 8;

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.sealing-key.make",
        Summary = "Makes a key pair on this computer, for this session: holders seal to its certificate what they opened on their own machines, so that their private keys never leave them.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            {{KeyTransferActions.FileArgument.Replace("file: ", "certificate: ", StringComparison.Ordinal)}}
            {{KeyTransferActions.FileArgument.Replace("file: ", "key: ", StringComparison.Ordinal)}}
            """),
        Result = Shape.Of($"certificate: {ResultText.File}\nsha256: {{type: string, description: \"SHA-256 of the certificate's DER, as openssl and sha256sum print it\"}}"),
        NoAzCommand = "Nothing is called. By hand: openssl req -x509 -newkey rsa:3072 -nodes -subj '/CN=recovery' -keyout KEY -out CERTIFICATE.",
        Errors = [new("TooManyFiles", "Too many files of that name are kept.", "Nothing was written.", "Put them away first.")],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Make a sealing key in '{with.Text("key")}', with its certificate in '{with.Text("certificate")}'.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        using var rsa = Randomness.Rsa(Bits);
        var request = new CertificateRequest("CN=sealing key of a session", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = files.Now;
        using var certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1), now.AddHours(-1), now.AddDays(7), Randomness.Bytes(SerialBytes));
        var pkcs8 = rsa.ExportPkcs8PrivateKey();
        var pem = PemEncoding.Write("PRIVATE KEY", pkcs8);
        var bytes = Encoding.ASCII.GetBytes(pem);
        try
        {
            files.Write(with.GetProperty("key").GetString()!, bytes);
            var file = files.Write(with.GetProperty("certificate").GetString()!, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
            return Task.FromResult<JsonNode>(new JsonObject { ["certificate"] = file, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)) });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
            CryptographicOperations.ZeroMemory(bytes);
            Array.Clear(pem);
        }
    }
}

/// <summary><c>local.security-domain.restore-file</c>: what an HSM in recovery takes, made of the domain and what its holders opened.</summary>
internal sealed class SecurityDomainRestoreFile : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.security-domain.restore-file",
        Summary = "Makes, on this computer, the file that an HSM in recovery takes: opens the security domain with what a quorum of its holders handed in, and wraps it for the HSM's transfer key.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            domain: {type: string, format: file, maxLength: 2097152, description: "The security domain"}
            openings: {type: array, minItems: 2, maxItems: 10, items: {type: string, format: file, maxLength: 4096}, description: "The keys of shares, opened by their holders and sealed to the sealing key (RSA-OAEP, SHA-256)"}
            key: {type: string, format: file, maxLength: 65536, description: "The sealing key, PEM, in the session's folder"}
            transfer: {type: string, format: file, maxLength: 65536, description: "Certificate of the HSM's transfer key"}
            {{KeyTransferActions.FileArgument.Replace("file: ", "output: ", StringComparison.Ordinal)}}
            """),
        Result = Shape.Of($"file: {ResultText.File}"),
        NoAzCommand = "Nothing is called. By hand, with the holders' private keys on one off-line computer: az keyvault security-domain restore-blob --sd-exchange-key TRANSFER --sd-file DOMAIN --sd-wrapping-keys KEYS --sd-file-restore-blob OUTPUT.",
        Errors =
        [
            new("FileNotFound", "A file is not there.", "Nothing was written.", "Look for it in the session's folder."),
            new("SecurityDomainUnreadable", "The file is no security domain that could be restored.", "Nothing was written.", "Take another of the copies: their digest stands in the transcript of the activation."),
            new("KeyUnreadable", "A file holds no private key that can be used.", "Nothing was written.", "Make the sealing key again, and have the holders seal to it anew."),
            new("OpeningUnreadable", "What a holder handed in was not sealed to this session's sealing key.", "Nothing was written.", "The holder opens the share again, with the certificate of this session."),
            new("CertificateUnreadable", "The transfer certificate can't be read.", "Nothing was written.", "Ask the HSM for its transfer key again."),
            new("TooFewShares", "What was handed in opens too few shares.", "Nothing was written, and nothing of the domain is known.", "Have more of the holders open their share; look whether the domain is the one that they hold shares of."),
            new("OtherSecret", "The shares don't open the domain.", "Nothing was written.", "The file was changed, or shares are of another domain: look for another copy."),
        ],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Make the restore file '{with.Text("output")}' out of '{FileValue.NameOf(with, "domain")}' and what its holders opened, for '{FileValue.NameOf(with, "transfer")}'.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        using var sealing = SecretJoin.KeyIn(with.GetProperty("key"), files);
        var transfer = with.GetProperty("transfer");
        var recipient = WrappingCertificate.Read(FileValue.NameOf(transfer), files.Read(transfer, ActionsLimits.CertificateBytesMax));
        if (recipient.KeyType != "RSA") throw new FileRefusedException("CertificateUnreadable", $"'{recipient.Name}' is for {recipient.KeyType}: a transfer key is RSA.");
        var keys = new List<byte[]>();
        try
        {
            foreach (var opening in with.GetProperty("openings").EnumerateArray()) keys.Add(Unseal(opening, sealing, files));
            var made = RestoreFile.Make(files.Read(with.GetProperty("domain"), ActionsLimits.SecurityDomainBytesMax), keys, recipient);
            return Task.FromResult<JsonNode>(new JsonObject { ["file"] = files.Write(with.GetProperty("output").GetString()!, made) });
        }
        finally
        {
            foreach (var key in keys) CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] Unseal(JsonElement opening, RSA sealing, SessionFiles files)
    {
        try
        {
            return sealing.Decrypt(files.Read(opening, ActionsLimits.OpeningBytesMax), RSAEncryptionPadding.OaepSHA256);
        }
        catch (CryptographicException)
        {
            throw new FileRefusedException("OpeningUnreadable", $"'{FileValue.NameOf(opening)}' was not sealed to this session's sealing key.");
        }
    }
}
