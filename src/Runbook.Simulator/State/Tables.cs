using Runbook.Simulator.Attestation;
using Runbook.Simulator.Compute;
using Runbook.Simulator.Identity;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.Monitor;
using Runbook.Simulator.Policy;
using Runbook.Simulator.Postgres;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.Sql;
using Runbook.Simulator.Storage;

namespace Runbook.Simulator.State;

/// <summary>Every collection of the estate. A new one goes to the end; a name is never given to something else.</summary>
internal static class Tables
{
    private static int _next;

    public static readonly Table<MetaRow> Meta = new("meta", _next++, EstateJson.Default.MetaRow);
    public static readonly Table<DueItem> Due = new("due", _next++, EstateJson.Default.DueItem);
    public static readonly Table<Principal> Principals = new("principals", _next++, EstateJson.Default.Principal);

    /// <summary>Object ids by application id.</summary>
    public static readonly Table<MetaRow> Applications = new("applications", _next++, EstateJson.Default.MetaRow);

    public static readonly Table<FaultRule> Faults = new("faults", _next++, EstateJson.Default.FaultRule);
    public static readonly Table<ResourceGroup> Groups = new("resourceGroups", _next++, EstateJson.Default.ResourceGroup);
    public static readonly Table<Resource> Resources = new("resources", _next++, EstateJson.Default.Resource);
    public static readonly Table<RoleAssignment> RoleAssignments = new("roleAssignments", _next++, EstateJson.Default.RoleAssignment);
    public static readonly Table<CustomRole> Roles = new("roleDefinitions", _next++, EstateJson.Default.CustomRole);
    public static readonly Table<AsyncOperation> Operations = new("operations", _next++, EstateJson.Default.AsyncOperation);

    /// <summary>Registration state of resource providers, by namespace in lower case.</summary>
    public static readonly Table<MetaRow> Registrations = new("registrations", _next++, EstateJson.Default.MetaRow);

    public static readonly Table<KeyStore> Stores = new("keyStores", _next++, EstateJson.Default.KeyStore);
    public static readonly Table<KeyObject> Keys = new("keys", _next++, EstateJson.Default.KeyObject);
    public static readonly Table<KeyObject> DeletedKeys = new("deletedKeys", _next++, EstateJson.Default.KeyObject);
    public static readonly Table<KeyVersion> KeyVersions = new("keyVersions", _next++, EstateJson.Default.KeyVersion);
    public static readonly Table<LocalAssignment> LocalAssignments = new("localRoleAssignments", _next++, EstateJson.Default.LocalAssignment);
    public static readonly Table<LocalRole> LocalRoles = new("localRoleDefinitions", _next++, EstateJson.Default.LocalRole);

    /// <summary>Key sets (JWKS) of issuers outside the tenant, by issuer.</summary>
    public static readonly Table<MetaRow> OutsideIssuers = new("outsideIssuers", _next++, EstateJson.Default.MetaRow);

    public static readonly Table<HsmJob> HsmJobs = new("hsmJobs", _next++, EstateJson.Default.HsmJob);

    /// <summary>Resources that depend on keys, by resource and what of it.</summary>
    public static readonly Table<KeyLink> KeyLinks = new("keyLinks", _next++, EstateJson.Default.KeyLink);

    public static readonly Table<ManagementLock> Locks = new("locks", _next++, EstateJson.Default.ManagementLock);

    /// <summary>Entries of the activity log, by time.</summary>
    public static readonly Table<ActivityEvent> Activity = new("activity", _next++, EstateJson.Default.ActivityEvent);

    /// <summary>Policy definitions, initiatives, assignments and exemptions, by id.</summary>
    public static readonly Table<PolicyObject> Policies = new("policies", _next++, EstateJson.Default.PolicyObject);

    /// <summary>What the last evaluation of a resource against an assignment found.</summary>
    public static readonly Table<PolicyState> PolicyStates = new("policyStates", _next++, EstateJson.Default.PolicyState);

    /// <summary>Diagnostic settings with the time for which they held, by resource, name and time.</summary>
    public static readonly Table<DiagnosticSetting> DiagnosticSettings = new("diagnosticSettings", _next++, EstateJson.Default.DiagnosticSetting);

    public static readonly Table<StorageAccount> StorageAccounts = new("storageAccounts", _next++, EstateJson.Default.StorageAccount);
    public static readonly Table<EncryptionScope> EncryptionScopes = new("encryptionScopes", _next++, EstateJson.Default.EncryptionScope);

    /// <summary>By account and name; copies in a secondary region by the account's secondary name.</summary>
    public static readonly Table<BlobContainer> Containers = new("blobContainers", _next++, EstateJson.Default.BlobContainer);

    public static readonly Table<BlobItem> Blobs = new("blobs", _next++, EstateJson.Default.BlobItem);
    public static readonly Table<BlobChunk> Chunks = new("blobChunks", _next++, EstateJson.Default.BlobChunk);

    /// <summary>Blocks that no blob has yet, by blob, a line feed, and their own id.</summary>
    public static readonly Table<StagedBlock> StagedBlocks = new("stagedBlocks", _next++, EstateJson.Default.StagedBlock);

    /// <summary>Databases of Azure SQL, by id in lower case.</summary>
    public static readonly Table<SqlDatabaseState> SqlDatabases = new("sqlDatabases", _next++, EstateJson.Default.SqlDatabaseState);

    /// <summary>Contents of disks, by id in lower case.</summary>
    public static readonly Table<DiskState> Disks = new("disks", _next++, EstateJson.Default.DiskState);

    /// <summary>Power of virtual machines, by id in lower case.</summary>
    public static readonly Table<MachineState> Machines = new("machines", _next++, EstateJson.Default.MachineState);

    /// <summary>Contents of PostgreSQL flexible servers, by id in lower case.</summary>
    public static readonly Table<PostgresState> PostgresServers = new("postgresServers", _next++, EstateJson.Default.PostgresState);

    /// <summary>Ids of alert rules with their type.</summary>
    public static readonly Table<MetaRow> AlertRules = new("alertRules", _next++, EstateJson.Default.MetaRow);

    public static readonly Table<Alert> Alerts = new("alerts", _next++, EstateJson.Default.Alert);
    public static readonly Table<AlertProgress> AlertProgress = new("alertProgress", _next++, EstateJson.Default.AlertProgress);
    public static readonly Table<Notification> Notifications = new("notifications", _next++, EstateJson.Default.Notification);

    /// <summary>Keys of the attestation providers that somebody made, by host name.</summary>
    public static readonly Table<MetaRow> AttestationHosts = new("attestationHosts", _next++, EstateJson.Default.MetaRow);

    public static readonly Table<AttestationProvider> AttestationProviders = new("attestationProviders", _next++, EstateJson.Default.AttestationProvider);

    public static readonly Table[] All =
    [
        Meta, Due, Principals, Applications, Faults, Groups, Resources, RoleAssignments, Roles, Operations, Registrations,
        Stores, Keys, DeletedKeys, KeyVersions, LocalAssignments, LocalRoles, OutsideIssuers,
        HsmJobs,
        KeyLinks, Locks, Activity, Policies, PolicyStates, DiagnosticSettings,
        StorageAccounts, EncryptionScopes, Containers, Blobs, Chunks, StagedBlocks,
        SqlDatabases, Disks, Machines, PostgresServers,
        AlertRules, Alerts, AlertProgress, Notifications,
        AttestationHosts, AttestationProviders,
    ];
}
