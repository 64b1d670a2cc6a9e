using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Resource groups, and the lists of what lies in them.</summary>
internal sealed partial class ResourceGroups
{
    private const string Path = "/subscriptions/{subscription}/resourceGroups/{group}";
    private const string DeleteKind = "group-delete";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly AsyncOperations _operations;
    private readonly GenericResources _resources;

    public ResourceGroups(SimulatorCore core, ArmService arm, AsyncOperations operations, GenericResources resources)
    {
        _core = core;
        _arm = arm;
        _operations = operations;
        _resources = resources;
        operations.OnEnd(DeleteKind, EndDelete);
        arm.Plug(
        [
            Op("Create or update resource group", "PUT", Path, "Microsoft.Resources/subscriptions/resourceGroups/write", Put),
            Op("Update resource group", "PATCH", Path, "Microsoft.Resources/subscriptions/resourceGroups/write", Patch),
            Op("Get resource group", "GET", Path, "Microsoft.Resources/subscriptions/resourceGroups/read", call => Answer.Json(200, Shapes.Group(Need(call)))),
            Op("Check resource group", "HEAD", Path, "Microsoft.Resources/subscriptions/resourceGroups/read", call => Answer.Empty(Find(call.Read(), call) is null ? 404 : 204)),
            Op("Delete resource group", "DELETE", Path, "Microsoft.Resources/subscriptions/resourceGroups/delete", Delete),
            Op("List resource groups", "GET", "/subscriptions/{subscription}/resourceGroups", null, List),
        ]);
    }

    public static ResourceGroup? Find(EstateView view, string group) => view.Find(Tables.Groups, group.ToLowerInvariant());

    /// <summary>The group that a call names, refused as the control plane does where it is not there.</summary>
    public static ResourceGroup Require(ArmService arm, Call call, EstateView view) =>
        Find(view, call.Value("group")) is { ProvisioningState: not "Deleting" } group
            ? group
            : throw arm.Refuse(call, 404, "ResourceGroupNotFound", $"Resource group '{call.Value("group")}' could not be found.");

    private static ResourceGroup? Find(EstateView view, Call call) => Find(view, call.Value("group"));

    private ResourceGroup Need(Call call) =>
        Find(call.Read(), call) ?? throw _arm.Refuse(call, 404, "ResourceGroupNotFound", $"Resource group '{call.Value("group")}' could not be found.");

    private static Operation Op(string name, string method, string template, string? permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    private Answer Put(Call call)
    {
        var body = call.Json();
        var name = call.Value("group");
        if (!GroupName().IsMatch(name) || name.EndsWith('.'))
            throw _arm.Refuse(call, 400, "InvalidParameter", $"The provided resource group name '{name}' has these invalid characters or is too long: it may hold letters, digits, '_', '-', '.', '(' and ')', at most 90 of them, and must not end with '.'.");
        if (body.Loose("location").Text() is not { } location)
            throw _arm.Refuse(call, 400, "LocationRequired", "The location property is required for this definition.");
        if (Locations.Find(location) is not { } region)
            throw _arm.Refuse(call, 400, "LocationNotAvailableForResourceGroup", $"The provided location '{location}' is not available for resource group. List of available regions is '{string.Join(',', Locations.All.Select(known => known.Name))}'.");
        return call.Write(tx =>
        {
            var existing = Find(tx, call);
            if (existing is not null && existing.Location != region.Name)
                throw _arm.Refuse(call, 409, "InvalidResourceGroupLocation", $"Invalid resource group location '{location}'. The Resource group already exists in location '{existing.Location}'.");
            if (existing?.ProvisioningState == "Deleting")
                throw _arm.Refuse(call, 409, "ResourceGroupBeingDeleted", $"The resource group '{name}' is in deprovisioning state and cannot perform this operation.");
            var group = new ResourceGroup
            {
                Id = existing?.Id ?? ArmId.GroupId(_core.Subscription, name),
                Name = existing?.Name ?? name,
                Location = region.Name,
                Tags = body.Loose("tags").Tags(),
                ManagedBy = body.Loose("managedBy").Text(),
                ProvisioningState = "Succeeded",
                Created = existing?.Created ?? tx.Now,
            };
            tx.Put(Tables.Groups, group.Name.ToLowerInvariant(), group);
            return Answer.Json(existing is null ? 201 : 200, Shapes.Group(group));
        });
    }

    private Answer Patch(Call call)
    {
        var body = call.Json();
        return call.Write(tx =>
        {
            var group = Require(_arm, call, tx);
            var changed = group with { Tags = body.Loose("tags").Tags() ?? group.Tags };
            tx.Put(Tables.Groups, group.Name.ToLowerInvariant(), changed);
            return Answer.Json(200, Shapes.Group(changed));
        });
    }

    private Answer List(Call call)
    {
        var view = call.Read();
        var groups = view.Scan(Tables.Groups).Select(pair => pair.Value)
            .Where(group => AccessControl.Allows(view, call.Caller, "Microsoft.Resources/subscriptions/resourceGroups/read", group.Id, call.Now));
        return Answer.Json(200, Shapes.List(groups.Select(Shapes.Group)));
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        var group = Require(_arm, call, tx);
        tx.Put(Tables.Groups, group.Name.ToLowerInvariant(), group with { ProvisioningState = "Deleting" });
        var operation = AsyncOperations.Start(tx, call, DeleteKind, group.Id, _core.Timings.GroupDeletion, emptyStatus: 200);
        return _operations.AnnounceGroup(Answer.Empty(202), call, operation);
    });

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        var name = operation.ResourceId[(operation.ResourceId.LastIndexOf('/') + 1)..].ToLowerInvariant();
        foreach (var (_, resource) in tx.Scan(Tables.Resources, ArmId.Key(operation.ResourceId) + "/").Reverse().ToList())
            _resources.Remove(tx, resource);
        Locks.DropWithin(tx, operation.ResourceId);
        tx.Remove(Tables.Groups, name);
        return operation;
    }

    [GeneratedRegex(@"^[-\w._()]{1,90}$", RegexOptions.CultureInvariant)]
    private static partial Regex GroupName();
}
