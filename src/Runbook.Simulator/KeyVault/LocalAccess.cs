using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>Local role-based access of a managed HSM. It knows nothing of the control plane's roles, nor they of it.</summary>
internal static class LocalAccess
{
    /// <summary>Whether an assignment in force at or above that scope grants the data action.</summary>
    /// <param name="view">The estate.</param>
    /// <param name="store">The HSM.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="action">The data action, without its prefix.</param>
    /// <param name="scope">Where.</param>
    /// <param name="now">When.</param>
    /// <param name="made">Where roles at one key cover no later version: when the version was made, in Unix seconds.</param>
    public static bool Allows(EstateView view, string store, Caller caller, string action, string scope, DateTimeOffset now, long? made = null)
    {
        foreach (var (_, assignment) in view.Scan(Tables.LocalAssignments, store + "/"))
        {
            if (!IsInForce(assignment, now) || !caller.Is(assignment.PrincipalId) || !IsPrefix(assignment.Scope, scope))
                continue;
            if (made > assignment.From.ToUnixTimeSeconds() && assignment.Scope.StartsWith("/keys/", StringComparison.OrdinalIgnoreCase))
                continue;
            if (LocalRoles.Find(assignment.Role) is { } builtIn)
            {
                if (builtIn.DataActions.Contains(action, StringComparer.OrdinalIgnoreCase))
                    return true;
            }
            else if (view.Find(Tables.LocalRoles, $"{store}/{assignment.Role}") is { } custom
                && Names(custom.DataActions, action) && !Names(custom.NotDataActions, action))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether an outer scope holds an inner one: <c>/</c> holds <c>/keys</c>, which holds <c>/keys/name</c>.</summary>
    public static bool IsPrefix(string outer, string inner) =>
        outer == "/" || string.Equals(outer, inner, StringComparison.OrdinalIgnoreCase)
        || (inner.StartsWith(outer, StringComparison.OrdinalIgnoreCase) && inner.Length > outer.Length && inner[outer.Length] == '/');

    public static bool IsInForce(LocalAssignment assignment, DateTimeOffset now) =>
        assignment.From <= now && (assignment.Until is null || now < assignment.Until);

    private static bool Names(IEnumerable<string> actions, string action) =>
        actions.Any(name => string.Equals(name, LocalRoles.Prefix + action, StringComparison.OrdinalIgnoreCase));
}
