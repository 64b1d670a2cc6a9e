using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>
/// What actions work through and what faults take away, in the same words everywhere, so that the checker can tell a revert
/// that would have to work through what a fault took away.
/// </summary>
internal static class Reliances
{
    private const string LocalRole = "a local role on the HSM";

    /// <summary>The operator's own local roles: what every call to an HSM's data plane is permitted by.</summary>
    public static ActionReliance OperatorsRole { get; } = new(LocalRole, Text: "${operator.objectId}");

    /// <summary>The way to an HSM's data plane.</summary>
    /// <param name="member">The argument that names the HSM, or the key in it.</param>
    public static ActionReliance HsmNetwork(string member) => new("the HSM's network", member);

    /// <summary>Somebody's local roles.</summary>
    /// <param name="member">The argument that names the principal.</param>
    public static ActionReliance RoleOf(string member) => new(LocalRole, member);
}
