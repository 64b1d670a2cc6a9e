using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>
/// Locks: inherited downwards, and kept by every provider because they are checked before any of them. They hold the control
/// plane only; a key in a locked HSM can be deleted.
/// </summary>
internal sealed class Locks
{
    public const string Type = "Microsoft.Authorization/locks";

    private const string Path = "{scope}/providers/Microsoft.Authorization/locks/{name}";

    private readonly ArmService _arm;

    public Locks(ArmService arm)
    {
        _arm = arm;
        arm.Guard(Check);
        arm.Plug(
        [
            Op("Create or update lock", "PUT", Path, Type + "/write", Put),
            Op("Get lock", "GET", Path, Type + "/read", Get),
            Op("Delete lock", "DELETE", Path, Type + "/delete", Delete),
            Op("List locks", "GET", "{scope}/providers/Microsoft.Authorization/locks", Type + "/read", List),
        ]);
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

    /// <summary>Drops the locks of a scope that is gone.</summary>
    public static void DropWithin(EstateTransaction tx, string scope)
    {
        foreach (var (key, held) in tx.Scan(Tables.Locks).ToList())
            if (ArmId.IsWithin(held.Scope, scope))
                tx.Remove(Tables.Locks, key);
    }

    private void Check(Call call, ArmRequest request)
    {
        if (request.Type.Equals(Type, StringComparison.OrdinalIgnoreCase))
            return;
        var deletes = request.Method == "DELETE";
        var holding = call.Read().Scan(Tables.Locks).Select(pair => pair.Value)
            .Where(held => (deletes || held.Level == "ReadOnly") && Covers(held, request, deletes))
            .Select(held => held.Scope)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .ToList();
        if (holding.Count > 0)
            throw _arm.Refuse(call, 409, "ScopeLocked", $"The scope '{request.Id}' cannot perform {(deletes ? "delete" : "write")} operation because following scope(s) are locked: '{string.Join(',', holding)}'. Please remove the lock and try again.");
    }

    /// <summary>A lock holds what lies in its scope; what lies around it can't be deleted either, as it would go along.</summary>
    private static bool Covers(ManagementLock held, ArmRequest request, bool deletes) =>
        ArmId.IsWithin(request.Id, held.Scope) || (deletes && ArmId.IsWithin(held.Scope, request.Id));

    private static string KeyOf(Call call) => ArmId.Key($"{call.Value("scope")}/providers/{Type}/{call.Value("name")}");

    private static JsonObject Shape(ManagementLock held) => new()
    {
        ["properties"] = new JsonObject { ["level"] = held.Level, ["notes"] = held.Notes },
        ["id"] = held.Id,
        ["type"] = Type,
        ["name"] = held.Name,
    };

    private Answer Put(Call call)
    {
        var properties = call.Json().Loose("properties");
        var level = properties.At("level").Text();
        level = ((string[])["CanNotDelete", "ReadOnly"]).FirstOrDefault(known => known.Equals(level, StringComparison.OrdinalIgnoreCase))
            ?? throw _arm.Refuse(call, 400, "InvalidLockLevel", $"The lock level '{level}' is invalid: it must be 'CanNotDelete' or 'ReadOnly'.");
        return call.Write(tx =>
        {
            RequireScope(call, tx);
            var existing = tx.Find(Tables.Locks, KeyOf(call));
            if (existing is null && tx.Scan(Tables.Locks).Count(pair => pair.Value.Scope.Equals(call.Value("scope"), StringComparison.OrdinalIgnoreCase)) >= Limits.LocksPerScope)
                throw _arm.Refuse(call, 409, "LockCountLimitExceeded", $"A scope can have at most {Limits.LocksPerScope} locks.");
            var held = new ManagementLock
            {
                Scope = existing?.Scope ?? call.Value("scope"),
                Name = existing?.Name ?? call.Value("name"),
                Level = level,
                Notes = properties.At("notes").Text(),
            };
            tx.Put(Tables.Locks, KeyOf(call), held);
            return Answer.Json(existing is null ? 201 : 200, Shape(held));
        });
    }

    private void RequireScope(Call call, EstateView view)
    {
        if (!ArmId.TryParse(call.Value("scope"), out var scope))
            throw _arm.Refuse(call, 400, "InvalidScope", $"The scope '{call.Value("scope")}' is not a subscription, resource group or resource.");
        if (scope.Group is not null && ResourceGroups.Find(view, scope.Group) is null)
            throw _arm.Refuse(call, 404, "ResourceGroupNotFound", $"Resource group '{scope.Group}' could not be found.");
        if (scope.Namespace is not null && !view.Has(Tables.Resources, ArmId.Key(call.Value("scope"))) && _arm.Peek(call, call.Value("scope")) is null)
            throw _arm.Refuse(call, 404, "ResourceNotFound", $"The Resource '{scope.Type}/{string.Join('/', scope.Names)}' under resource group '{scope.Group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
    }

    private Answer Get(Call call) => call.Read().Find(Tables.Locks, KeyOf(call)) is { } held
        ? Answer.Json(200, Shape(held))
        : throw _arm.Refuse(call, 404, "LockNotFound", $"The lock '{call.Value("name")}' could not be found.");

    private Answer Delete(Call call) => call.Write(tx => Answer.Empty(tx.Remove(Tables.Locks, KeyOf(call)) ? 200 : 204));

    private Answer List(Call call)
    {
        var only = (call.Parameter("$filter") ?? "").Contains("atScope()", StringComparison.OrdinalIgnoreCase);
        var scope = call.Value("scope");
        return Answer.Json(200, Shapes.List(call.Read().Scan(Tables.Locks).Select(pair => pair.Value)
            .Where(held => only ? held.Scope.Equals(scope, StringComparison.OrdinalIgnoreCase) : ArmId.IsWithin(held.Scope, scope))
            .Select(Shape)));
    }
}
