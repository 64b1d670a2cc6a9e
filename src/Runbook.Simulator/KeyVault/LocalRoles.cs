using System.Collections.Immutable;

namespace Runbook.Simulator.KeyVault;

/// <summary>A built-in role of a managed HSM; its data actions are without their common prefix.</summary>
internal sealed record BuiltInLocalRole(string Id, string Name, ImmutableArray<string> DataActions);

/// <summary>The data actions of a managed HSM and the roles that it brings along.</summary>
internal static class LocalRoles
{
    public const string Prefix = "Microsoft.KeyVault/managedHsm/";
    public const string Administrator = "a290e904-7015-4bba-90c8-60543313cdb4";
    public const string CryptoOfficer = "515eb02d-2335-4d2d-92f2-b1cbdf9c3778";
    public const string CryptoUser = "21dbd100-6940-42c2-9190-5d6cb909625b";

    private static readonly string[] RoleReading = ["roleAssignments/read/action", "roleDefinitions/read/action"];

    private static readonly string[] RoleWriting =
        ["roleAssignments/write/action", "roleAssignments/delete/action", "roleDefinitions/write/action", "roleDefinitions/delete/action"];

    private static readonly string[] SecurityDomain =
    [
        "securitydomain/download/action", "securitydomain/download/read", "securitydomain/upload/action", "securitydomain/upload/read",
        "securitydomain/transferkey/read",
    ];

    /// <summary>Every data action that exists; roles may not name others.</summary>
    public static ImmutableHashSet<string> DataActions { get; } = ImmutableHashSet.CreateRange(StringComparer.OrdinalIgnoreCase,
    [
        .. RoleReading, .. RoleWriting, .. SecurityDomain,
        "keys/read/action", "keys/write/action", "keys/create", "keys/import/action", "keys/rotate/action", "keys/delete",
        "keys/deletedKeys/read/action", "keys/deletedKeys/recover/action", "keys/deletedKeys/delete",
        "keys/backup/action", "keys/restore/action", "keys/encrypt/action", "keys/decrypt/action", "keys/wrap/action",
        "keys/unwrap/action", "keys/sign/action", "keys/verify/action", "keys/export/action", "keys/release/action", "rng/action",
        "backup/start/action", "backup/status/action", "restore/start/action", "restore/status/action",
    ]);

    public static ImmutableArray<BuiltInLocalRole> All { get; } =
    [
        Role(Administrator, "Managed HSM Administrator", [.. SecurityDomain, .. RoleReading, .. RoleWriting, "backup/start/action", "backup/status/action", "restore/start/action", "restore/status/action"]),
        Role(CryptoOfficer, "Managed HSM Crypto Officer", [.. RoleReading, .. RoleWriting, "keys/deletedKeys/read/action", "keys/deletedKeys/recover/action", "keys/deletedKeys/delete"]),
        Role(CryptoUser, "Managed HSM Crypto User",
        [
            "keys/read/action", "keys/create", "keys/write/action", "keys/rotate/action", "keys/delete", "keys/import/action", "keys/backup/action",
            "keys/restore/action", "keys/encrypt/action", "keys/decrypt/action", "keys/sign/action", "keys/verify/action", "keys/wrap/action",
            "keys/unwrap/action", "keys/release/action", "rng/action",
        ]),
        Role("4bd23610-cdcf-4971-bdee-bdc562cc28e4", "Managed HSM Policy Administrator", [.. RoleReading, .. RoleWriting]),
        Role("2c18b078-7c48-4d3a-af88-5a3a1b3f82b3", "Managed HSM Crypto Auditor", [.. RoleReading, "keys/read/action", "keys/deletedKeys/read/action"]),
        Role("33413926-3206-4cdd-b39a-83574fe37a17", "Managed HSM Crypto Service Encryption User", ["keys/read/action", "keys/wrap/action", "keys/unwrap/action"]),
        Role("21dbd100-6940-42c2-9190-5d6cb909625c", "Managed HSM Crypto Service Release User", ["keys/release/action"]),
        Role("7b127d3c-77bd-4e3e-bbe0-dbb8971fa7f8", "Managed HSM Backup", ["backup/start/action", "backup/status/action", "keys/backup/action"]),
        Role("6efe6056-5259-49d2-8b3d-d3d73544b20b", "Managed HSM Restore", ["restore/start/action", "restore/status/action", "keys/restore/action"]),
    ];

    public static BuiltInLocalRole? Find(string id) => All.FirstOrDefault(role => string.Equals(role.Id, id, StringComparison.OrdinalIgnoreCase));

    private static BuiltInLocalRole Role(string id, string name, string[] actions) => new(id, name, [.. actions]);
}
