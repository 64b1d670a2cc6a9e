using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Compute;

/// <summary>Managed disks.</summary>
internal sealed class Disks
{
    private const string PlatformOnly = "EncryptionAtRestWithPlatformKey";
    private const string ChangeKind = "disk-change";
    private const string DeleteKind = "disk-delete";
    private const int GigabytesAtMost = 65536;

    private static readonly string[] Skus = ["Standard_LRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "UltraSSD_LRS"];

    private readonly ComputeProvider _compute;

    public Disks(ComputeProvider compute)
    {
        _compute = compute;
        compute.Operations.OnEnd(ChangeKind, EndChange);
        compute.Operations.OnEnd(DeleteKind, EndDelete);
        var disks = compute.Disks;
        compute.Resources.OnRemoval(disks.Type, (tx, disk) =>
        {
            compute.Keys.Links.RemoveAll(tx, disk.Id);
            tx.Remove(Tables.Disks, disk.Id.ToLowerInvariant());
        });
        compute.Arm.Plug(
        [
            disks.Put("Create or update disk", Put),
            disks.Patch("Update disk", call => Change(call, disks.Need(call.Read(), call))),
            disks.Get("Get disk"),
            disks.Delete("Delete disk", Delete),
            .. disks.Lists("disks"),
        ]);
    }

    private Answer Put(Call call)
    {
        Subscriptions.RequireRegistration(_compute.Arm, call, ComputeProvider.Namespace);
        ResourceGroups.Require(_compute.Arm, call, call.Read());
        return _compute.Disks.Find(call.Read(), call) is { } existing ? Change(call, existing) : Create(call);
    }

    private Answer Create(Call call)
    {
        var view = call.Read();
        var body = call.Json();
        var given = body.Loose("properties") ?? default;
        var location = _compute.Disks.Location(call, body, null);
        _compute.Disks.RequireRegionUp(call, location);
        var sku = body.At("sku", "name").Text() ?? "Standard_LRS";
        RequireSku(sku);
        var id = _compute.Disks.IdOf(call);
        var option = given.At("creationData", "createOption").Text() ?? throw ResourceKind.Refusal(400, "InvalidParameter", "Required parameter 'disk.creationData.createOption' is missing (null).");
        var size = given.Loose("diskSizeGB").Number();
        if (size is < 1 or > GigabytesAtMost)
            throw ResourceKind.Refusal(400, "InvalidParameter", $"The value '{size}' of parameter 'disk.diskSizeGB' is out of range. The value must be between '1' and '{GigabytesAtMost}', inclusive.");
        var set = SetOf(call, view, given, location, sku);
        byte[] plain;
        switch (option.ToLowerInvariant())
        {
            case "empty" when size is null:
                throw ResourceKind.Refusal(400, "InvalidParameter", "Required parameter 'disk.diskSizeGB' is missing (null).");
            case "empty" or "fromimage":
                plain = DiskKeys.NewContent(id);
                break;
            case "copy":
                (plain, var source) = Copied(call, view, given);
                size ??= source.Properties.Member("diskSizeGB").Number();
                break;
            default:
                throw ResourceKind.Refusal(400, "InvalidParameter", $"The value '{option}' of parameter 'disk.creationData.createOption' is invalid.");
        }
        var state = _compute.Keys.Encrypt(call, id, set, plain, out var links);
        return call.Write(tx =>
        {
            if (tx.Has(Tables.Resources, ArmId.Key(id)))
                throw ResourceKind.Refusal(409, "Conflict", $"The disk '{call.Value("disk")}' is being created.");
            var disk = Made(tx, call, body.Loose("tags").Tags(), id, location, sku, size ?? 30, set, given);
            ResourceKind.Store(tx, disk);
            _compute.Keys.Keep(tx, state, links);
            return _compute.Start(tx, call, ChangeKind, disk);
        });
    }

    /// <summary>A disk that is being created.</summary>
    public Resource Made(EstateTransaction tx, Call call, SortedDictionary<string, string>? tags, string id, string location, string sku, int size, Resource? set, JsonElement given)
    {
        var properties = new JsonObject
        {
            ["creationData"] = given.Loose("creationData")?.ToNode() ?? new JsonObject { ["createOption"] = "FromImage" },
            ["diskSizeGB"] = size,
            ["diskSizeBytes"] = (long)size << 30,
            ["uniqueId"] = tx.NextGuid().ToString(),
            ["timeCreated"] = Shapes.Time(tx.Now),
            ["encryption"] = Encryption(set),
            ["networkAccessPolicy"] = given.Loose("networkAccessPolicy").Text() ?? "AllowAll",
            ["publicNetworkAccess"] = given.Loose("publicNetworkAccess").Text() ?? "Enabled",
            ["provisioningState"] = "Creating",
            ["diskState"] = "Unattached",
        };
        foreach (var name in (string[])["osType", "hyperVGeneration"])
            if (given.Loose(name).Text() is { } value)
                properties[name] = value;
        return new Resource
        {
            Id = id,
            Name = id[(id.LastIndexOf('/') + 1)..],
            Type = _compute.Disks.Type,
            Location = location,
            Tags = tags,
            Sku = SkuOf(sku),
            Properties = properties.ToElement(),
            Created = tx.Now,
            Changed = tx.Now,
            CreatedBy = call.Caller.ObjectId,
            ChangedBy = call.Caller.ObjectId,
        };
    }

    public static void RequireSku(string name)
    {
        if (!Skus.Contains(name, StringComparer.OrdinalIgnoreCase))
            throw ResourceKind.Refusal(400, "InvalidParameter", $"The value '{name}' of parameter 'sku.name' is invalid. It must be one of '{string.Join(", ", Skus)}'.");
    }

    private static JsonElement SkuOf(string name) => new JsonObject { ["name"] = name, ["tier"] = name[..name.IndexOfAny(['V', '_', 'S'], 1)] }.ToElement();

    private static JsonObject Encryption(Resource? set) => set is null
        ? new JsonObject { ["type"] = PlatformOnly }
        : new JsonObject { ["type"] = set.Properties.Member("encryptionType").Text(), ["diskEncryptionSetId"] = set.Id };

    /// <summary>The set that a disk shall be encrypted with; <see langword="null"/> for the platform's key.</summary>
    private Resource? SetOf(Call call, EstateView view, JsonElement given, string location, string sku)
    {
        var encryption = given.Loose("encryption");
        var type = encryption.At("type").Text();
        if (encryption.At("diskEncryptionSetId").Text() is { } id)
            return RequireSet(call, view, id, type, location, sku);
        if (type is not null && !type.Equals(PlatformOnly, StringComparison.OrdinalIgnoreCase))
            throw ResourceKind.Refusal(400, "InvalidParameter", $"Required parameter 'disk.encryption.diskEncryptionSetId' is missing (null) for the encryption type '{type}'.");
        return null;
    }

    /// <summary>A set that a disk of that kind may use, and that the caller may see.</summary>
    public Resource RequireSet(Call call, EstateView view, string id, string? type, string location, string sku)
    {
        _compute.Arm.RequireLinked(call, view, call.Route.Operation.Permission ?? "", _compute.Sets.Type + "/read", id);
        var set = _compute.Sets.Find(view, id) ?? throw ResourceKind.Refusal(404, "ResourceNotFound", $"The disk encryption set '{id}' was not found.");
        var of = set.Properties.Member("encryptionType").Text()!;
        if (type is not null && !type.Equals(of, StringComparison.OrdinalIgnoreCase))
            throw ResourceKind.Refusal(400, "InvalidParameter", $"The encryption type '{type}' of the disk does not match the type '{of}' of the disk encryption set '{set.Name}'.");
        if (set.Location != location)
            throw ResourceKind.Refusal(400, "InvalidParameter", $"The disk encryption set '{set.Name}' is in the region '{set.Location}'. It must be in the region '{location}' of the disk.");
        var direct = sku.StartsWith("Ultra", StringComparison.OrdinalIgnoreCase) || sku.StartsWith("PremiumV2", StringComparison.OrdinalIgnoreCase);
        if (direct && of == DiskEncryptionSets.Double)
            throw ResourceKind.Refusal(400, "InvalidParameter", $"The encryption type '{of}' is not supported for disks of the type '{sku}'.");
        if (direct && set.Identity?.UserAssigned is { Count: > 0 })
            throw ResourceKind.Refusal(400, "DirectDriveDiskNotSupportUserAssignedIdentityDes", $"Disks of the type '{sku}' do not support disk encryption sets with a user-assigned identity.");
        return set;
    }

    private (byte[] Plain, Resource Source) Copied(Call call, EstateView view, JsonElement given)
    {
        var id = given.At("creationData", "sourceResourceId").Text() ?? throw ResourceKind.Refusal(400, "InvalidParameter", "Required parameter 'disk.creationData.sourceResourceId' is missing (null).");
        _compute.Arm.RequireLinked(call, view, call.Route.Operation.Permission ?? "", _compute.Disks.Type + "/beginGetAccess/action", id);
        if (_compute.Disks.Find(view, id) is not { } source || DiskState.Find(view, source.Id) is not { } state)
            throw ResourceKind.Refusal(404, "ResourceNotFound", $"The source disk '{id}' was not found.");
        if (_compute.Keys.TryDecrypt(view, state, call.Now, out var plain) is { } fault)
            throw ComputeWords.Refusal(409, SetBehind(view, source), fault);
        return (plain, source);
    }

    public Resource SetBehind(EstateView view, Resource disk) =>
        _compute.Sets.Find(view, disk.Properties.At("encryption", "diskEncryptionSetId").Text()) ?? throw new InvalidDataException($"The disk \"{disk.Id}\" has no set.");

    private Answer Change(Call call, Resource existing)
    {
        var view = call.Read();
        var body = call.Json();
        var given = body.Loose("properties") ?? default;
        _compute.Disks.RequireRegionUp(call, existing.Location!);
        var size = given.Loose("diskSizeGB").Number();
        if (size < existing.Properties.Member("diskSizeGB").Number())
            throw ResourceKind.Refusal(400, "OperationNotAllowed", "Disk cannot be resized to a smaller size.");
        var sku = body.At("sku", "name").Text() ?? existing.Sku.At("name").Text()!;
        RequireSku(sku);
        var changed = existing;
        DiskState? state = null;
        List<KeyLink> links = [];
        if (given.Loose("encryption") is { } encryption && !string.Equals(encryption.Loose("diskEncryptionSetId").Text(), existing.Properties.At("encryption", "diskEncryptionSetId").Text(), StringComparison.OrdinalIgnoreCase))
        {
            (state, var set) = Moved(call, view, existing, given, sku, out links);
            changed = ResourceKind.With(changed, ("encryption", Encryption(set)));
        }
        if (size is { } larger)
            changed = ResourceKind.With(changed, ("diskSizeGB", larger), ("diskSizeBytes", (long)larger << 30));
        changed = ResourceKind.With(changed, ("provisioningState", "Updating")) with
        {
            Tags = body.Loose("tags").Tags() ?? (call.Request.Method == "PATCH" ? existing.Tags : null),
            Sku = SkuOf(sku),
            Changed = call.Now,
            ChangedBy = call.Caller.ObjectId,
        };
        return call.Write(tx =>
        {
            ComputeProvider.RequireIdle(tx, existing.Id);
            ResourceKind.Store(tx, changed);
            if (state is not null)
                _compute.Keys.Keep(tx, state, links);
            return _compute.Start(tx, call, ChangeKind, changed);
        });
    }

    /// <summary>A disk under another set: read with the old key, written with the new one.</summary>
    private (DiskState State, Resource Set) Moved(Call call, EstateView view, Resource existing, JsonElement given, string sku, out List<KeyLink> links)
    {
        var set = SetOf(call, view, given, existing.Location!, sku)
            ?? throw ResourceKind.Refusal(400, "OperationNotAllowed", $"The disk '{existing.Name}' is encrypted with a customer-managed key and cannot be changed to a platform-managed key.");
        if (existing.ManagedBy is { } machine && MachineState.Find(view, machine)?.Power != "deallocated")
            throw ResourceKind.Refusal(409, "OperationNotAllowed", $"The encryption of the disk '{existing.Name}' cannot be changed while it is attached to the VM '{machine}', which is not deallocated.");
        if (_compute.Keys.TryDecrypt(view, DiskState.Find(view, existing.Id)!, call.Now, out var plain) is { } fault)
            throw ComputeWords.Refusal(409, SetBehind(view, existing), fault);
        return (_compute.Keys.Encrypt(call, existing.Id, set, plain, out links), set);
    }

    private AsyncOperation EndChange(EstateTransaction tx, AsyncOperation operation)
    {
        if (_compute.Disks.Find(tx, operation.ResourceId) is { } disk)
            ResourceKind.Store(tx, ResourceKind.With(disk, ("provisioningState", "Succeeded")));
        return operation;
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        ResourceGroups.Require(_compute.Arm, call, tx);
        if (_compute.Disks.Find(tx, call) is not { } disk)
            return Answer.Empty(204);
        if (disk.ManagedBy is { } machine)
            throw ResourceKind.Refusal(409, "OperationNotAllowed", $"Disk '{disk.Name}' is attached to VM '{machine}'.");
        ComputeProvider.RequireIdle(tx, disk.Id);
        return _compute.Start(tx, call, DeleteKind, disk, empty: true);
    });

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (_compute.Disks.Find(tx, operation.ResourceId) is { } disk)
            _compute.Resources.Remove(tx, disk);
        return operation;
    }
}
