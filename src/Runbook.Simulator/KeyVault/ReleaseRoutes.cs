using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Secure key release: a key goes out, wrapped to a trusted environment whose attestation token meets the key's policy.</summary>
internal sealed class ReleaseRoutes
{
    private readonly SimulatorCore _core;
    private readonly KeyVaultService _service;
    private readonly KeyRoutes _keys;
    private readonly EndpointCertificates _endpoints;

    public ReleaseRoutes(SimulatorCore core, KeyVaultService service, KeyRoutes keys, EndpointCertificates endpoints)
    {
        _core = core;
        _service = service;
        _keys = keys;
        _endpoints = endpoints;
        service.Plug([Op("Release key", "/keys/{key}/release"), Op("Release key version", "/keys/{key}/{version}/release")]);
    }

    private Operation Op(string name, string template) => new()
    {
        Service = _service.Kind,
        Name = name,
        Method = "POST",
        Template = template,
        Permission = "keys/release/action",
        Handler = Release,
        ReadsOnly = true,
        Since = "7.3-preview",
    };

    private Answer Release(Call call)
    {
        var body = call.Json();
        var (store, _, version) = _keys.Need(call, call.Read());
        CryptoRoutes.RequireUsable(call, version, "release");
        if (!version.Exportable || version.Release is not { } policy)
            throw KeyVaultService.BadParameter(call, "Key is not exportable");
        var algorithm = body.Member("enc").Text() ?? "CKM_RSA_AES_KEY_WRAP";
        var padding = algorithm switch
        {
            "CKM_RSA_AES_KEY_WRAP" => RSAEncryptionPadding.OaepSHA1,
            "RSA_AES_KEY_WRAP_256" => RSAEncryptionPadding.OaepSHA256,
            "RSA_AES_KEY_WRAP_384" => RSAEncryptionPadding.OaepSHA384,
            _ => throw KeyVaultService.BadParameter(call, $"Property enc has the value {algorithm}; it must be CKM_RSA_AES_KEY_WRAP, RSA_AES_KEY_WRAP_256 or RSA_AES_KEY_WRAP_384"),
        };
        var claims = Verify(call, body.Member("target").Text() ?? throw KeyVaultService.BadParameter(call, "Property target is required"));
        if (!ReleasePolicies.IsMet(policy.Policy, Jwt.Text(claims, "iss")!, claims))
            throw Refuse(call, "Target environment attestation does not meet key release policy requirements.");
        var (kid, environment) = EncryptionKey(call, claims);
        using (environment)
            return Answer.Json(200, new JsonObject { ["value"] = Sign(call, store, version, policy, algorithm, body.Member("nonce").Text(), kid, Wrap(version, environment, padding)) });
    }

    private static RefusedException Refuse(Call call, string message) => KeyVaultService.Refuse(call, 403, "Forbidden", message);

    /// <summary>The claims of a token that its issuer signed and that is in its time.</summary>
    private JsonElement Verify(Call call, string token)
    {
        const string Unverified = "Target environment attestation statement cannot be verified.";
        if (!Jwt.TryParse(token, out var parsed) || Jwt.Text(parsed.Payload, "iss") is not { } issuer || Jwt.Text(parsed.Header, "alg") != "RS256")
            throw Refuse(call, Unverified);
        var now = _core.Clock.Host.GetUtcNow().ToUnixTimeSeconds();
        if (Jwt.Number(parsed.Payload, "exp") is not { } expires || expires <= now || Jwt.Number(parsed.Payload, "nbf") > now + Assumptions.TokenLeewaySeconds)
            throw Refuse(call, Unverified);
        var keys = _core.AttestationKeys(issuer.TrimEnd('/'), Jwt.Text(parsed.Header, "kid"));
        return keys.Any(parsed.IsSignedBy) ? parsed.Payload : throw Refuse(call, Unverified);
    }

    /// <summary>The first RSA key of <c>x-ms-runtime.keys</c> that encrypts.</summary>
    private static (string Kid, RSA Key) EncryptionKey(Call call, JsonElement claims)
    {
        if (claims.Member("x-ms-runtime")?.Member("keys") is { ValueKind: JsonValueKind.Array } keys)
        {
            foreach (var key in keys.EnumerateArray())
            {
                var encrypts = key.Member("use").Text() == "enc" || key.Member("key_use").Text() == "enc" || key.Member("key_ops").Texts()?.Contains("encrypt") == true;
                if (encrypts && key.Member("kty").Text() == "RSA" && key.Member("kid").Text() is { } kid
                    && Base64Url.TryDecode(key.Member("n").Text(), out var modulus) && Base64Url.TryDecode(key.Member("e").Text(), out var exponent) && modulus.Length >= 256)
                    return (kid, RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent }));
            }
        }
        throw Refuse(call, "Target environment attestation holds no key that the released key could be wrapped to.");
    }

    private static byte[] Wrap(KeyVersion version, RSA environment, RSAEncryptionPadding padding)
    {
        var aes = SimulatorRandom.Bytes(32);
        byte[] wrapped = [.. SimulatorRandom.Encrypt(environment, aes, padding), .. AesKeyWrap.WrapPadded(aes, Convert.FromBase64String(version.Material!))];
        CryptographicOperations.ZeroMemory(aes);
        return wrapped;
    }

    private string Sign(Call call, KeyStore store, KeyVersion version, ReleasePolicyState policy, string algorithm, string? nonce, string environmentKid, byte[] wrapped)
    {
        var (certificate, key) = _endpoints.For(store);
        var thumbprint = Base64Url.Encode(SHA256.HashData(certificate.RawData));
        var keyHsm = new JsonObject
        {
            ["ciphertext"] = Base64Url.Encode(wrapped),
            ["header"] = new JsonObject { ["alg"] = "dir", ["enc"] = algorithm, ["kid"] = environmentKid },
            ["schema_version"] = "1.0",
        };
        var shown = KeyVaultJson.PublicKey(call, version);
        shown["key_hsm"] = Base64Url.Encode(Answer.Serialize(keyHsm));
        shown["kty"] = version.BaseType;
        var requested = call.Route.Values.TryGetValue("version", out var wanted) ? $"/{wanted}" : "";
        var request = new JsonObject { ["api-version"] = call.ApiVersion, ["enc"] = algorithm, ["kid"] = KeyVaultJson.KeyUrl(call, version.Name) + requested };
        if (nonce is not null)
            request["nonce"] = nonce;
        var response = new JsonObject
        {
            ["key"] = new JsonObject
            {
                ["attributes"] = KeyVaultJson.Attributes(call, store, version),
                ["key"] = shown,
                ["release_policy"] = new JsonObject { ["contentType"] = policy.ContentType, ["data"] = Base64Url.Encode(Encoding.UTF8.GetBytes(policy.Policy)) },
            },
        };
        return Jwt.Sign(
            key,
            header =>
            {
                header.WriteString("alg", "RS256");
                header.WriteString("kid", thumbprint);
                header.WriteStartArray("x5c");
                header.WriteStringValue(Convert.ToBase64String(certificate.RawData));
                header.WriteStringValue(Convert.ToBase64String(_core.Authority.Certificate.RawData));
                header.WriteEndArray();
                header.WriteString("x5t#S256", thumbprint);
            },
            payload =>
            {
                payload.WritePropertyName("request");
                request.WriteTo(payload);
                payload.WritePropertyName("response");
                response.WriteTo(payload);
            });
    }
}
