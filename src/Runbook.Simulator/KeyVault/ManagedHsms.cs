using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>Managed HSMs on the control plane.</summary>
internal sealed partial class ManagedHsms
{
    public const string Type = "Microsoft.KeyVault/managedHSMs";

    private const string Namespace = "Microsoft.KeyVault";
    private const string Path = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/managedHSMs/{name}";
    private const string DeletedPath = "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedManagedHSMs/{name}";
    private const string CreateKind = "hsm-create";
    private const string UpdateKind = "hsm-update";
    private const string DeleteKind = "hsm-delete";
    private const string RecoverKind = "hsm-recover";
    private const string PurgeKind = "hsm-purge";
    private const string PurgeDue = "hsm-retention-over";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly AsyncOperations _operations;
    private readonly GenericResources _resources;
    private readonly ResourceKind _kind;

    public ManagedHsms(SimulatorCore core, ArmService arm, AsyncOperations operations, GenericResources resources)
    {
        _core = core;
        _arm = arm;
        _operations = operations;
        _resources = resources;
        _kind = new ResourceKind(core, arm, Type, "name");
        operations.OnEnd(CreateKind, EndCreate);
        operations.OnEnd(UpdateKind, EndUpdate);
        operations.OnEnd(DeleteKind, EndDelete);
        operations.OnEnd(RecoverKind, EndRecover);
        operations.OnEnd(PurgeKind, EndPurge);
        core.Work.OnChange(PurgeDue, (tx, item) => DropStore(tx, item.Target));
        // What an extended region still has to learn is not in the state file: a restart brings it up to date.
        if (core.Estate.Current.Scan(Tables.Stores).Any(pair => pair.Value.Regions is { Count: > 1 }))
            core.Estate.KeepHistory(core.Timings.HsmReplication);
        resources.OnRemoval(Type, (tx, resource) => SoftDelete(tx, resource));
        arm.Plug(
        [
            _kind.Put("Create or update managed HSM", Put),
            _kind.Patch("Update managed HSM", Patch),
            ResourceKind.Op("Get managed HSM", "GET", Path, Type + "/read", Get),
            _kind.Delete("Delete managed HSM", Delete),
            .. _kind.Lists("managed HSMs"),
            ResourceKind.Op("List regions of a managed HSM", "GET", Path + "/regions", Type + "/read", ListRegions),
            ResourceKind.Op("List deleted managed HSMs", "GET", "/subscriptions/{subscription}/providers/Microsoft.KeyVault/deletedManagedHSMs", "Microsoft.KeyVault/deletedManagedHSMs/read", ListDeleted),
            ResourceKind.Op("Get deleted managed HSM", "GET", DeletedPath, "Microsoft.KeyVault/locations/deletedManagedHSMs/read", GetDeleted),
            ResourceKind.Op("Purge deleted managed HSM", "POST", DeletedPath + "/purge", "Microsoft.KeyVault/locations/deletedManagedHSMs/purge/action", Purge),
            ResourceKind.Op("Check managed HSM name", "POST", "/subscriptions/{subscription}/providers/Microsoft.KeyVault/checkMhsmNameAvailability", "Microsoft.KeyVault/checkMhsmNameAvailability/read", CheckName),
        ]);
    }

    private static KeyStore? StoreOf(EstateView view, string name) => view.Find(Tables.Stores, KeyStore.KeyOf(KeyStore.HsmKind, name));

    private void RequireIdle(Call call, EstateView view, string id)
    {
        if (AsyncOperations.Running(view, id) is not null)
            throw _arm.Refuse(call, 409, "Conflict", $"The operation cannot be performed because another operation is in progress on the managed HSM '{call.Value("name")}'.");
    }

    private Answer Put(Call call)
    {
        var body = call.Json();
        Subscriptions.RequireRegistration(_arm, call, Namespace);
        ResourceGroups.Require(_arm, call, call.Read());
        var properties = body.Loose("properties") ?? throw _arm.Refuse(call, 400, "BadRequest", "The parameter properties is required.");
        if (_kind.Find(call.Read(), call) is { } existing)
            return Update(call, existing, body);
        var location = _kind.Location(call, body, null);
        _kind.RequireRegionUp(call, location);
        return properties.Loose("createMode").Text() is { } mode && mode.Equals("recover", StringComparison.OrdinalIgnoreCase)
            ? Recover(call, location)
            : Create(call, body, properties, location);
    }

