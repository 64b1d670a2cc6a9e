using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>Role assignments and definitions on a managed HSM's own data plane.</summary>
internal sealed partial class LocalRoleRoutes
{
    private const string Assignments = "{scope}/providers/Microsoft.Authorization/roleAssignments";
    private const string Definitions = "{scope}/providers/Microsoft.Authorization/roleDefinitions";
    private const string Gone = "local-role-assignment-gone";

    private readonly SimulatorCore _core;
    private readonly HsmService _hsm;

    public LocalRoleRoutes(SimulatorCore core, HsmService hsm)
    {
        _core = core;
        _hsm = hsm;
        core.Work.OnChange(Gone, static (tx, item) =>
        {
            // The name may have been given to a new assignment meanwhile.
            if (tx.Find(Tables.LocalAssignments, item.Target)?.Until == item.Due)
                tx.Remove(Tables.LocalAssignments, item.Target);
        });
        hsm.Plug(
        [
            Op("Create role assignment", "PUT", Assignments + "/{name}", "roleAssignments/write/action", PutAssignment),
            Op("Get role assignment", "GET", Assignments + "/{name}", "roleAssignments/read/action", GetAssignment),
            Op("Delete role assignment", "DELETE", Assignments + "/{name}", "roleAssignments/delete/action", DeleteAssignment),
            Op("List role assignments", "GET", Assignments, "roleAssignments/read/action", ListAssignments),
            Op("Create or update role definition", "PUT", Definitions + "/{name}", "roleDefinitions/write/action", PutDefinition),
            Op("Get role definition", "GET", Definitions + "/{name}", "roleDefinitions/read/action", GetDefinition),
            Op("Delete role definition", "DELETE", Definitions + "/{name}", "roleDefinitions/delete/action", DeleteDefinition),
            Op("List role definitions", "GET", Definitions, "roleDefinitions/read/action", ListDefinitions),
        ]);
    }

    private static Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ManagedHsm,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    private static string ScopeOf(Call call)
    {
        var scope = call.Value("scope");
        if (scope.Length == 0)
            return "/";
        return ScopeForm().IsMatch(scope) ? scope : throw KeyVaultService.BadParameter(call, $"Invalid scope: {scope}");
    }

    private static Guid NameOf(Call call, string what) =>
        Guid.TryParse(call.Value("name"), out var name) ? name : throw KeyVaultService.BadParameter(call, $"{what} name must be a GUID");

    private LocalAssignment? Find(EstateView view, Call call) =>
        view.Find(Tables.LocalAssignments, $"{_hsm.StoreOf(view, call).Key}/{NameOf(call, "Role assignment")}") is { Until: null } found
        && string.Equals(found.Scope, ScopeOf(call), StringComparison.OrdinalIgnoreCase)
            ? found
            : null;

    private static RefusedException NotFound(Call call) =>
        KeyVaultService.Refuse(call, 404, "RoleAssignmentNotFound", "Requested role assignment not found");

    private Answer PutAssignment(Call call)
    {
        var scope = ScopeOf(call);
        var name = NameOf(call, "Role assignment").ToString();
        var properties = call.Json().Loose("properties") ?? throw KeyVaultService.BadParameter(call, "Property properties is required");
        if (properties.Loose("principalId").Text() is not { Length: > 0 } principal || !Guid.TryParse(principal, out var principalId))
            throw KeyVaultService.BadParameter(call, "Property principalId must be a GUID");
        if (properties.Loose("roleDefinitionId").Text() is not { } definition || !RoleId().IsMatch(definition))
            throw KeyVaultService.BadParameter(call, "Property roleDefinitionId must end in /roleDefinitions/ and a GUID");
        var role = definition[(definition.LastIndexOf('/') + 1)..].ToLowerInvariant();
        return call.Write(tx =>
        {
            var store = _hsm.StoreOf(tx, call);
            if (LocalRoles.Find(role) is null && !tx.Has(Tables.LocalRoles, $"{store.Key}/{role}"))
                throw KeyVaultService.Refuse(call, 404, "RoleDefinitionDoesNotExist", $"The specified role definition with ID '{role}' does not exist.");
            foreach (var (_, other) in tx.Scan(Tables.LocalAssignments, store.Key + "/"))
            {
                if (other.Until is not null)
                    continue;
                var same = other.Role == role && other.PrincipalId == principalId.ToString() && string.Equals(other.Scope, scope, StringComparison.OrdinalIgnoreCase);
                if (same && other.Name == name)
                    return Answer.Json(201, Shape(other));
                if (same)
                    throw KeyVaultService.Refuse(call, 409, "RoleAssignmentExists", "The role assignment already exists.");
                if (other.Name == name)
                    throw KeyVaultService.Refuse(call, 409, "RoleAssignmentUpdateNotPermitted", "Principal ID, role definition ID and scope are not allowed to be updated.");
            }
            RequireRoom(call, tx, store, scope);
            var assignment = new LocalAssignment
            {
                Store = store.Key,
                Name = name,
                Scope = scope,
                Role = role,
                PrincipalId = principalId.ToString(),
                From = tx.Now + Delay(),
            };
            tx.Put(Tables.LocalAssignments, assignment.Key, assignment);
            return Answer.Json(201, Shape(assignment));
        });
    }

