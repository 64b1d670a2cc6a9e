using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>attestation.token.get</c>: has an attestation provider judge TEE evidence of a confidential guest (AMD SEV-SNP), and keeps the
/// token that it issues. What the token says is read from it, not believed: whoever releases a key checks its signature.
/// </summary>
internal static class AttestationToken
{
    private const string Version = "2022-08-01";

    private static readonly string[] Told =
    [
        "iss", "x-ms-attestation-type", "x-ms-compliance-status", "x-ms-sevsnpvm-launchmeasurement", "x-ms-sevsnpvm-hostdata", "x-ms-sevsnpvm-is-debuggable", "x-ms-policy-hash",
    ];

    /// <summary>The action.</summary>
    public static RequestAction Get(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "attestation.token.get",
        Summary = "Has an attestation provider judge TEE evidence of a confidential guest (SEV-SNP), and writes the token that it issues into a file. The token is good for hours, for whoever holds the guest's key.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            provider: {type: string, pattern: '^https://[a-z0-9.-]+/?$', description: "Address of the provider: https://NAME.REGION.attest.azure.net"}
            evidence: {type: string, format: file, maxLength: 262144, description: "The guest's evidence, JSON: report (with SnpReport and VcekCertChain), runtimeData with the guest's public key, and what else the provider takes"}
            {{KeyTransferActions.FileArgument}}
            """),
        Result = Shape.Of($$"""
            file: {{ResultText.File}}
            claims: {type: object, additionalProperties: {type: string}, description: "What it says of the guest: {{string.Join(", ", Told)}}; true and false as words"}
            keys: {type: integer, description: "How many keys of the guest it vouches for; a key is released only to one of those"}
            """),
        Permissions = [Needs.Data("Microsoft.Attestation/attestationProviders/attestation/read", "the provider {provider}", "Attestation Reader")],
        AzCommand = AzRest.Command,
        Errors =
        [
            new("AttestationFailure", "The evidence does not hold: a signature, the chain of the chip, or the binding of the guest's key to the report.", "No token was issued.", "Have the guest make new evidence; look whether its runtime data came along unchanged, byte for byte."),
            new("InvalidParameter", "The provider can't read the evidence.", "No token was issued.", "Compare it with the form that the provider documents."),
            new("PolicyEvaluationError", "The provider's own policy does not permit this guest.", "No token was issued.", "Read the provider's policy; look at the measurement and at whether the guest may be debugged."),
            new("PolicyParsingError", "A policy can't be read.", "No token was issued.", "Look at the provider's policy."),
            new("Unauthorized", "The provider does not take your token.", "No token was issued.", "Sign in again, and check the cloud in the profile."),
            new("TooManyRequests", "The provider is asked too much.", "Nothing changed.", "Wait as long as it said."),
            new("FileNotFound", "The evidence is not there.", "Nothing was sent.", "Look for it in the session's folder."),
            new("TokenUnreadable", "What the provider answered is no token.", "No token was kept.", "Ask again; look whether the address is a provider's."),
        ],
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Effect = EffectClass.Read,
            Url = (_, with) => $"{with.Text("provider").TrimEnd('/')}/attest/SevSnpVm?api-version={Version}",
            Says = with => $"Have {with.Text("provider")} judge the evidence '{FileValue.NameOf(with, "evidence")}', and write its token into '{with.Text("file")}'.",
            Body = (_, with, _) => RequestAction.FileIn(with, "evidence", "json"),
            HidesAnswer = true,
            Tells = (_, answer) => Tell(answer),
            FileMember = "file",
            Writes = answer => Encoding.ASCII.GetBytes(TokenOf(answer)),
        });

    private static JsonObject Tell(HttpAnswer answer)
    {
        var parts = TokenOf(answer).Split('.');
        try
        {
            var payload = JsonElement.Parse(Base64Url.DecodeFromChars(parts[1]));
            var claims = new JsonObject();
            foreach (var name in Told)
            {
                if (payload.TryGetProperty(name, out var value)) claims[name] = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
            }

            return new JsonObject { ["claims"] = claims, ["keys"] = KeysIn(payload) };
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw new FileRefusedException("TokenUnreadable", $"What the provider answered is no token: {exception.Message}");
        }
    }

    private static int KeysIn(JsonElement payload) =>
        payload.TryGetProperty("x-ms-runtime", out var runtime) && runtime.ValueKind == JsonValueKind.Object && runtime.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array ? keys.GetArrayLength() : 0;

    private static string TokenOf(HttpAnswer answer) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("token", out var token) && token.ValueKind == JsonValueKind.String && token.GetString()!.Split('.').Length == 3
            ? token.GetString()!
            : throw new FileRefusedException("TokenUnreadable", "What the provider answered is no token.");
}
