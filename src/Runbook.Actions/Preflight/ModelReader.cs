using System.Collections.Immutable;
using Runbook.Engine;

namespace Runbook.Actions;

/// <summary>Reads what a preflight judges by, from what a plan is about to what depends on it.</summary>
internal sealed class ModelReader(PreflightReader reader, AzureSite site, TimeProvider time)
{
    private readonly StoreReader _stores = new(reader, site);

    /// <summary>Reads it.</summary>
    public async Task<PreflightModel> ReadAsync(PreflightCaller? caller, PlanFocus focus, CancellationToken cancellationToken)
    {
        var model = new PreflightModel { Now = time.GetUtcNow(), Caller = caller };
        if (focus.Hosts.IsEmpty && focus.Resources.IsEmpty && focus.ArmScopes.IsEmpty) return model;
        var landscape = await new DependantReader(reader, site).ReadAsync(cancellationToken).ConfigureAwait(false);
        var hosts = focus.Hosts.Union(landscape.Dependants.Where(d => focus.Calls(d.Id)).Select(d => KeyNames.HostOf(d.Key))).Where(h => h.Length > 0).ToList();
        model = model with { Dependants = [.. landscape.Dependants.Where(d => hosts.Contains(KeyNames.HostOf(d.Key), StringComparer.OrdinalIgnoreCase))], IsWhole = landscape.Unchecked.IsEmpty };
        foreach (var sentence in landscape.Unchecked) model = model.Without(sentence);
        foreach (var host in hosts) model = await WithStoreAsync(model, host, landscape, focus, cancellationToken).ConfigureAwait(false);
        model = await new ArmRoleReader(reader, site).ReadAsync(model, focus.ArmScopes, cancellationToken).ConfigureAwait(false);
        if (caller is not null && model.ArmUnread is { } unread) model = model.Without($"Held permissions on the subscription are not told by assignment: {unread}.");
        return await WithDirectoryAsync(model, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PreflightModel> WithStoreAsync(PreflightModel model, string host, Landscape landscape, PlanFocus focus, CancellationToken cancellationToken)
    {
        var store = await _stores.FactsAsync(host, landscape.Stores, cancellationToken).ConfigureAwait(false);
        model = model with { Stores = model.Stores.SetItem(host, store) };
        if (store.Exists != true) return model;
        var keys = focus.Keys.Where(k => JsonParts.Same(KeyNames.HostOf(k), host)).Union(model.Dependants.Where(d => JsonParts.Same(KeyNames.HostOf(d.Key), host)).Select(d => d.KeyId), StringComparer.OrdinalIgnoreCase).ToList();
        if (store.IsHsm)
        {
            var principals = model.Dependants.Where(d => JsonParts.Same(KeyNames.HostOf(d.Key), host)).Select(d => d.Principal).Append(model.Caller?.ObjectId).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase);
            model = await _stores.RolesAsync(model, host, keys.Select(KeyNames.NameOf), principals, cancellationToken).ConfigureAwait(false);
            store = model.Stores[host];
            if (store.CallerIsShutOut) return model.Without($"The roles and keys of {store.Name} could not be read: its firewall does not let you in.");
            if (store.RolesUnread is { } unread) model = model.Without($"What depends on {store.Name}, and who may what there, can't be judged by its roles: {unread}.");
        }

        foreach (var key in keys) model = await WithKeyAsync(model, key, cancellationToken).ConfigureAwait(false);
        return model;
    }

    private async Task<PreflightModel> WithKeyAsync(PreflightModel model, string id, CancellationToken cancellationToken)
    {
        var versions = model.Dependants.Where(d => JsonParts.Same(d.KeyId, id)).Select(d => d.InUse ?? d.Key).Where(KeyNames.IsVersioned);
        var key = await _stores.KeyAsync(id, versions, cancellationToken).ConfigureAwait(false);
        model = model with { Keys = model.Keys.SetItem(id, key) };
        return key.Unread is { } unread ? model.Without($"The key {KeyNames.NameOf(id)} could not be read ({unread}): its rotation and its end are not known.") : model;
    }

    private async Task<PreflightModel> WithDirectoryAsync(PreflightModel model, CancellationToken cancellationToken)
    {
        var mine = model.Dependants.Select(d => d.Principal).Append(model.Caller?.ObjectId).OfType<string>().Concat(model.Caller?.Groups ?? []).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Of Resource Manager's assignments those of groups count as well, whose members are not known yet.
        var local = model.Access.Holdings.Where(h => h.Store is not null).Select(h => h.Principal);
        var makers = model.Access.Holdings.Where(h => mine.Contains(h.Principal)).Select(h => h.CreatedBy).OfType<string>().Where(m => Guid.TryParse(m, out _)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var ids = mine.Concat(local).Concat(makers).Where(i => Guid.TryParse(i, out _)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return await new DirectoryReader(reader, site).ReadAsync(model, ids, makers, cancellationToken).ConfigureAwait(false);
    }
}