    private static void RequireRoom(Call call, EstateView view, KeyStore store, string scope)
    {
        var wide = !scope.StartsWith("/keys/", StringComparison.OrdinalIgnoreCase);
        var held = view.Scan(Tables.LocalAssignments, store.Key + "/").Select(pair => pair.Value)
            .Count(assignment => assignment.Until is null && (wide
                ? !assignment.Scope.StartsWith("/keys/", StringComparison.OrdinalIgnoreCase)
                : string.Equals(assignment.Scope, scope, StringComparison.OrdinalIgnoreCase)));
        if (held >= (wide ? Limits.HsmWideAssignments : Limits.AssignmentsPerKey))
            throw KeyVaultService.Refuse(call, 403, "Forbidden", "The limit of role assignments at this scope is reached.", "RoleAssignmentLimitExceeded");
    }

    private TimeSpan Delay()
    {
        var slow = _core.Faults.GrantDelay();
        return slow > _core.Timings.LocalRolePropagation ? slow : _core.Timings.LocalRolePropagation;
    }

    private Answer GetAssignment(Call call) =>
        Find(call.Read(), call) is { } assignment ? Answer.Json(200, Shape(assignment)) : throw NotFound(call);

    private Answer DeleteAssignment(Call call) => call.Write(tx =>
    {
        var assignment = Find(tx, call) ?? throw NotFound(call);
        if (assignment is { Role: LocalRoles.Administrator, Scope: "/" } && !_core.Choices.LastAdministratorMayGo
            && tx.Scan(Tables.LocalAssignments, assignment.Store + "/").Count(pair => pair.Value is { Role: LocalRoles.Administrator, Scope: "/", Until: null }) == 1)
            throw KeyVaultService.BadParameter(call, Assumptions.LastAdministratorText);
        var delay = Delay();
        if (delay > TimeSpan.Zero)
        {
            tx.Put(Tables.LocalAssignments, assignment.Key, assignment with { Until = tx.Now + delay });
            tx.Schedule(tx.Now + delay, Gone, assignment.Key);
        }
        else
        {
            tx.Remove(Tables.LocalAssignments, assignment.Key);
        }
        return Answer.Json(200, Shape(assignment));
    });

    private Answer ListAssignments(Call call)
    {
        var view = call.Read();
        var scope = ScopeOf(call);
        var store = _hsm.StoreOf(view, call);
        var all = view.Scan(Tables.LocalAssignments, store.Key + "/").Select(pair => pair.Value).Where(assignment => assignment.Until is null);
        var filter = call.Parameter("$filter") ?? "";
        if (PrincipalFilter().Match(filter) is { Success: true } match)
        {
            var principal = match.Groups["id"].Value.ToLowerInvariant();
            all = all.Where(assignment => assignment.PrincipalId == principal && (LocalAccess.IsPrefix(assignment.Scope, scope) || LocalAccess.IsPrefix(scope, assignment.Scope)));
        }
        else if (filter.Contains("atScope()", StringComparison.OrdinalIgnoreCase))
        {
            all = all.Where(assignment => LocalAccess.IsPrefix(assignment.Scope, scope));
        }
        else
        {
            // Without a filter a level shows its own assignments only, not those of the levels below.
            all = all.Where(assignment => string.Equals(assignment.Scope, scope, StringComparison.OrdinalIgnoreCase));
        }
        var value = new JsonArray();
        foreach (var assignment in all)
            value.Add((JsonNode)Shape(assignment));
        return Answer.Json(200, new JsonObject { ["value"] = value });
    }

    private static JsonObject Shape(LocalAssignment assignment) => new()
    {
        ["id"] = $"{(assignment.Scope == "/" ? "" : assignment.Scope)}/providers/Microsoft.Authorization/roleAssignments/{assignment.Name}",
        ["name"] = assignment.Name,
        ["properties"] = new JsonObject
        {
            ["principalId"] = assignment.PrincipalId,
            ["roleDefinitionId"] = IdOf(assignment.Role),
            ["scope"] = assignment.Scope,
        },
        ["type"] = "Microsoft.Authorization/roleAssignments",
    };

    private static string IdOf(string role) => $"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{role}";

