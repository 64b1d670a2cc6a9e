using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Settings of an HSM, and the attestation of its keys.</summary>
internal sealed class SettingsRoutes
{
    private const string Setting = "AllowKeyManagementOperationsThroughARM";

    private readonly HsmService _hsm;
    private readonly KeyRoutes _keys;
    private readonly EndpointCertificates _endpoints;

    public SettingsRoutes(HsmService hsm, KeyRoutes keys, EndpointCertificates endpoints)
    {
        _hsm = hsm;
        _keys = keys;
        _endpoints = endpoints;
        hsm.Plug(
        [
            Op("List settings", "GET", "/settings", null, call => Answer.Json(200, new JsonObject { ["settings"] = new JsonArray(Shape(ReadStore(call))) })),
            Op("Get setting", "GET", "/settings/{setting}", null, call => Answer.Json(200, Shape(Named(call)))),
            Op("Update setting", "PATCH", "/settings/{setting}", "roleAssignments/write/action", Update),
            Op("Get key attestation", "GET", "/keys/{key}/attestation", "keys/read/action", Attestation) with { Since = "7.6-preview.2" },
            Op("Get key version attestation", "GET", "/keys/{key}/{version}/attestation", "keys/read/action", Attestation) with { Since = "7.6-preview.2" },
        ]);
    }

    private static Operation Op(string name, string method, string template, string? permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ManagedHsm,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    private KeyStore ReadStore(Call call)
    {
        var view = call.Read();
        var store = _hsm.StoreOf(view, call);
        // Any role of this HSM will do for reading settings.
        if (!view.Scan(Tables.LocalAssignments, store.Key + "/").Any(pair => LocalAccess.IsInForce(pair.Value, call.Now) && call.Caller.Is(pair.Value.PrincipalId)))
            throw KeyVaultService.Refuse(call, 403, "AccessDenied", "Not authorized to read settings on '/'");
        return store;
    }

    private KeyStore Named(Call call) =>
        call.Value("setting").Equals(Setting, StringComparison.OrdinalIgnoreCase)
            ? ReadStore(call)
            : throw KeyVaultService.Refuse(call, 404, "NotFound", $"The setting '{call.Value("setting")}' was not found.");

    private static JsonObject Shape(KeyStore store) => new()
    {
        ["name"] = Setting,
        ["type"] = "boolean",
        ["value"] = store.KeysThroughControlPlane ? "true" : "false",
    };

    private Answer Update(Call call)
    {
        Named(call);
        if (!bool.TryParse(call.Json().Member("value").Text(), out var value))
            throw KeyVaultService.BadParameter(call, "Property value must be \"true\" or \"false\"");
        return call.Write(tx =>
        {
            var store = _hsm.StoreOf(tx, call) with { KeysThroughControlPlane = value };
            tx.Put(Tables.Stores, store.Key, store);
            return Answer.Json(200, Shape(store));
        });
    }

    private Answer Attestation(Call call)
    {
        var (store, _, version) = _keys.Need(call, call.Read());
        var (certificate, key) = _endpoints.For(store);
        var bundle = KeyVaultJson.Bundle(call, store, version);
        var attestation = new JsonObject { ["certificatePemFile"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem())) };
        attestation["privateKeyAttestation"] = Blob(key, version, "private");
        if (version.BaseType != "oct")
            attestation["publicKeyAttestation"] = Blob(key, version, "public");
        attestation["version"] = "MRVL-1";
        bundle["attributes"]!["attestation"] = attestation;
        return Answer.Json(200, bundle);
    }

    /// <summary>A blob of the documented outline: twenty zero bytes, one labelled attribute, a signature. No Marvell card made it, and it says so.</summary>
    private static string Blob(RSA key, KeyVersion version, string half)
    {
        var text = Encoding.UTF8.GetBytes($"simulated customer_key {half} /keys/{version.Name}/{version.Version}");
        var blob = new byte[20 + 12 + text.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(20), (uint)(12 + text.Length));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(24), 3);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(28), (uint)text.Length);
        text.CopyTo(blob, 32);
        return Base64Url.Encode([.. blob, .. key.SignData(blob, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)]);
    }
}
