using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Resource health: a resource is unavailable while its region is down.</summary>
internal sealed class ResourceHealth
{
    private const string Type = "Microsoft.ResourceHealth/availabilityStatuses";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;

    public ResourceHealth(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        arm.Plug(
        [
            Op("Get availability status", "{scope}/providers/Microsoft.ResourceHealth/availabilityStatuses/{name}", call => Answer.Json(200, Shape(Need(call), call.Now))),
            Op("List availability statuses", "{scope}/providers/Microsoft.ResourceHealth/availabilityStatuses", List),
        ]);
    }

    /// <summary>Types whose health is watched.</summary>
    public static bool IsWatched(string type) => type.StartsWith("Microsoft.KeyVault/", StringComparison.OrdinalIgnoreCase)
        || type.StartsWith("Microsoft.Storage/storageAccounts", StringComparison.OrdinalIgnoreCase) || type.StartsWith("Microsoft.Sql/servers/databases", StringComparison.OrdinalIgnoreCase)
        || type.StartsWith("Microsoft.Compute/virtualMachines", StringComparison.OrdinalIgnoreCase) || type.StartsWith("Microsoft.DBforPostgreSQL/", StringComparison.OrdinalIgnoreCase);

    private static Operation Op(string name, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = "GET",
        Template = template,
        PermissionFor = _ => Type + "/read",
        Handler = handler,
        ReadsOnly = true,
        Fidelity = Fidelity.Part,
        Note = "Follows the region's health only.",
    };

    private Resource Need(Call call) =>
        call.Value("name").Equals("current", StringComparison.OrdinalIgnoreCase) && call.Read().Find(Tables.Resources, ArmId.Key(call.Value("scope"))) is { } resource
            ? resource
            : throw _arm.Refuse(call, 404, "ResourceNotFound", $"There is no health status '{call.Value("name")}' of '{call.Value("scope")}'.");

    private Answer List(Call call)
    {
        var view = call.Read();
        var scope = call.Value("scope");
        var resources = view.Find(Tables.Resources, ArmId.Key(scope)) is { } one ? [one] : view.Scan(Tables.Resources, ArmId.Key(scope) + "/").Select(pair => pair.Value).Where(resource => IsWatched(resource.Type));
        return Answer.Json(200, Shapes.List(resources.Select(resource => Shape(resource, call.Now))));
    }

    private JsonObject Shape(Resource resource, DateTimeOffset now)
    {
        var since = _core.Faults.RegionDownSince(resource.Location);
        return new JsonObject
        {
            ["id"] = $"{resource.Id}/providers/{Type}/current",
            ["name"] = "current",
            ["type"] = Type,
            ["location"] = resource.Location,
            ["properties"] = new JsonObject
            {
                ["availabilityState"] = since is null ? "Available" : "Unavailable",
                ["title"] = since is null ? "Available" : "Unavailable",
                ["summary"] = since is null ? "There aren't any known Azure platform problems affecting this resource." : "We're sorry, your resource isn't available because of a problem in its region.",
                ["reasonType"] = since is null ? "" : "Unplanned",
                ["occuredTime"] = Shapes.Time(since ?? resource.Created),
                ["reasonChronicity"] = since is null ? "" : "Persistent",
                ["reportedTime"] = Shapes.Time(now),
            },
        };
    }
}
