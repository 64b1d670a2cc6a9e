namespace Runbook.Simulator;

/// <summary>
/// Behaviour that no public source states, or that was not checked: one deterministic choice each, kept together so that a
/// correction is one line. Nothing here may be told as a fact about Azure.
/// </summary>
internal static class Assumptions
{
    /// <summary>Application that user tokens are issued to.</summary>
    public const string AzureCliApplicationId = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

    /// <summary>Tolerance for clocks that differ, when a token's times are checked.</summary>
    public const long TokenLeewaySeconds = 300;

    /// <summary>How long a service goes on with a token of a managed identity before it acquires another.</summary>
    public static TimeSpan ServiceTokenLifetime { get; } = TimeSpan.FromHours(24);

    /// <summary>Refusal of key calls before an HSM was activated.</summary>
    public const string NotActivatedInner = "HsmNotActivated";

    public const string NotActivatedText = "The Managed HSM is not activated. Download the security domain first.";

    /// <summary>Resource Manager's words once the HSM is active.</summary>
    public const string ActiveText = "Your HSM has been activated and can be used for cryptographic operations.";

    /// <summary>Resource Manager's words between the two.</summary>
    public const string NotActiveText =
        "Your HSM has been provisioned, but cannot be used for cryptographic operations until it is activated. To activate the HSM, download the security domain.";

    public const string ProvisionedText = "The Managed HSM is provisioned and ready to use.";

    /// <summary>Size of a symmetric key for which the request names none, in bits.</summary>
    public const int DefaultOctBits = 256;

    /// <summary>Operations of a symmetric key for which the request names none.</summary>
    public static IReadOnlyList<string> DefaultOctOperations { get; } = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];

    /// <summary>Refusal of the removal of an HSM's last Administrator.</summary>
    public const string LastAdministratorText = "The last Managed HSM Administrator assignment cannot be deleted.";

    public const string BuiltInRoleText = "Built-in role definitions cannot be deleted.";

    public const string VersionLimitText = "The key has reached its maximum number of versions.";

    // Codes of role assignments: the first is the simulator's own, the second no public list names.
    public const string ConditionNotSimulated = "RoleAssignmentConditionNotSupported";
    public const string RoleNotAssignable = "RoleDefinitionNotAssignableAtScope";

    // Codes of Azure SQL that no public list names.
    public const string SqlRestoreNeedsKeys = "TargetServerMissingAkvUris";
    public const string SqlPrimaryIdentityMissing = "PrimaryIdentityNotProvided";
    public const string SqlPrimaryIdentityForeign = "InvalidPrimaryUserAssignedIdentity";
    public const string SqlServerInFailoverGroup = "CannotDeleteServerInFailoverGroup";
    public const string SqlDatabaseElsewhere = "MismatchingRegion";

    // Codes of PostgreSQL flexible servers about their state.
    public const string PostgresWrongState = "ServerNotInExpectedState";
    public const string PostgresBurstable = "FeatureNotSupportedOnBurstable";
    public const string PostgresIdentityForeign = "UserAssignedIdentityNotAssigned";

    // Codes of PostgreSQL flexible servers about keys: no public list names them.
    public const string PostgresKeyNotAccessible = "DataEncryptionKeyNotAccessible";
    public const string PostgresKeyElsewhere = "DataEncryptionKeyInDifferentRegion";
    public const string PostgresEncryptionFixed = "DataEncryptionTypeCannotBeChanged";
    public const string PostgresInaccessible = "ServerIsInaccessible";

    // Code with which a provider refuses a resource that the subscription's quota has no room for. Public reports of Compute show a 409
    // with OperationNotAllowed and these words; that the others say it so is assumed.
    public const string ComputeQuota = "OperationNotAllowed";
    public const string QuotaExceeded = "QuotaExceeded";

    // Codes with which Compute refuses keys, where no public report names one.
    public const string DiskKeyExpired = "KeyVaultKeyExpired";
    public const string DiskKeyUnfit = "InvalidKeyVaultKey";
    public const string DiskStoreNotFound = "KeyVaultNotFound";
    public const string DiskStoreUnavailable = "KeyVaultUnavailable";
    public const string DiskStoreUnprotected = "KeyVaultPurgeProtectionNotEnabled";
    public const string DiskStoreElsewhere = "KeyVaultAndDiskInDifferentRegions";

    // Codes with which Policy refuses definitions, assignments, exemptions and questions about states, where no public source names
    // one. The words behind them, and behind every other refusal of Policy but RequestDisallowedByPolicy, are the simulator's own.
    public const string PolicyScopeUnfit = "InvalidPolicyScope";
    public const string PolicyEffectUnknown = "InvalidPolicyRuleEffect";
    public const string PolicyModeUnknown = "InvalidPolicyDefinitionMode";
    public const string PolicyEnforcementUnknown = "InvalidPolicyAssignmentEnforcementMode";
    public const string PolicyExemptionUnfit = "InvalidPolicyExemption";
    public const string PolicyBuiltInDeleted = "PolicyDefinitionDeleteForbidden";
    public const string PolicySetInUse = "PolicySetDefinitionInUse";
    public const string PolicyInUse = "PolicyDefinitionInUse";
    public const string PolicySetEmpty = "InvalidCreatePolicySetDefinitionRequest";
    public const string PolicyStatesFilter = "InvalidFilterInQueryString";
    public const string PolicyStatesApply = "InvalidApplyInQueryString";
    public const string PolicyExemptionMissing = "PolicyExemptionNotFound";

    // Codes with which Monitor refuses alert rules, action groups and changes to alerts. Public sources show that there is a 400 or a
    // 404 and name no code; the words are the simulator's own.
    public const string AlertRefused = "BadRequest";
    public const string AlertMissing = "NotFound";

    /// <summary>
    /// Automatic rotation of a disk encryption set stops at an error "until the error is fixed": fixed is taken to mean that the set
    /// was written again, and not that the key works again.
    /// </summary>
    public const bool DiskRotationWaitsForUpdate = true;

    /// <summary>Refusal of keys through the control plane while the setting of the managed HSM does not allow them.</summary>
    public const string KeysThroughControlPlaneOff = "Forbidden";

    /// <summary>Application id of the Managed HSM service, as which v2 tokens may name their audience.</summary>
    public const string ManagedHsmApplicationId = "589d5083-6f11-4d30-a62a-a4b316a14abf";

    /// <summary>What a call takes by the service's own account, where no fault makes it longer.</summary>
    public static TimeSpan UsualDuration { get; } = TimeSpan.FromMilliseconds(8);

    /// <summary>What the purge of a protected key or HSM is refused with.</summary>
    public const string PurgeProtectedText =
        "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.";

    /// <summary>Zeros behind an imported private key are taken for padding to this many bytes, the block of AES key wrap.</summary>
    public const int KeyWrapBlockBytes = 8;
}
