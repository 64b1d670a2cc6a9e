using System.Text.Json;

namespace Runbook.Actions.Tests;

/// <summary>What the reading before an action told, for those whose inverse needs it.</summary>
internal static class Readings
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["keyvault.role-assignment.create"] = """{"value":[]}""",
        ["keyvault.key.set-dates"] = """{"key":{"kid":"x"},"attributes":{"enabled":true,"exp":1800000000}}""",
        ["keyvault.rotation-policy.set"] = """{"lifetimeActions":[{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Rotate"}}],"attributes":{"expiryTime":"P1Y"}}""",
        ["keyvault.network-rules.set"] = """{"properties":{"networkAcls":{"bypass":"None","defaultAction":"Deny","ipRules":[{"value":"203.0.113.9"}]}}}""",
        ["storage.account.set-key"] = """{"properties":{"encryption":{"identity":{"userAssignedIdentity":"/subscriptions/s/x"},"keyvaultproperties":{"keyname":"before","keyvaulturi":"https://h.managedhsm.azure.net"}}}}""",
        ["sql.server-identity.set"] = """{"properties":{"primaryUserAssignedIdentityId":"/subscriptions/s/x"}}""",
        ["sql.protector.set"] = """{"properties":{"uri":"https://h.managedhsm.azure.net/keys/before/0123456789abcdef0123456789abcdef"}}""",
        ["compute.disk-encryption-set.set-key"] = """{"properties":{"activeKey":{"keyUrl":"https://h.managedhsm.azure.net/keys/before/0123456789abcdef0123456789abcdef"}}}""",
        ["compute.disk-encryption-set.set-rotation"] = """{"properties":{"rotationToLatestKeyVersionEnabled":false}}""",
        ["compute.disk.set-encryption"] = """{"properties":{"encryption":{"type":"EncryptionAtRestWithCustomerKey","diskEncryptionSetId":"/subscriptions/s/before"}}}""",
        ["postgres.server.set-key"] = """{"properties":{"dataEncryption":{"type":"AzureKeyVault","primaryKeyURI":"https://h.managedhsm.azure.net/keys/before","primaryUserAssignedIdentityId":"/subscriptions/s/x"}}}""",
        ["storage.network-rules.set"] = """{"properties":{"networkAcls":{"bypass":"AzureServices","defaultAction":"Allow","ipRules":[]}}}""",
        ["keyvault.setting.set"] = """{"name":"AllowKeyManagementOperationsThroughARM","value":"false","type":"boolean"}""",
    };

    /// <summary>The reading's result.</summary>
    public static JsonElement For(string action) => JsonElement.Parse(Known[action]);
}
