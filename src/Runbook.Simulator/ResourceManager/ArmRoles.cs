using System.Collections.Immutable;

namespace Runbook.Simulator.ResourceManager;

/// <summary>A built-in role of the control plane.</summary>
internal sealed record ArmRole(
    string Id,
    string Name,
    ImmutableArray<string> Actions,
    ImmutableArray<string> NotActions,
    ImmutableArray<string> DataActions,
    ImmutableArray<string> NotDataActions);

/// <summary>The built-in roles that the simulator knows, with their real ids.</summary>
internal static class ArmRoles
{
    public const string Owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    public const string Contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    public const string Reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

    private const string Vaults = "Microsoft.KeyVault/vaults/";
    private const string Blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";

    public static ImmutableArray<ArmRole> All { get; } =
    [
        Role(Owner, "Owner", ["*"]),
        Role(Contributor, "Contributor", ["*"], not:
        [
            "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write", "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action", "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete",
        ]),
        Role(Reader, "Reader", ["*/read"]),
        Role("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"]),
        Role("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", ["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read", "Microsoft.Support/*"]),
        Role("18500a29-7fe2-46b2-a342-b16a415e101d", "Managed HSM contributor",
        [
            "Microsoft.KeyVault/managedHSMs/*", "Microsoft.KeyVault/deletedManagedHsms/read", "Microsoft.KeyVault/locations/deletedManagedHsms/read",
            "Microsoft.KeyVault/locations/deletedManagedHsms/purge/action", "Microsoft.KeyVault/locations/managedHsmOperationResults/read",
        ]),
        Role("f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor",
            ["Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.KeyVault/*", "Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"],
            not: ["Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"]),
        Role("00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator",
            ["Microsoft.Authorization/*/read", "Microsoft.KeyVault/checkNameAvailability/read", "Microsoft.KeyVault/deletedVaults/read", "Microsoft.KeyVault/locations/*/read", "Microsoft.KeyVault/vaults/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read"],
            data: ["Microsoft.KeyVault/vaults/*"]),
        Role("14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "Key Vault Crypto Officer",
            ["Microsoft.Authorization/*/read", "Microsoft.KeyVault/checkNameAvailability/read", "Microsoft.KeyVault/deletedVaults/read", "Microsoft.KeyVault/locations/*/read", "Microsoft.KeyVault/vaults/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read"],
            data: [Vaults + "keys/*", Vaults + "keyrotationpolicies/*"]),
        Role("12338af0-0e69-4776-bea7-57ae8d297424", "Key Vault Crypto User", [],
            data: [Vaults + "keys/read", Vaults + "keys/update/action", Vaults + "keys/backup/action", Vaults + "keys/encrypt/action", Vaults + "keys/decrypt/action", Vaults + "keys/wrap/action", Vaults + "keys/unwrap/action", Vaults + "keys/sign/action", Vaults + "keys/verify/action"]),
        Role("e147488a-f6f5-4113-8e2d-b22465e65bf6", "Key Vault Crypto Service Encryption User", ["Microsoft.EventGrid/eventSubscriptions/write", "Microsoft.EventGrid/eventSubscriptions/read", "Microsoft.EventGrid/eventSubscriptions/delete"],
            data: [Vaults + "keys/read", Vaults + "keys/wrap/action", Vaults + "keys/unwrap/action"]),
        Role("08bbd89e-9f13-488c-ac41-acfcb10c90ab", "Key Vault Crypto Service Release User", [], data: [Vaults + "keys/release/action"]),
        Role("21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader",
            ["Microsoft.Authorization/*/read", "Microsoft.KeyVault/checkNameAvailability/read", "Microsoft.KeyVault/deletedVaults/read", "Microsoft.KeyVault/locations/*/read", "Microsoft.KeyVault/vaults/*/read"],
            data: ["Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"]),
        Role("17d1049b-9a84-46fb-8f53-869881c3d3ab", "Storage Account Contributor",
            ["Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Insights/diagnosticSettings/*", "Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Storage/storageAccounts/*", "Microsoft.Support/*"]),
        Role("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Storage Blob Data Owner",
            ["Microsoft.Storage/storageAccounts/blobServices/containers/*", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"],
            data: [Blobs + "*"]),
        Role("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor",
            ["Microsoft.Storage/storageAccounts/blobServices/containers/delete", "Microsoft.Storage/storageAccounts/blobServices/containers/read", "Microsoft.Storage/storageAccounts/blobServices/containers/write", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"],
            data: [Blobs + "delete", Blobs + "read", Blobs + "write", Blobs + "move/action", Blobs + "add/action"]),
        Role("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader",
            ["Microsoft.Storage/storageAccounts/blobServices/containers/read", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"],
            data: [Blobs + "read"]),
        Role("f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator",
            ["Microsoft.ManagedIdentity/userAssignedIdentities/*/read", "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Resources/deployments/*", "Microsoft.Support/*"]),
        Role("9b7fa17d-e63e-47b0-bb0a-15c516ac86ec", "SQL DB Contributor",
            ["Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Sql/locations/*/read", "Microsoft.Sql/servers/databases/*", "Microsoft.Sql/servers/read", "Microsoft.Support/*"]),
        Role("36243c78-bf99-498c-9df9-86d9f8d28608", "Resource Policy Contributor",
            ["*/read", "Microsoft.Authorization/policyassignments/*", "Microsoft.Authorization/policydefinitions/*", "Microsoft.Authorization/policyexemptions/*", "Microsoft.Authorization/policysetdefinitions/*", "Microsoft.PolicyInsights/*", "Microsoft.Support/*"]),
        Role("749f88d5-cbae-40b8-bcfc-e573ddc772fa", "Monitoring Contributor",
            ["*/read", "Microsoft.AlertsManagement/*", "Microsoft.Insights/*", "Microsoft.OperationalInsights/workspaces/write", "Microsoft.OperationalInsights/workspaces/search/action", "Microsoft.Support/*"]),
        Role("fd1bd22b-8476-40bc-a0bc-69b95687b9f3", "Attestation Reader", ["Microsoft.Attestation/attestationProviders/attestation/read", "Microsoft.Attestation/attestationProviders/read"]),
    ];

    public static ArmRole? Find(string id) => All.FirstOrDefault(role => string.Equals(role.Id, id, StringComparison.OrdinalIgnoreCase));

    private static ArmRole Role(string id, string name, string[] actions, string[]? not = null, string[]? data = null) =>
        new(id, name, [.. actions], [.. not ?? []], [.. data ?? []], []);
}
