using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Compute;

/// <summary>Disk encryption sets.</summary>
internal sealed class DiskEncryptionSets
{
    public const string Single = "EncryptionAtRestWithCustomerKey";
    public const string Double = "EncryptionAtRestWithPlatformAndCustomerKeys";
    public const string Confidential = "ConfidentialVmEncryptedWithCustomerKey";

    private const string ChangeKind = "disk-set-change";
    private const string DeleteKind = "disk-set-delete";

    private readonly ComputeProvider _compute;

    public DiskEncryptionSets(ComputeProvider compute)
    {
        _compute = compute;
        compute.Operations.OnEnd(ChangeKind, EndChange);
        compute.Operations.OnEnd(DeleteKind, EndDelete);
        var sets = compute.Sets;
        compute.Resources.OnRemoval(sets.Type, (tx, set) => compute.Keys.Links.RemoveAll(tx, set.Id));
        compute.Arm.Plug(
        [
            sets.Put("Create or update disk encryption set", Put),
            sets.Patch("Update disk encryption set", call => Change(call, sets.Need(call.Read(), call))),
            sets.Get("Get disk encryption set"),
            sets.Delete("Delete disk encryption set", Delete),
            .. sets.Lists("disk encryption sets"),
            ResourceKind.Op("List resources associated with a disk encryption set", "GET", sets.Path + "/associatedResources", sets.Type + "/read", ListAssociated),
        ]);
    }

    private Answer Put(Call call)
    {
        Subscriptions.RequireRegistration(_compute.Arm, call, ComputeProvider.Namespace);
        ResourceGroups.Require(_compute.Arm, call, call.Read());
        return Change(call, _compute.Sets.Find(call.Read(), call));
    }

    private Answer Change(Call call, Resource? existing)
    {
        var view = call.Read();
        var body = call.Json();
        var location = _compute.Sets.Location(call, body, existing);
        _compute.Sets.RequireRegionUp(call, location);
        var set = Drafted(call, view, body, existing, location);
        var key = DiskKeys.ActiveKey(set);
        if (!ComputeProvider.IsIn(view, key, location))
            throw ResourceKind.Refusal(400, Assumptions.DiskStoreElsewhere, $"The key vault of '{key}' must be in the region '{location}' of the disk encryption set.");
        var link = Tried(call, view, set, existing);
        return call.Write(tx =>
        {
            ComputeProvider.RequireIdle(tx, set.Id);
            var made = set with { Identity = ManagedIdentities.Apply(tx, _compute.Arm, call, body.Loose("identity"), existing?.Identity, set.Id) };
            return _compute.Start(tx, call, ChangeKind, made, new JsonObject
            {
                ["set"] = JsonSerializer.SerializeToNode(made, EstateJson.Default.Resource),
                ["identity"] = body.Loose("identity") is not null,
                ["link"] = link is null ? null : JsonSerializer.SerializeToNode(link, EstateJson.Default.KeyLink),
            });
        });
    }

    /// <summary>
    /// A user-assigned identity must reach the key at once. A system-assigned one comes into being with the set: its access is
    /// looked at when a disk needs it, or when disks already do.
    /// </summary>
    private KeyLink? Tried(Call call, EstateView view, Resource set, Resource? existing)
    {
        if (ComputeWords.PrincipalOf(view, set) is null)
            return null;
        if (_compute.Keys.TryBindSet(view, set, call.Now, out var link) is not { } fault)
            return link;
        var moved = existing is not null && DiskKeys.ActiveKey(existing).ToString() != DiskKeys.ActiveKey(set).ToString() && _compute.Keys.DisksOf(view, set.Id).Any();
        if (set.Identity?.UserAssigned is { Count: > 0 } || moved || fault.Trouble is KeyTrouble.WrongKind or KeyTrouble.NoPurgeProtection)
            throw ComputeWords.Refusal(400, set, fault);
        return null;
    }

    private Resource Drafted(Call call, EstateView view, JsonElement body, Resource? existing, string location)
    {
        var given = body.Loose("properties") ?? default;
        var patches = call.Request.Method == "PATCH";
        var type = TypeOf(given.Loose("encryptionType").Text(), existing);
        var (url, key) = KeyOf(given, existing, patches);
        var before = existing?.Properties;
        var changed = existing is not null && DiskKeys.ActiveKey(existing).ToString() != url.ToString();
        var active = new JsonObject { ["keyUrl"] = url.ToString() };
        if (key.At("sourceVault", "id").Text() is { } vault)
            active.Insert(0, "sourceVault", new JsonObject { ["id"] = vault });
        var properties = new JsonObject
        {
            ["activeKey"] = active,
            ["previousKeys"] = changed && _compute.Keys.DisksOf(view, existing!.Id).Any()
                ? new JsonArray(new JsonObject { ["keyUrl"] = DiskKeys.ActiveKey(existing).ToString() })
                : before.At("previousKeys")?.ToNode() ?? new JsonArray(),
            ["encryptionType"] = type,
            ["rotationToLatestKeyVersionEnabled"] = given.Loose("rotationToLatestKeyVersionEnabled").Flag() ?? (patches && existing is not null && DiskKeys.Follows(existing)),
            ["provisioningState"] = "Succeeded",
        };
        if ((given.Loose("federatedClientId").Text() ?? (patches ? before.At("federatedClientId").Text() : null)) is { Length: > 0 } client)
            properties["federatedClientId"] = client;
        if ((changed ? Shapes.Time(call.Now) : before.At("lastKeyRotationTimestamp").Text()) is { } rotated)
            properties["lastKeyRotationTimestamp"] = rotated;
        return new Resource
        {
            Id = existing?.Id ?? _compute.Sets.IdOf(call),
            Name = existing?.Name ?? call.Value("set"),
            Type = _compute.Sets.Type,
            Location = location,
            Tags = body.Loose("tags").Tags() ?? (patches ? existing?.Tags : null),
            Identity = ManagedIdentities.Draft(view, _compute.Arm, call, body.Loose("identity"), existing?.Identity),
            Properties = properties.ToElement(),
            Created = existing?.Created ?? call.Now,
            Changed = call.Now,
            CreatedBy = existing?.CreatedBy ?? call.Caller.ObjectId,
            ChangedBy = call.Caller.ObjectId,
        };
    }

