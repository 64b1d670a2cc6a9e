using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Keys and their versions: making, reading, listing, changing, deleting and recovering them.</summary>
internal sealed partial class KeyRoutes
{
    private const string PurgeDue = "key-retention-over";
    private const int PageLimit = 25;

    private readonly KeyVaultService _service;

    public KeyRoutes(SimulatorCore core, KeyVaultService service)
    {
        _service = service;
        if (service.Kind == ServiceKind.ManagedHsm)
            core.Work.OnChange(PurgeDue, static (tx, item) => Drop(tx, item.Target));
        service.Plug(
        [
            Op("Create key", "POST", "/keys/{key}/create", "keys/create", Create),
            Op("Get key", "GET", "/keys/{key}", "keys/read/action", Get),
            Op("Get key version", "GET", "/keys/{key}/{version}", "keys/read/action", Get),
            Op("Update key", "PATCH", "/keys/{key}", "keys/write/action", Update),
            Op("Update key version", "PATCH", "/keys/{key}/{version}", "keys/write/action", Update),
            Op("List keys", "GET", "/keys", "keys/read/action", List),
            Op("List key versions", "GET", "/keys/{key}/versions", "keys/read/action", ListVersions),
            Op("Delete key", "DELETE", "/keys/{key}", "keys/delete", Delete),
            Op("List deleted keys", "GET", "/deletedkeys", "keys/deletedKeys/read/action", ListDeleted),
            Op("Get deleted key", "GET", "/deletedkeys/{key}", "keys/deletedKeys/read/action", GetDeleted),
            Op("Recover deleted key", "POST", "/deletedkeys/{key}/recover", "keys/deletedKeys/recover/action", Recover),
            Op("Purge deleted key", "DELETE", "/deletedkeys/{key}", "keys/deletedKeys/delete", Purge),
        ]);
    }

    private Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = _service.Kind,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    public static string NameOf(Call call)
    {
        var name = call.Value("key");
        return KeyName().IsMatch(name) ? name : throw KeyVaultService.BadParameter(call, $"The key name '{name}' must be 1 to 127 letters, digits and hyphens");
    }

    public static RefusedException NotFound(Call call, string name) => KeyVaultService.Refuse(
        call,
        404,
        "KeyNotFound",
        $"A key with (name/id) {name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182");

    /// <summary>The key that a call names, and the version: the latest where it names none.</summary>
    public (KeyStore Store, KeyObject Key, KeyVersion Version) Need(Call call, EstateView view) =>
        Missing(call, view, out var found) is { } refused ? throw refused : found;

