using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>What a type that is kept generically does besides keeping what it was given.</summary>
internal sealed record GenericType
{
    /// <summary>Looks at a whole resource before it is kept: it may refuse, and returns the properties to keep.</summary>
    public Func<EstateTransaction, Call, Resource?, JsonElement, JsonObject, JsonObject>? Properties { get; init; }

    /// <summary>Happens once it is kept.</summary>
    public Action<EstateTransaction, Resource>? Kept { get; init; }

    /// <summary>Status of the answer to a PUT that makes it.</summary>
    public int Created { get; init; } = 201;

    /// <summary>Resources of the type exist everywhere, not in a region.</summary>
    public bool Global { get; init; }
}

/// <summary>
/// PUT, PATCH, GET, HEAD, DELETE and lists for the types that are listed and have no routes of their own: what is put is kept and
/// shown. A type with routes of its own never gets here.
/// </summary>
internal sealed class GenericRoutes
{
    private const string Root = "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{type}";
    private const string Note = "Keeps and shows what was put; nothing else happens.";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly GenericResources _resources;
    private readonly Dictionary<string, GenericType> _types = new(StringComparer.OrdinalIgnoreCase);

    public GenericRoutes(SimulatorCore core, ArmService arm, GenericResources resources)
    {
        _core = core;
        _arm = arm;
        _resources = resources;
        string[] items = [Root + "/{name}", Root + "/{name}/{type2}/{name2}", Root + "/{name}/{type2}/{name2}/{type3}/{name3}"];
        foreach (var item in items)
        {
            arm.Plug(
            [
                Op("Create or update resource", "PUT", item, "write", Put),
                Op("Update resource", "PATCH", item, "write", Patch),
                Op("Get resource", "GET", item, "read", Get),
                Op("Check resource", "HEAD", item, "read", Head),
                Op("Delete resource", "DELETE", item, "delete", Delete),
            ]);
        }
        arm.Plug(
        [
            Op("List resources of a type in a group", "GET", Root, "read", List),
            Op("List children of a resource", "GET", Root + "/{name}/{type2}", "read", List),
            Op("List resources of a type", "GET", "/subscriptions/{subscription}/providers/{namespace}/{type}", "read", List),
        ]);
    }

    /// <summary>Says what a type does besides.</summary>
    public void Add(string type, GenericType what) => _types.Add(type, what);

    private static Operation Op(string name, string method, string template, string verb, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        PermissionFor = call => $"{TypeOf(call)}/{verb}",
        Handler = handler,
        IsFallback = true,
        Fidelity = Fidelity.Part,
        Note = Note,
    };

    private static string TypeOf(Call call)
    {
        var values = call.Route.Values;
        var type = $"{values["namespace"]}/{values["type"]}";
        foreach (var level in (string[])["type2", "type3"])
            if (values.TryGetValue(level, out var child))
                type += "/" + child;
        return Providers.CanonicalType(type) ?? type;
    }

    private void RequireGeneric(Call call)
    {
        var type = TypeOf(call);
        var space = call.Value("namespace");
        if (Providers.Canonical(space) is null)
            throw _arm.Refuse(call, 404, "InvalidResourceNamespace", $"The resource namespace '{space}' is invalid.");
        if (Providers.CanonicalType(type) is null)
            throw _arm.Refuse(call, 404, "InvalidResourceType", $"The resource type '{type[(space.Length + 1)..]}' could not be found in the namespace '{space}' for api version '{call.ApiVersion}'. The supported api-versions are '{string.Join(',', Providers.VersionsOf(space))}'.");
    }

    private static Resource? Find(EstateView view, Call call) => view.Find(Tables.Resources, ArmId.Key(call.Target.Path));