    private Answer PutDefinition(Call call)
    {
        ScopeOf(call);
        var name = NameOf(call, "Role definition").ToString();
        if (LocalRoles.Find(name) is not null)
            throw KeyVaultService.BadParameter(call, "Cannot re-use the name/GUID matching that of a built-in role. Please use a unique role ID.");
        var properties = call.Json().Loose("properties") ?? throw KeyVaultService.BadParameter(call, "Property properties is required");
        var permissions = properties.Loose("permissions") is { ValueKind: System.Text.Json.JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        List<string> Actions(string member) => [.. permissions.SelectMany(permission => permission.Loose(member).Texts() ?? [])];
        var dataActions = Actions("dataActions");
        var notDataActions = Actions("notDataActions");
        foreach (var action in dataActions.Concat(notDataActions))
            if (!action.StartsWith(LocalRoles.Prefix, StringComparison.OrdinalIgnoreCase) || !LocalRoles.DataActions.Contains(action[LocalRoles.Prefix.Length..]))
                throw KeyVaultService.BadParameter(call, $"The data action '{action}' does not exist");
        return call.Write(tx =>
        {
            var store = _hsm.StoreOf(tx, call);
            if (!tx.Has(Tables.LocalRoles, $"{store.Key}/{name}") && tx.CountWithPrefix(Tables.LocalRoles, store.Key + "/") >= Limits.CustomRoles)
                throw KeyVaultService.Refuse(call, 403, "Forbidden", "The limit of custom role definitions is reached.", "RoleDefinitionLimitExceeded");
            var role = new LocalRole
            {
                Store = store.Key,
                Name = name,
                RoleName = properties.Loose("roleName").Text() ?? "",
                Description = properties.Loose("description").Text() ?? "",
                Actions = Actions("actions"),
                NotActions = Actions("notActions"),
                DataActions = dataActions,
                NotDataActions = notDataActions,
            };
            tx.Put(Tables.LocalRoles, role.Key, role);
            return Answer.Json(201, Shape(role));
        });
    }

    private Answer GetDefinition(Call call)
    {
        var name = NameOf(call, "Role definition").ToString();
        var view = call.Read();
        if (LocalRoles.Find(name) is { } builtIn)
            return Answer.Json(200, Shape(builtIn));
        return view.Find(Tables.LocalRoles, $"{_hsm.StoreOf(view, call).Key}/{name}") is { } role
            ? Answer.Json(200, Shape(role))
            : throw KeyVaultService.Refuse(call, 404, "RoleDefinitionNotFound", "Requested role definition not found");
    }

    private Answer DeleteDefinition(Call call)
    {
        var name = NameOf(call, "Role definition").ToString();
        if (LocalRoles.Find(name) is not null)
            throw KeyVaultService.BadParameter(call, Assumptions.BuiltInRoleText);
        return call.Write(tx =>
        {
            var key = $"{_hsm.StoreOf(tx, call).Key}/{name}";
            var role = tx.Find(Tables.LocalRoles, key) ?? throw KeyVaultService.Refuse(call, 404, "RoleDefinitionNotFound", "Requested role definition not found");
            tx.Remove(Tables.LocalRoles, key);
            return Answer.Json(200, Shape(role));
        });
    }

    private Answer ListDefinitions(Call call)
    {
        var view = call.Read();
        var value = new JsonArray();
        foreach (var role in LocalRoles.All)
            value.Add((JsonNode)Shape(role));
        foreach (var (_, role) in view.Scan(Tables.LocalRoles, _hsm.StoreOf(view, call).Key + "/"))
            value.Add((JsonNode)Shape(role));
        return Answer.Json(200, new JsonObject { ["value"] = value });
    }

    private static JsonObject Shape(BuiltInLocalRole role) =>
        Shape(role.Id, role.Name, "", "AKVBuiltInRole", [], [], role.DataActions.Select(action => LocalRoles.Prefix + action), []);

    private static JsonObject Shape(LocalRole role) =>
        Shape(role.Name, role.RoleName, role.Description, "CustomRole", role.Actions, role.NotActions, role.DataActions, role.NotDataActions);

    private static JsonObject Shape(
        string id, string name, string description, string type, IEnumerable<string> actions, IEnumerable<string> notActions, IEnumerable<string> dataActions, IEnumerable<string> notDataActions) => new()
        {
            ["id"] = IdOf(id),
            ["name"] = id,
            ["properties"] = new JsonObject
            {
                ["assignableScopes"] = new JsonArray("/"),
                ["description"] = description,
                ["permissions"] = new JsonArray(new JsonObject
                {
                    ["actions"] = Texts(actions),
                    ["dataActions"] = Texts(dataActions),
                    ["notActions"] = Texts(notActions),
                    ["notDataActions"] = Texts(notDataActions),
                }),
                ["roleName"] = name,
                ["type"] = type,
            },
            ["type"] = "Microsoft.Authorization/roleDefinitions",
        };

    private static JsonArray Texts(IEnumerable<string> items)
    {
        var array = new JsonArray();
        foreach (var item in items)
            array.Add((JsonNode)item);
        return array;
    }

    [GeneratedRegex("^/keys(/[0-9a-zA-Z-]{1,127})?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ScopeForm();

    [GeneratedRegex("(^|/)roleDefinitions/[0-9a-fA-F-]{36}$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex RoleId();

    [GeneratedRegex("principalId\\s+eq\\s+'?(?<id>[0-9a-fA-F-]{36})'?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PrincipalFilter();
}
