using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Encrypting, wrapping and signing with keys, and the way back; random bytes.</summary>
internal sealed class CryptoRoutes
{
    private const int RandomBytesMax = 128;

    private readonly KeyRoutes _keys;
    private readonly KeyVaultService _service;

    public CryptoRoutes(KeyVaultService service, KeyRoutes keys, KeyCrypto crypto)
    {
        _keys = keys;
        _service = service;
        Crypto = crypto;
        service.Plug(
        [
            .. Both("Encrypt", "encrypt", "keys/encrypt/action", call => Apply(call, "encrypt", Encrypt)),
            .. Both("Decrypt", "decrypt", "keys/decrypt/action", call => Apply(call, "decrypt", Decrypt)),
            .. Both("Wrap key", "wrapkey", "keys/wrap/action", call => Apply(call, "wrapKey", Wrap)),
            .. Both("Unwrap key", "unwrapkey", "keys/unwrap/action", call => Apply(call, "unwrapKey", Unwrap)),
            .. Both("Sign", "sign", "keys/sign/action", call => Apply(call, "sign", Sign)),
            .. Both("Verify", "verify", "keys/verify/action", call => Apply(call, "verify", Verify)),
        ]);
        if (service.Kind == ServiceKind.ManagedHsm)
            service.Plug([Op("Get random bytes", "/rng", "rng/action", Random) with { Since = "7.3-preview" }]);
    }

    public KeyCrypto Crypto { get; }

    private Operation Op(string name, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = _service.Kind,
        Name = name,
        Method = "POST",
        Template = template,
        Permission = permission,
        Handler = handler,
        ReadsOnly = true,
    };

    private IEnumerable<Operation> Both(string name, string verb, string permission, Func<Call, Answer> handler) =>
    [
        Op(name, "/keys/{key}/{version}/" + verb, permission, handler),
        Op(name + " (latest version)", "/keys/{key}/" + verb, permission, handler),
    ];

    private Answer Apply(Call call, string operation, Func<Call, KeyVersion, string, JsonElement, byte[], JsonNode> apply)
    {
        var body = call.Json();
        // Services ask again and again for keys that are gone or disabled.
        if (_keys.Missing(call, call.Read(), out var found) is { } missing)
            return missing.Answer;
        var version = found.Version;
        if (Unusable(call, version, operation) is { } unusable)
            return unusable.Answer;
        var algorithm = body.Member("alg").Text() ?? throw KeyVaultService.BadParameter(call, "Property alg is required");
        if (!KeyCrypto.Fits(operation, algorithm, version))
            throw KeyVaultService.BadParameter(call, $"Property alg has the value {algorithm}, which does not fit the key's type or size");
        if (algorithm.StartsWith("CKM_", StringComparison.Ordinal) && !KeyVaultService.AtLeast(call, "7.6-preview.2"))
            throw KeyVaultService.BadParameter(call, $"Property alg has the value {algorithm}, which this api-version does not know");
        if (!Base64Url.TryDecode(body.Member("value").Text(), out var value))
            throw KeyVaultService.BadParameter(call, "Property value must be base64url");
        try
        {
            return Answer.Json(200, apply(call, version, algorithm, body, value));
        }
        catch (CryptographicException)
        {
            // Which check failed stays inside: a padding oracle begins with a helpful message.
            throw KeyVaultService.BadParameter(call, "Property value is invalid: it has a wrong length for the key and algorithm, or was not made with this key");
        }
    }

    /// <summary>Refuses what the key's attributes and operations do not allow now.</summary>
    public static void RequireUsable(Call call, KeyVersion version, string operation)
    {
        if (Unusable(call, version, operation) is { } refused)
            throw refused;
    }

    private static RefusedException? Unusable(Call call, KeyVersion version, string operation)
    {
        if (!version.Enabled)
            return KeyVaultService.Refuse(call, 403, "Forbidden", $"Operation {operation} is not allowed on a disabled key.", "KeyDisabled");
        if (operation != "release" && !version.Operations.Contains(operation, StringComparer.Ordinal))
            return KeyVaultService.Refuse(call, 403, "Forbidden", $"Operation {operation} is not permitted on this key.", "KeyOperationForbidden");
        // What was protected once can be read for ever; new protection needs a key that is in its time.
        if (operation is "decrypt" or "unwrapKey" or "verify" or "release")
            return null;
        var now = call.Now.ToUnixTimeSeconds();
        if (version.Expires <= now)
            return KeyVaultService.Refuse(call, 403, "Forbidden", $"Operation {operation} is not allowed on an expired key.", "KeyExpired");
        return version.NotBefore > now
            ? KeyVaultService.Refuse(call, 403, "Forbidden", $"Operation {operation} is not allowed on a key that is not yet valid.", "KeyNotYetValid")
            : null;
    }

