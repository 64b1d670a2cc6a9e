using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>How resources look on the wire.</summary>
internal static class Shapes
{
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Resource(EstateView view, Resource resource, bool withProperties = true)
    {
        var json = new JsonObject { ["id"] = resource.Id, ["name"] = resource.Name, ["type"] = resource.Type };
        if (resource.Location is not null)
            json["location"] = resource.Location;
        if (resource.Kind is not null)
            json["kind"] = resource.Kind;
        if (resource.Sku is { } sku)
            json["sku"] = sku.ToNode();
        if (resource.Identity is { } identity)
            json["identity"] = Identity(view, identity);
        if (resource.ManagedBy is not null)
            json["managedBy"] = resource.ManagedBy;
        json["tags"] = Tags(resource.Tags);
        if (withProperties)
        {
            json["properties"] = resource.Properties.ToNode();
            json["systemData"] = new JsonObject
            {
                ["createdBy"] = resource.CreatedBy,
                ["createdByType"] = "Application",
                ["createdAt"] = Time(resource.Created),
                ["lastModifiedBy"] = resource.ChangedBy,
                ["lastModifiedByType"] = "Application",
                ["lastModifiedAt"] = Time(resource.Changed),
            };
        }
        return json;
    }

    public static JsonObject Group(ResourceGroup group)
    {
        var json = new JsonObject
        {
            ["id"] = group.Id,
            ["name"] = group.Name,
            ["type"] = "Microsoft.Resources/resourceGroups",
            ["location"] = group.Location,
            ["tags"] = Tags(group.Tags),
            ["properties"] = new JsonObject { ["provisioningState"] = group.ProvisioningState },
        };
        if (group.ManagedBy is not null)
            json["managedBy"] = group.ManagedBy;
        return json;
    }

    public static JsonObject Tags(SortedDictionary<string, string>? tags)
    {
        var json = new JsonObject();
        foreach (var (name, value) in tags ?? [])
            json[name] = value;
        return json;
    }

    public static JsonObject Identity(EstateView view, ResourceIdentity identity)
    {
        var json = new JsonObject { ["type"] = identity.Type };
        if (identity.HasSystem)
        {
            json["principalId"] = identity.PrincipalId;
            json["tenantId"] = view.Find(Tables.Meta, MetaKeys.Tenant)!.Text;
        }
        if (identity.UserAssigned is { Count: > 0 } assigned)
        {
            var map = new JsonObject();
            foreach (var id in assigned)
            {
                var principal = PrincipalOf(view, id);
                map[id] = new JsonObject { ["principalId"] = principal?.ObjectId, ["clientId"] = principal?.ApplicationId };
            }
            json["userAssignedIdentities"] = map;
        }
        return json;
    }

    /// <summary>The principal behind a user-assigned identity, as long as that exists.</summary>
    public static Principal? PrincipalOf(EstateView view, string identityId) =>
        view.Find(Tables.Resources, ArmId.Key(identityId)) is { } identity
        && identity.Properties.Member("principalId").Text() is { } objectId
            ? view.FindPrincipal(objectId)
            : null;

    public static JsonObject List(IEnumerable<JsonObject> items)
    {
        var value = new JsonArray();
        foreach (var item in items)
            value.Add((JsonNode)item);
        return new JsonObject { ["value"] = value };
    }
}
