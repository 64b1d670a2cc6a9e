using Runbook.Simulator.KeyLinks;

namespace Runbook.Simulator.Storage;

/// <summary>
/// Behaviour of storage that no public source states, or that was not checked: one choice each. Nothing here may be told as a
/// fact about Azure.
/// </summary>
internal static class StorageAssumptions
{
    /// <summary>Refusal of anything that goes through a disabled scope; only the status is documented.</summary>
    public const string ScopeDisabledCode = "EncryptionScopeDisabled";

    public const string ScopeDisabledText = "The encryption scope is disabled.";

    /// <summary>Refusal of a write that names another scope than its container allows; only that it fails is documented.</summary>
    public const string ScopeOverrideCode = "RequestForbiddenByContainerEncryptionPolicy";

    public const string ScopeOverrideText = "The container denies writes with another encryption scope than its default one.";

    /// <summary>Refusal of a copy whose source can't be read, with the status that reading it would have; from reports of users.</summary>
    public const string CopySourceCode = "CannotVerifyCopySource";

    /// <summary>Refusal of a failover of an account that has no secondary region.</summary>
    public const string NotGeoRedundantCode = "AccountFailoverNotSupported";

    public const string ImmutablePropertyCode = "InvalidRequestPropertyValue";

    public const string InfrastructureFixedText = "The value of property 'requireInfrastructureEncryption' cannot be changed after account creation.";

    public const string PrerequisitesText =
        "Missing pre-requisites to enable EncryptionAtRest/Customer Managed Key for this storage account. For more information, see - https://aka.ms/storagecmkconfiguration";

    /// <summary>How the control plane refuses a key that can't be taken into use.</summary>
    public static (int Status, string Code, string Text) RefusalOf(KeyFault fault) => fault.Trouble switch
    {
        KeyTrouble.NoPurgeProtection => (400, "KeyVaultPolicyError", "Keyvault policy recoverable is not set"),
        KeyTrouble.AccessDenied or KeyTrouble.TokenRefused => (403, "KeyVaultAuthenticationFailure", "The operation failed because of authentication issue on the keyvault. For more information, see - https://aka.ms/storagekeyvaultaccesspolicy"),
        KeyTrouble.NetworkDenied or KeyTrouble.NotActivated => (403, "KeyVaultAccessForbidden", $"Access to the key vault was forbidden: {fault.Text}"),
        KeyTrouble.KeyNotFound => (400, "KeyVaultKeyNotFound", $"The key {fault.Key} was not found."),
        KeyTrouble.StoreNotFound or KeyTrouble.Unreachable or KeyTrouble.Throttled or KeyTrouble.ServerError => (400, "KeyVaultNotFound", $"The key vault of {fault.Key} was not found or does not answer."),
        _ => (400, "CustomerManagedKeyPrerequisitesNotMet", $"{PrerequisitesText} ({fault.Text})"),
    };

    /// <summary>How the data plane refuses while the key can't be used; status 403 in every case.</summary>
    public static (string Code, string Text) BlobRefusalOf(KeyFault fault) => fault.Trouble switch
    {
        KeyTrouble.TokenRefused => ("KeyVaultAccessTokenCannotBeAcquired", "The access token for the key vault cannot be acquired."),
        KeyTrouble.StoreNotFound or KeyTrouble.NetworkDenied or KeyTrouble.NotActivated => ("KeyVaultVaultNotFound", "The key vault vault is not found."),
        KeyTrouble.Unreachable or KeyTrouble.Throttled or KeyTrouble.ServerError => ("KeyVaultVaultNotFound", "The key vault is not found for encryption."),
        _ => ("KeyVaultEncryptionKeyNotFound", "The key vault key is not found to unwrap the encryption key."),
    };
}
