using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.security-domain.inspect</c>.</summary>
internal sealed class SecurityDomainInspect : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.security-domain.inspect",
        Summary = "Reads a security domain's file on this computer: its form, its quorum, and for whom its shares are. It opens nothing.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of("""
            file: {type: string, format: file, maxLength: 2097152, description: "The file, in the session's folder"}
            certificates: {type: array, minItems: 1, maxItems: 10, items: {type: string, format: file, maxLength: 65536}, description: "The holders' certificates"}
            """),
        Result = Shape.Of($$"""
            required: {type: integer, description: "How many holders together open it"}
            shares:
              type: array
              items: {type: object, additionalProperties: false, properties: {thumbprint: {type: string}, certificate: {type: string, description: "Name of the certificate's file; missing for a share of somebody else"} } }
            everyShareHasItsCertificate: {type: boolean, description: "Each share is for one of the certificates, and each certificate has one"}
            parts: {type: array, items: {type: string} }
            file: {{ResultText.File}}
            """),
        NoAzCommand = "Nothing is called. By hand: jq '.SharedKeys.required, .SharedKeys.enc_shares[].x5t_256' FILE, and sha256sum FILE.",
        Errors =
        [
            new("SecurityDomainUnreadable", "The file is no security domain that could be restored.", "Nothing changed. While the HSM runs, nothing is lost.", "Download it again, before anybody leaves the room."),
            new("FileNotFound", "The file is not there.", "Nothing changed. While the HSM runs, nothing is lost.", "Download it again."),
        ],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Inspect the security domain '{FileValue.NameOf(with, "file")}' on this computer.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var file = with.GetProperty("file");
        var bytes = files.Read(file, ActionsLimits.SecurityDomainBytesMax);
        var domain = SecurityDomainFile.Read(bytes);
        var certificates = WrappingCertificate.ReadAll(with.GetProperty("certificates"), files);
        return Task.FromResult<JsonNode>(new JsonObject
        {
            ["required"] = domain.Required,
            ["shares"] = new JsonArray([.. domain.Shares.Select(s => Show(s, certificates))]),
            ["everyShareHasItsCertificate"] = domain.Matches(certificates),
            ["parts"] = new JsonArray([.. domain.Parts.Select(p => (JsonNode)p)]),
            ["file"] = FileValue.Of(FileValue.NameOf(file), bytes),
        });
    }

    private static JsonObject Show(DomainShare share, IReadOnlyList<WrappingCertificate> certificates) => Arguments.ObjectOf(
        ("thumbprint", share.Thumbprint),
        ("certificate", certificates.FirstOrDefault(c => c.Thumbprint == share.Thumbprint)?.Name));
}
