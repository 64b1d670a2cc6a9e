using System.Collections.Immutable;

namespace Runbook.Simulator.ResourceManager;

/// <summary>
/// What the resource providers say they have. Clients that are not told a version take the first one listed for the type, and
/// refuse types that are not listed, children included.
/// </summary>
internal static class Providers
{
    private static readonly string[] KeyVault = ["2023-07-01", "2024-11-01", "2022-07-01"];
    private static readonly string[] Sql = ["2023-08-01", "2021-11-01", "2022-05-01-preview", "2021-02-01-preview", "2020-11-01-preview"];
    private static readonly string[] Disks = ["2023-04-02", "2022-07-02", "2022-03-02"];
    private static readonly string[] Machines = ["2024-03-01", "2022-11-01"];
    private static readonly string[] Policy = ["2021-06-01", "2022-06-01", "2023-04-01"];

    public static ImmutableArray<(string Namespace, ImmutableArray<(string Type, string[] Versions)> Types)> All { get; } =
    [
        Of("Microsoft.KeyVault", KeyVault, "vaults", "vaults/accessPolicies", "vaults/keys", "deletedVaults", "managedHSMs", "managedHSMs/keys", "managedHSMs/privateEndpointConnections", "deletedManagedHSMs", "locations", "locations/deletedVaults", "locations/deletedManagedHSMs", "checkNameAvailability", "checkMhsmNameAvailability"),
        Of("Microsoft.ManagedIdentity", ["2023-01-31", "2022-01-31-preview"], "userAssignedIdentities", "userAssignedIdentities/federatedIdentityCredentials", "identities"),
        Of("Microsoft.Storage", ["2023-05-01", "2022-09-01"], "storageAccounts", "storageAccounts/encryptionScopes", "storageAccounts/blobServices", "storageAccounts/blobServices/containers", "locations", "locations/asyncoperations"),
        ("Microsoft.Compute",
        [
            ("diskEncryptionSets", Disks), ("disks", Disks), ("snapshots", Disks), ("images", Machines), ("virtualMachines", Machines),
            ("virtualMachineScaleSets", Machines), ("locations", Machines), ("locations/DiskOperations", Disks),
        ]),
        Of("Microsoft.Sql", Sql, "servers", "servers/keys", "servers/encryptionProtector", "servers/databases", "servers/failoverGroups", "servers/databases/transparentDataEncryption", "servers/administrators", "locations"),
        Of("Microsoft.DBforPostgreSQL", ["2024-08-01", "2022-12-01"], "flexibleServers", "flexibleServers/administrators", "flexibleServers/databases", "flexibleServers/configurations", "locations"),
        ("Microsoft.Authorization",
        [
            ("roleAssignments", ["2022-04-01", "2020-04-01-preview"]), ("roleDefinitions", ["2022-04-01", "2018-01-01-preview"]),
            ("locks", ["2020-05-01", "2016-09-01"]), ("policyDefinitions", Policy), ("policySetDefinitions", Policy),
            ("policyAssignments", Policy), ("policyExemptions", ["2022-07-01-preview"]),
        ]),
        Of("Microsoft.PolicyInsights", ["2019-10-01", "2024-10-01"], "policyStates"),
        Of("Microsoft.ResourceGraph", ["2021-03-01", "2022-10-01"], "resources"),
        ("Microsoft.Insights",
        [
            ("diagnosticSettings", ["2021-05-01-preview"]), ("diagnosticSettingsCategories", ["2021-05-01-preview"]), ("metrics", ["2018-01-01"]),
            ("actionGroups", ["2022-06-01"]), ("metricAlerts", ["2018-03-01"]), ("scheduledQueryRules", ["2021-08-01"]),
            ("activityLogAlerts", ["2020-10-01"]), ("eventtypes", ["2015-04-01"]),
        ]),
        Of("Microsoft.AlertsManagement", ["2019-05-05-preview", "2018-05-05"], "alerts"),
        Of("Microsoft.OperationalInsights", ["2022-10-01", "2015-11-01-preview"], "workspaces"),
        Of("Microsoft.Attestation", ["2021-06-01", "2020-10-01"], "attestationProviders"),
        Of("Microsoft.Resources", ["2022-09-01", "2021-04-01"], "resourceGroups", "subscriptions", "tags"),
        Of("Microsoft.ResourceHealth", ["2023-10-01-preview", "2022-10-01"], "availabilityStatuses"),
    ];

    public static string? Canonical(string name) =>
        All.Select(provider => provider.Namespace).FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The versions that a namespace's types have between them.</summary>
    public static IEnumerable<string> VersionsOf(string name) =>
        All.Where(provider => provider.Namespace.Equals(name, StringComparison.OrdinalIgnoreCase))
            .SelectMany(provider => provider.Types).SelectMany(type => type.Versions).Distinct();

    /// <summary>The type as its provider spells it.</summary>
    public static string? CanonicalType(string type)
    {
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return null;
        foreach (var (name, types) in All)
            if (name.AsSpan().Equals(type.AsSpan(0, slash), StringComparison.OrdinalIgnoreCase))
                foreach (var (known, _) in types)
                    if (known.AsSpan().Equals(type.AsSpan(slash + 1), StringComparison.OrdinalIgnoreCase))
                        return $"{name}/{known}";
        return null;
    }

    private static (string, ImmutableArray<(string, string[])>) Of(string name, string[] versions, params string[] types) =>
        (name, [.. types.Select(type => (type, versions))]);
}
