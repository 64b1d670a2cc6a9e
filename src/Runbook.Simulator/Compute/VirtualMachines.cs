using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Compute;

/// <summary>Virtual machines as far as their disks' keys show in them: attaching, starting, stopping, and stopping by themselves.</summary>
internal sealed class VirtualMachines
{
    private const string CreateKind = "machine-create";
    private const string DeleteKind = "machine-delete";
    private const string StartKind = "machine-start";
    private const string StopKind = "machine-stop";

    private readonly ComputeProvider _compute;
    private readonly Disks _disks;

    public VirtualMachines(ComputeProvider compute, Disks disks)
    {
        _compute = compute;
        _disks = disks;
        compute.Operations.OnEnd(CreateKind, EndCreate);
        compute.Operations.OnEnd(DeleteKind, EndDelete);
        compute.Operations.OnEnd(StartKind, (tx, operation) => EndPower(tx, operation, "running"));
        compute.Operations.OnEnd(StopKind, (tx, operation) => EndPower(tx, operation, operation.Input!.Value.Member("power").Text()!));
        var machines = compute.Machines;
        compute.Resources.OnRemoval(machines.Type, (tx, machine) =>
        {
            foreach (var disk in DisksOf(tx, machine).ToList())
                ResourceKind.Store(tx, ResourceKind.With(disk, ("diskState", "Unattached")) with { ManagedBy = null });
            tx.Remove(Tables.Machines, machine.Id.ToLowerInvariant());
        });
        compute.Arm.Plug(
        [
            machines.Put("Create virtual machine", Put) with { Fidelity = Fidelity.Part, Note = "Disks, identity and power; a machine that exists is changed by deleting and making it again." },
            ResourceKind.Op("Get virtual machine", "GET", machines.Path, machines.Type + "/read", Get),
            machines.Delete("Delete virtual machine", Delete),
            .. machines.Lists("virtual machines"),
            ResourceKind.Op("Get the state of a virtual machine", "GET", machines.Path + "/instanceView", machines.Type + "/instanceView/read", call => Answer.Json(200, InstanceView(call.Read(), machines.Need(call.Read(), call)))),
            machines.Act("Start virtual machine", "start", call => Start(call, mustRun: false)),
            machines.Act("Restart virtual machine", "restart", call => Start(call, mustRun: true)),
            machines.Act("Power off virtual machine", "powerOff", call => Stop(call, "stopped")),
            machines.Act("Deallocate virtual machine", "deallocate", call => Stop(call, "deallocated")),
        ]);
    }

    private IEnumerable<Resource> DisksOf(EstateView view, Resource machine) =>
        _compute.Disks.All(view).Where(disk => string.Equals(disk.ManagedBy, machine.Id, StringComparison.OrdinalIgnoreCase));

    private sealed record Wish(string Id, int? Gigabytes, string Sku, Resource? Set, DiskState? State, List<KeyLink> Links, JsonNode Shown);

    private Answer Put(Call call)
    {
        Subscriptions.RequireRegistration(_compute.Arm, call, ComputeProvider.Namespace);
        var view = call.Read();
        ResourceGroups.Require(_compute.Arm, call, view);
        var body = call.Json();
        var id = _compute.Machines.IdOf(call);
        if (_compute.Machines.Find(view, id) is not null)
            throw ResourceKind.Refusal(409, "PropertyChangeNotAllowed", $"The VM '{call.Value("machine")}' exists. Changing its disks is not supported.");
        var location = _compute.Machines.Location(call, body, null);
        _compute.Machines.RequireRegionUp(call, location);
        var given = body.Loose("properties") ?? default;
        if (given.At("storageProfile", "osDisk") is not { } os)
            throw ResourceKind.Refusal(400, "InvalidParameter", "Required parameter 'storageProfile.osDisk' is missing (null).");
        var wishes = new List<Wish> { Wanted(call, view, os, location, "_OsDisk_1") };
        if (given.At("storageProfile", "dataDisks") is { ValueKind: JsonValueKind.Array } data)
            wishes.AddRange(data.EnumerateArray().Select((disk, index) => Wanted(call, view, disk, location, $"_DataDisk_{index}")));
        return call.Write(tx =>
        {
            if (tx.Has(Tables.Resources, ArmId.Key(id)))
                throw ResourceKind.Refusal(409, "Conflict", $"The VM '{call.Value("machine")}' is being created.");
            foreach (var wish in wishes)
                Attach(tx, call, wish, id, location);
            var properties = given.ToObject();
            properties["storageProfile"]!["osDisk"] = wishes[0].Shown;
            if (wishes.Count > 1)
                properties["storageProfile"]!["dataDisks"] = new JsonArray([.. wishes.Skip(1).Select(wish => wish.Shown)]);
            (properties["osProfile"] as JsonObject)?.Remove("adminPassword");
            properties["vmId"] = tx.NextGuid().ToString();
            properties["timeCreated"] = Shapes.Time(tx.Now);
            properties["provisioningState"] = "Creating";
            var machine = _compute.Machines.Make(tx, call, body, null, location, properties.ToElement()) with
            {
                Identity = ManagedIdentities.Apply(tx, _compute.Arm, call, body.Loose("identity"), null, id),
            };
            ResourceKind.Store(tx, machine);
            MachineState.Put(tx, id, "stopped");
            return _compute.Start(tx, call, CreateKind, machine);
        });
    }

