using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>What one caller may read, found out once for many resources.</summary>
internal sealed class ReadableBy(EstateView view, Caller caller, DateTimeOffset now)
{
    private readonly List<(string Scope, ArmRole Role)> _grants =
    [
        .. view.Scan(Tables.RoleAssignments).Select(pair => pair.Value)
            .Where(assignment => AccessControl.IsInForce(assignment, now) && caller.Is(assignment.PrincipalId))
            .Select(assignment => (assignment.Scope, AccessControl.RoleOf(view, assignment.Role)))
            .Where(grant => grant.Item2 is not null)
            .Select(grant => (grant.Scope, grant.Item2!)),
    ];

    private readonly Dictionary<string, List<string>> _scopes = new(StringComparer.OrdinalIgnoreCase);

    public bool Allows(string type, string id)
    {
        if (!_scopes.TryGetValue(type, out var scopes))
            _scopes[type] = scopes = [.. _grants.Where(grant => AccessControl.Covers(grant.Role.Actions, grant.Role.NotActions, type + "/read")).Select(grant => grant.Scope)];
        return scopes.Exists(scope => ArmId.IsWithin(id, scope));
    }
}
