using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>
/// Keys as resources under their vault or managed HSM: the control plane makes a key's first version and reads keys, and does nothing
/// else with them. A managed HSM lets it only where its setting says so.
/// </summary>
internal sealed class ControlPlaneKeys
{
    private static readonly (string Resource, string Request)[] Names =
        [("kty", "kty"), ("keyOps", "key_ops"), ("keySize", "key_size"), ("curveName", "crv"), ("attributes", "attributes"), ("release_policy", "release_policy")];

    private readonly ArmService _arm;
    private readonly string _storeKind;
    private readonly ResourceKind _stores;
    private readonly ResourceKind _keys;

    public ControlPlaneKeys(SimulatorCore core, ArmService arm, string storeType, string storeKind)
    {
        _arm = arm;
        _storeKind = storeKind;
        _stores = new ResourceKind(core, arm, storeType, "name");
        _keys = new ResourceKind(core, arm, storeType + "/keys", "name", "key");
        var of = storeKind == KeyStore.HsmKind ? "of a managed HSM" : "of a vault";
        var versions = _keys.Path + "/versions";
        arm.Plug(
        [
            _keys.Put($"Create key {of} if there is none", Put),
            ResourceKind.Op($"Get key {of}", "GET", _keys.Path, _keys.Type + "/read", call => Show(call, withVersion: false)),
            ResourceKind.Op($"List keys {of}", "GET", _keys.ListPath, _keys.Type + "/read", List),
            ResourceKind.Op($"Get key version {of}", "GET", versions + "/{version}", _keys.Type + "/versions/read", call => Show(call, withVersion: true)),
            ResourceKind.Op($"List key versions {of}", "GET", versions, _keys.Type + "/versions/read", ListVersions),
        ]);
    }

    private KeyStore StoreOf(Call call, EstateView view)
    {
        var resource = _stores.Need(view, call);
        _stores.RequireRegionUp(call, resource.Location!);
        var store = view.Find(Tables.Stores, KeyStore.KeyOf(_storeKind, resource.Name))!;
        if (store is { IsHsm: true, Active: false })
            throw _arm.Refuse(call, 403, Assumptions.NotActivatedInner, Assumptions.NotActivatedText);
        if (store is { IsHsm: true, KeysThroughControlPlane: false })
            throw _arm.Refuse(call, 403, Assumptions.KeysThroughControlPlaneOff, $"Key management through Resource Manager is not allowed by the settings of the managed HSM '{store.Name}'.");
        return store;
    }

    private Answer Put(Call call)
    {
        Subscriptions.RequireRegistration(_arm, call, _keys.Namespace);
        var view = call.Read();
        var store = StoreOf(call, view);
        var name = KeyRoutes.NameOf(call);
        if (Find(view, store, name) is { } existing)
            return Answer.Json(200, Shape(call, store, existing.Key, existing.Latest, withVersion: false));
        var given = call.Json();
        var properties = given.Loose("properties") ?? throw _arm.Refuse(call, 400, "BadRequest", "The parameter properties is required.");
        var body = Request(properties, given);
        var (type, make) = KeyRoutes.Wanted(call, store, body);
        var baseType = type.Replace("-HSM", "", StringComparison.Ordinal);
        var draft = KeyDraft.Read(call, store, body, baseType, body.Member("key_ops") is { } operations ? KeyRoutes.Operations(call, operations) : null, null);
        var policy = properties.Loose("rotationPolicy") is { } rotation ? RotationRoutes.ReadPolicy(call, store, rotation) : null;
        KeyRoutes.RequireRoom(call, view, store, name);
        // Made before the estate is held: RSA keys take their time.
        var material = make();
        return call.Write(tx =>
        {
            var (key, latest) = Find(tx, store, name) ?? Make(tx, call, store, name, type, draft, policy, material);
            return Answer.Json(200, Shape(call, store, key, latest, withVersion: false));
        });
    }

