using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>Permissions, in the few words that descriptors write them in.</summary>
internal static class Needs
{
    /// <summary>One of Resource Manager's.</summary>
    public static ActionPermission Arm(string operation, string scope, string role) => new(PermissionPlane.ResourceManager, operation, scope, role);

    /// <summary>One of a managed HSM's own; the operation without its beginning.</summary>
    public static ActionPermission Hsm(string operation, string scope, string role) => new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/" + operation, scope, role);

    /// <summary>One of another data plane's own.</summary>
    public static ActionPermission Data(string operation, string scope, string role) => new(PermissionPlane.DataPlane, operation, scope, role);
}
