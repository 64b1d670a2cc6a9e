using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Backup of single keys as opaque blobs, restored where the same security domain is.</summary>
internal sealed class KeyBackupRoutes
{
    private const string KeyId = "backup-protection-key";

    private readonly SimulatorCore _core;
    private readonly KeyVaultService _service;
    private readonly KeyRoutes _keys;

    public KeyBackupRoutes(SimulatorCore core, KeyVaultService service, KeyRoutes keys)
    {
        _core = core;
        _service = service;
        _keys = keys;
        service.Plug(
        [
            Op("Back up key", "/keys/{key}/backup", "keys/backup/action", Backup) with { ReadsOnly = true },
            Op("Restore key", "/keys/restore", "keys/restore/action", Restore),
        ]);
    }

    private Operation Op(string name, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = _service.Kind,
        Name = name,
        Method = "POST",
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    private Answer Backup(Call call)
    {
        var view = call.Read();
        var (store, key, _) = _keys.Need(call, view);
        var token = Jwe.EncryptDirect(ContentKey(store), KeyId, Pack(view, [key]));
        var value = Base64Url.Encode(Encoding.ASCII.GetBytes(Base64Url.Encode(Encoding.ASCII.GetBytes(token))));
        return Answer.Json(200, new JsonObject { ["value"] = value });
    }

    private Answer Restore(Call call)
    {
        var store = _service.StoreOf(call.Read(), call);
        var (key, versions) = Read(call, store);
        return call.Write(tx =>
        {
            if (tx.Has(Tables.Keys, KeyObject.KeyOf(store.Key, key.Name)))
                throw KeyVaultService.Refuse(call, 409, "Conflict", $"There was a conflict restoring the key 'https://{store.Host}/keys/{key.Name}/{key.Latest}'. This can happen if either: a second key with the same name was created after the first key was deleted; thus trying to restore a key whose name is already in use.");
            KeyRoutes.RequireRoom(call, tx, store, key.Name);
            var latest = Put(tx, store, key, versions);
            return Answer.Json(200, KeyVaultJson.Bundle(call, store, latest));
        });
    }

    private (KeyObject Key, IReadOnlyList<KeyVersion> Versions) Read(Call call, KeyStore store)
    {
        try
        {
            if (!Base64Url.TryDecode(call.Json().Member("value").Text(), out var outer))
                throw new CryptographicException("The value is not base64url.");
            var text = Encoding.ASCII.GetString(outer);
            if (!text.Contains('.', StringComparison.Ordinal) && Base64Url.TryDecode(text, out var inner))
                text = Encoding.ASCII.GetString(inner);
            return Unpack(Jwe.DecryptDirect(ContentKey(store), text)).Single();
        }
        catch (Exception error) when (error is CryptographicException or JsonException or InvalidOperationException)
        {
            throw KeyVaultService.BadParameter(call, "Property value is not a backup made under this security domain");
        }
    }

    /// <summary>The key that protects backups: the security domain's for an HSM, one of the subscription for vaults.</summary>
    public byte[] ContentKey(KeyStore store)
    {
        var secret = store.IsHsm
            ? Convert.FromBase64String(store.Domain!.DomainKey!)
            : SHA256.HashData(Encoding.UTF8.GetBytes($"vault backups of {_core.Subscription} made by {_core.Estate.Seed}"));
        return Jwe.DeriveKey(secret, KeyId, "", 512);
    }

    /// <summary>Keys with all their versions, as one document.</summary>
    public static byte[] Pack(EstateView view, IEnumerable<KeyObject> keys)
    {
        var list = new JsonArray();
        foreach (var key in keys)
        {
            var versions = new JsonArray();
            foreach (var (_, version) in view.Scan(Tables.KeyVersions, key.Key + "/"))
                versions.Add(JsonSerializer.SerializeToNode(version, EstateJson.Default.KeyVersion));
            list.Add((JsonNode)new JsonObject { ["key"] = JsonSerializer.SerializeToNode(key, EstateJson.Default.KeyObject), ["versions"] = versions });
        }
        return Answer.Serialize(new JsonObject { ["keys"] = list });
    }

    /// <exception cref="JsonException">It is no such document.</exception>
    public static IReadOnlyList<(KeyObject Key, IReadOnlyList<KeyVersion> Versions)> Unpack(byte[] packed)
    {
        using var document = JsonDocument.Parse(packed);
        var keys = new List<(KeyObject, IReadOnlyList<KeyVersion>)>();
        foreach (var item in document.RootElement.GetProperty("keys").EnumerateArray())
            keys.Add((
                item.GetProperty("key").Deserialize(EstateJson.Default.KeyObject)!,
                [.. item.GetProperty("versions").EnumerateArray().Select(version => version.Deserialize(EstateJson.Default.KeyVersion)!)]));
        return keys;
    }

    /// <summary>Stores a key that was unpacked, under this store's name; ids of versions stay.</summary>
    public static KeyVersion Put(EstateTransaction tx, KeyStore store, KeyObject key, IReadOnlyList<KeyVersion> versions)
    {
        var moved = key with { Store = store.Key, Deleted = null, PurgeAt = null };
        tx.Put(Tables.Keys, moved.Key, moved);
        foreach (var version in versions)
        {
            var own = version with { Store = store.Key };
            tx.Put(Tables.KeyVersions, own.Key, own);
        }
        var latest = tx.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, key.Latest))!;
        RotationSchedule.Plan(tx, moved, latest);
        return latest;
    }
}
