using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>One type of resource: its path, and what providers do alike with resources of any type.</summary>
/// <param name="core">The simulator.</param>
/// <param name="arm">The control plane.</param>
/// <param name="type">Namespace and type path, such as <c>Microsoft.Sql/servers/keys</c>.</param>
/// <param name="names">What the path's names are called in templates, outermost first.</param>
internal sealed class ResourceKind(SimulatorCore core, ArmService arm, string type, params string[] names)
{
    private const string GroupPath = "/subscriptions/{subscription}/resourceGroups/{group}";

    public string Type { get; } = type;

    public string Namespace { get; } = type[..type.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Template of one resource.</summary>
    public string Path { get; } = GroupPath + "/providers/" + Interleave(type, [.. names.Select(name => $"{{{name}}}")]);

    /// <summary>Template of the list of a group, or of a parent's children.</summary>
    public string ListPath => Path[..Path.LastIndexOf('/')];

    /// <summary>Template of the list of the whole subscription.</summary>
    public string SubscriptionListPath => $"/subscriptions/{{subscription}}/providers/{Type}";

    public string Name(Call call) => call.Value(names[^1]);

    /// <summary>The id of the resource that a call names, spelled as the provider does but for the names.</summary>
    public string IdOf(Call call)
    {
        var id = ArmId.GroupId(core.Subscription, call.Value("group")) + "/providers/" + Interleave(Type, [.. names.Select(call.Value)]);
        // The group keeps the spelling of whoever made it.
        return ResourceGroups.Find(call.Read(), call.Value("group")) is { } group ? group.Id + id[ArmId.GroupId(core.Subscription, call.Value("group")).Length..] : id;
    }

    public Resource? Find(EstateView view, Call call) => view.Find(Tables.Resources, ArmId.Key(IdOf(call)));

    /// <summary>The resource of this type with that id, or <see langword="null"/>.</summary>
    public Resource? Find(EstateView view, string? id) =>
        id is not null && view.Find(Tables.Resources, ArmId.Key(id)) is { } resource && resource.Type.Equals(Type, StringComparison.OrdinalIgnoreCase) ? resource : null;

    /// <summary>The resource that a call names.</summary>
    /// <exception cref="RefusedException">404: it, or its group, is not there.</exception>
    public Resource Need(EstateView view, Call call)
    {
        ResourceGroups.Require(arm, call, view);
        return Find(view, call) ?? throw NotFound(call);
    }

    public RefusedException NotFound(Call call) => arm.Refuse(
        call, 404, "ResourceNotFound", $"The Resource '{Interleave(Type, [.. names.Select(call.Value)])}' under resource group '{call.Value("group")}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");

    /// <summary>The parent of the resource that a call names; <paramref name="parent"/> is its type.</summary>
    /// <exception cref="RefusedException">404 <c>ParentResourceNotFound</c>.</exception>
    public Resource NeedParent(EstateView view, Call call, ResourceKind parent)
    {
        ResourceGroups.Require(arm, call, view);
        return parent.Find(view, call) ?? throw arm.Refuse(
            call, 404, "ParentResourceNotFound", $"Failed to perform 'write' on resource(s) of type '{Type[(Type.IndexOf('/', StringComparison.Ordinal) + 1)..]}', because the parent resource '{parent.IdOf(call)}' could not be found.");
    }

    /// <summary>Resources of this type under a scope, in the order of their ids.</summary>
    public IEnumerable<Resource> Under(EstateView view, string scope) =>
        view.Scan(Tables.Resources, ArmId.Key(scope) + "/").Select(pair => pair.Value).Where(resource => resource.Type.Equals(Type, StringComparison.OrdinalIgnoreCase));

    public IEnumerable<Resource> All(EstateView view) => Under(view, $"/subscriptions/{core.Subscription}");

    public static Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    public Operation Put(string name, Func<Call, Answer> handler) => Op(name, "PUT", Path, Type + "/write", handler);

    public Operation Patch(string name, Func<Call, Answer> handler) => Op(name, "PATCH", Path, Type + "/write", handler);

    public Operation Delete(string name, Func<Call, Answer> handler) => Op(name, "DELETE", Path, Type + "/delete", handler);

    public Operation Get(string name) => Get(name, Whole);

    public Operation Get(string name, Func<EstateView, Resource, JsonObject> shape) => Op(name, "GET", Path, Type + "/read", call =>
    {
        var view = call.Read();
        return Answer.Json(200, shape(view, Need(view, call)));
    });

    /// <summary>Operation on one resource that is neither of the verbs.</summary>
    public Operation Act(string name, string action, Func<Call, Answer> handler) => Op(name, "POST", $"{Path}/{action}", $"{Type}/{action}/action", handler);

    /// <summary>The lists of a group and of the subscription.</summary>
    public IEnumerable<Operation> Lists(string plural) =>
    [
        Op($"List {plural} of a group", "GET", ListPath, Type + "/read", call =>
        {
            var view = call.Read();
            return ListOf(view, ResourceGroups.Require(arm, call, view).Id, Whole);
        }),
        Op($"List {plural}", "GET", SubscriptionListPath, Type + "/read", call => ListOf(call.Read(), $"/subscriptions/{core.Subscription}", Whole)),
    ];

    /// <summary>The list of a parent's children.</summary>
    public Operation ListUnder(string name, ResourceKind parent, Func<EstateView, Resource, JsonObject> shape) => Op(name, "GET", ListPath, Type + "/read", call =>
    {
        var view = call.Read();
        return ListOf(view, parent.Need(view, call).Id, shape);
    });

    /// <summary>The resource with everything that it shows.</summary>
    public static JsonObject Whole(EstateView view, Resource resource) => Shapes.Resource(view, resource);

    private Answer ListOf(EstateView view, string scope, Func<EstateView, Resource, JsonObject> shape) =>
        Answer.Json(200, Shapes.List(Under(view, scope).Select(resource => shape(view, resource))));

    /// <summary>The region that a body names, or its resource's.</summary>
    /// <exception cref="RefusedException">It names none, one that is not there, or another than the resource's.</exception>
    public string Location(Call call, JsonElement body, Resource? existing)
    {
        if (body.Loose("location").Text() is not { } given)
            return existing?.Location ?? throw arm.Refuse(call, 400, "LocationRequired", "The location property is required for this definition.");
        if (Locations.Find(given) is not { } region)
            throw arm.Refuse(call, 400, "LocationNotAvailableForResourceType", $"The provided location '{given}' is not available for resource type '{Type}'. List of available regions for the resource type is '{string.Join(',', Locations.All.Select(known => known.Name))}'.");
        if (existing is not null && existing.Location != region.Name)
            throw arm.Refuse(call, 409, "InvalidResourceLocation", $"The resource '{existing.Name}' already exists in location '{existing.Location}' in resource group '{call.Value("group")}'. A resource with the same name cannot be created in location '{given}'. Please select a new resource name.");
        return region.Name;
    }

    /// <summary>Refuses while the region does not answer.</summary>
    public void RequireRegionUp(Call call, string location)
    {
        if (core.Faults.IsRegionDown(location))
            throw arm.Refuse(call, 503, "ServiceUnavailable", $"The service is unavailable in the region '{location}'. Please try again later.");
    }

    /// <summary>Refuses while something else is being done to the resource.</summary>
    public void RequireIdle(Call call, EstateView view, string id, string code)
    {
        if (AsyncOperations.Running(view, id) is not null)
            throw arm.Refuse(call, 409, code, $"The operation on '{id}' cannot be performed because another operation is in progress. Please try again later.");
    }

    /// <summary>A resource as a PUT leaves it: what the body does not name is as it was for who and when, and gone for the rest.</summary>
    public Resource Make(EstateTransaction tx, Call call, JsonElement body, Resource? existing, string? location, JsonElement properties) => new()
    {
        Id = existing?.Id ?? IdOf(call),
        Name = existing?.Name ?? Name(call),
        Type = Type,
        Location = location,
        Tags = body.Loose("tags").Tags() ?? (call.Request.Method == "PATCH" ? existing?.Tags : null),
        Kind = existing?.Kind,
        Sku = body.Loose("sku")?.Clone() ?? existing?.Sku,
        Identity = existing?.Identity,
        ManagedBy = existing?.ManagedBy,
        Properties = properties,
        Created = existing?.Created ?? tx.Now,
        Changed = tx.Now,
        CreatedBy = existing?.CreatedBy ?? call.Caller.ObjectId,
        ChangedBy = call.Caller.ObjectId,
    };

    public static void Store(EstateTransaction tx, Resource resource) => tx.Put(Tables.Resources, ArmId.Key(resource.Id), resource);

    /// <summary>The resource with some of its properties changed; a <see langword="null"/> takes a property away.</summary>
    public static Resource With(Resource resource, params (string Name, JsonNode? Value)[] properties)
    {
        var json = resource.Properties.ValueKind == JsonValueKind.Object ? resource.Properties.ToObject() : [];
        foreach (var (name, value) in properties)
        {
            if (value is null)
                json.Remove(name);
            else
                json[name] = value;
        }
        return resource with { Properties = json.ToElement() };
    }

    private static string Interleave(string type, string[] names)
    {
        var parts = type.Split('/');
        var path = parts[0];
        for (var i = 0; i < names.Length; i++)
            path += $"/{parts[i + 1]}/{names[i]}";
        return path;
    }
}
