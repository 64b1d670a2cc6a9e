using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Taking in keys: as a JWK, or wrapped by another HSM under a key exchange key (BYOK).</summary>
internal sealed class ImportRoutes
{
    private readonly KeyVaultService _service;
    private readonly KeyRing _ring;

    public ImportRoutes(KeyVaultService service, KeyRing ring)
    {
        _service = service;
        _ring = ring;
        service.Plug(
        [
            new Operation
            {
                Service = service.Kind,
                Name = "Import key",
                Method = "PUT",
                Template = "/keys/{key}",
                Permission = "keys/import/action",
                Handler = Import,
            },
        ]);
    }

    private Answer Import(Call call)
    {
        var name = KeyRoutes.NameOf(call);
        var body = call.Json();
        var jwk = body.Member("key") ?? throw KeyVaultService.BadParameter(call, "Property key is required");
        var kty = jwk.Member("kty").Text() ?? throw KeyVaultService.BadParameter(call, "Property key.kty is required");
        var view = call.Read();
        var store = _service.StoreOf(view, call);
        var baseType = kty.EndsWith("-HSM", StringComparison.OrdinalIgnoreCase) ? kty[..^4] : kty;
        baseType = baseType.ToUpperInvariant() switch
        {
            "RSA" => "RSA",
            "EC" => "EC",
            "OCT" => "oct",
            _ => throw KeyVaultService.BadParameter(call, $"Property key.kty has the value {kty}, which is not a key type of this store"),
        };
        var wrapped = (jwk.Member("key_hsm") ?? jwk.Member("T") ?? jwk.Member("t")).Text();
        var material = wrapped is null ? Plain(call, jwk, baseType) : Unwrap(call, view, store, wrapped, baseType, jwk.Member("crv").Text());
        var hardware = store.IsHsm || baseType.Length != kty.Length || body.Loose("hsm").Flag() == true;
        if (hardware && !store.IsHsm && !store.Premium)
            throw KeyVaultService.BadParameter(call, "HSM keys are available in premium vaults only");
        var draft = KeyDraft.Read(call, store, body, baseType, jwk.Member("key_ops") is { } operations ? KeyRoutes.Operations(call, operations) : null, null);
        return call.Write(tx => Answer.Json(200, KeyVaultJson.Bundle(call, store, KeyRoutes.Add(tx, call, store, name, hardware ? baseType + "-HSM" : baseType, draft, material))));
    }

