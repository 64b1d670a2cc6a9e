using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>What a key does inside the HSM: <c>keyvault.key.wrap</c>, <c>.unwrap</c>, <c>.sign</c>.</summary>
internal static class KeyOperationActions
{
    private const string WrapAlgorithm = """algorithm: {type: string, enum: [RSA-OAEP-256, RSA-OAEP, A128KW, A192KW, A256KW], description: "How it is wrapped"}""";

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Wrap(site, wire), Unwrap(site, wire), Sign(site, wire)];

    private static RequestAction Wrap(AzureSite site, AzureWire? wire) => new(site, wire, Describe("wrap", "Wraps the content of a file, a data encryption key for instance, with a key inside the HSM.", "wrap", "Managed HSM Crypto Service Encryption User", $$"""
            {{WrapAlgorithm}}
            file: {type: string, format: file, maxLength: 512, description: "What is wrapped, as bytes"}
            """, """
            kid: {type: string, description: "The version that wrapped it"}
            value: {type: string, description: "The wrapped value, base64url"}
            """),
        null,
        new RequestCall
        {
            Method = "POST",
            Effect = EffectClass.Read,
            Url = KeyCalls.Operation("wrapKey"),
            Says = with => $"Wrap '{FileValue.NameOf(with, "file")}' with {KeyCalls.InWords(with)}.",
            Body = (_, with, _) => Arguments.ObjectOf(("alg", with.Node("algorithm")), ("value", RequestAction.FileIn(with, "file", "base64url"))),
        });

    private static RequestAction Unwrap(AzureSite site, AzureWire? wire) => new(site, wire, Describe("unwrap", "Unwraps a value with a key inside the HSM, and tells the digest of what came out: never the value.", "unwrap", "Managed HSM Crypto Service Encryption User", $$"""
            {{WrapAlgorithm}}
            value: {type: string, pattern: '^[A-Za-z0-9_-]+$', maxLength: 8192, description: "The wrapped value, base64url"}
            """, """
            kid: {type: string, description: "The version that unwrapped it"}
            plaintextDigest: {type: string, description: "SHA-256 of what came out: sha256: and 64 hex digits"}
            """),
        null,
        new RequestCall
        {
            Method = "POST",
            Effect = EffectClass.Read,
            Url = KeyCalls.Operation("unwrapKey"),
            Says = with => $"Unwrap a value with {KeyCalls.InWords(with)}, and take the digest of what comes out.",
            Body = (_, with, _) => Arguments.ObjectOf(("alg", with.Node("algorithm")), ("value", with.Node("value"))),
            HidesAnswer = true,
            Tells = (_, answer) => new JsonObject { ["kid"] = answer.Json!.Value.GetProperty("kid").GetString(), ["plaintextDigest"] = DigestOf(answer.Json.Value.GetProperty("value")) },
        });

    private static RequestAction Sign(AzureSite site, AzureWire? wire) => new(site, wire, Describe("sign", "Signs a digest with a key inside the HSM.", "sign", "Managed HSM Crypto User", """
            algorithm: {type: string, enum: [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, ES256K], description: "How it is signed"}
            digest: {type: string, pattern: '^(sha256:|sha384:|sha512:)?([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$', description: "What is signed: its digest, in hex"}
            """, """
            kid: {type: string, description: "The version that signed"}
            value: {type: string, description: "The signature, base64url"}
            """),
        null,
        new RequestCall
        {
            Method = "POST",
            Effect = EffectClass.Read,
            Url = KeyCalls.Operation("sign"),
            Says = with => $"Sign {with.Text("digest")} with {KeyCalls.InWords(with)}.",
            Body = (_, with, _) => Arguments.ObjectOf(("alg", with.Node("algorithm")), ("value", BytesOf(with.Text("digest")))),
        });

    private static ActionDescriptor Describe(string verb, string summary, string operation, string role, string arguments, string result) => new()
    {
        Name = $"keyvault.key.{verb}",
        Summary = summary,
        Effect = EffectClass.Read,
        With = Shape.Of($"{KeyReference.ArgumentText}\n{arguments}"),
        OneOf = [["hsm", "name"], ["id"]],
        Result = Shape.Of(result),
        Permissions = [Needs.Hsm($"keys/{operation}/action", "/keys/{name}", role)],
        AzCommand = AzRest.Command,
        Errors = KeyCalls.Errors,
    };

    private static string DigestOf(JsonElement value)
    {
        var plaintext = Base64Url.DecodeFromChars(value.GetString()!);
        try
        {
            return Hashes.Sha256(plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private static string BytesOf(string digest) => digest.StartsWith("${", StringComparison.Ordinal) ? digest : Base64Url.EncodeToString(Convert.FromHexString(digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..]));
}
