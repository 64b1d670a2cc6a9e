using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>Rotation policies, rotation on demand, and rotation by the clock.</summary>
internal sealed class RotationRoutes
{
    private const int LeastDays = 28;

    private readonly SimulatorCore _core;
    private readonly KeyVaultService _service;
    private readonly KeyRoutes _keys;

    public RotationRoutes(SimulatorCore core, KeyVaultService service, KeyRoutes keys)
    {
        _core = core;
        _service = service;
        _keys = keys;
        if (service.Kind == ServiceKind.ManagedHsm)
            core.Work.On(RotationSchedule.Kind, RotateByClock);
        service.Plug(
        [
            Op("Get rotation policy", "GET", "/keys/{key}/rotationpolicy", "keys/read/action", GetPolicy),
            Op("Update rotation policy", "PUT", "/keys/{key}/rotationpolicy", "keys/write/action", PutPolicy),
            Op("Rotate key", "POST", "/keys/{key}/rotate", "keys/rotate/action", Rotate),
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
        Since = "7.3-preview",
    };

    private Answer GetPolicy(Call call)
    {
        var (_, key, _) = _keys.Need(call, call.Read());
        return Answer.Json(200, Shape(call, key));
    }

    private static JsonObject Shape(Call call, KeyObject key)
    {
        if (key.Policy is not { } policy)
            return new JsonObject { ["attributes"] = null, ["id"] = $"{KeyVaultJson.KeyUrl(call, key.Name)}/rotationpolicy", ["lifetimeActions"] = null };
        var json = Shape(policy);
        json.Insert(1, "id", $"{KeyVaultJson.KeyUrl(call, key.Name)}/rotationpolicy");
        return json;
    }

    /// <summary>A policy's times and actions.</summary>
    public static JsonObject Shape(RotationPolicy policy)
    {
        var actions = new JsonArray();
        foreach (var action in policy.Actions)
        {
            var trigger = new JsonObject();
            if (action.TimeAfterCreate is not null)
                trigger["timeAfterCreate"] = action.TimeAfterCreate;
            if (action.TimeBeforeExpiry is not null)
                trigger["timeBeforeExpiry"] = action.TimeBeforeExpiry;
            actions.Add((JsonNode)new JsonObject { ["action"] = new JsonObject { ["type"] = action.Type }, ["trigger"] = trigger });
        }
        var attributes = new JsonObject { ["created"] = policy.Created };
        if (policy.ExpiryTime is not null)
            attributes["expiryTime"] = policy.ExpiryTime;
        attributes["updated"] = policy.Updated;
        return new JsonObject { ["attributes"] = attributes, ["lifetimeActions"] = actions };
    }

    private Answer PutPolicy(Call call)
    {
        var body = call.Json();
        var store = _service.StoreOf(call.Read(), call);
        var policy = ReadPolicy(call, store, body);
        return call.Write(tx =>
        {
            var (_, key, latest) = _keys.Need(call, tx);
            var now = tx.Now.ToUnixTimeSeconds();
            var changed = key with { Policy = policy is null ? null : policy with { Created = key.Policy?.Created ?? now, Updated = now } };
            tx.Put(Tables.Keys, key.Key, changed);
            RotationSchedule.Cancel(tx, key.Key);
            RotationSchedule.Plan(tx, changed, latest);
            return Answer.Json(200, Shape(call, changed));
        });
    }

    /// <summary>Reads a policy, whose times are still to be set; <see langword="null"/> where it is blank.</summary>
    public static RotationPolicy? ReadPolicy(Call call, KeyStore store, JsonElement body)
    {
        var expiry = body.Member("attributes").At("expiryTime").Text();
        RequireDays(call, expiry, "expiryTime");
        var actions = new List<LifetimeAction>();
        if (body.Member("lifetimeActions") is { ValueKind: JsonValueKind.Array } list)
            foreach (var item in list.EnumerateArray())
                actions.Add(ReadAction(call, store, item, expiry));
        return actions.Count == 0 && expiry is null ? null : new RotationPolicy { ExpiryTime = expiry, Actions = actions, Created = 0, Updated = 0 };
    }

    private static LifetimeAction ReadAction(Call call, KeyStore store, JsonElement item, string? expiry)
    {
        var type = item.Member("action").At("type").Text() ?? "";
        var after = item.Member("trigger").At("timeAfterCreate").Text();
        var before = item.Member("trigger").At("timeBeforeExpiry").Text();
        var rotates = type.Equals("Rotate", StringComparison.OrdinalIgnoreCase);
        if (!rotates && (store.IsHsm || !type.Equals("Notify", StringComparison.OrdinalIgnoreCase)))
            throw KeyVaultService.BadParameter(call, $"The lifetime action type '{type}' is not supported");
        if ((after is null) == (before is null))
            throw KeyVaultService.BadParameter(call, "A lifetime action has exactly one trigger: timeAfterCreate or timeBeforeExpiry");
        if (rotates)
            RequireDays(call, after, "timeAfterCreate");
        if (before is not null)
        {
            if (IsoDuration.Days(before) is not { } days)
                throw KeyVaultService.BadParameter(call, "timeBeforeExpiry must be an ISO 8601 duration of years, months and days");
            if (expiry is not null && days > IsoDuration.Days(expiry) - LeastDays && rotates)
                throw KeyVaultService.BadParameter(call, $"timeBeforeExpiry must be at least {LeastDays} days less than expiryTime");
        }
        return new LifetimeAction { Type = rotates ? "Rotate" : "Notify", TimeAfterCreate = after, TimeBeforeExpiry = before };
    }

    private static void RequireDays(Call call, string? duration, string name)
    {
        if (duration is not null && IsoDuration.Days(duration) is not >= LeastDays)
            throw KeyVaultService.BadParameter(call, $"{name} must be an ISO 8601 duration of at least {LeastDays} days");
    }

    private Answer Rotate(Call call)
    {
        var (store, key, latest) = _keys.Need(call, call.Read());
        if (key.Policy is null && store.IsHsm && _core.Choices.RotationNeedsPolicy)
            throw KeyVaultService.BadParameter(call, "A rotation policy must be set before the key can be rotated on demand");
        KeyRoutes.RequireRoom(call, call.Read(), store, key.Name);
        var material = NewMaterial(latest, call.Read());
        return call.Write(tx =>
        {
            var (_, current, newest) = _keys.Need(call, tx);
            KeyRoutes.RequireRoom(call, tx, store, key.Name);
            return Answer.Json(200, KeyVaultJson.Bundle(call, store, AddRotated(tx, store, current, newest, material)));
        });
    }

    private void RotateByClock(DueItem item)
    {
        var view = _core.Estate.Current;
        KeyMaterial? material = null;
        if (view.Find(Tables.Keys, item.Target) is { } planned && view.Find(Tables.KeyVersions, $"{item.Target}/{planned.Latest}") is { } basis)
            material = NewMaterial(basis, view);
        _core.Work.Complete(item, tx =>
        {
            // The key may be gone, at its limit, or rotated by hand since this was planned.
            if (material is null || tx.Find(Tables.Keys, item.Target) is not { Policy: not null } key || key.Latest != item.Detail
                || tx.Find(Tables.Stores, key.Store) is not { Deleted: null } store || (store.IsHsm && key.Versions >= Limits.KeyVersions))
                return;
            AddRotated(tx, store, key, tx.Find(Tables.KeyVersions, KeyVersion.KeyOf(key.Store, key.Name, key.Latest))!, material);
        });
    }

    private static KeyMaterial NewMaterial(KeyVersion latest, EstateView estate) => latest.BaseType switch
    {
        "RSA" => KeyMaterial.MakeRsa(latest.Bits, estate),
        "EC" => KeyMaterial.MakeEc(latest.Curve!),
        _ => KeyMaterial.MakeOct(latest.Bits),
    };

    private static KeyVersion AddRotated(EstateTransaction tx, KeyStore store, KeyObject key, KeyVersion latest, KeyMaterial material)
    {
        long? expires = key.Policy?.ExpiryTime is { } lifetime && IsoDuration.TryAdd(tx.Now, lifetime, 1, out var end) ? end.ToUnixTimeSeconds() : null;
        var version = KeyRoutes.AddVersion(tx, store, key.Name, number => latest with
        {
            Version = tx.NextHex(),
            Number = number,
            Enabled = true,
            NotBefore = null,
            Expires = expires,
            Created = tx.Now.ToUnixTimeSeconds(),
            Updated = tx.Now.ToUnixTimeSeconds(),
            N = material.N,
            E = material.E,
            X = material.X,
            Y = material.Y,
            Material = material.Secret,
        });
        RotationSchedule.Plan(tx, tx.Find(Tables.Keys, key.Key)!, version);
        return version;
    }
}
