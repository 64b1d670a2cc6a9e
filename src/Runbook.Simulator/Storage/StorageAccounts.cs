using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>Storage accounts on the control plane.</summary>
internal sealed partial class StorageAccounts
{
    public const string Type = "Microsoft.Storage/storageAccounts";
    public const string Namespace = "Microsoft.Storage";
    public const string Path = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{name}";

    private const string CreateKind = "storage-create";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly AsyncOperations _operations;
    private readonly GenericResources _resources;
    private readonly StorageKeys _keys;

    public StorageAccounts(SimulatorCore core, ArmService arm, AsyncOperations operations, GenericResources resources, StorageKeys keys)
    {
        _core = core;
        _arm = arm;
        _operations = operations;
        _resources = resources;
        _keys = keys;
        Kind = new ResourceKind(core, arm, Type, "name");
        operations.OnEnd(CreateKind, EndCreate);
        resources.OnRemoval(Type, Drop);
        arm.Plug(
        [
            Kind.Put("Create or update storage account", Put),
            Kind.Patch("Update storage account", Patch),
            ResourceKind.Op("Get storage account", "GET", Path, Type + "/read", Get),
            Kind.Delete("Delete storage account", Delete),
            .. Kind.Lists("storage accounts"),
            ResourceKind.Op("List access keys of a storage account", "POST", Path + "/listKeys", Type + "/listkeys/action", ListKeys),
            ResourceKind.Op("Regenerate access key of a storage account", "POST", Path + "/regenerateKey", Type + "/regeneratekey/action", RegenerateKey),
            ResourceKind.Op("Check storage account name", "POST", "/subscriptions/{subscription}/providers/Microsoft.Storage/checkNameAvailability", "Microsoft.Storage/checknameavailability/read", CheckName) with { ReadsOnly = true },
        ]);
    }

    public ResourceKind Kind { get; }

    /// <summary>The account that a call names, with its resource.</summary>
    /// <exception cref="RefusedException">There is none of that name in that group.</exception>
    public (Resource Resource, StorageAccount Account) Need(EstateView view, Call call)
    {
        var resource = Kind.Need(view, call);
        return (resource, view.Find(Tables.StorageAccounts, resource.Name.ToLowerInvariant())!);
    }

    private static void RequireNoFailover(ArmService arm, Call call, StorageAccount account)
    {
        if (account.FailoverInProgress)
            throw arm.Refuse(call, 409, "StorageAccountOperationInProgress", $"An operation is currently performing on this storage account that requires exclusive access: the failover of '{account.Name}' is in progress.");
    }

    private Answer Put(Call call)
    {
        var body = call.Json();
        Subscriptions.RequireRegistration(_arm, call, Namespace);
        var view = call.Read();
        ResourceGroups.Require(_arm, call, view);
        if (Kind.Find(view, call) is not null)
            return Update(call, body);
        var name = call.Value("name");
        if (!Name().IsMatch(name))
            throw _arm.Refuse(call, 400, "AccountNameInvalid", $"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.");
        var location = Kind.Location(call, body, null);
        Kind.RequireRegionUp(call, location);
        RequireFreeName(call, view, name);
        var draft = StorageDraft.Read(_arm, call, body, view, null);
        var link = draft.Key is null ? null : BindKey(call, view, draft, null, body, Kind.IdOf(call), location, null);
        return call.Write(tx =>
        {
            RequireFreeName(call, tx, name);
            var id = Kind.IdOf(call);
            var account = new StorageAccount
            {
                Name = name,
                ResourceId = id,
                Location = location,
                Secondary = StorageAccount.IsGeo(draft.Sku) ? Locations.Find(location)!.Paired : null,
                Sku = draft.Sku,
                Kind = draft.Kind,
                Ready = false,
                Settings = draft.Settings,
                Infrastructure = draft.Infrastructure,
                DataKey = link is null ? PlatformKeys.Make(tx) : null,
                InfrastructureKey = draft.Infrastructure == true ? PlatformKeys.Make(tx) : null,
                CoveredServices = draft.CoveredServices,
                KeyIdentity = draft.KeyIdentity,
                AccessKeys = [NewKey("key1", tx.Now), NewKey("key2", tx.Now)],
                Created = tx.Now,
                LastSync = tx.Now,
            };
            if (link is not null)
                _core.KeyLinks.Put(tx, link);
            tx.Put(Tables.StorageAccounts, account.Name, account);
            StorageShape.Put(tx, new Resource
            {
                Id = id,
                Name = name,
                Type = Type,
                Tags = body.Loose("tags").Tags(),
                Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity"), null, id),
                Properties = default,
                Created = tx.Now,
                Changed = tx.Now,
                CreatedBy = call.Caller.ObjectId,
                ChangedBy = call.Caller.ObjectId,
            }, account);
            var operation = AsyncOperations.Start(tx, call, CreateKind, id, _core.Timings.Operation);
            return _operations.Announce(Answer.Empty(202), call, operation, Namespace, location, status: false, result: true);
        });
    }