    private Answer Create(Call call, JsonElement body, JsonElement properties, string location)
    {
        var name = call.Value("name");
        var draft = HsmDraft.Read(_arm, call, body, properties);
        return call.Write(tx =>
        {
            RequireFreeName(call, tx, name);
            var id = _kind.IdOf(call);
            var store = draft.ToStore(name, id, location, _core.Tenant, tx.Now);
            var resource = new Resource
            {
                Id = id,
                Name = name,
                Type = Type,
                Location = location,
                Tags = body.Loose("tags").Tags(),
                Sku = draft.Sku,
                Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity"), null, id),
                Properties = default,
                Created = tx.Now,
                Changed = tx.Now,
                CreatedBy = call.Caller.ObjectId,
                ChangedBy = call.Caller.ObjectId,
            };
            tx.Put(Tables.Stores, store.Key, store);
            resource = HsmShape.Put(tx, resource, store, "Provisioning");
            var span = (_core.Timings.HsmProvisioningAtMost - _core.Timings.HsmProvisioningAtLeast).TotalSeconds;
            var takes = _core.Timings.HsmProvisioningAtLeast + TimeSpan.FromSeconds(span > 0 ? tx.NextNumber((int)span + 1) : 0);
            var operation = AsyncOperations.Start(tx, call, CreateKind, id, takes);
            return Announce(Answer.Json(202, Shapes.Resource(tx, resource)), call, operation, location);
        });
    }

    private void RequireFreeName(Call call, EstateView view, string name)
    {
        if (!Name().IsMatch(name) || name.Contains("--", StringComparison.Ordinal))
            throw _arm.Refuse(call, 400, "BadRequest", $"The managed HSM name '{name}' is invalid. A name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.");
        if (StoreOf(view, name) is not { } taken)
            return;
        throw taken.Deleted is null
            ? _arm.Refuse(call, 409, "VaultAlreadyExists", $"The managed HSM name '{name}' is already in use. Managed HSM names are globally unique so it is possible that the name is already taken. If you are sure that the name was not taken then it is possible that a managed HSM with the same name was recently deleted but not purged after being placed in a recoverable state.")
            : _arm.Refuse(call, 409, "Conflict", $"Managed HSM '{name}' already exists in deleted state. It can be recovered or, unless it is protected, purged; until then its name cannot be used.");
    }

    private Answer Announce(Answer answer, Call call, AsyncOperation operation, string location) =>
        _operations.Announce(answer, call, operation, Namespace, location, status: false, result: true)
            .With("x-ms-keyvault-service-version", "1.5.1361.0");