    private static (KeyObject Key, KeyVersion Latest) Make(EstateTransaction tx, Call call, KeyStore store, string name, string type, KeyDraft draft, RotationPolicy? policy, KeyMaterial material)
    {
        var latest = KeyRoutes.Add(tx, call, store, name, type, draft, material);
        var key = tx.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name))!;
        if (policy is not null)
        {
            var now = tx.Now.ToUnixTimeSeconds();
            key = key with { Policy = policy with { Created = now, Updated = now } };
            tx.Put(Tables.Keys, key.Key, key);
            RotationSchedule.Plan(tx, key, latest);
        }
        return (key, latest);
    }

    private static (KeyObject Key, KeyVersion Latest)? Find(EstateView view, KeyStore store, string name) =>
        view.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name)) is { } key ? (key, view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, key.Latest))!) : null;

    /// <summary>What the data plane would have been asked for.</summary>
    private static JsonElement Request(JsonElement properties, JsonElement resource)
    {
        var body = new JsonObject();
        foreach (var (from, to) in Names)
            if (properties.Loose(from) is { } value)
                body[to] = value.ToNode();
        if (resource.Loose("tags") is { } tags)
            body["tags"] = tags.ToNode();
        return body.ToElement();
    }

    private Answer Show(Call call, bool withVersion)
    {
        var view = call.Read();
        var store = StoreOf(call, view);
        if (Find(view, store, KeyRoutes.NameOf(call)) is not { } found)
            throw _keys.NotFound(call);
        var version = withVersion ? view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, found.Key.Name, call.Value("version").ToLowerInvariant())) : found.Latest;
        return Answer.Json(200, Shape(call, store, found.Key, version ?? throw _keys.NotFound(call), withVersion));
    }

    private Answer List(Call call)
    {
        var view = call.Read();
        var store = StoreOf(call, view);
        return Answer.Json(200, Shapes.List(view.Scan(Tables.Keys, store.Key + "/")
            .Select(pair => Shape(call, store, pair.Value, Find(view, store, pair.Value.Name)!.Value.Latest, withVersion: false))));
    }

    private Answer ListVersions(Call call)
    {
        var view = call.Read();
        var store = StoreOf(call, view);
        if (Find(view, store, KeyRoutes.NameOf(call)) is not { } found)
            throw _keys.NotFound(call);
        return Answer.Json(200, Shapes.List(view.Scan(Tables.KeyVersions, found.Key.Key + "/").Select(pair => Shape(call, store, found.Key, pair.Value, withVersion: true))));
    }

    private JsonObject Shape(Call call, KeyStore store, KeyObject key, KeyVersion version, bool withVersion)
    {
        var uri = $"https://{store.Host}/keys/{key.Name}";
        var operations = new JsonArray();
        foreach (var operation in version.Operations)
            operations.Add((JsonNode)operation);
        var properties = new JsonObject { ["attributes"] = KeyVaultJson.ResourceAttributes(store, version), ["kty"] = version.Type, ["keyOps"] = operations };
        if (version.Curve is { } curve)
            properties["curveName"] = curve;
        else
            properties["keySize"] = version.Bits;
        properties["keyUri"] = uri;
        properties["keyUriWithVersion"] = $"{uri}/{version.Version}";
        if (key.Policy is { } policy)
            properties["rotationPolicy"] = RotationRoutes.Shape(policy);
        if (version.Release is { } release)
            properties["release_policy"] = KeyVaultJson.ReleasePolicy(release);
        var id = $"{_stores.IdOf(call)}/keys/{key.Name}";
        var json = new JsonObject
        {
            ["id"] = withVersion ? $"{id}/versions/{version.Version}" : id,
            ["name"] = withVersion ? version.Version : key.Name,
            ["type"] = withVersion ? _keys.Type + "/versions" : _keys.Type,
            ["location"] = store.Location,
            ["properties"] = properties,
        };
        if (version.Tags is { Count: > 0 } tags)
            json["tags"] = Shapes.Tags(tags);
        return json;
    }
}
