using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>
/// What the built-in local roles of a managed HSM permit, as documented: for an HSM that is not there yet, or tells its role
/// definitions to nobody.
/// </summary>
internal static class BuiltInRights
{
    private const string Prefix = "Microsoft.KeyVault/managedHsm/";
    private static readonly string[] ReadRoles = ["roleAssignments/read/action", "roleDefinitions/read/action"];
    private static readonly string[] WriteRoles = [.. ReadRoles, "roleAssignments/write/action", "roleAssignments/delete/action", "roleDefinitions/write/action", "roleDefinitions/delete/action"];
    private static readonly string[] Backup = ["backup/start/action", "backup/status/action"];
    private static readonly string[] Restore = ["restore/start/action", "restore/status/action"];

    private static readonly FrozenDictionary<string, Rights> ById = All().ToFrozenDictionary(r => r.Id, StringComparer.Ordinal);

    /// <summary>The role of that GUID; <see langword="null"/> for one that is not built in.</summary>
    public static Rights? Find(string id) => ById.GetValueOrDefault(id);

    private static IEnumerable<Rights> All()
    {
        yield return Role("Managed HSM Administrator", [.. WriteRoles, .. Backup, .. Restore, "securitydomain/download/action", "securitydomain/download/read", "securitydomain/upload/action", "securitydomain/upload/read", "securitydomain/transferkey/read"]);
        yield return Role("Managed HSM Crypto Officer", [.. WriteRoles, "keys/deletedKeys/read/action", "keys/deletedKeys/recover/action", "keys/deletedKeys/delete"]);
        yield return Role("Managed HSM Crypto User", ["keys/read/action", "keys/write/action", "keys/create", "keys/import/action", "keys/rotate/action", "keys/delete", "keys/backup/action", "keys/restore/action", "keys/encrypt/action", "keys/decrypt/action", "keys/sign/action", "keys/verify/action", "keys/wrap/action", "keys/unwrap/action", "keys/release/action", "rng/action"]);
        yield return Role("Managed HSM Policy Administrator", WriteRoles);
        yield return Role("Managed HSM Crypto Auditor", [.. ReadRoles, "keys/read/action", "keys/deletedKeys/read/action"]);
        yield return Role(KeyUse.ServiceRole, ["keys/read/action", "keys/wrap/action", "keys/unwrap/action"]);
        yield return Role("Managed HSM Crypto Service Release User", ["keys/release/action"]);
        yield return Role("Managed HSM Backup", [.. Backup, "keys/backup/action"]);
        yield return Role("Managed HSM Restore", [.. Restore, "keys/restore/action"]);
    }

    private static Rights Role(string name, string[] operations) => new(LocalRoles.IdOf(name)!, name, [new RightSet([], [], [.. operations.Select(o => Prefix + o)], [])]);
}
