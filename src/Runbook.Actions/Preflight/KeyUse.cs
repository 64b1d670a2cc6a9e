using System.Collections.Immutable;
using Runbook.Engine;

namespace Runbook.Actions;

/// <summary>What keeps a resource from using a key.</summary>
/// <param name="Cause">In a word.</param>
/// <param name="Says">Why, in a sentence without full stop.</param>
/// <param name="Repairs">What takes it out of the way.</param>
internal sealed record KeyObstacle(string Cause, string Says, ImmutableArray<PreflightRepair> Repairs);

/// <summary>
/// Judges whether a resource could use a key, as the key's store would: network, identity, roles, state of the key. Pure.
/// </summary>
/// <remarks>A version is never part of a scope: a role at <c>/keys/name</c> covers every version, present and future.</remarks>
internal sealed class KeyUse(RepairDesk repairs)
{
    /// <summary>The role that a service needs on its key, and no more.</summary>
    public const string ServiceRole = "Managed HSM Crypto Service Encryption User";

    private const string VaultServiceRole = "Key Vault Crypto Service Encryption User";
    private static readonly ImmutableArray<string> HsmOperations = ["Microsoft.KeyVault/managedHsm/keys/read/action", "Microsoft.KeyVault/managedHsm/keys/wrap/action", "Microsoft.KeyVault/managedHsm/keys/unwrap/action"];
    private static readonly ImmutableArray<string> VaultOperations = ["Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/keys/wrap/action", "Microsoft.KeyVault/vaults/keys/unwrap/action"];
    private static readonly ImmutableArray<string> PolicyPermissions = ["get", "wrapKey", "unwrapKey"];

    /// <summary>What is in the way; <see langword="null"/> where nothing is, or nothing is known of it.</summary>
    /// <param name="model">The world.</param>
    /// <param name="dependant">The resource.</param>
    /// <param name="key">The key, with a version or without.</param>
    /// <param name="at">When.</param>
    public KeyObstacle? Of(PreflightModel model, Dependant dependant, string key, DateTimeOffset at)
    {
        if (!model.Stores.TryGetValue(KeyNames.HostOf(key), out var store) || store.Exists != true) return null;
        if (dependant.Principal is null) return NoIdentity(dependant, store, key);
        if (!store.Network.LetServicesIn) return ShutOut(store);
        return Grant(model, dependant, store, key, at) ?? OfKey(model, dependant, key, at);
    }

    /// <summary>The assignments by which a resource may use a key, each of which alone would do for one operation.</summary>
    public static IEnumerable<RoleHolding> Through(PreflightModel model, Dependant dependant, string key, DateTimeOffset at)
    {
        if (dependant.Principal is not { } principal || !model.Stores.TryGetValue(KeyNames.HostOf(key), out var store)) return [];
        var who = model.Principals.With(principal);
        var scope = ScopeIn(store, key);
        return OperationsIn(store).SelectMany(o => model.Access.Permitting(who, StoreOf(store), o, isData: true, scope, at)).DistinctBy(h => h.Id);
    }

    private KeyObstacle NoIdentity(Dependant dependant, StoreFacts store, string key) => new(
        "identity",
        dependant.IdentityId is { } id ? $"its identity {JsonParts.LastPiece(id)} does not exist any more; one of the same name is another principal, without roles" : "it has no identity that could be given a role",
        dependant.IdentityId is { } gone ? repairs.NewIdentity(dependant, gone, store, key) : []);

    private KeyObstacle ShutOut(StoreFacts store) => new(
        "network",
        $"the firewall of {store.Name} lets no service in{(store.Network.IsPublic ? "" : ", and its public side is off")}",
        repairs.LetServicesIn(store));