    private Resource Need(EstateView view, Call call)
    {
        ResourceGroups.Require(_arm, call, view);
        return Find(view, call) ?? throw _arm.Refuse(call, 404, "ResourceNotFound", $"The Resource '{TypeOf(call)}/{call.Target.Segments[^1]}' under resource group '{call.Value("group")}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
    }

    private Answer Put(Call call)
    {
        RequireGeneric(call);
        Subscriptions.RequireRegistration(_arm, call, Providers.Canonical(call.Value("namespace"))!);
        var body = call.Json();
        return call.Write(tx =>
        {
            ResourceGroups.Require(_arm, call, tx);
            RequireParent(call, tx);
            var existing = Find(tx, call);
            var what = _types.GetValueOrDefault(TypeOf(call));
            var location = LocationOf(call, body, existing, what);
            var resource = new Resource
            {
                Id = existing?.Id ?? call.Target.Path,
                Name = existing?.Name ?? call.Target.Segments[^1],
                Type = TypeOf(call),
                Location = location,
                Tags = body.Loose("tags").Tags(),
                Kind = body.Loose("kind").Text(),
                Sku = body.Loose("sku")?.Clone(),
                ManagedBy = body.Loose("managedBy").Text(),
                Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity") ?? NoIdentity, existing?.Identity, existing?.Id ?? call.Target.Path),
                Properties = Keep(tx, call, existing, body.Loose("properties")?.ToObject() ?? [], body, what),
                Created = existing?.Created ?? tx.Now,
                Changed = tx.Now,
                CreatedBy = existing?.CreatedBy ?? call.Caller.ObjectId,
                ChangedBy = call.Caller.ObjectId,
            };
            return Answer.Json(existing is null ? what?.Created ?? 201 : 200, Kept(tx, resource, what));
        });
    }

    private static readonly JsonElement NoIdentity = new JsonObject { ["type"] = "None" }.ToElement();

    private static JsonElement Keep(EstateTransaction tx, Call call, Resource? existing, JsonObject properties, JsonElement body, GenericType? what)
    {
        properties = what?.Properties?.Invoke(tx, call, existing, body, properties) ?? properties;
        if (what is null)
            properties["provisioningState"] = "Succeeded";
        return properties.ToElement();
    }

    private static JsonObject Kept(EstateTransaction tx, Resource resource, GenericType? what)
    {
        tx.Put(Tables.Resources, ArmId.Key(resource.Id), resource);
        what?.Kept?.Invoke(tx, resource);
        return Shapes.Resource(tx, resource);
    }

    private string? LocationOf(Call call, JsonElement body, Resource? existing, GenericType? what)
    {
        var given = body.Loose("location").Text();
        if (call.Route.Values.ContainsKey("type2"))
            return given is null ? null : Locations.Normal(given);
        if (string.IsNullOrEmpty(given))
            throw _arm.Refuse(call, 400, "LocationRequired", "The location property is required for this definition.");
        var location = Locations.Normal(given);
        if (Locations.Find(given) is null && !(location == "global" && what?.Global == true))
            throw _arm.Refuse(call, 400, "LocationNotAvailableForResourceType", $"The provided location '{given}' is not available for resource type '{TypeOf(call)}'. List of available regions for the resource type is '{string.Join(',', Locations.All.Select(known => known.Name))}'.");
        if (existing is not null && existing.Location != location)
            throw _arm.Refuse(call, 409, "InvalidResourceLocation", $"The resource '{existing.Name}' already exists in location '{existing.Location}' in resource group '{call.Value("group")}'. A resource with the same name cannot be created in location '{given}'. Please select a new resource name.");
        return location;
    }

    private void RequireParent(Call call, EstateView view)
    {
        if (!call.Route.Values.ContainsKey("type2"))
            return;
        var parent = ArmId.ParentOf(call.Target.Path);
        if (!view.Has(Tables.Resources, ArmId.Key(parent)))
            throw _arm.Refuse(call, 404, "ParentResourceNotFound", $"Failed to perform 'write' on resource(s) of type '{TypeOf(call)}', because the parent resource '{parent}' could not be found.");
    }

    private Answer Patch(Call call)
    {
        RequireGeneric(call);
        var body = call.Json();
        return call.Write(tx =>
        {
            var resource = Need(tx, call);
            var what = _types.GetValueOrDefault(resource.Type);
            var properties = body.Loose("properties") is { ValueKind: JsonValueKind.Object } changes
                ? JsonRead.Merge(resource.Properties.ToObject(), changes)
                : resource.Properties.ToObject();
            resource = resource with
            {
                Tags = body.Loose("tags").Tags() ?? resource.Tags,
                Sku = body.Loose("sku")?.Clone() ?? resource.Sku,
                Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity"), resource.Identity, resource.Id),
                Properties = Keep(tx, call, resource, properties, body, what),
                Changed = tx.Now,
                ChangedBy = call.Caller.ObjectId,
            };
            return Answer.Json(200, Kept(tx, resource, what));
        });
    }

    private Answer Get(Call call)
    {
        RequireGeneric(call);
        var view = call.Read();
        return Answer.Json(200, Shapes.Resource(view, Need(view, call)));
    }

    private Answer Head(Call call)
    {
        var view = call.Read();
        return Answer.Empty(Find(view, call) is null ? 404 : 204);
    }

    private Answer Delete(Call call)
    {
        RequireGeneric(call);
        return call.Write(tx =>
        {
            ResourceGroups.Require(_arm, call, tx);
            if (Find(tx, call) is not { } resource)
                return Answer.Empty(204);
            _resources.Remove(tx, resource);
            return Answer.Empty(200);
        });
    }

    private Answer List(Call call)
    {
        RequireGeneric(call);
        var view = call.Read();
        var type = TypeOf(call);
        var scope = call.Route.Values.ContainsKey("name") ? "/" + string.Join('/', call.Target.Segments.SkipLast(1))
            : call.Route.Values.ContainsKey("group") ? ResourceGroups.Require(_arm, call, view).Id
            : $"/subscriptions/{_core.Subscription}";
        return Answer.Json(200, Shapes.List(view.Scan(Tables.Resources, ArmId.Key(scope) + "/")
            .Where(pair => pair.Value.Type.Equals(type, StringComparison.OrdinalIgnoreCase))
            .Select(pair => Shapes.Resource(view, pair.Value))));
    }
}
