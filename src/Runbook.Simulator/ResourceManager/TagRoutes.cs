using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Tags of subscriptions, resource groups and resources, without touching anything else of them.</summary>
internal sealed class TagRoutes
{
    private const string Path = "{scope}/providers/Microsoft.Resources/tags/default";
    private const string Type = "Microsoft.Resources/tags";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;

    public TagRoutes(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        arm.Plug(
        [
            Op("Create or replace tags", "PUT", Path, Type + "/write", Put),
            Op("Update tags", "PATCH", Path, Type + "/write", Patch),
            Op("Get tags", "GET", Path, Type + "/read", call => Answer.Json(200, Shape(call, Read(call, call.Read())))),
            Op("Delete tags", "DELETE", Path, Type + "/delete", Delete),
            Op("List tag names", "GET", "/subscriptions/{subscription}/tagNames", "Microsoft.Resources/subscriptions/tagNames/read", Names),
        ]);
    }

    /// <summary>Tags of the subscription itself.</summary>
    public static SortedDictionary<string, string>? OfSubscription(EstateView view)
    {
        if (view.Find(Tables.Meta, MetaKeys.SubscriptionTags)?.Text is not { } text)
            return null;
        using var document = JsonDocument.Parse(text);
        return ((JsonElement?)document.RootElement).Tags();
    }

    private static Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        PermissionFor = _ => permission,
        Handler = handler,
    };

    private SortedDictionary<string, string> Read(Call call, EstateView view)
    {
        var scope = ScopeOf(call);
        if (scope.Namespace is not null)
            return view.Find(Tables.Resources, ArmId.Key(call.Value("scope")))?.Tags ?? Missing(call, view);
        return (scope.Group is null ? OfSubscription(view) : Group(call, view, scope.Group).Tags) ?? [];
    }

    private SortedDictionary<string, string> Missing(Call call, EstateView view) => view.Has(Tables.Resources, ArmId.Key(call.Value("scope")))
        ? []
        : throw _arm.Refuse(call, 404, "ResourceNotFound", $"The resource '{call.Value("scope")}' was not found.");

    private ResourceGroup Group(Call call, EstateView view, string name) =>
        ResourceGroups.Find(view, name) ?? throw _arm.Refuse(call, 404, "ResourceGroupNotFound", $"Resource group '{name}' could not be found.");

    private ArmId ScopeOf(Call call) => ArmId.TryParse(call.Value("scope"), out var scope)
        ? scope
        : throw _arm.Refuse(call, 400, "InvalidScope", $"The scope '{call.Value("scope")}' is not a subscription, resource group or resource.");

    private static JsonObject Shape(Call call, SortedDictionary<string, string> tags) => new()
    {
        ["id"] = $"{call.Value("scope")}/providers/{Type}/default",
        ["name"] = "default",
        ["type"] = Type,
        ["properties"] = new JsonObject { ["tags"] = Shapes.Tags(tags) },
    };

    private SortedDictionary<string, string> Given(Call call) =>
        call.Json().At("properties", "tags").Tags() ?? throw _arm.Refuse(call, 400, "InvalidRequestContent", "The tags are missing.");

    private Answer Put(Call call) => Change(call, _ => Given(call));

    private Answer Patch(Call call)
    {
        var operation = call.Json().Loose("operation").Text() ?? "";
        var given = Given(call);
        return Change(call, tags => operation.ToLowerInvariant() switch
        {
            "replace" => given,
            "merge" => Merged(tags, given),
            "delete" => new SortedDictionary<string, string>(tags.Where(tag => !given.TryGetValue(tag.Key, out var value) || (value.Length > 0 && value != tag.Value)).ToDictionary(), StringComparer.Ordinal),
            _ => throw _arm.Refuse(call, 400, "InvalidTagsPatchOperation", $"The operation '{operation}' is invalid: it must be 'Merge', 'Replace' or 'Delete'."),
        });
    }

    private static SortedDictionary<string, string> Merged(SortedDictionary<string, string> tags, SortedDictionary<string, string> given)
    {
        var merged = new SortedDictionary<string, string>(tags, StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            // Names compare without case; the first spelling stays.
            var known = merged.Keys.FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name;
            merged[known] = value;
        }
        return merged;
    }

    private Answer Delete(Call call)
    {
        Change(call, _ => []);
        return Answer.Empty(200);
    }

    private Answer Change(Call call, Func<SortedDictionary<string, string>, SortedDictionary<string, string>> change) => call.Write(tx =>
    {
        var tags = change(Read(call, tx));
        if (tags.Count > Limits.TagsPerResource)
            throw _arm.Refuse(call, 400, "InvalidTagsCount", string.Create(CultureInfo.InvariantCulture, $"The number of tags must not exceed {Limits.TagsPerResource}."));
        if (tags.FirstOrDefault(tag => tag.Key.Length is 0 or > 512 || tag.Value.Length > 256 || tag.Key.IndexOfAny(['<', '>', '%', '&', '\\', '?', '/']) >= 0) is { Key: not null } bad)
            throw _arm.Refuse(call, 400, "InvalidTagNameCharacters", $"The tag '{bad.Key}' is invalid: a name has 1 to 512 characters without <, >, %, &, \\, ? and /, a value at most 256.");
        var scope = ScopeOf(call);
        if (scope.Namespace is not null)
        {
            var resource = tx.Find(Tables.Resources, ArmId.Key(call.Value("scope")))!;
            tx.Put(Tables.Resources, ArmId.Key(resource.Id), resource with { Tags = tags, Changed = tx.Now, ChangedBy = call.Caller.ObjectId });
        }
        else if (scope.Group is not null)
        {
            var group = Group(call, tx, scope.Group);
            tx.Put(Tables.Groups, group.Name.ToLowerInvariant(), group with { Tags = tags });
        }
        else
        {
            tx.Put(Tables.Meta, MetaKeys.SubscriptionTags, new MetaRow { Text = Shapes.Tags(tags).ToJsonString() });
        }
        return Answer.Json(200, Shape(call, tags));
    });

    private Answer Names(Call call)
    {
        var view = call.Read();
        var all = view.Scan(Tables.Resources).SelectMany(pair => pair.Value.Tags ?? [])
            .Concat(view.Scan(Tables.Groups).SelectMany(pair => pair.Value.Tags ?? []))
            .Concat(OfSubscription(view) ?? []);
        return Answer.Json(200, Shapes.List(all.GroupBy(tag => tag.Key, StringComparer.OrdinalIgnoreCase).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            var values = new JsonArray();
            foreach (var value in group.GroupBy(tag => tag.Value, StringComparer.Ordinal))
                values.Add((JsonNode)new JsonObject
                {
                    ["id"] = $"/subscriptions/{_core.Subscription}/tagNames/{group.Key}/tagValues/{value.Key}",
                    ["tagValue"] = value.Key,
                    ["count"] = new JsonObject { ["type"] = "Total", ["value"] = value.Count() },
                });
            return new JsonObject
            {
                ["id"] = $"/subscriptions/{_core.Subscription}/tagNames/{group.Key}",
                ["tagName"] = group.Key,
                ["count"] = new JsonObject { ["type"] = "Total", ["value"] = group.Count() },
                ["values"] = values,
            };
        })));
    }
}