    private KeyObstacle? Grant(PreflightModel model, Dependant dependant, StoreFacts store, string key, DateTimeOffset at)
    {
        if (store.Policies is { } policies) return OfPolicies(model, dependant, store, key, policies);
        if (store.IsHsm ? store.RolesUnread is not null : model.ArmUnread is not null) return null;
        var who = model.Principals.With(dependant.Principal!);
        var scope = ScopeIn(store, key);
        var missing = OperationsIn(store).Where(o => !model.Access.Permitting(who, StoreOf(store), o, isData: true, scope, at).Any()).ToList();
        if (missing.Count == 0) return null;
        var replaced = dependant.IdentityId is not null && model.Access.Permitting(model.Principals.Gone, StoreOf(store), missing[0], isData: true, scope, at).Any();
        return new KeyObstacle(
            "grant",
            $"its identity {IdentityName(dependant)} lacks {string.Join(", ", missing.Select(m => m[(m.IndexOf("keys/", StringComparison.Ordinal) + 5)..].Replace("/action", "", StringComparison.Ordinal)))} on the key {KeyNames.NameOf(key)} of {store.Name}{Elsewhere(model, who, store, scope, missing[0])}{(replaced ? $"; somebody who is gone holds it: if that was this identity before it was made again, {dependant.Name} goes on asking as that one until it is given the identity anew" : "")}",
            repairs.ServiceGrant(dependant, store, key, store.IsHsm ? ServiceRole : VaultServiceRole, replaced));
    }

    private static KeyObstacle? OfPolicies(PreflightModel model, Dependant dependant, StoreFacts store, string key, ImmutableArray<(string Principal, ImmutableArray<string> Permissions)> policies)
    {
        var who = model.Principals.With(dependant.Principal!);
        var held = policies.Where(p => who.Contains(p.Principal)).SelectMany(p => p.Permissions).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = PolicyPermissions.Where(p => !held.Contains(p) && !held.Contains("all")).ToList();
        if (missing.Count == 0) return null;
        return new KeyObstacle("grant", $"its identity {IdentityName(dependant)} lacks {string.Join(", ", missing)} in the access policies of {store.Name}, for the key {KeyNames.NameOf(key)}", RepairDesk.PolicyGrant(dependant, store));
    }

    private KeyObstacle? OfKey(PreflightModel model, Dependant dependant, string key, DateTimeOffset at)
    {
        if (!model.Keys.TryGetValue(KeyNames.WithoutVersion(key), out var facts) || facts.Unread is not null) return null;
        var name = KeyNames.NameOf(key);
        if (!facts.Exists) return new KeyObstacle("key-missing", $"there is no key {name}, or it is deleted", repairs.RecoverKey(facts.Id));
        if (facts.Of(key) is not { } version) return null;
        if (!version.Exists) return new KeyObstacle("key-missing", $"there is no version {JsonParts.LastPiece(version.Id)} of {name}", []);
        if (!version.Enabled) return new KeyObstacle("key-disabled", $"the version {JsonParts.LastPiece(version.Id)} of {name} is disabled", repairs.EnableKey(version.Id));
        if (dependant.Kind.ExpiryBreaks && version.Expires <= at) return new KeyObstacle("key-expired", $"the version {JsonParts.LastPiece(version.Id)} of {name} is past its end", repairs.ProlongKey(version.Id));
        return null;
    }

    // The same rights elsewhere are what somebody who looks for them finds, and takes for enough.
    private static string Elsewhere(PreflightModel model, IReadOnlySet<string> who, StoreFacts store, string scope, string operation)
    {
        var scopes = model.Access.OfRole(who, StoreOf(store), operation, isData: true).Select(h => h.Scope).Where(s => !RoleHolding.IsWithin(scope, s)).Distinct().ToList();
        return scopes.Count == 0 ? "" : $"; it holds that at {string.Join(", ", scopes)} only, which is another key";
    }

    private static string IdentityName(Dependant dependant) => dependant.IdentityId is { } id ? $"{JsonParts.LastPiece(id)} ({dependant.Principal})" : dependant.Principal!;

    private static ImmutableArray<string> OperationsIn(StoreFacts store) => store.IsHsm ? HsmOperations : VaultOperations;

    private static string? StoreOf(StoreFacts store) => store.IsHsm ? store.Host : null;

    private static string ScopeIn(StoreFacts store, string key) => store.IsHsm ? $"/keys/{KeyNames.NameOf(key)}" : $"{store.ResourceId}/keys/{KeyNames.NameOf(key)}";
}
