namespace Azure.Security.KeyVault.Administration;

/// <summary>A data action of a managed HSM's own roles. The service may know more than are named here.</summary>
public readonly struct KeyVaultDataAction : IEquatable<KeyVaultDataAction>
{
    private readonly string _value;

    /// <summary>One with the service's own spelling.</summary>
    public KeyVaultDataAction(string value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/backup/action</c>.</summary>
    public static KeyVaultDataAction BackupHsmKeys { get; } = new("Microsoft.KeyVault/managedHsm/keys/backup/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/create</c>.</summary>
    public static KeyVaultDataAction CreateHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/create");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/decrypt/action</c>.</summary>
    public static KeyVaultDataAction DecryptHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/decrypt/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/delete</c>.</summary>
    public static KeyVaultDataAction DeleteHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/delete");

    /// <summary><c>Microsoft.KeyVault/managedHsm/roleAssignments/delete/action</c>.</summary>
    public static KeyVaultDataAction DeleteRoleAssignment { get; } = new("Microsoft.KeyVault/managedHsm/roleAssignments/delete/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/roleDefinitions/delete/action</c>.</summary>
    public static KeyVaultDataAction DeleteRoleDefinition { get; } = new("Microsoft.KeyVault/managedHsm/roleDefinitions/delete/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/securitydomain/download/action</c>.</summary>
    public static KeyVaultDataAction DownloadHsmSecurityDomain { get; } = new("Microsoft.KeyVault/managedHsm/securitydomain/download/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/securitydomain/download/read</c>.</summary>
    public static KeyVaultDataAction DownloadHsmSecurityDomainStatus { get; } = new("Microsoft.KeyVault/managedHsm/securitydomain/download/read");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/encrypt/action</c>.</summary>
    public static KeyVaultDataAction EncryptHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/encrypt/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/export/action</c>.</summary>
    public static KeyVaultDataAction ExportHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/export/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/roleAssignments/read/action</c>.</summary>
    public static KeyVaultDataAction GetRoleAssignment { get; } = new("Microsoft.KeyVault/managedHsm/roleAssignments/read/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/import/action</c>.</summary>
    public static KeyVaultDataAction ImportHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/import/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/rng/action</c>.</summary>
    public static KeyVaultDataAction RandomNumbersGenerate { get; } = new("Microsoft.KeyVault/managedHsm/rng/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/deletedKeys/read/action</c>.</summary>
    public static KeyVaultDataAction ReadDeletedHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/deletedKeys/read/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/backup/status/action</c>.</summary>
    public static KeyVaultDataAction ReadHsmBackupStatus { get; } = new("Microsoft.KeyVault/managedHsm/backup/status/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/read/action</c>.</summary>
    public static KeyVaultDataAction ReadHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/read/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/restore/status/action</c>.</summary>
    public static KeyVaultDataAction ReadHsmRestoreStatus { get; } = new("Microsoft.KeyVault/managedHsm/restore/status/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/securitydomain/upload/read</c>.</summary>
    public static KeyVaultDataAction ReadHsmSecurityDomainStatus { get; } = new("Microsoft.KeyVault/managedHsm/securitydomain/upload/read");

    /// <summary><c>Microsoft.KeyVault/managedHsm/securitydomain/transferkey/read</c>.</summary>
    public static KeyVaultDataAction ReadHsmSecurityDomainTransferKey { get; } = new("Microsoft.KeyVault/managedHsm/securitydomain/transferkey/read");

    /// <summary><c>Microsoft.KeyVault/managedHsm/roleDefinitions/read/action</c>.</summary>
    public static KeyVaultDataAction ReadRoleDefinition { get; } = new("Microsoft.KeyVault/managedHsm/roleDefinitions/read/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/deletedKeys/recover/action</c>.</summary>
    public static KeyVaultDataAction RecoverDeletedHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/deletedKeys/recover/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/release/action</c>.</summary>
    public static KeyVaultDataAction ReleaseKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/release/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/restore/action</c>.</summary>
    public static KeyVaultDataAction RestoreHsmKeys { get; } = new("Microsoft.KeyVault/managedHsm/keys/restore/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/sign/action</c>.</summary>
    public static KeyVaultDataAction SignHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/sign/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/backup/start/action</c>.</summary>
    public static KeyVaultDataAction StartHsmBackup { get; } = new("Microsoft.KeyVault/managedHsm/backup/start/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/restore/start/action</c>.</summary>
    public static KeyVaultDataAction StartHsmRestore { get; } = new("Microsoft.KeyVault/managedHsm/restore/start/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/unwrap/action</c>.</summary>
    public static KeyVaultDataAction UnwrapHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/unwrap/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/securitydomain/upload/action</c>.</summary>
    public static KeyVaultDataAction UploadHsmSecurityDomain { get; } = new("Microsoft.KeyVault/managedHsm/securitydomain/upload/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/verify/action</c>.</summary>
    public static KeyVaultDataAction VerifyHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/verify/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/wrap/action</c>.</summary>
    public static KeyVaultDataAction WrapHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/wrap/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/keys/write/action</c>.</summary>
    public static KeyVaultDataAction WriteHsmKey { get; } = new("Microsoft.KeyVault/managedHsm/keys/write/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/roleAssignments/write/action</c>.</summary>
    public static KeyVaultDataAction WriteRoleAssignment { get; } = new("Microsoft.KeyVault/managedHsm/roleAssignments/write/action");

    /// <summary><c>Microsoft.KeyVault/managedHsm/roleDefinitions/write/action</c>.</summary>
    public static KeyVaultDataAction WriteRoleDefinition { get; } = new("Microsoft.KeyVault/managedHsm/roleDefinitions/write/action");

    /// <summary>Whether both are spelled alike.</summary>
    public static bool operator ==(KeyVaultDataAction left, KeyVaultDataAction right) => left.Equals(right);

    /// <summary>Whether they are spelled differently.</summary>
    public static bool operator !=(KeyVaultDataAction left, KeyVaultDataAction right) => !left.Equals(right);

    /// <summary>One with the service's own spelling.</summary>
    public static implicit operator KeyVaultDataAction(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(KeyVaultDataAction other) => string.Equals(_value, other._value, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyVaultDataAction other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(_value);

    /// <summary>The service's spelling.</summary>
    public override string ToString() => _value;
}