    /// <summary>A disk of a new machine: one that is there and readable, or one that will be made.</summary>
    private Wish Wanted(Call call, EstateView view, JsonElement given, string location, string suffix)
    {
        var shown = given.ToObject();
        var managed = given.Loose("managedDisk");
        if (managed.At("id").Text() is { } diskId)
        {
            _compute.Arm.RequireLinked(call, view, _compute.Machines.Type + "/write", _compute.Disks.Type + "/read", diskId);
            var disk = _compute.Disks.Find(view, diskId) ?? throw ResourceKind.Refusal(404, "ResourceNotFound", $"The disk '{diskId}' was not found.");
            if (disk.ManagedBy is { } owner)
                throw ResourceKind.Refusal(409, "ConflictingUserInput", $"Disk '{disk.Id}' cannot be attached as the disk is already owned by VM '{owner}'.");
            if (disk.Location != location)
                throw ResourceKind.Refusal(400, "InvalidParameter", $"The disk '{disk.Name}' is in the region '{disk.Location}'. It must be in the region '{location}' of the VM.");
            if (_compute.Keys.TryDecrypt(view, DiskState.Find(view, disk.Id)!, call.Now, out _) is { } fault)
                throw ComputeWords.Refusal(409, _disks.SetBehind(view, disk), fault);
            shown["name"] = disk.Name;
            return new Wish(disk.Id, null, "", null, null, [], shown);
        }
        var name = given.Loose("name").Text() ?? call.Value("machine") + suffix;
        var id = $"{ArmId.GroupId(_compute.Core.Subscription, call.Value("group"))}/providers/{_compute.Disks.Type}/{name}";
        if (_compute.Disks.Find(view, id) is not null)
            throw ResourceKind.Refusal(409, "ConflictingUserInput", $"The disk '{name}' exists already. Attach it, or choose another name.");
        var sku = managed.At("storageAccountType").Text() ?? "Premium_LRS";
        Disks.RequireSku(sku);
        var set = managed.At("diskEncryptionSet", "id").Text() is { } setId ? _disks.RequireSet(call, view, setId, null, location, sku) : null;
        var state = _compute.Keys.Encrypt(call, id, set, DiskKeys.NewContent(id), out var links);
        shown["name"] = name;
        var managedDisk = new JsonObject { ["id"] = id, ["storageAccountType"] = sku };
        if (set is not null)
            managedDisk["diskEncryptionSet"] = new JsonObject { ["id"] = set.Id };
        shown["managedDisk"] = managedDisk;
        return new Wish(id, given.Loose("diskSizeGB").Number() ?? 30, sku, set, state, links, shown);
    }

    private void Attach(EstateTransaction tx, Call call, Wish wish, string machineId, string location)
    {
        var disk = _compute.Disks.Find(tx, wish.Id);
        if (wish.State is not null)
        {
            disk = _disks.Made(tx, call, null, wish.Id, location, wish.Sku, wish.Gigabytes!.Value, wish.Set, default);
            _compute.Keys.Keep(tx, wish.State, wish.Links);
        }
        if (disk is null)
            throw ResourceKind.Refusal(409, "ConflictingUserInput", $"Disk '{wish.Id}' is gone.");
        ResourceKind.Store(tx, ResourceKind.With(disk, ("diskState", "Attached"), ("provisioningState", "Succeeded")) with { ManagedBy = machineId });
    }

    private AsyncOperation EndCreate(EstateTransaction tx, AsyncOperation operation)
    {
        if (_compute.Machines.Find(tx, operation.ResourceId) is not { } machine)
            return operation;
        ResourceKind.Store(tx, ResourceKind.With(machine, ("provisioningState", "Succeeded")));
        MachineState.Put(tx, machine.Id, "running");
        return operation;
    }

