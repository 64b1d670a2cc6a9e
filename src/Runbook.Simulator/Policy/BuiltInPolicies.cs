using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Policy;

/// <summary>The built-in definitions that concern keys and encryption: ids, names, versions, allowed effects and conditions as published.</summary>
internal static class BuiltInPolicies
{
    private const string Root = "/providers/Microsoft.Authorization/policyDefinitions/";

    public static ImmutableArray<PolicyObject> All { get; } =
    [
        Make("6fac406b-40ca-413b-bf8e-0bf964659c25", "Storage accounts should use customer-managed key for encryption", "1.0.3", "Storage", "Indexed", "Audit", ["Audit", "Disabled"], """
            {"allOf":[{"field":"type","equals":"Microsoft.Storage/storageAccounts"},
              {"not":{"field":"Microsoft.Storage/storageAccounts/encryption.keySource","equals":"Microsoft.Keyvault"}}]}
            """),
        Make("b5ec538c-daa0-4006-8596-35468b9148e8", "Storage account encryption scopes should use customer-managed keys to encrypt data at rest", "1.0.0", "Storage", "All", "Audit", Usual, """
            {"allOf":[{"field":"type","equals":"Microsoft.Storage/storageAccounts/encryptionScopes"},
              {"field":"Microsoft.Storage/storageAccounts/encryptionScopes/source","notEquals":"Microsoft.Keyvault"}]}
            """),
        Make("bfecdea6-31c4-4045-ad42-71b9dc87247d", "Storage account encryption scopes should use double encryption for data at rest", "1.0.0", "Storage", "All", "Audit", Usual, """
            {"allOf":[{"field":"type","equals":"Microsoft.Storage/storageAccounts/encryptionScopes"},
              {"field":"Microsoft.Storage/storageAccounts/encryptionScopes/requireInfrastructureEncryption","notEquals":true}]}
            """),
        Make("4733ea7b-a883-42fe-8cac-97454c2a9e4a", "Storage accounts should have infrastructure encryption", "1.0.0", "Storage", "Indexed", "Audit", Usual, """
            {"allOf":[{"field":"type","equals":"Microsoft.Storage/storageAccounts"},
              {"field":"Microsoft.Storage/storageAccounts/encryption.requireInfrastructureEncryption","notEquals":"true"}]}
            """),
        Make("d461a302-a187-421a-89ac-84acdb4edc04", "Managed disks should use a specific set of disk encryption sets for the customer-managed key encryption", "2.0.0", "Compute", "Indexed", "Audit", Usual, """
            {"anyOf":[
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/disks"},{"field":"managedBy","exists":"false"},
                {"field":"Microsoft.Compute/disks/encryption.diskEncryptionSetId","notIn":"[parameters('allowedEncryptionSets')]"}]},
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/virtualMachines"},
                {"field":"Microsoft.Compute/virtualMachines/storageProfile.osDisk.managedDisk.diskEncryptionSet.id","notIn":"[parameters('allowedEncryptionSets')]"}]},
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/virtualMachineScaleSets"},
                {"field":"Microsoft.Compute/virtualMachineScaleSets/virtualMachineProfile.storageProfile.osDisk.managedDisk.diskEncryptionSet.id","notIn":"[parameters('allowedEncryptionSets')]"}]},
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/images"},
                {"field":"Microsoft.Compute/images/storageProfile.osDisk.diskEncryptionSet.id","notIn":"[parameters('allowedEncryptionSets')]"}]}]}
            """, """{"allowedEncryptionSets":{"type":"Array","metadata":{"displayName":"Allowed disk encryption set","strongType":"Microsoft.Compute/diskEncryptionSets"}}}"""),
        Make("ca91455f-eace-4f96-be59-e6e2c35b4816", "Managed disks should be double encrypted with both platform-managed and customer-managed keys", "1.0.0", "Compute", "Indexed", "Audit", Usual, """
            {"allOf":[{"field":"type","equals":"Microsoft.Compute/diskEncryptionSets"},
              {"field":"Microsoft.Compute/diskEncryptionSets/encryptionType","notEquals":"EncryptionAtRestWithPlatformAndCustomerKeys"}]}
            """),
        Make("702dd420-7fcc-42c5-afe8-4026edd20fe0", "OS and data disks should be encrypted with a customer-managed key", "3.0.0", "Compute", "Indexed", "Audit", Usual, """
            {"anyOf":[
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/virtualMachines"},
                {"field":"Microsoft.Compute/virtualMachines/storageProfile.osDisk.managedDisk.diskEncryptionSet.id","exists":"false"}]},
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/virtualMachineScaleSets"},
                {"field":"Microsoft.Compute/virtualMachineScaleSets/virtualMachineProfile.storageProfile.osDisk.managedDisk.diskEncryptionSet.id","exists":"false"}]},
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/disks"},{"field":"managedBy","exists":"false"},
                {"field":"Microsoft.Compute/disks/encryption.diskEncryptionSetId","exists":"false"}]}]}
            """),
        Make("0a370ff3-6cab-4e85-8995-295fd854c5b8", "SQL servers should use customer-managed keys to encrypt data at rest", "2.0.1", "SQL", "All", "Audit", Usual, """
            {"anyOf":[
              {"allOf":[{"field":"type","equals":"Microsoft.Sql/servers"},
                {"anyOf":[{"field":"Microsoft.Sql/servers/keyId","exists":"false"},{"value":"[length(field('Microsoft.Sql/servers/keyId'))]","equals":0}]}]},
              {"allOf":[{"field":"type","equals":"Microsoft.Sql/servers/encryptionProtector"},
                {"field":"Microsoft.Sql/servers/encryptionProtector/serverKeyType","notEquals":"AzureKeyVault"}]}]}
            """),
        Make("12c74c95-0efd-48da-b8d9-2a7d68470c92", "PostgreSQL flexible servers should use customer-managed keys to encrypt data at rest", "1.1.0", "SQL", "Indexed", "Audit", Usual, """
            {"allOf":[{"field":"type","equals":"Microsoft.DBforPostgreSQL/flexibleServers"},
              {"anyOf":[{"field":"Microsoft.DBforPostgreSQL/flexibleServers/dataEncryption.type","notEquals":"AzureKeyVault"},
                {"field":"Microsoft.DBforPostgreSQL/flexibleServers/dataEncryption.primaryKeyURI","exists":"false"},
                {"field":"Microsoft.DBforPostgreSQL/flexibleServers/dataEncryption.primaryKeyURI","equals":""}]}]}
            """),
        Make("c39ba22d-4428-4149-b981-70acb31fc383", "Azure Key Vault Managed HSM should have purge protection enabled", "1.0.0", "Key Vault", "Indexed", "Audit", Usual, """
            {"allOf":[{"field":"type","equals":"Microsoft.KeyVault/managedHSMs"},
              {"anyOf":[{"field":"Microsoft.KeyVault/managedHSMs/enableSoftDelete","notEquals":"true"},
                {"field":"Microsoft.KeyVault/managedHSMs/enablePurgeProtection","notEquals":"true"}]}]}
            """),
        Make("0b60c0b2-2dc2-4e1c-b5c9-abbed971de53", "Key vaults should have deletion protection enabled", "2.1.0", "Key Vault", "Indexed", "Audit", Usual, """
            {"allOf":[{"field":"type","equals":"Microsoft.KeyVault/vaults"},
              {"anyOf":[{"field":"Microsoft.KeyVault/vaults/enableSoftDelete","equals":"false"},
                {"field":"Microsoft.KeyVault/vaults/enablePurgeProtection","notEquals":"true"}]}]}
            """),
        Make("a2a5b911-5617-447e-a49e-59dbe0e0434b", "Resource logs in Azure Key Vault Managed HSM should be enabled", "1.1.0", "Key Vault", "Indexed", "AuditIfNotExists", ["AuditIfNotExists", "Disabled"], """
            {"field":"type","equals":"Microsoft.KeyVault/managedHSMs"}
            """, details: """
            {"type":"Microsoft.Insights/diagnosticSettings","existenceCondition":{"count":{"field":"Microsoft.Insights/diagnosticSettings/logs[*]",
              "where":{"field":"Microsoft.Insights/diagnosticSettings/logs[*].enabled","equals":"true"}},"greaterOrEquals":1}}
            """),
        Make("fc4d8e41-e223-45ea-9bf5-eada37891d87", "Virtual machines and virtual machine scale sets should have encryption at host enabled", "1.0.0", "Compute", "Indexed", "Audit", Usual, """
            {"anyOf":[
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/virtualMachines"},
                {"field":"Microsoft.Compute/virtualMachines/securityProfile.encryptionAtHost","notEquals":"true"}]},
              {"allOf":[{"field":"type","equals":"Microsoft.Compute/virtualMachineScaleSets"},
                {"field":"Microsoft.Compute/virtualMachineScaleSets/virtualMachineProfile.securityProfile.encryptionAtHost","notEquals":"true"}]}]}
            """),
    ];