    private static string TypeOf(string? given, Resource? existing)
    {
        var before = existing?.Properties.Member("encryptionType").Text();
        if (given is null)
            return before ?? Single;
        var type = ((string[])[Single, Double, Confidential]).FirstOrDefault(known => known.Equals(given, StringComparison.OrdinalIgnoreCase))
            ?? throw ResourceKind.Refusal(400, "InvalidParameter", $"The value '{given}' of parameter 'encryptionType' is invalid. It must be '{Single}', '{Double}' or '{Confidential}'.");
        if (before is not null && before != type)
            throw ResourceKind.Refusal(400, "PropertyChangeNotAllowed", "Changing property 'encryptionType' is not allowed.");
        return type;
    }

    private static (KeyIdentifier Url, JsonElement? Key) KeyOf(JsonElement given, Resource? existing, bool patches)
    {
        var key = given.Loose("activeKey") ?? (patches ? existing?.Properties.Member("activeKey") : null);
        if (key.At("keyUrl").Text() is not { } text)
            throw ResourceKind.Refusal(400, "InvalidParameter", "Required parameter 'activeKey.keyUrl' is missing (null).");
        if (!KeyIdentifier.TryParse(text, out var url) || !url.IsVersioned)
            throw ResourceKind.Refusal(400, "InvalidParameter", $"The value '{text}' of parameter 'activeKey.keyUrl' is invalid. A key URL with the version of the key is expected.");
        if (url.IsHsm && key.At("sourceVault", "id").Text() is not null)
            throw ResourceKind.Refusal(400, "InvalidParameter", "The parameter 'activeKey.sourceVault' is not allowed for the key of a managed HSM.");
        return (url, key);
    }

    private AsyncOperation EndChange(EstateTransaction tx, AsyncOperation operation)
    {
        var input = operation.Input!.Value;
        var set = input.Member("set")!.Value.Deserialize(EstateJson.Default.Resource)!;
        ResourceKind.Store(tx, set with { Changed = tx.Now });
        if (input.Member("identity").Flag() == true)
            _compute.Keys.FollowIdentity(tx, set);
        if (input.Member("link") is { } link)
            _compute.Keys.Links.Put(tx, link.Deserialize(EstateJson.Default.KeyLink)!);
        else if (KeyLinkBook.Find(tx, DiskKeys.SetLink(set.Id)) is { } kept && kept.Current == DiskKeys.ActiveKey(set).ToString())
            KeyLinkBook.Resume(tx, kept, DiskKeys.Follows(set));
        else
            _compute.Keys.Links.Remove(tx, DiskKeys.SetLink(set.Id));
        if (set.Properties.Member("previousKeys") is { ValueKind: JsonValueKind.Array } previous && previous.GetArrayLength() > 0)
            _compute.Keys.PlanRewrap(tx, set.Id);
        return operation;
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        ResourceGroups.Require(_compute.Arm, call, tx);
        if (_compute.Sets.Find(tx, call) is not { } set)
            return Answer.Empty(204);
        if (_compute.Keys.DisksOf(tx, set.Id).FirstOrDefault() is { } disk)
            throw ResourceKind.Refusal(409, "OperationNotAllowed", $"The disk encryption set '{set.Name}' cannot be deleted since it is in use by '{disk.Id}'.");
        ComputeProvider.RequireIdle(tx, set.Id);
        return _compute.Start(tx, call, DeleteKind, set, empty: true);
    });

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (_compute.Sets.Find(tx, operation.ResourceId) is not { } set)
            return operation;
        if (_compute.Keys.DisksOf(tx, set.Id).FirstOrDefault() is { } disk)
            return AsyncOperations.Failed(operation, "OperationNotAllowed", $"The disk encryption set '{set.Name}' cannot be deleted since it is in use by '{disk.Id}'.");
        _compute.Resources.Remove(tx, set);
        return operation;
    }

    private Answer ListAssociated(Call call)
    {
        var view = call.Read();
        var value = new JsonArray();
        foreach (var disk in _compute.Keys.DisksOf(view, _compute.Sets.Need(view, call).Id))
            value.Add((JsonNode)disk.Id);
        return Answer.Json(200, new JsonObject { ["value"] = value });
    }
}
