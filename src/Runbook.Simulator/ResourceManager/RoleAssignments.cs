using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Role assignments and definitions of the control plane.</summary>
internal sealed partial class RoleAssignments
{
    private const string Path = "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}";
    private const string RolePath = "{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}";
    private const string Gone = "role-assignment-gone";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;

    public RoleAssignments(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        core.Work.OnChange(Gone, static (tx, item) =>
        {
            // The name may have been given to a new assignment meanwhile.
            if (tx.Find(Tables.RoleAssignments, item.Target)?.Until == item.Due)
                tx.Remove(Tables.RoleAssignments, item.Target);
        });
        arm.Plug(
        [
            Op("Create role assignment", "PUT", Path, null, Put),
            Op("Get role assignment", "GET", Path, null, Get),
            Op("Delete role assignment", "DELETE", Path, null, Delete),
            Op("List role assignments", "GET", "{scope}/providers/Microsoft.Authorization/roleAssignments", null, List),
            Op("Create or update role definition", "PUT", RolePath, null, PutRole),
            Op("Get role definition", "GET", RolePath, null, GetRole),
            Op("Delete role definition", "DELETE", RolePath, null, DeleteRole),
            Op("List role definitions", "GET", "{scope}/providers/Microsoft.Authorization/roleDefinitions", null, ListRoles),
            Op("List permissions", "GET", "{scope}/providers/Microsoft.Authorization/permissions", null, Permissions),
        ]);
    }

