using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>User-assigned identities with their federated credentials, and the identities that resources have of their own.</summary>
internal sealed class ManagedIdentities
{
    public const string Type = "Microsoft.ManagedIdentity/userAssignedIdentities";

    private const string Path = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}";
    private const string FederatedPath = Path + "/federatedIdentityCredentials/{credential}";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly GenericResources _resources;

    public ManagedIdentities(SimulatorCore core, ArmService arm, GenericResources resources)
    {
        _core = core;
        _arm = arm;
        _resources = resources;
        resources.OnRemoval(Type, static (tx, resource) =>
        {
            if (resource.Properties.Member("principalId").Text() is { } id && tx.FindPrincipal(id) is { } principal)
                tx.RemovePrincipal(principal);
        });
        arm.Plug(
        [
            Op("Create or update identity", "PUT", Path, Type + "/write", Put),
            Op("Update identity", "PATCH", Path, Type + "/write", Patch),
            Op("Get identity", "GET", Path, Type + "/read", Get),
            Op("Delete identity", "DELETE", Path, Type + "/delete", Delete),
            Op("List identities of a group", "GET", "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", Type + "/read", List),
            Op("List identities", "GET", "/subscriptions/{subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", Type + "/read", List),
            Op("Get a resource's own identity", "GET", "{scope}/providers/Microsoft.ManagedIdentity/identities/default", "Microsoft.ManagedIdentity/identities/read", GetSystem),
            Op("Create or update federated credential", "PUT", FederatedPath, Type + "/federatedIdentityCredentials/write", PutFederated),
            Op("Get federated credential", "GET", FederatedPath, Type + "/federatedIdentityCredentials/read", GetFederated),
            Op("Delete federated credential", "DELETE", FederatedPath, Type + "/federatedIdentityCredentials/delete", DeleteFederated),
            Op("List federated credentials", "GET", Path + "/federatedIdentityCredentials", Type + "/federatedIdentityCredentials/read", ListFederated),
        ]);
    }

    /// <summary>
    /// Reads the identity block of a request: gives a resource its own identity where it asks for one, and takes it away where
    /// it does no longer.
    /// </summary>
    public static ResourceIdentity? Apply(EstateTransaction tx, ArmService arm, Call call, JsonElement? block, ResourceIdentity? before, string resourceId)
    {
        if (block is not { ValueKind: JsonValueKind.Object } given)
            return before;
        var type = given.Loose("type").Text() ?? "None";
        var system = type.Contains("SystemAssigned", StringComparison.OrdinalIgnoreCase);
        var user = type.Contains("UserAssigned", StringComparison.OrdinalIgnoreCase);
        var assigned = user ? UserAssigned(tx, arm, call, given, before) : null;
        var principal = before?.PrincipalId;
        if (system && (principal is null || tx.FindPrincipal(principal) is null))
            principal = MakePrincipal(tx, resourceId, resourceId[(resourceId.LastIndexOf('/') + 1)..]).ObjectId;
        if (!system && before is { HasSystem: true })
        {
            DropSystemIdentity(tx, before);
            principal = null;
        }
        return system || user ? new ResourceIdentity { Type = type, PrincipalId = principal, UserAssigned = assigned } : null;
    }

    public static void DropSystemIdentity(EstateTransaction tx, ResourceIdentity? identity)
    {
        if (identity?.PrincipalId is { } id && tx.FindPrincipal(id) is { } principal)
            tx.RemovePrincipal(principal);
    }

    public static Principal MakePrincipal(EstateTransaction tx, string resourceId, string name)
    {
        var principal = new Principal
        {
            ObjectId = tx.NextGuid().ToString(),
            ApplicationId = tx.NextGuid().ToString(),
            Kind = PrincipalKind.ManagedIdentity,
            DisplayName = name,
            Created = tx.Now,
            ResourceId = resourceId,
        };
        tx.PutPrincipal(principal);
        return principal;
    }

    /// <summary>
    /// What <see cref="Apply"/> would make of the block, with the same refusals, before anything is changed. A system-assigned
    /// identity that is not there yet has no principal in it.
    /// </summary>
    public static ResourceIdentity? Draft(EstateView view, ArmService arm, Call call, JsonElement? block, ResourceIdentity? before)
    {
        if (block is not { ValueKind: JsonValueKind.Object } given)
            return before;
        var type = given.Loose("type").Text() ?? "None";
        var system = type.Contains("SystemAssigned", StringComparison.OrdinalIgnoreCase);
        var user = type.Contains("UserAssigned", StringComparison.OrdinalIgnoreCase);
        var assigned = user ? UserAssigned(view, arm, call, given, before) : null;
        return system || user ? new ResourceIdentity { Type = type, PrincipalId = system ? before?.PrincipalId : null, UserAssigned = assigned } : null;
    }

    private static List<string> UserAssigned(EstateView view, ArmService arm, Call call, JsonElement given, ResourceIdentity? before)
    {
        var assigned = new List<string>();
        if (given.Loose("userAssignedIdentities") is not { ValueKind: JsonValueKind.Object } map)
            return [.. before?.UserAssigned ?? []];
        if (call.Request.Method == "PATCH")
            assigned.AddRange(before?.UserAssigned ?? []);
        foreach (var entry in map.EnumerateObject())
        {
            assigned.RemoveAll(known => known.Equals(entry.Name, StringComparison.OrdinalIgnoreCase));
            if (entry.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (view.Find(Tables.Resources, ArmId.Key(entry.Name)) is not { Type: Type })
                throw arm.Refuse(call, 400, "FailedIdentityOperation", $"Identity operation for resource '{call.Target.Path}' failed with error 'Failed to perform resource identity operation. The identity '{entry.Name}' could not be found.'.");
            if (before?.UserAssigned?.Contains(entry.Name, StringComparer.OrdinalIgnoreCase) != true)
                arm.RequireLinked(call, view, call.Route.Operation.Permission ?? "", Type + "/assign/action", entry.Name);
            assigned.Add(entry.Name);
        }
        return assigned;
    }

    private static Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    private string IdOf(Call call) => $"{ArmId.GroupId(_core.Subscription, call.Value("group"))}/providers/{Type}/{call.Value("name")}";

    private Resource? Find(EstateView view, Call call) => view.Find(Tables.Resources, ArmId.Key(IdOf(call)));

    private Resource Need(EstateView view, Call call)
    {
        ResourceGroups.Require(_arm, call, view);
        return Find(view, call) ?? throw _arm.Refuse(call, 404, "ResourceNotFound", $"The Resource '{Type}/{call.Value("name")}' under resource group '{call.Value("group")}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
    }

    private Answer Put(Call call)
    {
        var body = call.Json();
        if (body.Loose("location").Text() is not { } location)
            throw _arm.Refuse(call, 400, "LocationRequired", "The location property is required for this definition.");
        return call.Write(tx =>
        {
            ResourceGroups.Require(_arm, call, tx);
            var existing = Find(tx, call);
            if (existing is not null && existing.Location != Locations.Normal(location))
                throw _arm.Refuse(call, 409, "InvalidResourceLocation", $"The resource '{existing.Name}' already exists in location '{existing.Location}' in resource group '{call.Value("group")}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.");
            var id = existing?.Id ?? IdOf(call);
            var principal = existing is null ? MakePrincipal(tx, id, call.Value("name")) : null;
            var resource = new Resource
            {
                Id = id,
                Name = existing?.Name ?? call.Value("name"),
                Type = Type,
                Location = Locations.Normal(location),
                Tags = body.Loose("tags").Tags(),
                Properties = existing?.Properties ?? new JsonObject
                {
                    ["tenantId"] = _core.Tenant,
                    ["principalId"] = principal!.ObjectId,
                    ["clientId"] = principal.ApplicationId,
                }.ToElement(),
                Created = existing?.Created ?? tx.Now,
                Changed = tx.Now,
                CreatedBy = existing?.CreatedBy ?? call.Caller.ObjectId,
                ChangedBy = call.Caller.ObjectId,
            };
            tx.Put(Tables.Resources, ArmId.Key(id), resource);
            return Answer.Json(existing is null ? 201 : 200, Shapes.Resource(tx, resource));
        });
    }

    private Answer Patch(Call call)
    {
        var body = call.Json();
        return call.Write(tx =>
        {
            var resource = Need(tx, call);
            resource = resource with { Tags = body.Loose("tags").Tags() ?? resource.Tags, Changed = tx.Now, ChangedBy = call.Caller.ObjectId };
            tx.Put(Tables.Resources, ArmId.Key(resource.Id), resource);
            return Answer.Json(200, Shapes.Resource(tx, resource));
        });
    }

    private Answer Get(Call call)
    {
        var view = call.Read();
        return Answer.Json(200, Shapes.Resource(view, Need(view, call)));
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        if (Find(tx, call) is not { } resource)
            return Answer.Empty(204);
        _resources.Remove(tx, resource);
        return Answer.Empty(200);
    });

    private Answer List(Call call)
    {
        var view = call.Read();
        var prefix = call.Route.Values.ContainsKey("group") ? ResourceGroups.Require(_arm, call, view).Id : $"/subscriptions/{_core.Subscription}";
        return Answer.Json(200, Shapes.List(view.Scan(Tables.Resources, ArmId.Key(prefix) + "/")
            .Where(pair => pair.Value.Type == Type)
            .Select(pair => Shapes.Resource(view, pair.Value))));
    }

    private Answer GetSystem(Call call)
    {
        var view = call.Read();
        if (view.Find(Tables.Resources, ArmId.Key(call.Value("scope"))) is not { } resource
            || resource.Identity?.PrincipalId is not { } objectId || view.FindPrincipal(objectId) is not { } principal)
            throw _arm.Refuse(call, 404, "ResourceNotFound", $"The resource '{call.Value("scope")}' has no identity of its own.");
        return Answer.Json(200, new JsonObject
        {
            ["id"] = $"{resource.Id}/providers/Microsoft.ManagedIdentity/identities/default",
            ["name"] = "default",
            ["type"] = "Microsoft.ManagedIdentity/identities",
            ["location"] = resource.Location,
            ["properties"] = new JsonObject
            {
                ["tenantId"] = _core.Tenant,
                ["principalId"] = principal.ObjectId,
                ["clientId"] = principal.ApplicationId,
            },
        });
    }

    private Principal PrincipalOf(EstateView view, Call call) =>
        view.FindPrincipal(Need(view, call).Properties.Member("principalId").Text()!)
        ?? throw _arm.Refuse(call, 404, "ResourceNotFound", "The identity's principal is gone.");

    private Answer PutFederated(Call call)
    {
        var properties = call.Json().Loose("properties") ?? throw _arm.Refuse(call, 400, "BadRequest", "The properties issuer, subject and audiences are required.");
        if (properties.Loose("issuer").Text() is not { } issuer || properties.Loose("subject").Text() is not { } subject || properties.Loose("audiences").Texts() is not { Count: > 0 } audiences)
            throw _arm.Refuse(call, 400, "BadRequest", "The properties issuer, subject and audiences are required.");
        return call.Write(tx =>
        {
            var principal = PrincipalOf(tx, call);
            var name = call.Value("credential");
            var existed = principal.Federated?.Any(known => known.Name == name) == true;
            var credential = new FederatedCredential { Name = name, Issuer = issuer, Subject = subject, Audiences = audiences };
            tx.PutPrincipal(principal with { Federated = [.. (principal.Federated ?? []).Where(known => known.Name != name), credential] });
            return Answer.Json(existed ? 200 : 201, Federated(call, credential));
        });
    }

    private Answer GetFederated(Call call) =>
        PrincipalOf(call.Read(), call).Federated?.FirstOrDefault(known => known.Name == call.Value("credential")) is { } credential
            ? Answer.Json(200, Federated(call, credential))
            : throw _arm.Refuse(call, 404, "NotFound", $"The federated identity credential '{call.Value("credential")}' was not found.");

    private Answer DeleteFederated(Call call) => call.Write(tx =>
    {
        var principal = PrincipalOf(tx, call);
        var without = (principal.Federated ?? []).Where(known => known.Name != call.Value("credential")).ToList();
        if (without.Count == (principal.Federated?.Count ?? 0))
            return Answer.Empty(204);
        tx.PutPrincipal(principal with { Federated = without });
        return Answer.Empty(200);
    });

    private Answer ListFederated(Call call) =>
        Answer.Json(200, Shapes.List((PrincipalOf(call.Read(), call).Federated ?? []).Select(credential => Federated(call, credential))));

    private JsonObject Federated(Call call, FederatedCredential credential)
    {
        var audiences = new JsonArray();
        foreach (var audience in credential.Audiences)
            audiences.Add((JsonNode)audience);
        return new JsonObject
        {
            ["id"] = $"{IdOf(call)}/federatedIdentityCredentials/{credential.Name}",
            ["name"] = credential.Name,
            ["type"] = Type + "/federatedIdentityCredentials",
            ["properties"] = new JsonObject { ["issuer"] = credential.Issuer, ["subject"] = credential.Subject, ["audiences"] = audiences },
        };
    }
}
