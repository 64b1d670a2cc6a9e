using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>Keys that go in and out of an HSM: <c>keyvault.key.import-byok</c>, <c>.release</c>, <c>.download</c>.</summary>
internal static class KeyTransferActions
{
    /// <summary>The name of a file to be written.</summary>
    public const string FileArgument = """file: {type: string, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$', description: "Name of the file in the session's folder; one that has this name is kept under a numbered name"}""";

    private static readonly Schema NothingObserved = Shape.Of("");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Import(site, wire), Release(site, wire), Download(site, wire)];

    private static RequestAction Import(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.import-byok",
        Summary = "Imports a key that another HSM has wrapped (CKM_RSA_AES_KEY_WRAP) with an import key of this one, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        With = Shape.Of($$"""
            {{KeyCalls.NameArguments}}
            type: {type: string, enum: [RSA-HSM, EC-HSM, oct-HSM], description: "Kind of the key in the file"}
            curve?: {type: string, enum: [P-256, P-384, P-521, P-256K], description: "Curve of an EC key"}
            operations: {type: array, minItems: 1, items: {type: string, enum: [encrypt, decrypt, sign, verify, wrapKey, unwrapKey]}, description: "What it may be used for"}
            file: {type: string, format: file, maxLength: 65536, description: "The .byok file"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """),
        Result = Shape.Of(ResultText.Key),
        Permissions = [Needs.Hsm("keys/read/action", "/keys/{name}", "Managed HSM Crypto User"), Needs.Hsm("keys/import/action", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = "az keyvault key import --hsm-name {hsm:name} --name {name} --kty {type:kind} --curve {curve} --ops {operations} --byok-file {file} --tags {tags}",
        Settle = new SettlingProbe("Looks for the key, of which there was none before: it took effect when it is there, of the kind and for the operations that were asked for.", TimeSpan.FromMinutes(1)),
        Inverse = new ActionInverse("keyvault.key.delete", null, "Deletes the key that was imported; it stays recoverable."),
        Errors = KeyCalls.Errors.AddRange(
            new ActionError("AlreadyExists", "There is a key of that name.", "Nothing was sent: importing again would give it a new version.", "Take another name, or look whether it is the one."),
            new ActionError("FileNotFound", "The file is not there.", "Nothing was sent.", "Look for it in the session's folder.")),
    },
        (with, _) => KeyCalls.SameKey(with),
        new RequestCall { Method = "GET", Url = KeyCalls.Named("/keys/{name}/"), Says = with => $"See that there is no key '{with.Text("name")}' on '{with.Text("hsm")}' yet.", MustBeAbsent = true, Observes = NothingObserved },
        new RequestCall
        {
            Method = "PUT",
            Url = KeyCalls.Named("/keys/{name}"),
            Says = with => $"Import the wrapped {with.Text("type")} key of '{FileValue.NameOf(with, "file")}' into '{with.Text("hsm")}' as '{with.Text("name")}'.",
            Body = (_, with, _) => Arguments.ObjectOf(
                ("key", Arguments.ObjectOf(("kty", with.Node("type")), ("crv", with.Node("curve")), ("key_ops", with.Node("operations")), ("key_hsm", RequestAction.FileIn(with, "file", "base64url")))),
                ("attributes", new JsonObject { ["enabled"] = true }),
                ("tags", with.Node("tags"))),
            Settle = Settling.By(KeyCalls.KeyOf, (call, key) => AskedFor.IsIn(WithoutBlob(call), key)),
        });

    private static RequestAction Release(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.release",
        Summary = "Has the HSM hand a key out, wrapped for the environment that TEE evidence speaks for, if that evidence satisfies the key's release policy.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            {{KeyReference.ArgumentText}}
            evidence: {type: string, format: file, maxLength: 262144, description: "The attestation service's token (a JWT), as a file"}
            nonce?: {type: string, maxLength: 512, description: "Comes back in the answer"}
            algorithm?: {type: string, enum: [CKM_RSA_AES_KEY_WRAP, RSA_AES_KEY_WRAP_256, RSA_AES_KEY_WRAP_384], default: CKM_RSA_AES_KEY_WRAP, description: "How the key is wrapped"}
            {{FileArgument}}
            """),
        OneOf = [["hsm", "name"], ["id"]],
        Result = Shape.Of($"file: {ResultText.File}"),
        Permissions = [Needs.Hsm("keys/release/action", "/keys/{name}", "Managed HSM Crypto Service Release User")],
        AzCommand = AzRest.Command,
        Errors = KeyCalls.Errors,
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Effect = EffectClass.Read,
            Url = KeyCalls.Operation("release"),
            Says = with => $"Ask for the release of {KeyCalls.InWords(with)} to the environment of '{FileValue.NameOf(with, "evidence")}', into '{with.Text("file")}'.",
            Body = (_, with, _) => Arguments.ObjectOf(("target", RequestAction.FileIn(with, "evidence", "text")), ("nonce", with.Node("nonce")), ("enc", with.Node("algorithm") ?? "CKM_RSA_AES_KEY_WRAP")),
            FileMember = "file",
            Writes = answer => Encoding.UTF8.GetBytes(answer.Json!.Value.GetProperty("value").GetString()!),
        });

    private static RequestAction Download(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.download",
        Summary = "Writes a key's public half into a PEM file, and tells its id.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            {{KeyReference.ArgumentText}}
            {{FileArgument}}
            """),
        OneOf = [["hsm", "name"], ["id"]],
        Result = Shape.Of($$"""
            key: {type: object, additionalProperties: false, properties: {kid: {type: string}, kty: {type: string} } }
            file: {{ResultText.File}}
            """),
        Permissions = [Needs.Hsm("keys/read/action", "/keys/{name}", "Managed HSM Crypto Auditor")],
        AzCommand = "az keyvault key download --hsm-name {hsm:name} --name {name} --id {id} --file {file}",
        Errors = KeyCalls.Errors.Add(new ActionError("NoPublicHalf", "The key is a symmetric one.", "Nothing changed.", "Name an RSA or EC key.")),
    },
        null,
        new RequestCall
        {
            Method = "GET",
            Url = KeyCalls.Key,
            Says = with => $"Write the public half of {KeyCalls.InWords(with)} into '{with.Text("file")}'.",
            Tells = (_, answer) => new JsonObject { ["key"] = new JsonObject { ["kid"] = answer.Json!.Value.GetProperty("key").GetProperty("kid").GetString(), ["kty"] = answer.Json.Value.GetProperty("key").GetProperty("kty").GetString() } },
            FileMember = "file",
            Writes = answer => Encoding.ASCII.GetBytes(PemOf(answer.Json!.Value.GetProperty("key")) + "\n"),
        });

    // What was wrapped is not what comes back: kind and operations are compared.
    private static JsonElement WithoutBlob(PlannedCall call)
    {
        var body = JsonNode.Parse(call.Body!.Value.GetRawText())!.AsObject();
        body["key"]!.AsObject().Remove("key_hsm");
        return Arguments.ToElement(body);
    }

    private static string PemOf(JsonElement key)
    {
        if (key.TryGetProperty("n", out var n))
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = Bytes(n), Exponent = Bytes(key.GetProperty("e")) });
            return rsa.ExportSubjectPublicKeyInfoPem();
        }

        if (!key.TryGetProperty("x", out var x)) throw new FileRefusedException("NoPublicHalf", "The key is a symmetric one: it has no public half.");
        using var curve = ECDsa.Create(new ECParameters { Curve = CurveOf(key.GetProperty("crv").GetString()!), Q = new ECPoint { X = Bytes(x), Y = Bytes(key.GetProperty("y")) } });
        return curve.ExportSubjectPublicKeyInfoPem();
    }

    private static ECCurve CurveOf(string name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => ECCurve.CreateFromValue("1.3.132.0.10"),
    };

    private static byte[] Bytes(JsonElement text) => Base64Url.DecodeFromChars(text.GetString()!);
}