    private Answer Get(Call call)
    {
        var view = call.Read();
        var machine = _compute.Machines.Need(view, call);
        var json = Shapes.Resource(view, machine);
        if (string.Equals(call.Parameter("$expand"), "instanceView", StringComparison.OrdinalIgnoreCase))
            json["properties"]!["instanceView"] = InstanceView(view, machine);
        return Answer.Json(200, json);
    }

    private static JsonObject InstanceView(EstateView view, Resource machine)
    {
        var state = MachineState.Find(view, machine.Id)!;
        var provisioning = machine.Properties.Member("provisioningState").Text()!;
        return new JsonObject
        {
            ["statuses"] = new JsonArray(
                new JsonObject { ["code"] = $"ProvisioningState/{provisioning.ToLowerInvariant()}", ["level"] = provisioning == "Failed" ? "Error" : "Info", ["displayStatus"] = $"Provisioning {provisioning.ToLowerInvariant()}" },
                new JsonObject { ["code"] = $"PowerState/{state.Power}", ["level"] = "Info", ["displayStatus"] = $"VM {state.Power}", ["time"] = Shapes.Time(state.Since) }),
        };
    }

    private Answer Start(Call call, bool mustRun)
    {
        var view = call.Read();
        var machine = _compute.Machines.Need(view, call);
        _compute.Machines.RequireRegionUp(call, machine.Location!);
        if (mustRun && MachineState.Find(view, machine.Id)!.Power != "running")
            throw ResourceKind.Refusal(409, "OperationNotAllowed", $"Operation 'restart' is not allowed on VM '{machine.Name}' since the VM is not running.");
        foreach (var disk in DisksOf(view, machine))
        {
            if (_compute.Keys.TryDecrypt(view, DiskState.Find(view, disk.Id)!, call.Now, out _) is not { } fault)
                continue;
            _compute.Core.Estate.Write(call.Now, tx =>
            {
                ResourceKind.Store(tx, ResourceKind.With(machine, ("provisioningState", "Failed")));
                return true;
            });
            throw ComputeWords.Refusal(409, _disks.SetBehind(view, disk), fault);
        }
        return call.Write(tx => Plan(tx, call, StartKind, machine, null));
    }

    private Answer Stop(Call call, string power) => call.Write(tx =>
    {
        var machine = _compute.Machines.Need(tx, call);
        return Plan(tx, call, StopKind, machine, new JsonObject { ["power"] = power });
    });

    private Answer Plan(EstateTransaction tx, Call call, string kind, Resource machine, JsonObject? input)
    {
        ComputeProvider.RequireIdle(tx, machine.Id);
        return _compute.Start(tx, call, kind, machine, input, empty: true);
    }

    private AsyncOperation EndPower(EstateTransaction tx, AsyncOperation operation, string power)
    {
        if (_compute.Machines.Find(tx, operation.ResourceId) is not { } machine)
            return operation;
        // A key may have been lost for good while the machine was on its way up.
        var dark = power == "running" ? DisksOf(tx, machine).FirstOrDefault(disk => KeyLinkBook.Find(tx, DiskKeys.DiskLink(disk.Id)) is { Accessible: false }) : null;
        if (dark is not null)
        {
            var (code, message) = ComputeWords.Of(_disks.SetBehind(tx, dark), KeyLinkBook.Find(tx, DiskKeys.DiskLink(dark.Id))!.Refusal!);
            ResourceKind.Store(tx, ResourceKind.With(machine, ("provisioningState", "Failed")));
            return AsyncOperations.Failed(operation, code, message);
        }
        ResourceKind.Store(tx, ResourceKind.With(machine, ("provisioningState", "Succeeded")));
        MachineState.Put(tx, machine.Id, power);
        foreach (var disk in DisksOf(tx, machine).ToList())
            ResourceKind.Store(tx, ResourceKind.With(disk, ("diskState", power == "deallocated" ? "Reserved" : "Attached")));
        return operation;
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        ResourceGroups.Require(_compute.Arm, call, tx);
        return _compute.Machines.Find(tx, call) is { } machine ? Plan(tx, call, DeleteKind, machine, null) : Answer.Empty(204);
    });

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (_compute.Machines.Find(tx, operation.ResourceId) is { } machine)
            _compute.Resources.Remove(tx, machine);
        return operation;
    }
}