    /// <summary>A private JWK in the open. Symmetric keys come wrapped or not at all.</summary>
    private static KeyMaterial Plain(Call call, JsonElement jwk, string baseType)
    {
        byte[] Part(string name) => Base64Url.TryDecode(jwk.Member(name).Text(), out var bytes) ? bytes : throw KeyVaultService.BadParameter(call, $"Property key.{name} must be base64url");
        try
        {
            switch (baseType)
            {
                case "RSA":
                    var n = Part("n");
                    var half = (n.Length + 1) / 2;
                    using (var rsa = RSA.Create())
                    {
                        rsa.ImportParameters(new RSAParameters
                        {
                            Modulus = n,
                            Exponent = Part("e"),
                            D = Padded(Part("d"), n.Length),
                            P = Padded(Part("p"), half),
                            Q = Padded(Part("q"), half),
                            DP = Padded(Part("dp"), half),
                            DQ = Padded(Part("dq"), half),
                            InverseQ = Padded(Part("qi"), half),
                        });
                        return rsa.KeySize is 2048 or 3072 or 4096
                            ? KeyMaterial.Of(rsa)
                            : throw KeyVaultService.BadParameter(call, "RSA keys of 2048, 3072 and 4096 bits can be imported");
                    }
                case "EC":
                    var crv = jwk.Member("crv").Text() ?? "";
                    var curve = KeyMaterial.CurveOf(crv) ?? throw KeyVaultService.BadParameter(call, "Property key.crv must be P-256, P-256K, P-384 or P-521");
                    using (var ec = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Part("x"), Y = Part("y") }, D = Part("d") }))
                        return KeyMaterial.Of(ec, crv);
                default:
                    throw KeyVaultService.BadParameter(call, "A symmetric key can be imported wrapped by a key exchange key only");
            }
        }
        catch (CryptographicException)
        {
            throw KeyVaultService.BadParameter(call, "Property key is not a private key of its type");
        }
    }

    private static byte[] Padded(byte[] bytes, int length)
    {
        if (bytes.Length >= length)
            return bytes;
        var padded = new byte[length];
        bytes.CopyTo(padded, length - bytes.Length);
        return padded;
    }

    private KeyMaterial Unwrap(Call call, EstateView view, KeyStore store, string wrapped, string baseType, string? curve)
    {
        var (kid, blob) = ReadFile(call, wrapped);
        var kek = FindKek(call, view, store, kid);
        if (!kek.Enabled)
            throw KeyVaultService.Refuse(call, 403, "Forbidden", "Operation import is not allowed on a disabled key.", "KeyDisabled");
        if (!kek.Operations.Contains("import", StringComparer.Ordinal) || kek.BaseType != "RSA")
            throw KeyVaultService.Refuse(call, 403, "Forbidden", "Operation import is not permitted on this key.", "KeyOperationForbidden");
        byte[] plain;
        try
        {
            var modulus = kek.Bits / 8;
            if (blob.Length <= modulus)
                throw new CryptographicException("The blob is shorter than the key exchange key.");
            var aes = _ring.WithRsa(kek, rsa => rsa.Decrypt(blob.AsSpan(0, modulus).ToArray(), RSAEncryptionPadding.OaepSHA1));
            plain = AesKeyWrap.UnwrapPadded(aes, blob.AsSpan(modulus));
        }
        catch (CryptographicException)
        {
            // One text for every cause: which layer failed is nobody's business.
            throw KeyVaultService.BadParameter(call, "The key transfer blob could not be unwrapped with the key exchange key");
        }
        var material = baseType == "oct"
            ? plain.Length is 16 or 24 or 32 ? KeyMaterial.OfRaw(plain) : null
            : KeyMaterial.OfPkcs8(plain, baseType, curve);
        CryptographicOperations.ZeroMemory(plain);
        return material ?? throw KeyVaultService.BadParameter(call, "The key in the key transfer blob is not of the type, curve or size that was asked for");
    }

    private static (string Kid, byte[] Blob) ReadFile(Call call, string wrapped)
    {
        try
        {
            if (!Base64Url.TryDecode(wrapped, out var text))
                throw new JsonException("not base64");
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(text), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = Limits.JsonDepth });
            var header = document.RootElement.Member("header");
            if (header.At("alg").Text() == "dir" && header.At("enc").Text() == "CKM_RSA_AES_KEY_WRAP" && header.At("kid").Text() is { } kid
                && Base64Url.TryDecode(document.RootElement.Member("ciphertext").Text(), out var blob))
                return (kid, blob);
        }
        catch (JsonException)
        {
            throw KeyVaultService.BadParameter(call, "The key transfer blob is not a JSON document in base64url");
        }
        throw KeyVaultService.BadParameter(call, "The key transfer blob must have a header with alg \"dir\", enc \"CKM_RSA_AES_KEY_WRAP\" and a kid, and a ciphertext");
    }

    private static KeyVersion FindKek(Call call, EstateView view, KeyStore store, string kid)
    {
        if (Uri.TryCreate(kid, UriKind.Absolute, out var uri) && uri.Host.Equals(store.Host, StringComparison.OrdinalIgnoreCase)
            && uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) is ["keys", var name, .. var rest] && rest.Length <= 1
            && view.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name)) is { } key
            && view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, name, rest is [var version] ? version.ToLowerInvariant() : key.Latest)) is { } kek)
            return kek;
        throw KeyRoutes.NotFound(call, kid);
    }
}
