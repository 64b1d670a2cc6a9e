using Runbook.Simulator.Faults;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Role-based access of the control plane: who may do what at which scope, right now.</summary>
internal static class AccessControl
{
    /// <summary>Whether an assignment in force at or above that scope grants the action.</summary>
    public static bool Allows(EstateView view, Caller caller, string action, string scope, DateTimeOffset now) =>
        Grants(view, caller, scope, now).Any(role => Covers(role.Actions, role.NotActions, action));

    /// <summary>The same for a data action.</summary>
    public static bool AllowsData(EstateView view, Caller caller, string action, string scope, DateTimeOffset now) =>
        Grants(view, caller, scope, now).Any(role => Covers(role.DataActions, role.NotDataActions, action));

    /// <summary>Assignments that apply to somebody at a scope.</summary>
    public static IEnumerable<RoleAssignment> AssignmentsFor(EstateView view, Caller caller, string scope, DateTimeOffset now) =>
        view.Scan(Tables.RoleAssignments).Select(pair => pair.Value)
            .Where(assignment => IsInForce(assignment, now) && ArmId.IsWithin(scope, assignment.Scope) && caller.Is(assignment.PrincipalId));

    public static bool IsInForce(RoleAssignment assignment, DateTimeOffset now) =>
        assignment.From <= now && (assignment.Until is null || now < assignment.Until);

    public static ArmRole? RoleOf(EstateView view, string id) =>
        ArmRoles.Find(id) ?? (view.Find(Tables.Roles, id.ToLowerInvariant()) is { } custom
            ? new ArmRole(custom.Name, custom.RoleName, [.. custom.Actions], [.. custom.NotActions], [.. custom.DataActions], [.. custom.NotDataActions])
            : null);

    private static IEnumerable<ArmRole> Grants(EstateView view, Caller caller, string scope, DateTimeOffset now) =>
        AssignmentsFor(view, caller, scope, now).Select(assignment => RoleOf(view, assignment.Role)).OfType<ArmRole>();

    /// <summary>Whether granted and withheld patterns leave that action.</summary>
    public static bool Covers(IEnumerable<string> granted, IEnumerable<string> withheld, string action) =>
        granted.Any(pattern => Glob.Matches(pattern, action)) && !withheld.Any(pattern => Glob.Matches(pattern, action));
}
