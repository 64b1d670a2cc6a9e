using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>What a step takes away from what depends on keys.</summary>
/// <param name="After">The world with it gone.</param>
/// <param name="Moves">A resource that is moved to another key: whether it can use that one is what counts.</param>
internal sealed record HarmfulChange(PreflightModel After, KeyMove? Moves = null);

/// <summary>A resource that is set to use a key.</summary>
internal sealed record KeyMove(string Resource, string Key);

/// <summary>Works out what the steps that can take a key away from somebody change. Pure.</summary>
internal sealed class PlanChanges(AzureSite site)
{
    /// <summary>What a step takes away; <see langword="null"/> where it takes nothing, or it is not known from whom.</summary>
    public HarmfulChange? Of(PlannedWorld world, KnownStep step)
    {
        var model = world.Model;
        switch (step.Use)
        {
            case "keyvault.role-assignment.delete":
                return WithoutGrant(model, step) is { } fewer ? new HarmfulChange(fewer) : null;
            case "keyvault.key.disable":
                return Disabled(world, KeyReference.Of(site, step.With).Id) is { } disabled ? new HarmfulChange(disabled) : null;
            case "keyvault.key.delete":
                return new HarmfulChange(Deleted(model, KeyNames.WithoutVersion(KeyReference.Of(site, step.With).Id)));
            case "keyvault.managed-hsm.delete":
                return StoreGone(model, PlannedWorld.HostOf(step.With.Text("name"), site));
            case "keyvault.network-rules.set":
                return Closed(model, step);
            case "identity.user-assigned.delete":
                return new HarmfulChange(WithoutIdentity(model, PlanWords.IdentityId(step.With.Text("id"), site)));
            case "keyvault.role-definition.delete":
                return new HarmfulChange(model with { Access = model.Access with { Roles = model.Access.Roles.Where(r => r.Key.Store != PlannedWorld.HostOf(step.With.Text("hsm"), site) || !JsonParts.Same(r.Value.Name, step.With.Text("roleName"))).ToImmutableDictionary() } });
            default:
                return Move(step) is { } move ? new HarmfulChange(model, move) : null;
        }
    }

    /// <summary>The key that a step sets for a resource; <see langword="null"/> where it sets none, or it is not known which.</summary>
    public static KeyMove? Move(KnownStep step)
    {
        var key = step.Use switch
        {
            "sql.protector.set" => step.With.TextOrNull("kid"),
            "storage.account.set-key" => step.With.TextOrNull("store") is { } store && step.With.TextOrNull("key") is { } name ? $"{store.TrimEnd('/')}/keys/{name}" : null,
            "storage.encryption-scope.set" => step.With.TextOrNull("keyUri"),
            _ => null,
        };
        if (key is null || PlanWords.IsOpen(key) || KeyNames.NameOf(key).Length == 0) return null;
        var target = step.Calls[^1].Target;
        var resource = step.Use == "sql.protector.set" && target.IndexOf("/encryptionProtector", StringComparison.OrdinalIgnoreCase) is var at and > 0 ? target[..at] : target;
        return PlanWords.IsOpen(resource) ? null : new KeyMove(resource, key.TrimEnd('/'));
    }

    /// <summary>The world in which a grant is gone.</summary>
    private PreflightModel? WithoutGrant(PreflightModel model, KnownStep step)
    {
        if (step.With.IsTrue("keep") || step.With.Has("name")) return null;
        var host = PlannedWorld.HostOf(step.With.Text("hsm"), site);
        var grants = Grant.AllOf(step.With).Where(g => g.IsKnown).ToList();
        return WithoutHoldings(model, h => h.Store == host && grants.Any(g => JsonParts.Same(g.Principal, h.Principal) && JsonParts.Same(g.Scope, h.Scope) && model.Access.RoleNamed(host, g.Role)?.Id == h.RoleId));
    }

    /// <summary>The world without some assignments.</summary>
    public static PreflightModel WithoutHoldings(PreflightModel model, Func<RoleHolding, bool> gone) =>
        model with { Access = model.Access with { Holdings = [.. model.Access.Holdings.Where(h => !gone(h))] } };

    /// <summary>The world in which a key is deleted.</summary>
    public static PreflightModel Deleted(PreflightModel model, string id) =>
        model with { Keys = model.Keys.SetItem(id, new KeyFacts { Id = id, Exists = false }) };

    /// <summary>The world in which an identity is gone.</summary>
    public static PreflightModel WithoutIdentity(PreflightModel model, string identity) =>
        model with { Dependants = [.. model.Dependants.Select(d => JsonParts.Same(d.IdentityId, identity) ? d with { Principal = null } : d)] };

    /// <summary>The world in which an HSM's firewall lets nobody in by itself.</summary>
    public static PreflightModel Closed(PreflightModel model, string host) => model.Stores.TryGetValue(host, out var store)
        ? model with { Stores = model.Stores.SetItem(host, store with { Network = store.Network with { DefaultAllows = false, TrustsServices = false } }) }
        : model;

    private HarmfulChange? Closed(PreflightModel model, KnownStep step)
    {
        var host = PlannedWorld.HostOf(step.With.Text("hsm"), site);
        if (!model.Stores.TryGetValue(host, out var store)) return null;
        var rules = store.Network with { DefaultAllows = JsonParts.Same(step.With.Text("defaultAction"), "Allow"), TrustsServices = !JsonParts.Same(step.With.TextOrNull("bypass"), "None") };
        return new HarmfulChange(model with { Stores = model.Stores.SetItem(host, store with { Network = rules }) });
    }

    // A versionless id means the version that was the newest when the plan was made; what was rotated since is used no more
    // by those who follow.
    private static PreflightModel? Disabled(PlannedWorld world, string id)
    {
        var model = world.Model;
        var bare = KeyNames.WithoutVersion(id);
        if (!model.Keys.TryGetValue(bare, out var key) || key.Of(id) is not { } version) return null;
        var disabled = version with { Enabled = false };
        var changed = key.Newest == version ? key with { Newest = disabled } : key with { Versions = key.Versions.SetItem(version.Id, disabled) };
        model = model with { Keys = model.Keys.SetItem(bare, changed) };
        return world.Rotated.Contains(bare) ? model with { Dependants = [.. model.Dependants.Where(d => !(d.Follows && JsonParts.Same(d.KeyId, bare)))] } : model;
    }

    private static HarmfulChange StoreGone(PreflightModel model, string host)
    {
        foreach (var key in model.Dependants.Select(d => d.KeyId).Where(k => JsonParts.Same(KeyNames.HostOf(k), host)).Distinct(StringComparer.OrdinalIgnoreCase)) model = Deleted(model, key);
        return new HarmfulChange(model);
    }
}