    private AsyncOperation EndCreate(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is not { } resource)
            return AsyncOperations.Failed(operation, "ResourceNotFound", "The storage account was deleted while it was being made.");
        var account = tx.Find(Tables.StorageAccounts, resource.Name.ToLowerInvariant())! with { Ready = true };
        tx.Put(Tables.StorageAccounts, account.Name, account);
        StorageShape.Put(tx, resource with { Changed = tx.Now }, account);
        return operation;
    }

    private void RequireFreeName(Call call, EstateView view, string name)
    {
        if (view.Has(Tables.StorageAccounts, name.ToLowerInvariant()))
            throw _arm.Refuse(call, 409, "StorageAccountAlreadyTaken", $"The storage account named {name} is already taken.");
    }

    private static AccessKey NewKey(string name, DateTimeOffset now) =>
        new() { Name = name, Value = Convert.ToBase64String(SimulatorRandom.Bytes(64)), Created = now };

    private Answer Patch(Call call)
    {
        Need(call.Read(), call);
        return Update(call, call.Json());
    }

    private Answer Update(Call call, JsonElement body)
    {
        var view = call.Read();
        var (before, known) = Need(view, call);
        Kind.RequireRegionUp(call, known.Location);
        RequireNoFailover(_arm, call, known);
        if (call.Request.Method == "PUT" && body.Loose("location").Text() is { } location && Locations.Normal(location) != known.Location)
            throw _arm.Refuse(call, 409, "InvalidResourceLocation", $"The resource '{before.Name}' already exists in location '{known.Location}' in resource group '{call.Value("group")}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.");
        var draft = StorageDraft.Read(_arm, call, body, view, known);
        KeyLink? link = null;
        byte[]? platform = null;
        if (draft.SetsKey)
        {
            // The data stays as it is encrypted: the same data key goes under another key.
            if (_keys.TryDataKey(view, known.DataKey, StorageKeys.LinkOf(known), call.Now, out var dataKey) is { } locked)
                throw StorageKeys.Refuse(_arm, call, locked);
            if (draft.Key is null)
                platform = dataKey;
            else
                link = BindKey(call, view, draft, before, body, known.ResourceId, known.Location, dataKey);
        }
        return call.Write(tx =>
        {
            var (resource, account) = Need(tx, call);
            RequireNoFailover(_arm, call, account);
            if (link is not null)
                _core.KeyLinks.Put(tx, link);
            if (platform is not null)
                _core.KeyLinks.Remove(tx, StorageKeys.LinkOf(account));
            var becameGeo = StorageAccount.IsGeo(draft.Sku) && !account.IsGeoRedundant;
            account = account with
            {
                Sku = draft.Sku,
                Kind = draft.Kind,
                Settings = draft.Settings,
                Secondary = StorageAccount.IsGeo(draft.Sku) ? account.Secondary ?? Locations.Find(account.Location)!.Paired : null,
                DataKey = link is not null ? null : platform is not null ? PlatformKeys.Wrap(tx, platform) : account.DataKey,
                KeyIdentity = draft.KeyIdentity,
                LastSync = becameGeo ? null : account.LastSync,
            };
            if (becameGeo)
                account = GeoReplication.Plan(tx, account, _core.Timings.GeoReplication);
            if (!account.IsGeoRedundant)
                GeoReplication.DropSecondary(tx, account);
            tx.Put(Tables.StorageAccounts, account.Name, account);
            return Answer.Json(200, Shapes.Resource(tx, StorageShape.Put(tx, resource with
            {
                Tags = body.Loose("tags").Tags() ?? resource.Tags,
                Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity"), resource.Identity, resource.Id),
                Changed = tx.Now,
                ChangedBy = call.Caller.ObjectId,
            }, account)));
        });
    }

    /// <summary>Finds the identity that a key is reached with, and binds the key. Validates at once, as the service does.</summary>
    private KeyLink BindKey(Call call, EstateView view, StorageDraft draft, Resource? before, JsonElement body, string resourceId, string region, byte[]? dataKey)
    {
        var principal = PrincipalFor(call, view, draft.KeyIdentity, before, body);
        return _keys.Bind(_arm, call, KeyLink.IdOf(resourceId, "account"), resourceId, region, draft.Key!, principal, draft.KeyIdentity, dataKey);
    }

    private string PrincipalFor(Call call, EstateView view, string? identity, Resource? before, JsonElement body)
    {
        if (identity is null)
            return before?.Identity?.PrincipalId ?? throw _arm.Refuse(call, 400, "CustomerManagedKeyPrerequisitesNotMet", StorageAssumptions.PrerequisitesText + " (The account has no identity.)");
        var known = before?.Identity?.UserAssigned?.Contains(identity, StringComparer.OrdinalIgnoreCase) == true;
        var given = body.At("identity", "userAssignedIdentities") is { ValueKind: JsonValueKind.Object } map
            && map.EnumerateObject().Any(entry => entry.Name.Equals(identity, StringComparison.OrdinalIgnoreCase) && entry.Value.ValueKind != JsonValueKind.Null);
        if (!known && !given)
            throw _arm.Refuse(call, 400, "CustomerManagedKeyPrerequisitesNotMet", $"{StorageAssumptions.PrerequisitesText} (The identity '{identity}' is not assigned to the account.)");
        if (!known)
            _arm.RequireLinked(call, view, Type + "/write", ManagedIdentities.Type + "/assign/action", identity);
        return Shapes.PrincipalOf(view, identity)?.ObjectId
            ?? throw _arm.Refuse(call, 400, "FailedIdentityOperation", $"Identity operation for resource '{call.Target.Path}' failed with error 'Failed to perform resource identity operation. The identity '{identity}' could not be found.'.");
    }

    private Answer Get(Call call)
    {
        var view = call.Read();
        var (resource, account) = Need(view, call);
        var json = Shapes.Resource(view, resource);
        if ((call.Parameter("$expand") ?? "").Contains("geoReplicationStats", StringComparison.OrdinalIgnoreCase) && account.Secondary is not null)
            json["properties"]!["geoReplicationStats"] = GeoReplication.Stats(_core, account, call.Now);
        return Answer.Json(200, json);
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        ResourceGroups.Require(_arm, call, tx);
        if (Kind.Find(tx, call) is not { } resource)
            return Answer.Empty(204);
        var account = tx.Find(Tables.StorageAccounts, resource.Name.ToLowerInvariant())!;
        RequireNoFailover(_arm, call, account);
        if (tx.Scan(Tables.Containers, account.Name + "/").Select(pair => pair.Value).FirstOrDefault(container => Immutability.KeepsContainer(tx, container)) is { } kept)
            throw _arm.Refuse(call, 409, "AccountProtectedFromDeletion", $"Account {account.Name} Containers {kept.Name} have {(kept.LegalHold is { Count: > 0 } ? "legal hold" : "locked immutability policy")}.");
        _resources.Remove(tx, resource);
        return Answer.Empty(200);
    });

    private void Drop(EstateTransaction tx, Resource resource)
    {
        var name = resource.Name.ToLowerInvariant();
        if (tx.Find(Tables.StorageAccounts, name) is not { } account)
            return;
        GeoReplication.DropSecondary(tx, account);
        foreach (var (_, container) in tx.Scan(Tables.Containers, name + "/").ToList())
            BlobContent.DropContainer(tx, container);
        foreach (var (key, _) in tx.Scan(Tables.EncryptionScopes, name + "/").ToList())
            tx.Remove(Tables.EncryptionScopes, key);
        _core.KeyLinks.RemoveAll(tx, account.ResourceId);
        tx.Remove(Tables.StorageAccounts, name);
    }

    private Answer ListKeys(Call call) => Answer.Json(200, ShowKeys(Need(call.Read(), call).Account));

    private static JsonObject ShowKeys(StorageAccount account)
    {
        var keys = new JsonArray();
        foreach (var key in account.AccessKeys)
            keys.Add((JsonNode)new JsonObject { ["keyName"] = key.Name, ["value"] = key.Value, ["permissions"] = "FULL", ["creationTime"] = Shapes.Time(key.Created) });
        return new JsonObject { ["keys"] = keys };
    }

    private Answer RegenerateKey(Call call)
    {
        var name = call.Json().Loose("keyName").Text() ?? throw _arm.Refuse(call, 400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: keyName.");
        return call.Write(tx =>
        {
            var (_, account) = Need(tx, call);
            if (account.AccessKeys.All(key => !key.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                throw _arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: keyName '{name}'.");
            account = account with { AccessKeys = [.. account.AccessKeys.Select(key => key.Name.Equals(name, StringComparison.OrdinalIgnoreCase) ? NewKey(key.Name, tx.Now) : key)] };
            tx.Put(Tables.StorageAccounts, account.Name, account);
            return Answer.Json(200, ShowKeys(account));
        });
    }

    private Answer CheckName(Call call)
    {
        var name = call.Json().Loose("name").Text() ?? "";
        if (!Name().IsMatch(name))
            return Answer.Json(200, new JsonObject { ["nameAvailable"] = false, ["reason"] = "AccountNameInvalid", ["message"] = $"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only." });
        return call.Read().Has(Tables.StorageAccounts, name)
            ? Answer.Json(200, new JsonObject { ["nameAvailable"] = false, ["reason"] = "AlreadyExists", ["message"] = $"The storage account named {name} is already taken." })
            : Answer.Json(200, new JsonObject { ["nameAvailable"] = true });
    }

    [GeneratedRegex("^[a-z0-9]{3,24}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
