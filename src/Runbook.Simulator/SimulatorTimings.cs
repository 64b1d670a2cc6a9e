namespace Runbook.Simulator;

/// <summary>How long things take in the simulated Azure, by its own clock. The defaults are the documented or usual ones.</summary>
public sealed record SimulatorTimings
{
    /// <summary>Shortest time that a managed HSM takes to be provisioned.</summary>
    public TimeSpan HsmProvisioningAtLeast { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Longest time that a managed HSM takes to be provisioned.</summary>
    public TimeSpan HsmProvisioningAtMost { get; init; } = TimeSpan.FromMinutes(25);

    /// <summary>Time that an update of a managed HSM takes.</summary>
    public TimeSpan HsmUpdate { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time that the deletion of a managed HSM takes.</summary>
    public TimeSpan HsmDeletion { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between the first answer to a security domain download or upload and its end.</summary>
    public TimeSpan SecurityDomain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time until Resource Manager has learned what the HSM already knows.</summary>
    public TimeSpan ActivationReport { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time until a local role assignment of an HSM, or its removal, is in force.</summary>
    public TimeSpan LocalRolePropagation { get; init; } = TimeSpan.Zero;

    /// <summary>Time until a role assignment of Resource Manager, or its removal, is in force.</summary>
    public TimeSpan RolePropagation { get; init; } = TimeSpan.Zero;

    /// <summary>Time until a write in one region of an HSM can be seen in its other region.</summary>
    public TimeSpan HsmReplication { get; init; } = TimeSpan.FromMinutes(6);

    /// <summary>Time that a full backup or restore takes.</summary>
    public TimeSpan HsmBackup { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Time that the deletion of a resource group takes, its resources' own times aside.</summary>
    public TimeSpan GroupDeletion { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a storage account unwraps its data key with the customer's key, and so how long it goes on without.</summary>
    public TimeSpan StorageKeyPoll { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a storage account looks for a newer version of a key that it follows.</summary>
    public TimeSpan StorageKeyFollow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Time until what was written to a geo-redundant storage account is in its secondary region.</summary>
    public TimeSpan GeoReplication { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time that the failover of a storage account takes.</summary>
    public TimeSpan StorageFailover { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Time that other long-running operations take.</summary>
    public TimeSpan Operation { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time until a diagnostic log's record can be queried in a workspace.</summary>
    public TimeSpan LogIngestion { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time until the activity log shows what happened.</summary>
    public TimeSpan ActivityLog { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time until a policy assignment is enforced.</summary>
    public TimeSpan PolicyEnforcement { get; init; } = TimeSpan.Zero;

    /// <summary>Time until existing resources were evaluated against a new policy assignment.</summary>
    public TimeSpan PolicyEvaluation { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>What Resource Manager's running operations ask clients to wait between polls, in whole seconds.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What the HSM's running operations ask clients to wait between polls, in whole seconds.</summary>
    public TimeSpan HsmRetryAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often disks and disk encryption sets ask for their key.</summary>
    public TimeSpan DiskKeyPoll { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a disk goes on after the last good answer about its key; then its machine stops.</summary>
    public TimeSpan DiskKeyCache { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>How often a disk encryption set that follows rotation looks for a newer version.</summary>
    public TimeSpan DiskSetRotation { get; init; } = TimeSpan.FromMinutes(45);

    /// <summary>Time from a disk encryption set's new key until its disks are wrapped with it.</summary>
    public TimeSpan DiskRewrap { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a PostgreSQL server asks for its keys.</summary>
    public TimeSpan PostgresKeyPoll { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a PostgreSQL server goes on after the last good answer about its key.</summary>
    public TimeSpan PostgresKeyCache { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Time from the key's return until a PostgreSQL server is ready.</summary>
    public TimeSpan PostgresHealing { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often a PostgreSQL server with a versionless key looks for a newer version.</summary>
    public TimeSpan PostgresKeyRotation { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>How often a SQL server asks for the key that protects its databases.</summary>
    public TimeSpan SqlKeyPoll { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a SQL database goes on after the last good answer about its key.</summary>
    public TimeSpan SqlKeyCache { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a SQL database may be inaccessible and still heal by itself.</summary>
    public TimeSpan SqlHealsWithin { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Time from the key's return until a SQL database is online.</summary>
    public TimeSpan SqlHealing { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Time until the activity log tells that a SQL database lost its key or has it again.</summary>
    public TimeSpan SqlKeyReport { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often an automatic failover group looks whether its primary's region is there.</summary>
    public TimeSpan SqlFailoverPoll { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a SQL server with automatic rotation looks for a newer version of its protector.</summary>
    public TimeSpan SqlProtectorRotation { get; init; } = TimeSpan.FromMinutes(60);
}
