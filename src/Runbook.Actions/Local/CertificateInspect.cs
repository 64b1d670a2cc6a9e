using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.certificate.inspect</c>.</summary>
internal sealed class CertificateInspect : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.certificate.inspect",
        Summary = "Reads certificates on this computer: their keys, digests and dates, and whether they are for different keys.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of("files: {type: array, minItems: 1, maxItems: 10, items: {type: string, format: file, maxLength: 65536}, description: \"Certificates, PEM or DER, one a file\"}"),
        Result = Shape.Of("""
            certificates:
              type: array
              items:
                type: object
                additionalProperties: false
                properties:
                  name: {type: string}
                  keyType: {type: string}
                  keyBits: {type: integer}
                  sha256: {type: string, description: "SHA-256 of the certificate's DER, 64 hex digits, as sha256sum prints it"}
                  subject: {type: string}
                  notAfter: {type: string}
                  selfIssued: {type: boolean}
            distinct: {type: boolean, description: "Whether each is for a key of its own"}
            """),
        NoAzCommand = "Nothing is called. By hand: openssl x509 -in FILE -noout -subject -text, and openssl x509 -in FILE -outform DER | sha256sum.",
        Errors =
        [
            new("CertificateUnreadable", "A file holds no certificate.", "Nothing changed.", "Have it handed in again: openssl x509 -in FILE -noout must read it."),
            new("SeveralCertificates", "A file holds more than one certificate.", "Nothing changed.", "Have a file with one certificate handed in."),
            new("PrivateKeyHandedIn", "A file holds a private key.", "It was seen by this computer and is no secret any more.", "Its owner makes a new pair, and hands in the certificate only."),
            new("FileNotFound", "A file is not there.", "Nothing changed.", "Look for it in the session's folder."),
        ],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Inspect {with.Items("files")?.Count.ToString(CultureInfo.InvariantCulture) ?? "the"} certificates on this computer.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var certificates = WrappingCertificate.ReadAll(with.GetProperty("files"), files);
        return Task.FromResult<JsonNode>(new JsonObject
        {
            ["certificates"] = new JsonArray([.. certificates.Select(Show)]),
            ["distinct"] = certificates.DistinctBy(c => c.KeyDigest, StringComparer.Ordinal).Count() == certificates.Count,
        });
    }

    private static JsonNode Show(WrappingCertificate certificate) => new JsonObject
    {
        ["name"] = certificate.Name,
        ["keyType"] = certificate.KeyType,
        ["keyBits"] = certificate.KeyBits,
        ["sha256"] = certificate.Sha256,
        ["subject"] = certificate.Subject,
        ["notAfter"] = certificate.NotAfter.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        ["selfIssued"] = certificate.IsSelfIssued,
    };
}
