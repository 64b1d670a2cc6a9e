using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>
/// The world as it is before a step: what was read, with what the steps before give. What they take away is looked at step by
/// step, since which branch will be taken is not known. Immutable.
/// </summary>
internal sealed record PlannedWorld(PreflightModel Model)
{
    /// <summary>The step that changes the rules of an HSM's firewall, by host.</summary>
    public ImmutableSortedDictionary<string, string> OpenedBy { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The step that gives somebody unknown a role, by host.</summary>
    public ImmutableSortedDictionary<string, string> MaybeGivenBy { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Keys that got a new version from a step before, without version.</summary>
    public ImmutableSortedSet<string> Rotated { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The world after a step.</summary>
    public PlannedWorld After(KnownStep step, AzureSite site) => step.Use switch
    {
        "keyvault.role-assignment.create" => Given(step, site),
        "keyvault.role-definition.create" => Defined(step, site),
        "keyvault.managed-hsm.create" => Made(step, site),
        "keyvault.managed-hsm.recover" => Recovered(step, site),
        "keyvault.network-rules.set" => this with { OpenedBy = OpenedBy.SetItem(HostOf(step.With.Text("hsm"), site), step.Path) },
        "keyvault.key.create" or "keyvault.key.import-byok" or "keyvault.key.restore" or "keyvault.key.recover" => WithKey(KeyReference.Of(site, step.With).Id),
        "keyvault.key.enable" => Enabled(KeyReference.Of(site, step.With).Id),
        "keyvault.key.rotate" => this with { Rotated = Rotated.Add(KeyReference.Of(site, step.With).Id) },
        "sql.protector.set" or "storage.account.set-key" or "storage.encryption-scope.set" => Moved(step),
        _ => this,
    };

    /// <summary>Host of an HSM, from its name or id.</summary>
    public static string HostOf(string nameOrId, AzureSite site) => site.HsmHost(nameOrId)["https://".Length..].ToLowerInvariant();

    private PlannedWorld Given(KnownStep step, AzureSite site)
    {
        var host = HostOf(step.With.Text("hsm"), site);
        var world = this;
        foreach (var grant in Grant.AllOf(step.With))
        {
            if (grant.IsKnown && world.Model.Access.RoleNamed(host, grant.Role) is { } role)
            {
                var holding = new RoleHolding { Id = $"{step.Path}#{grant.InWords}", Store = host, Principal = grant.Principal, RoleId = role.Id, Scope = grant.Scope, Step = step.Path };
                world = world with { Model = world.Model with { Access = world.Model.Access.With([holding]) } };
            }
            else
            {
                world = world with { MaybeGivenBy = world.MaybeGivenBy.SetItem(host, step.Path) };
            }
        }

        return world;
    }

    private PlannedWorld Defined(KnownStep step, AzureSite site)
    {
        var host = HostOf(step.With.Text("hsm"), site);
        var name = step.With.Text("roleName");
        var id = LocalRoles.AssignmentName(site.HsmHost(step.With.Text("hsm")), name, "role definition", "/");
        var rights = new Rights(id, name, [new RightSet([], [], step.With.All.Texts("dataActions"), [])]);
        return this with { Model = Model with { Access = Model.Access with { Roles = Model.Access.Roles.SetItem((host, id), rights) } } };
    }

    private PlannedWorld Made(KnownStep step, AzureSite site)
    {
        var host = HostOf(step.With.Text("name"), site);
        if (!Model.Stores.TryGetValue(host, out var store) || store.Exists == true) return this;
        var administrators = step.With.All.Texts("administrators");
        var known = administrators.Where(a => !PlanWords.IsOpen(a)).Select(a => new RoleHolding { Id = $"{step.Path}#{a}", Store = host, Principal = a, RoleId = LocalRoles.IdOf("Managed HSM Administrator")!, Scope = "/", Step = step.Path });
        var world = this with { Model = Model with { Stores = Model.Stores.SetItem(host, store with { MadeBy = step.Path }), Access = Model.Access.With(known) } };
        return administrators.IsEmpty || administrators.Any(PlanWords.IsOpen) ? world with { MaybeGivenBy = world.MaybeGivenBy.SetItem(host, step.Path) } : world;
    }

    private PlannedWorld Recovered(KnownStep step, AzureSite site)
    {
        var host = HostOf(step.With.Text("name"), site);
        return Model.Stores.TryGetValue(host, out var store) && store.Exists != true
            ? this with { Model = Model with { Stores = Model.Stores.SetItem(host, store with { MadeBy = step.Path, RolesUnread = $"{store.Name} comes back with the roles that it had" }) } }
            : this;
    }

    private PlannedWorld WithKey(string id) => Model.Keys.TryGetValue(id, out var key) && key.Exists ? this : this with { Model = Model with { Keys = Model.Keys.SetItem(id, new KeyFacts { Id = id }) } };

    private PlannedWorld Enabled(string id)
    {
        if (!Model.Keys.TryGetValue(KeyNames.WithoutVersion(id), out var key) || key.Of(id) is not { } version) return this;
        var enabled = version with { Enabled = true };
        return this with { Model = Model with { Keys = Model.Keys.SetItem(key.Id, key.Newest == version ? key with { Newest = enabled } : key with { Versions = key.Versions.SetItem(version.Id, enabled) }) } };
    }

    private PlannedWorld Moved(KnownStep step)
    {
        if (PlanChanges.Move(step) is not { } move) return this;
        return this with { Model = Model with { Dependants = [.. Model.Dependants.Select(d => JsonParts.Same(d.Id, move.Resource) ? d with { Key = move.Key, InUse = null } : d)] } };
    }
}