    private static Operation Op(string name, string method, string template, string? permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    private static string Scope(Call call) => call.Value("scope");

    private static RoleAssignment? Find(EstateView view, Call call) =>
        view.Find(Tables.RoleAssignments, call.Value("name").ToLowerInvariant()) is { Until: null } found
        && string.Equals(found.Scope, Scope(call), StringComparison.OrdinalIgnoreCase)
            ? found
            : null;

    private Answer Put(Call call)
    {
        _arm.Require(call, call.Read(), "Microsoft.Authorization/roleAssignments/write", Scope(call));
        var properties = call.Json().Loose("properties") ?? throw _arm.Refuse(call, 400, "InvalidCreateRoleAssignmentRequest", "The request to create role assignment is not valid. Properties are missing.");
        if (!Guid.TryParse(call.Value("name"), out var name))
            throw _arm.Refuse(call, 400, "InvalidRoleAssignmentId", $"The role assignment ID '{call.Value("name")}' is not valid. The role assignment ID must be a GUID.");
        if (properties.Loose("roleDefinitionId").Text() is not { } definition || properties.Loose("principalId").Text() is not { } principalId)
            throw _arm.Refuse(call, 400, "InvalidCreateRoleAssignmentRequest", "The request to create role assignment is not valid. The role definition id and the principal id are required.");
        if (properties.Loose("condition").Text() is { Length: > 0 })
            throw _arm.Refuse(call, 400, Assumptions.ConditionNotSimulated, "The simulator does not evaluate conditions of role assignments, and takes none that it would have to ignore. Leave the condition out, or assign a narrower role or scope.");
        var role = definition[(definition.LastIndexOf('/') + 1)..].ToLowerInvariant();
        var givenType = properties.Loose("principalType").Text();
        return call.Write(tx =>
        {
            if (AccessControl.RoleOf(tx, role) is null)
                throw _arm.Refuse(call, 404, "RoleDefinitionDoesNotExist", $"The specified role definition with ID '{role}' does not exist.");
            if (tx.Find(Tables.Roles, role) is { } custom && !custom.AssignableScopes.Any(scope => ArmId.IsWithin(Scope(call), scope.TrimEnd('/'))))
                throw _arm.Refuse(call, 400, Assumptions.RoleNotAssignable, $"The role definition '{custom.RoleName}' cannot be assigned at the scope '{Scope(call)}'. Its assignable scopes are: {string.Join(", ", custom.AssignableScopes)}.");
            var principal = tx.FindPrincipal(principalId);
            if (principal is null && !string.Equals(givenType, "ServicePrincipal", StringComparison.OrdinalIgnoreCase))
                throw _arm.Refuse(call, 400, "PrincipalNotFound", $"Principal {principalId} does not exist in the directory {_core.Tenant}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.");
            RequireSame(call, tx, name, role, principalId);
            var delay = Max(_core.Timings.RolePropagation, _core.Faults.GrantDelay());
            var assignment = new RoleAssignment
            {
                Name = name.ToString(),
                Scope = Scope(call),
                Role = role,
                PrincipalId = principalId.ToLowerInvariant(),
                PrincipalType = givenType ?? TypeOf(principal),
                Description = properties.Loose("description").Text(),
                Created = tx.Now,
                CreatedBy = call.Caller.ObjectId,
                From = tx.Now + delay,
            };
            if (tx.Find(Tables.RoleAssignments, assignment.Name) is { Until: null } same)
                return Answer.Json(201, Shape(same));
            tx.Put(Tables.RoleAssignments, assignment.Name, assignment);
            return Answer.Json(201, Shape(assignment));
        });
    }

    private void RequireSame(Call call, EstateView view, Guid name, string role, string principalId)
    {
        foreach (var (_, other) in view.Scan(Tables.RoleAssignments))
        {
            var same = other.Until is null && other.Role == role
                && string.Equals(other.Scope, Scope(call), StringComparison.OrdinalIgnoreCase)
                && string.Equals(other.PrincipalId, principalId, StringComparison.OrdinalIgnoreCase);
            var named = other.Until is null && other.Name == name.ToString();
            if (same && !named)
                throw _arm.Refuse(call, 409, "RoleAssignmentExists", $"The role assignment already exists. The ID of the existing role assignment is {other.Name.Replace("-", "", StringComparison.Ordinal)}.");
            if (named && !same)
                throw _arm.Refuse(call, 409, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.");
        }
    }

    private static string TypeOf(Principal? principal) => principal?.Kind switch
    {
        PrincipalKind.User => "User",
        PrincipalKind.Group => "Group",
        _ => "ServicePrincipal",
    };

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private Answer Get(Call call)
    {
        _arm.Require(call, call.Read(), "Microsoft.Authorization/roleAssignments/read", Scope(call));
        return Find(call.Read(), call) is { } assignment
            ? Answer.Json(200, Shape(assignment))
            : throw _arm.Refuse(call, 404, "RoleAssignmentNotFound", $"The role assignment '{call.Value("name")}' is not found.");
    }

    private Answer Delete(Call call)
    {
        _arm.Require(call, call.Read(), "Microsoft.Authorization/roleAssignments/delete", Scope(call));
        return call.Write(tx =>
        {
            if (Find(tx, call) is not { } assignment)
                return Answer.Empty(204);
            var until = tx.Now + Max(_core.Timings.RolePropagation, _core.Faults.GrantDelay());
            if (until > tx.Now)
            {
                tx.Put(Tables.RoleAssignments, assignment.Name, assignment with { Until = until });
                tx.Schedule(until, Gone, assignment.Name);
            }
            else
            {
                tx.Remove(Tables.RoleAssignments, assignment.Name);
            }
            return Answer.Json(200, Shape(assignment));
        });
    }

    private Answer List(Call call)
    {
        var view = call.Read();
        var scope = Scope(call);
        _arm.Require(call, view, "Microsoft.Authorization/roleAssignments/read", scope);
        var filter = call.Parameter("$filter") ?? "";
        var principal = PrincipalFilter().Match(filter);
        var items = view.Scan(Tables.RoleAssignments).Select(pair => pair.Value).Where(assignment => assignment.Until is null);
        items = filter.Contains("atScope()", StringComparison.OrdinalIgnoreCase)
            ? items.Where(assignment => ArmId.IsWithin(scope, assignment.Scope))
            : items.Where(assignment => ArmId.IsWithin(scope, assignment.Scope) || ArmId.IsWithin(assignment.Scope, scope));
        if (principal.Success)
        {
            var id = principal.Groups["id"].Value;
            var withGroups = principal.Groups["word"].Value.StartsWith("assignedTo", StringComparison.OrdinalIgnoreCase)
                ? view.FindPrincipal(id)?.Groups ?? []
                : [];
            items = items.Where(assignment => assignment.PrincipalId.Equals(id, StringComparison.OrdinalIgnoreCase) || withGroups.Contains(assignment.PrincipalId, StringComparer.OrdinalIgnoreCase));
        }
        else if (filter.Length > 0 && !filter.Contains("atScope()", StringComparison.OrdinalIgnoreCase))
        {
            throw _arm.Refuse(call, 400, "UnsupportedFilter", $"The filter '{filter}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{{value}}' or assignedTo('{{value}}')'.");
        }
        return Answer.Json(200, Shapes.List(items.Select(Shape)));
    }

    private JsonObject Shape(RoleAssignment assignment) => new()
    {
        ["properties"] = new JsonObject
        {
            ["roleDefinitionId"] = $"/subscriptions/{_core.Subscription}/providers/Microsoft.Authorization/roleDefinitions/{assignment.Role}",
            ["principalId"] = assignment.PrincipalId,
            ["principalType"] = assignment.PrincipalType,
            ["scope"] = assignment.Scope.Length == 0 ? "/" : assignment.Scope,
            ["description"] = assignment.Description,
            ["condition"] = null,
            ["conditionVersion"] = null,
            ["createdOn"] = Shapes.Time(assignment.Created),
            ["updatedOn"] = Shapes.Time(assignment.Created),
            ["createdBy"] = assignment.CreatedBy,
            ["updatedBy"] = assignment.CreatedBy,
            ["delegatedManagedIdentityResourceId"] = null,
        },
        ["id"] = assignment.Id,
        ["type"] = "Microsoft.Authorization/roleAssignments",
        ["name"] = assignment.Name,
    };

    private Answer PutRole(Call call)
    {
        _arm.Require(call, call.Read(), "Microsoft.Authorization/roleDefinitions/write", Scope(call));
        var properties = call.Json().Loose("properties") ?? throw _arm.Refuse(call, 400, "InvalidRoleDefinition", "The properties are missing.");
        if (!Guid.TryParse(call.Value("name"), out var name))
            throw _arm.Refuse(call, 400, "InvalidRoleDefinitionId", "The role definition ID must be a GUID.");
        if (ArmRoles.Find(name.ToString()) is not null)
            throw _arm.Refuse(call, 403, "RoleDefinitionUpdateNotPermitted", "Built-in roles cannot be changed.");
        var permission = properties.Loose("permissions") is { ValueKind: System.Text.Json.JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list[0] : default;
        var scopes = properties.Loose("assignableScopes").Texts() ?? [Scope(call)];
        RequireScopes(call, scopes);
        return call.Write(tx =>
        {
            var before = tx.Find(Tables.Roles, name.ToString());
            var roleName = properties.Loose("roleName").Text() ?? throw _arm.Refuse(call, 400, "InvalidRoleDefinition", "The role's name is missing.");
            RequireOwnName(call, tx, name.ToString(), roleName);
            var role = new CustomRole
            {
                Name = name.ToString(),
                RoleName = roleName,
                Description = properties.Loose("description").Text(),
                AssignableScopes = scopes,
                Actions = permission.Loose("actions").Texts() ?? [],
                NotActions = permission.Loose("notActions").Texts() ?? [],
                DataActions = permission.Loose("dataActions").Texts() ?? [],
                NotDataActions = permission.Loose("notDataActions").Texts() ?? [],
                Created = before?.Created ?? tx.Now,
                Updated = tx.Now,
            };
            tx.Put(Tables.Roles, role.Name, role);
            return Answer.Json(201, ShapeCustom(role));
        });
    }

    /// <summary>A custom role is for scopes below the root, and needs the permission at each of them.</summary>
    private void RequireScopes(Call call, IReadOnlyList<string> scopes)
    {
        if (scopes.Count == 0)
            throw _arm.Refuse(call, 400, "InvalidRoleDefinition", "A custom role needs at least one assignable scope.");
        foreach (var scope in scopes)
        {
            var isGroup = scope.StartsWith("/providers/Microsoft.Management/managementGroups/", StringComparison.OrdinalIgnoreCase);
            if (!isGroup && !ArmId.TryParse(scope, out _))
                throw _arm.Refuse(call, 400, "InvalidRoleDefinition", $"The assignable scope '{scope}' is no subscription, resource group, resource or management group. Only built-in roles are for the root.");
            _arm.Require(call, call.Read(), "Microsoft.Authorization/roleDefinitions/write", scope.TrimEnd('/'));
        }
    }

    private void RequireOwnName(Call call, EstateView view, string id, string roleName)
    {
        if (ArmRoles.All.Any(role => role.Name.Equals(roleName, StringComparison.OrdinalIgnoreCase))
            || view.Scan(Tables.Roles).Any(pair => pair.Value.Name != id && pair.Value.RoleName.Equals(roleName, StringComparison.OrdinalIgnoreCase)))
            throw _arm.Refuse(call, 409, "RoleDefinitionWithSameNameExists", $"A role definition with the name '{roleName}' already exists in this directory. Use a different name.");
    }

    private Answer GetRole(Call call)
    {
        var view = call.Read();
        _arm.Require(call, view, "Microsoft.Authorization/roleDefinitions/read", Scope(call));
        if (ArmRoles.Find(call.Value("name")) is { } known)
            return Answer.Json(200, ShapeBuiltIn(known));
        return view.Find(Tables.Roles, call.Value("name").ToLowerInvariant()) is { } custom
            ? Answer.Json(200, ShapeCustom(custom))
            : throw _arm.Refuse(call, 404, "RoleDefinitionDoesNotExist", $"The specified role definition with ID '{call.Value("name")}' does not exist.");
    }

    private Answer DeleteRole(Call call)
    {
        _arm.Require(call, call.Read(), "Microsoft.Authorization/roleDefinitions/delete", Scope(call));
        return call.Write(tx =>
        {
            if (tx.Find(Tables.Roles, call.Value("name").ToLowerInvariant()) is not { } role)
                return Answer.Empty(204);
            if (tx.Scan(Tables.RoleAssignments).Any(pair => pair.Value.Role == role.Name && pair.Value.Until is null))
                throw _arm.Refuse(call, 400, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments)");
            tx.Remove(Tables.Roles, role.Name);
            return Answer.Json(200, ShapeCustom(role));
        });
    }

    private Answer ListRoles(Call call)
    {
        var view = call.Read();
        _arm.Require(call, view, "Microsoft.Authorization/roleDefinitions/read", Scope(call));
        var roles = ArmRoles.All.Select(ShapeBuiltIn).Concat(view.Scan(Tables.Roles).Select(pair => ShapeCustom(pair.Value)));
        var filter = call.Parameter("$filter") ?? "";
        if (RoleNameFilter().Match(filter) is { Success: true } byName)
            roles = roles.Where(role => string.Equals((string?)role["properties"]!["roleName"], byName.Groups["name"].Value, StringComparison.OrdinalIgnoreCase));
        if (RoleTypeFilter().Match(filter) is { Success: true } byType)
            roles = roles.Where(role => string.Equals((string?)role["properties"]!["type"], byType.Groups["name"].Value, StringComparison.OrdinalIgnoreCase));
        return Answer.Json(200, Shapes.List(roles));
    }

    private Answer Permissions(Call call)
    {
        var view = call.Read();
        var roles = AccessControl.AssignmentsFor(view, call.Caller, Scope(call), call.Now)
            .Select(assignment => AccessControl.RoleOf(view, assignment.Role)).OfType<ArmRole>();
        return Answer.Json(200, Shapes.List(roles.Select(role => Permission(role.Actions, role.NotActions, role.DataActions, role.NotDataActions))));
    }

    private static JsonObject Permission(IEnumerable<string> actions, IEnumerable<string> notActions, IEnumerable<string> dataActions, IEnumerable<string> notDataActions) => new()
    {
        ["actions"] = Array(actions),
        ["notActions"] = Array(notActions),
        ["dataActions"] = Array(dataActions),
        ["notDataActions"] = Array(notDataActions),
    };

    private static JsonArray Array(IEnumerable<string> items)
    {
        var array = new JsonArray();
        foreach (var item in items)
            array.Add((JsonNode)item);
        return array;
    }

    private JsonObject ShapeBuiltIn(ArmRole role) => ShapeRole(
        role.Id, role.Name, "BuiltInRole", "", ["/"], Permission(role.Actions, role.NotActions, role.DataActions, role.NotDataActions), DateTimeOffset.UnixEpoch.AddYears(45), DateTimeOffset.UnixEpoch.AddYears(45));

    private JsonObject ShapeCustom(CustomRole role) => ShapeRole(
        role.Name, role.RoleName, "CustomRole", role.Description, role.AssignableScopes, Permission(role.Actions, role.NotActions, role.DataActions, role.NotDataActions), role.Created, role.Updated);

    private JsonObject ShapeRole(string id, string name, string type, string? description, IEnumerable<string> scopes, JsonObject permission, DateTimeOffset created, DateTimeOffset updated) => new()
    {
        ["properties"] = new JsonObject
        {
            ["roleName"] = name,
            ["type"] = type,
            ["description"] = description,
            ["assignableScopes"] = Array(scopes),
            ["permissions"] = new JsonArray(permission),
            ["createdOn"] = Shapes.Time(created),
            ["updatedOn"] = Shapes.Time(updated),
            ["createdBy"] = null,
            ["updatedBy"] = null,
        },
        ["id"] = $"/subscriptions/{_core.Subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}",
        ["type"] = "Microsoft.Authorization/roleDefinitions",
        ["name"] = id,
    };

    [GeneratedRegex(@"(?<word>principalId\s+eq\s*|assignedTo\s*\(\s*)'(?<id>[0-9a-fA-F-]{36})'", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PrincipalFilter();

    [GeneratedRegex(@"roleName\s+eq\s+'(?<name>[^']*)'", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex RoleNameFilter();

    [GeneratedRegex(@"\btype\s+eq\s+'(?<name>[^']*)'", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex RoleTypeFilter();
}
