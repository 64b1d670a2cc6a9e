using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// Roles on the subscription's plane: <c>authorization.role-assignment.list</c>, <c>.create</c>, <c>.delete</c>. They say nothing about
/// a managed HSM's data, which has roles of its own.
/// </summary>
internal static class ArmRoleActions
{
    private const string Version = "2022-04-01";
    private const string Assignments = "/providers/Microsoft.Authorization/roleAssignments";
    private const string Scope = """scope: {type: string, pattern: '^/subscriptions/[^?#]+$', description: "Id of the subscription, group or resource"}""";
    private const string Properties = "properties: {type: object, additionalProperties: false, properties: {roleDefinitionId: {type: string}, principalId: {type: string}, principalType: {type: string}, scope: {type: string}}}";
    private const string Assignment = $"id: {{type: string}}\nname: {{type: string}}\n{Properties}";

    private const string Grant = $$"""
        {{Scope}}
        role: {type: string, enum: [Storage Blob Data Contributor, Storage Blob Data Reader, Managed HSM contributor, Reader], description: "The built-in role"}
        principal: {type: string, format: uuid, description: "Object id"}
        principalType: {type: string, enum: [ServicePrincipal, User, Group], default: ServicePrincipal, description: "What it is; saying so spares Azure a look that may come too early"}
        """;

    // The built-in ones that runbooks hand out; a runbook hands out no role that could hand out roles.
    private static readonly Dictionary<string, string> IdByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Storage Blob Data Contributor"] = "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        ["Storage Blob Data Reader"] = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        ["Managed HSM contributor"] = "18500a29-7fe2-46b2-a342-b16a415e101d",
        ["Reader"] = "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    };

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [List(site, wire), Create(site, wire), Delete(site, wire)];

    private static RequestAction List(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "authorization.role-assignment.list",
        Summary = "Lists who has which role on the subscription's plane, at a scope and above it; with a principal, that one's, groups included.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            {{Scope}}
            principal?: {type: string, format: uuid, description: "Object id; without it everybody's"}
            """),
        Result = Shape.Of($"value: {{type: array, items: {{type: object, additionalProperties: false, properties: {{id: {{type: string}}, name: {{type: string}}, {Properties}}}}}}}"),
        Permissions = [Needs.Arm("Microsoft.Authorization/roleAssignments/read", "{scope}", "Reader")],
        AzCommand = "az role assignment list --scope {scope} --assignee {principal} --include-inherited",
        Errors = Refusals.ResourceManager.Add(Refusals.NotThere("resource")),
    },
        null,
        new RequestCall
        {
            Method = "GET",
            Url = (s, with) => s.Arm(with.Text("scope").TrimEnd('/') + Assignments, Version, with.TextOrNull("principal") is { } principal ? $"$filter=atScope()%20and%20assignedTo('{principal}')&" : "$filter=atScope()&"),
            Says = with => $"List {(with.Has("principal") ? "the roles of " + with.Text("principal") : "who has a role")} at {with.Text("scope")} and above.",
        });

    private static RequestAction Create(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "authorization.role-assignment.create",
        Summary = "Gives somebody a role on the subscription's plane. An equal assignment of this tool's that is there counts as done.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of(Grant),
        Result = Shape.Of(Assignment),
        Permissions = [Needs.Arm("Microsoft.Authorization/roleAssignments/write", "{scope}", "Role Based Access Control Administrator")],
        AzCommand = "az role assignment create --role {role} --assignee-object-id {principal} --assignee-principal-type {principalType} --scope {scope}",
        Settle = new SettlingProbe("Reads the assignment by its name, which follows from what it says: it took effect when it is there.", TimeSpan.FromMinutes(1)),
        Inverse = new ActionInverse("authorization.role-assignment.delete", null, "Takes the role away again."),
        Errors = Refusals.ResourceManagerWrites.AddRange(
            new ActionError("RoleAssignmentExists", "The principal has that role at that scope already, by an assignment that was made elsewhere.", "Nothing changed.", "Go on: list the assignments to see it."),
            new ActionError("PrincipalNotFound", "The directory does not know the principal yet, or not any more.", "Nothing changed.", "Check the object id; a new identity takes a minute to spread."),
            Refusals.NotThere("resource")),
    },
        (with, _) => Same(with),
        new RequestCall
        {
            Method = "PUT",
            Url = Address,
            Says = with => $"Give {with.Text("principal")} the role '{with.Text("role")}' on {with.Text("scope")}.",
            Body = (s, with, _) => new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["roleDefinitionId"] = DefinitionOf(s, with),
                    ["principalId"] = with.Node("principal"),
                    ["principalType"] = with.Node("principalType") ?? "ServicePrincipal",
                },
            },
            AsksFirst = true,
            // The definition comes back with the scope at which it was found.
            Settle = Settling.By(c => c.Url, (call, there) => IsSame(call.Body!.Value.GetProperty("properties"), there.GetProperty("properties"))),
        });

    private static RequestAction Delete(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "authorization.role-assignment.delete",
        Summary = "Takes away a role on the subscription's plane that this tool gave. One that is gone counts as done, with status 204.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of(Grant),
        Result = Shape.Of(Assignment),
        Permissions = [Needs.Arm("Microsoft.Authorization/roleAssignments/delete", "{scope}", "Role Based Access Control Administrator")],
        AzCommand = "az role assignment delete --role {role} --assignee {principal} --scope {scope} --yes",
        Settle = new SettlingProbe("Looks for the assignment: it took effect when there is none.", TimeSpan.FromMinutes(1)),
        Inverse = new ActionInverse("authorization.role-assignment.create", null, "Gives the role again."),
        Errors = Refusals.ResourceManagerWrites.Add(Refusals.NotThere("resource")),
    },
        (with, _) => Same(with),
        new RequestCall { Method = "DELETE", Url = Address, Says = with => $"Take the role '{with.Text("role")}' on {with.Text("scope")} from {with.Text("principal")}.", AbsentIsDone = true });

    private static JsonObject Same(Arguments with) => Arguments.ObjectOf(("scope", with.Node("scope")), ("role", with.Node("role")), ("principal", with.Node("principal")), ("principalType", with.Node("principalType")));

    private static string Address(AzureSite site, Arguments with)
    {
        var (scope, role, principal) = (with.Text("scope").TrimEnd('/'), with.Text("role"), with.Text("principal"));
        var name = scope.Contains("${", StringComparison.Ordinal) || role.Contains("${", StringComparison.Ordinal) || principal.Contains("${", StringComparison.Ordinal) ? "${roleAssignment}" : LocalRoles.AssignmentName(site.SubscriptionId, role, principal, scope);
        return site.Arm($"{scope}{Assignments}/{name}", Version);
    }

    private static string DefinitionOf(AzureSite site, Arguments with) =>
        $"/subscriptions/{site.SubscriptionId}/providers/Microsoft.Authorization/roleDefinitions/{(IdByName.TryGetValue(with.Text("role"), out var id) ? id : with.Text("role"))}";

    private static bool IsSame(JsonElement asked, JsonElement there) =>
        string.Equals(asked.GetProperty("principalId").GetString(), there.GetProperty("principalId").GetString(), StringComparison.OrdinalIgnoreCase)
        && string.Equals(LastOf(asked), LastOf(there), StringComparison.OrdinalIgnoreCase);

    private static string LastOf(JsonElement properties) => properties.GetProperty("roleDefinitionId").GetString()!.Split('/')[^1];
}