    /// <summary>The same, where a missing key is met so often that throwing would take too long: what is refused, or <see langword="null"/>.</summary>
    public RefusedException? Missing(Call call, EstateView view, out (KeyStore Store, KeyObject Key, KeyVersion Version) found)
    {
        found = default;
        var store = _service.StoreOf(view, call);
        var name = NameOf(call);
        var key = view.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name));
        if (key is null)
            return NotFound(call, name);
        var wanted = call.Route.Values.GetValueOrDefault("version");
        var id = wanted is null ? key.Latest : wanted.ToLowerInvariant();
        var version = view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, name, id));
        if (version is null)
            return NotFound(call, wanted is null ? name : $"{name}/{wanted}");
        call.Item = $"https://{store.Host}/keys/{version.Name}/{version.Version}";
        found = (store, key, version);
        return null;
    }

    private Answer Create(Call call)
    {
        var name = NameOf(call);
        var body = call.Json();
        var store = _service.StoreOf(call.Read(), call);
        var (type, make) = Wanted(call, store, body);
        var baseType = type.Replace("-HSM", "", StringComparison.Ordinal);
        var before = LatestOf(call.Read(), store, name);
        var draft = KeyDraft.Read(call, store, body, baseType, body.Member("key_ops") is { } operations ? Operations(call, operations) : null, before);
        RequireRoom(call, call.Read(), store, name);
        // Made before the estate is held: RSA keys take their time.
        var material = make();
        return call.Write(tx => Answer.Json(200, KeyVaultJson.Bundle(call, store, Add(tx, call, store, name, type, draft, material))));
    }

    private static KeyVersion? LatestOf(EstateView view, KeyStore store, string name) =>
        view.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name)) is { } key
            ? view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, name, key.Latest))
            : null;

    public static IReadOnlyList<string> Operations(Call call, JsonElement operations) =>
        ((JsonElement?)operations).Texts() ?? throw KeyVaultService.BadParameter(call, "Property key_ops must be a list of strings");

    /// <summary>Adds a version, and the key where there is none of that name.</summary>
    public static KeyVersion Add(EstateTransaction tx, Call call, KeyStore store, string name, string type, KeyDraft draft, KeyMaterial material)
    {
        RequireRoom(call, tx, store, name);
        var version = AddVersion(tx, store, name, number => draft.ToVersion(store, name, tx.NextHex(), number, type, material, tx.Now));
        RotationSchedule.Plan(tx, tx.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name))!, version);
        return version;
    }

    /// <summary>Stores a new latest version; the name keeps its first spelling.</summary>
    public static KeyVersion AddVersion(EstateTransaction tx, KeyStore store, string name, Func<int, KeyVersion> make)
    {
        var existing = tx.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name));
        var number = (existing?.Versions ?? 0) + 1;
        var version = make(number) with { Name = existing?.Name ?? name };
        tx.Put(Tables.KeyVersions, version.Key, version);
        var key = existing ?? new KeyObject { Store = store.Key, Name = name, Latest = "", Versions = 0, Created = tx.Now };
        tx.Put(Tables.Keys, key.Key, key with { Latest = version.Version, Versions = number });
        return version;
    }

    /// <summary>Refuses a name that a deleted key holds, a hundred-and-first version, and a key too many.</summary>
    public static void RequireRoom(Call call, EstateView view, KeyStore store, string name)
    {
        if (view.Has(Tables.DeletedKeys, KeyObject.KeyOf(store.Key, name)))
            throw KeyVaultService.Refuse(call, 409, "Conflict", $"Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.", "ObjectIsDeletedButRecoverable");
        var existing = view.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name));
        if (existing?.Versions >= Limits.KeyVersions && store.IsHsm)
            throw KeyVaultService.Refuse(call, 403, "Forbidden", Assumptions.VersionLimitText, "KeyVersionLimitExceeded");
        if (existing is null && store.IsHsm
            && view.CountWithPrefix(Tables.Keys, store.Key + "/") + view.CountWithPrefix(Tables.DeletedKeys, store.Key + "/") >= Limits.KeysPerHsm)
            throw KeyVaultService.Refuse(call, 403, "Forbidden", "The managed HSM holds as many keys as it can.", "KeyLimitExceeded");
    }

    /// <summary>The type of key that a request asks for, and how its material is made.</summary>
    public static (string Type, Func<KeyMaterial> Make) Wanted(Call call, KeyStore store, JsonElement body)
    {
        var kty = body.Member("kty").Text() ?? throw KeyVaultService.BadParameter(call, "Property kty is required");
        var baseType = kty.EndsWith("-HSM", StringComparison.OrdinalIgnoreCase) ? kty[..^4] : kty;
        var hardware = store.IsHsm || baseType.Length != kty.Length;
        if (hardware && !store.IsHsm && !store.Premium)
            throw KeyVaultService.BadParameter(call, $"The key type {kty} is available in premium vaults only");
        switch (baseType.ToUpperInvariant())
        {
            case "RSA":
                if (body.Member("public_exponent").Number() is not (null or 65537))
                    throw KeyVaultService.BadParameter(call, "Property public_exponent must be 65537");
                var size = Size(call, body, 2048, 2048, 3072, 4096);
                return (hardware ? "RSA-HSM" : "RSA", () => KeyMaterial.MakeRsa(size, call.Read()));
            case "EC":
                var curve = body.Member("crv").Text() ?? "P-256";
                if (KeyMaterial.CurveOf(curve) is null)
                    throw KeyVaultService.BadParameter(call, $"Property crv must be P-256, P-256K, P-384 or P-521; it is {curve}");
                return (hardware ? "EC-HSM" : "EC", () => KeyMaterial.MakeEc(curve));
            case "OCT" when store.IsHsm:
                var bits = Size(call, body, Assumptions.DefaultOctBits, 128, 192, 256);
                return ("oct-HSM", () => KeyMaterial.MakeOct(bits));
            default:
                throw KeyVaultService.BadParameter(call, $"Property kty has the value {kty}, which is not a key type of this store");
        }
    }

    private static int Size(Call call, JsonElement body, int usual, params ReadOnlySpan<int> allowed)
    {
        if (body.Member("key_size") is not { } member)
            return usual;
        if (((JsonElement?)member).Number() is { } size && allowed.Contains(size))
            return size;
        throw KeyVaultService.BadParameter(call, $"Property key_size has the value {member.GetRawText()}; it must be {string.Join(", ", allowed.ToArray().Select(KeyVaultService.Text))}");
    }

    private Answer Get(Call call)
    {
        var (store, _, version) = Need(call, call.Read());
        return Answer.Json(200, KeyVaultJson.Bundle(call, store, version)).With("x-ms-build-version", "1.0.20250221-1-e4accbbe-develop");
    }

    private Answer Update(Call call)
    {
        var body = call.Json();
        return call.Write(tx =>
        {
            var (store, key, version) = Need(call, tx);
            var attributes = body.Member("attributes");
            if (attributes.At("exportable").Flag() is { } exportable && exportable != version.Exportable)
                throw KeyVaultService.BadParameter(call, store.IsHsm ? "The exportable attribute of a key cannot be changed" : "AKV.SKR.1003: The exportable attribute of a key cannot be changed.");
            var updated = version with
            {
                Operations = body.Member("key_ops") is { } operations ? KeyDraft.CheckOperations(call, Operations(call, operations), version.BaseType) : version.Operations,
                Enabled = attributes.At("enabled").Flag() ?? version.Enabled,
                NotBefore = KeyDraft.Time(call, attributes, "nbf") ?? version.NotBefore,
                Expires = KeyDraft.Time(call, attributes, "exp") ?? version.Expires,
                Tags = KeyDraft.ReadTags(call, body) ?? version.Tags,
                Release = NewRelease(call, store, body, version),
                Updated = tx.Now.ToUnixTimeSeconds(),
            };
            KeyDraft.RequireOrder(call, updated.NotBefore, updated.Expires);
            tx.Put(Tables.KeyVersions, updated.Key, updated);
            if (updated.Version == key.Latest)
                RotationSchedule.Plan(tx, key, updated);
            return Answer.Json(200, KeyVaultJson.Bundle(call, store, updated));
        });
    }

    private static ReleasePolicyState? NewRelease(Call call, KeyStore store, JsonElement body, KeyVersion version)
    {
        if (body.Member("release_policy") is not { } policy)
            return version.Release;
        if (!version.Exportable)
            throw KeyVaultService.BadParameter(call, store.IsHsm ? "Non-exportable keys must not have release policy" : "AKV.SKR.1005: Non-exportable keys must not have release policy.");
        if (version.Release?.Immutable == true)
            throw KeyVaultService.BadParameter(call, store.IsHsm ? "Immutable Key Release Policy cannot be modified." : "AKV.SKR.1020: Immutable Key Release Policy cannot be modified.");
        return ReleasePolicies.Read(call, store, policy, exportable: true);
    }

    private Answer List(Call call)
    {
        var view = call.Read();
        var store = _service.StoreOf(view, call);
        return Page(call, view, Tables.Keys, store.Key + "/", (_, key) =>
            view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, key.Latest)) is { } latest
                ? KeyVaultJson.Item(call, store, latest, withVersion: false)
                : null);
    }

    private Answer ListVersions(Call call)
    {
        var view = call.Read();
        var store = _service.StoreOf(view, call);
        var name = NameOf(call);
        var key = KeyObject.KeyOf(store.Key, name);
        if (!view.Has(Tables.Keys, key))
            return Answer.Json(200, new JsonObject { ["value"] = new JsonArray() });
        return Page(call, view, Tables.KeyVersions, key + "/", (_, version) =>
            KeyVaultJson.Item(call, store, version, withVersion: true));
    }

    private Answer ListDeleted(Call call)
    {
        var view = call.Read();
        var store = _service.StoreOf(view, call);
        return Page(call, view, Tables.DeletedKeys, store.Key + "/", (_, key) =>
            view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, key.Latest)) is { } latest ? KeyVaultJson.DeletedItem(call, store, key, latest) : null);
    }

    private static Answer Page<T>(Call call, EstateView view, Table<T> table, string prefix, Func<string, T, JsonObject?> shape)
        where T : class
    {
        var size = PageLimit;
        if (call.Parameter("maxresults") is { } wanted && (!int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > PageLimit))
            throw KeyVaultService.BadParameter(call, $"Property maxresults must be from 1 to {PageLimit}");
        string? after = null;
        if (call.Parameter("$skiptoken") is { } token)
            after = Base64Url.TryDecode(token, out var bytes) ? prefix + System.Text.Encoding.UTF8.GetString(bytes) : throw KeyVaultService.BadParameter(call, "The skiptoken is not valid");
        var value = new JsonArray();
        string? last = null;
        foreach (var (key, item) in view.Scan(table, prefix, after))
        {
            if (value.Count == size)
            {
                var skip = Base64Url.Encode(System.Text.Encoding.UTF8.GetBytes(last![prefix.Length..]));
                var next = $"https://{call.Request.Authority}{call.Target.Path}?api-version={call.ApiVersion}&$skiptoken={skip}&maxresults={size}";
                return Answer.Json(200, new JsonObject { ["value"] = value, ["nextLink"] = next });
            }
            last = key;
            if (shape(key, item) is { } json)
                value.Add((JsonNode)json);
        }
        return Answer.Json(200, new JsonObject { ["value"] = value });
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        var store = _service.StoreOf(tx, call);
        var name = NameOf(call);
        var key = tx.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name)) ?? throw NotFound(call, name);
        var purge = tx.Now.AddDays(store.RetentionDays);
        var deleted = key with { Deleted = tx.Now, PurgeAt = purge };
        tx.Remove(Tables.Keys, key.Key);
        tx.Put(Tables.DeletedKeys, key.Key, deleted);
        RotationSchedule.Cancel(tx, key.Key);
        tx.Schedule(purge, PurgeDue, key.Key);
        var latest = tx.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, key.Latest))!;
        return Answer.Json(200, KeyVaultJson.DeletedBundle(call, store, deleted, latest));
    });

    private (KeyStore Store, KeyObject Key, KeyVersion Latest) NeedDeleted(Call call, EstateView view)
    {
        var store = _service.StoreOf(view, call);
        var name = NameOf(call);
        var key = view.Find(Tables.DeletedKeys, KeyObject.KeyOf(store.Key, name))
            ?? throw KeyVaultService.Refuse(call, 404, "KeyNotFound", $"Deleted Key not found: {name}");
        return (store, key, view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, key.Latest))!);
    }

    private Answer GetDeleted(Call call)
    {
        var (store, key, latest) = NeedDeleted(call, call.Read());
        return Answer.Json(200, KeyVaultJson.DeletedBundle(call, store, key, latest));
    }

    private Answer Recover(Call call) => call.Write(tx =>
    {
        var (store, key, latest) = NeedDeleted(call, tx);
        tx.Remove(Tables.DeletedKeys, key.Key);
        var live = key with { Deleted = null, PurgeAt = null };
        tx.Put(Tables.Keys, key.Key, live);
        tx.Unschedule(PurgeDue, key.Key);
        RotationSchedule.Plan(tx, live, latest);
        return Answer.Json(200, KeyVaultJson.Bundle(call, store, latest));
    });

    private Answer Purge(Call call) => call.Write(tx =>
    {
        var (store, key, _) = NeedDeleted(call, tx);
        if (store.PurgeProtection)
            throw KeyVaultService.Refuse(call, 403, "Forbidden", Assumptions.PurgeProtectedText, "ForbiddenByPolicy");
        tx.Unschedule(PurgeDue, key.Key);
        Drop(tx, key.Key);
        return Answer.Empty(204);
    });

    private static void Drop(EstateTransaction tx, string key)
    {
        if (!tx.Remove(Tables.DeletedKeys, key))
            return;
        foreach (var (version, _) in tx.Scan(Tables.KeyVersions, key + "/").ToList())
            tx.Remove(Tables.KeyVersions, version);
    }

    [GeneratedRegex("^[0-9a-zA-Z-]{1,127}$", RegexOptions.CultureInvariant)]
    private static partial Regex KeyName();
}