    private static string[] Usual => ["Audit", "Deny", "Disabled"];

    public static PolicyObject? Find(string id) => All.FirstOrDefault(known => known.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    private static PolicyObject Make(string id, string name, string version, string category, string mode, string effect, string[] effects, string condition, string? parameters = null, string? details = null)
    {
        var given = parameters is null ? new JsonObject() : JsonNode.Parse(parameters)!.AsObject();
        var allowed = new JsonArray();
        foreach (var word in effects)
            allowed.Add((JsonNode)word);
        given["effect"] = new JsonObject
        {
            ["type"] = "String",
            ["metadata"] = new JsonObject { ["displayName"] = "Effect", ["description"] = "Enable or disable the execution of the policy" },
            ["allowedValues"] = allowed,
            ["defaultValue"] = effect,
        };
        var then = new JsonObject { ["effect"] = "[parameters('effect')]" };
        if (details is not null)
            then["details"] = JsonNode.Parse(details);
        return new PolicyObject
        {
            Id = Root + id,
            Name = id,
            Type = Policies.DefinitionType,
            Scope = "",
            Properties = new JsonObject
            {
                ["displayName"] = name,
                ["policyType"] = "BuiltIn",
                ["mode"] = mode,
                ["description"] = name + ".",
                ["metadata"] = new JsonObject { ["version"] = version, ["category"] = category },
                ["version"] = version,
                ["parameters"] = given,
                ["policyRule"] = new JsonObject { ["if"] = JsonNode.Parse(condition), ["then"] = then },
            }.ToElement(),
            Created = DateTimeOffset.UnixEpoch.AddYears(50),
            Updated = DateTimeOffset.UnixEpoch.AddYears(55),
        };
    }
}