    private JsonObject Encrypt(Call call, KeyVersion version, string algorithm, JsonElement body, byte[] value)
    {
        var iv = Optional(call, body, "iv");
        var aad = Optional(call, body, "aad");
        if (algorithm.EndsWith("GCM", StringComparison.Ordinal))
        {
            if (iv is not null)
                throw KeyVaultService.BadParameter(call, "Property iv must not be given: the service makes it for this algorithm");
        }
        else if (version.BaseType == "oct" && iv is not { Length: 16 })
        {
            throw KeyVaultService.BadParameter(call, "Property iv must have 16 bytes for this algorithm");
        }
        if (algorithm.EndsWith("CBC", StringComparison.Ordinal) && value.Length % 16 != 0)
            throw KeyVaultService.BadParameter(call, "Property value must be a multiple of 16 bytes for this algorithm");
        var result = Crypto.Encrypt(version, algorithm, value, iv, aad);
        var json = new JsonObject();
        if (result.Aad is not null)
            json["aad"] = Base64Url.Encode(result.Aad);
        json["alg"] = algorithm;
        if (result.Iv is not null)
            json["iv"] = Base64Url.Encode(result.Iv);
        json["kid"] = KeyVaultJson.VersionUrl(call, version);
        if (result.Tag is not null)
            json["tag"] = Base64Url.Encode(result.Tag);
        json["value"] = Base64Url.Encode(result.Value);
        return json;
    }

    private JsonObject Decrypt(Call call, KeyVersion version, string algorithm, JsonElement body, byte[] value)
    {
        var iv = Optional(call, body, "iv");
        var tag = Optional(call, body, "tag");
        if (algorithm.EndsWith("GCM", StringComparison.Ordinal) && (iv is not { Length: 12 } || tag is not { Length: 16 }))
            throw KeyVaultService.BadParameter(call, "Properties iv and tag must have 12 and 16 bytes for this algorithm");
        if (algorithm.Contains("CBC", StringComparison.Ordinal) && iv is not { Length: 16 })
            throw KeyVaultService.BadParameter(call, "Property iv must have 16 bytes for this algorithm");
        return Result(call, version, algorithm, Crypto.Decrypt(version, algorithm, value, iv, tag, Optional(call, body, "aad")));
    }

    private JsonObject Wrap(Call call, KeyVersion version, string algorithm, JsonElement body, byte[] value) =>
        Result(call, version, algorithm, Crypto.Wrap(version, algorithm, value));

    private JsonObject Unwrap(Call call, KeyVersion version, string algorithm, JsonElement body, byte[] value) =>
        Result(call, version, algorithm, call.Caller.ByService ? Crypto.UnwrapRemembering(version, algorithm, value) : Crypto.Unwrap(version, algorithm, value));

    private JsonObject Sign(Call call, KeyVersion version, string algorithm, JsonElement body, byte[] value) =>
        Result(call, version, algorithm, Crypto.Sign(version, algorithm, value));

    private JsonObject Verify(Call call, KeyVersion version, string algorithm, JsonElement body, byte[] value)
    {
        var digest = Optional(call, body, "digest") ?? throw KeyVaultService.BadParameter(call, "Property digest is required");
        return new JsonObject { ["value"] = Crypto.Verify(version, algorithm, digest, value) };
    }

    private static JsonObject Result(Call call, KeyVersion version, string algorithm, byte[] value) => new()
    {
        ["alg"] = algorithm,
        ["kid"] = KeyVaultJson.VersionUrl(call, version),
        ["value"] = Base64Url.Encode(value),
    };

    private static byte[]? Optional(Call call, JsonElement body, string name)
    {
        if (body.Member(name) is not { } member)
            return null;
        return Base64Url.TryDecode(((JsonElement?)member).Text(), out var bytes) ? bytes : throw KeyVaultService.BadParameter(call, $"Property {name} must be base64url");
    }

    private static Answer Random(Call call)
    {
        if (call.Json().Member("count").Number() is not { } count || count is < 1 or > RandomBytesMax)
            throw KeyVaultService.BadParameter(call, $"Property count must be from 1 to {RandomBytesMax}");
        return Answer.Json(200, new JsonObject { ["value"] = Base64Url.Encode(SimulatorRandom.Bytes(count)) });
    }
}