    private AsyncOperation EndCreate(EstateTransaction tx, AsyncOperation operation)
    {
        var resource = tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId))!;
        var store = StoreOf(tx, resource.Name)! with { Ready = true };
        tx.Put(Tables.Stores, store.Key, store);
        foreach (var administrator in store.Administrators ?? [])
        {
            var assignment = new LocalAssignment
            {
                Store = store.Key,
                Name = tx.NextGuid().ToString(),
                Scope = "/",
                Role = LocalRoles.Administrator,
                PrincipalId = administrator.ToLowerInvariant(),
                From = tx.Now,
            };
            tx.Put(Tables.LocalAssignments, assignment.Key, assignment);
        }
        HsmShape.Put(tx, resource with { Changed = tx.Now }, store, "Succeeded");
        return operation;
    }

    private Answer Patch(Call call)
    {
        var existing = _kind.Need(call.Read(), call);
        return Update(call, existing, call.Json());
    }

    private Answer Update(Call call, Resource existing, JsonElement body)
    {
        _kind.RequireRegionUp(call, existing.Location!);
        var properties = body.Loose("properties");
        HsmDraft.RefuseForbiddenChanges(_arm, call, StoreOf(call.Read(), existing.Name)!, properties, body.Loose("location").Text(), existing);
        return call.Write(tx =>
        {
            var resource = _kind.Find(tx, call)!;
            RequireIdle(call, tx, resource.Id);
            var store = StoreOf(tx, resource.Name)!;
            var tags = body.Loose("tags").Tags() ?? (call.Request.Method == "PUT" ? null : resource.Tags);
            resource = resource with
            {
                Tags = tags,
                Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity"), resource.Identity, resource.Id),
                Changed = tx.Now,
                ChangedBy = call.Caller.ObjectId,
            };
            if (properties is not { } changes || !HsmDraft.Changes(store, changes))
                return Answer.Json(200, Shapes.Resource(tx, HsmShape.Put(tx, resource, store, "Succeeded")));
            var longer = HsmDraft.BeginRegionChanges(_arm, call, ref store, changes, tx.Now);
            tx.Put(Tables.Stores, store.Key, store);
            resource = HsmShape.Put(tx, resource, store, "Updating");
            var takes = longer ? _core.Timings.HsmProvisioningAtLeast : _core.Timings.HsmUpdate;
            var operation = AsyncOperations.Start(tx, call, UpdateKind, resource.Id, takes, changes.Clone());
            return Announce(Answer.Json(202, Shapes.Resource(tx, resource)), call, operation, resource.Location!);
        });
    }

    private AsyncOperation EndUpdate(EstateTransaction tx, AsyncOperation operation)
    {
        var resource = tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId))!;
        var store = HsmDraft.ApplyChanges(StoreOf(tx, resource.Name)!, operation.Input!.Value, tx.Now);
        if (store.Regions is { Count: > 1 })
            _core.Estate.KeepHistory(_core.Timings.HsmReplication);
        tx.Put(Tables.Stores, store.Key, store);
        HsmShape.Put(tx, resource with { Changed = tx.Now }, store, "Succeeded");
        return operation;
    }

    private Answer Get(Call call)
    {
        var view = call.Read();
        return Answer.Json(200, Shapes.Resource(view, _kind.Need(view, call))).With("x-ms-keyvault-service-version", "1.5.1361.0");
    }

    private Answer ListRegions(Call call)
    {
        var view = call.Read();
        return Answer.Json(200, Shapes.List(HsmShape.Regions(StoreOf(view, _kind.Need(view, call).Name)!)));
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        ResourceGroups.Require(_arm, call, tx);
        if (_kind.Find(tx, call) is not { } resource)
            return Answer.Empty(204);
        _kind.RequireRegionUp(call, resource.Location!);
        RequireIdle(call, tx, resource.Id);
        var store = StoreOf(tx, resource.Name)!;
        if (store.Regions is { Count: > 1 })
            throw _arm.Refuse(call, 409, "Conflict", $"The managed HSM '{resource.Name}' cannot be deleted because it has extended regions. Remove them first.");
        HsmShape.Put(tx, resource, store, "Deleting");
        var operation = AsyncOperations.Start(tx, call, DeleteKind, resource.Id, _core.Timings.HsmDeletion, emptyStatus: 200);
        return Announce(Answer.Empty(202), call, operation, resource.Location!);
    });

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is { } resource)
            _resources.Remove(tx, resource);
        return operation;
    }

    /// <summary>The HSM stops serving; what it holds stays until its retention is over.</summary>
    private static void SoftDelete(EstateTransaction tx, Resource resource)
    {
        if (StoreOf(tx, resource.Name) is not { Deleted: null } store)
            return;
        var purge = tx.Now.AddDays(store.RetentionDays);
        tx.Put(Tables.Stores, store.Key, store with
        {
            Deleted = tx.Now,
            PurgeAt = purge,
            DeletedResource = JsonSerializer.SerializeToElement(resource, EstateJson.Default.Resource),
        });
        tx.Schedule(purge, PurgeDue, store.Key);
    }

    private Answer Recover(Call call, string location) => call.Write(tx =>
    {
        if (StoreOf(tx, call.Value("name")) is not { Deleted: not null } store || store.Location != location)
            throw _arm.Refuse(call, 404, "ResourceNotFound", $"The deleted managed HSM '{call.Value("name")}' was not found in the location '{location}'.");
        var before = store.DeletedResource!.Value.Deserialize(EstateJson.Default.Resource)!;
        tx.Unschedule(PurgeDue, store.Key);
        store = store with { Deleted = null, PurgeAt = null, DeletedResource = null, Ready = false };
        tx.Put(Tables.Stores, store.Key, store);
        var resource = HsmShape.Put(tx, before with { Changed = tx.Now, ChangedBy = call.Caller.ObjectId }, store, "Provisioning");
        var operation = AsyncOperations.Start(tx, call, RecoverKind, resource.Id, _core.Timings.HsmUpdate);
        return Announce(Answer.Json(202, Shapes.Resource(tx, resource)), call, operation, location);
    });

    private AsyncOperation EndRecover(EstateTransaction tx, AsyncOperation operation)
    {
        var resource = tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId))!;
        var store = StoreOf(tx, resource.Name)! with { Ready = true };
        tx.Put(Tables.Stores, store.Key, store);
        HsmShape.Put(tx, resource, store, "Succeeded");
        return operation;
    }

    private KeyStore NeedDeleted(EstateView view, Call call) =>
        StoreOf(view, call.Value("name")) is { Deleted: not null } store && store.Location == Locations.Normal(call.Value("location"))
            ? store
            : throw _arm.Refuse(call, 404, "ResourceNotFound", $"The deleted managed HSM '{call.Value("name")}' was not found in the location '{call.Value("location")}'.");

    private Answer ListDeleted(Call call) => Answer.Json(200, Shapes.List(call.Read().Scan(Tables.Stores, KeyStore.HsmKind + "/")
        .Where(pair => pair.Value.Deleted is not null)
        .Select(pair => HsmShape.Deleted(_core.Subscription, pair.Value))));

    private Answer GetDeleted(Call call) => Answer.Json(200, HsmShape.Deleted(_core.Subscription, NeedDeleted(call.Read(), call)));

    private Answer Purge(Call call) => call.Write(tx =>
    {
        var store = NeedDeleted(tx, call);
        if (store.PurgeProtection)
            throw _arm.Refuse(call, 403, "Forbidden", Assumptions.PurgeProtectedText);
        var operation = AsyncOperations.Start(tx, call, PurgeKind, store.ResourceId, _core.Timings.HsmDeletion, emptyStatus: 200);
        return Announce(Answer.Empty(202), call, operation, store.Location);
    });

    private AsyncOperation EndPurge(EstateTransaction tx, AsyncOperation operation)
    {
        var key = KeyStore.KeyOf(KeyStore.HsmKind, operation.ResourceId[(operation.ResourceId.LastIndexOf('/') + 1)..]);
        if (tx.Find(Tables.Stores, key) is { Deleted: not null })
        {
            tx.Unschedule(PurgeDue, key);
            DropStore(tx, key);
        }
        return operation;
    }

    /// <summary>Removes a store with everything in it, for good.</summary>
    public static void DropStore(EstateTransaction tx, string key)
    {
        DropContents(tx, key);
        tx.Remove(Tables.Stores, key);
    }

    /// <summary>Empties a store: keys, assignments and roles.</summary>
    public static void DropContents(EstateTransaction tx, string key)
    {
        var prefix = key + "/";
        foreach (var (row, _) in tx.Scan(Tables.Keys, prefix).ToList())
            tx.Remove(Tables.Keys, row);
        foreach (var (row, _) in tx.Scan(Tables.DeletedKeys, prefix).ToList())
            tx.Remove(Tables.DeletedKeys, row);
        foreach (var (row, _) in tx.Scan(Tables.KeyVersions, prefix).ToList())
            tx.Remove(Tables.KeyVersions, row);
        foreach (var (row, _) in tx.Scan(Tables.LocalAssignments, prefix).ToList())
            tx.Remove(Tables.LocalAssignments, row);
        foreach (var (row, _) in tx.Scan(Tables.LocalRoles, prefix).ToList())
            tx.Remove(Tables.LocalRoles, row);
    }

    private Answer CheckName(Call call)
    {
        if (call.Json().Loose("name").Text() is not { } name)
            throw _arm.Refuse(call, 400, "BadRequest", "The parameter name is required.");
        var (reason, message) = !Name().IsMatch(name) || name.Contains("--", StringComparison.Ordinal)
            ? ("AccountNameInvalid", $"The name '{name}' is invalid. A name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.")
            : StoreOf(call.Read(), name) is null ? (null, null) : ("AlreadyExists", $"The name '{name}' is already in use.");
        var json = new JsonObject { ["nameAvailable"] = reason is null };
        if (reason is not null)
        {
            json["reason"] = reason;
            json["message"] = message;
        }
        return Answer.Json(200, json);
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
