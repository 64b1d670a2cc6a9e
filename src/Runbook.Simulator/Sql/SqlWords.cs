using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>How Azure SQL says that a key can't be used.</summary>
internal static class SqlWords
{
    private const string NoIdentityText = "The server identity is not correctly configured.";

    public static RefusedException Refusal(Call call, Resource server, KeyFault fault, bool isServerProperty = false)
    {
        var (status, code, message) = Of(call.Read(), server, fault, isServerProperty);
        return SqlProvider.Refuse(call, status, code, message);
    }

    /// <summary>Status, code and words for a key that could not be used.</summary>
    /// <param name="view">The estate.</param>
    /// <param name="server">The server that tried.</param>
    /// <param name="fault">What was in the way.</param>
    /// <param name="isServerProperty">The key came with the server itself rather than as one of its keys.</param>
    public static (int Status, string Code, string Message) Of(EstateView view, Resource server, KeyFault fault, bool isServerProperty = false) => fault.Trouble switch
    {
        KeyTrouble.KeyDisabled => (400, "AzureKeyVaultKeyDisabled", $"The operation could not be completed on the server because the Azure Key Vault key '{fault.Key}' is disabled."),
        KeyTrouble.KeyExpired or KeyTrouble.KeyNotYetValid => (400, "AzureKeyVaultInvalidExpirationDate", "The operation could not be completed because the Azure Key Vault key expiration date is invalid."),
        KeyTrouble.KeyNotFound => (409, "AzureKeyVaultKeyNameNotFound", "The operation could not be completed because the Azure Key Vault Key name does not exist."),
        KeyTrouble.WrongKind => (400, "AzureKeyVaultRsaKeyNotSupported", "The provided key vault uses unsupported RSA Key Size or Key Type. The supported RSA key size is 2048 or 3072 and Key Type is RSA or RSA-HSM."),
        KeyTrouble.NoPurgeProtection => (400, "SecurityInvalidAzureKeyVaultRecoveryLevel", "The provided Key Vault uri is not valid."),
        KeyTrouble.TokenRefused when SqlWatch.PrincipalOf(view, server) is null => (400, "AzureKeyVaultNoServerIdentity", NoIdentityText),
        KeyTrouble.TokenRefused when fault.Code is not null => (400, "AdalServicePrincipalNotFound", "The operation could not be completed because an Azure Active Directory library Service Principal not found error was encountered."),
        KeyTrouble.TokenRefused => (400, "AdalGenericError", "The operation could not be completed because an Azure Active Directory error was encountered."),
        KeyTrouble.AccessDenied or KeyTrouble.OperationNotPermitted or KeyTrouble.NetworkDenied when isServerProperty && server.Identity?.UserAssigned is { Count: > 0 } =>
            (400, "UmiMissingAkvPermissions", "PrimaryUserAssignedIdentityId provided by user does not have access to KeyId provided"),
        KeyTrouble.AccessDenied or KeyTrouble.OperationNotPermitted or KeyTrouble.NetworkDenied => (400, "AzureKeyVaultMissingPermissions", MissingPermissions(view, server)),
        KeyTrouble.DoesNotUnwrap => (400, "KeyMaterialNotFoundOnRemoteServer", "Remote server does not have access to key material used as a TDE protector."),
        KeyTrouble.StoreNotFound or KeyTrouble.Unreachable => (503, "AzureKeyVaultConnectionFailed", "The operation could not be completed on the server because attempts to connect to Azure Key Vault have failed"),
        _ => (503, "AzureKeyVaultGenericConnectionError", "The operation could not be completed because an error was encountered when attempting to retrieve Key Vault information ."),
    };

    /// <summary>What everything but a deletion meets while a database is inaccessible.</summary>
    public static RefusedException Unavailable(Call call, string database) =>
        SqlProvider.Refuse(call, 503, "DatabaseUnavailable", $"The operation failed because the database '{database}' is unavailable.");

    private static string MissingPermissions(EstateView view, Resource server) =>
        $"The server '{server.Name}' requires the Key Vault Crypto Service Encryption User permission for the RBAC policy or following Azure Key Vault permissions: Get, WrapKey, UnwrapKey. Please grant the missing permissions to the service principal with ID '{SqlWatch.PrincipalOf(view, server)?.PrincipalId}'. Ensure the key is active, not expired or disabled, set with the key activation date no later than the current date, and that trusted Microsoft services can bypass the firewall if applicable.";
}
