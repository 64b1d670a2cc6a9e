using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Actions.Tests;

/// <summary>
/// Arguments for each action of the catalogue: its plan is rendered with them, and its <c>az</c> command filled in.
/// </summary>
internal static class Samples
{
    private const string Who = "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";
    private const string IdentityId = "/subscriptions/20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202/resourceGroups/rg-runbook/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-cmk";
    private const string Kid = "https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-storage/0123456789abcdef0123456789abcdef";
    private const string Key = """{"hsm":"kv-hsm-prod","name":"cmk-storage"}""";
    private const string Certificate = """{"digest":"sha256:3f1d8a7b5c9e4f20617283940a1b2c3d4e5f60718293a4b5c6d7e8f9012345ab","bytes":1100,"name":"CERT.cer"}""";

    /// <summary>The arguments, by action; an action may have several.</summary>
    public static ImmutableArray<(string Action, string With)> All { get; } =
    [
        ("keyvault.managed-hsm.check-name", """{"name":"kv-hsm-prod"}"""),
        ("keyvault.managed-hsm.create", $$"""{"name":"kv-hsm-prod","location":"East US 2","administrators":["{{Who}}"],"retentionDays":90,"purgeProtection":false,"tags":{"session":"hsm activation","owner":"o'neil"} }"""),
        ("keyvault.managed-hsm.get", """{"name":"kv-hsm-prod"}"""),
        ("keyvault.managed-hsm.get", """{"name":"/subscriptions/20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202/resourceGroups/other/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-other"}"""),
        ("keyvault.managed-hsm.get-deleted", """{"name":"kv-hsm-prod","location":"eastus2"}"""),
        ("keyvault.managed-hsm.update", """{"name":"kv-hsm-prod","purgeProtection":true}"""),
        ("keyvault.managed-hsm.delete", """{"name":"kv-hsm-prod"}"""),
        ("keyvault.security-domain.download", $$"""{"hsm":"kv-hsm-prod","certificates":[{{Certificate.Replace("CERT", "bob", StringComparison.Ordinal)}},{{Certificate.Replace("CERT", "carol", StringComparison.Ordinal)}},"dave.cer"],"quorum":2,"file":"kv-hsm-prod-SD.json"}"""),
        ("keyvault.role-assignment.create", $$"""{"hsm":"kv-hsm-prod","role":"Managed HSM Crypto User","principal":"{{Who}}","scope":"/keys"}"""),
        ("keyvault.role-assignment.create", $$"""{"hsm":"kv-hsm-prod","grants":[{"role":"Managed HSM Crypto Officer","principal":"{{Who}}","scope":"/"},{"role":"Unwrap only","principal":"{{Who}}","scope":"/keys/cmk"} ]}"""),
        ("keyvault.role-assignment.delete", $$"""{"hsm":"kv-hsm-prod","role":"Managed HSM Crypto User","principal":"{{Who}}","scope":"/keys"}"""),
        ("keyvault.role-assignment.delete", $$"""{"hsm":"kv-hsm-prod","role":"Unwrap only","principal":"{{Who}}","scope":"/keys/cmk","name":"0a1b2c3d-0000-4000-8000-00000000abcd"}"""),
        ("keyvault.role-assignment.list", $$"""{"hsm":"kv-hsm-prod","principal":"{{Who}}","scope":"/keys"}"""),
        ("keyvault.key.create", """{"hsm":"kv-hsm-prod","name":"cmk-storage","type":"RSA-HSM","size":3072,"operations":["wrapKey","unwrapKey"],"tags":{"owner":"payments team"}}"""),
        ("keyvault.key.get", """{"hsm":"kv-hsm-prod","name":"cmk-storage"}"""),
        ("keyvault.key.get", """{"id":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-storage/0123456789abcdef0123456789abcdef"}"""),
        ("keyvault.key.list", """{"hsm":"kv-hsm-prod"}"""),
        ("keyvault.key.list-versions", """{"hsm":"kv-hsm-prod","name":"cmk-storage"}"""),
        ("keyvault.key.round-trip", """{"hsm":"kv-hsm-prod","name":"cmk-storage","algorithm":"RSA-OAEP-256"}"""),
        ("local.certificate.inspect", """{"files":["bob.cer","carol.cer"]}"""),
        ("local.security-domain.inspect", """{"file":"kv-hsm-prod-SD.json","certificates":["bob.cer"]}"""),
        ("local.file.digest", """{"file":"kv-hsm-prod-SD.json"}"""),
        ("keyvault.key.enable", $$"""{"id":"{{Kid}}"}"""),
        ("keyvault.key.disable", $$"""{"id":"{{Kid}}"}"""),
        ("keyvault.key.disable", """{"hsm":"kv-hsm-prod","name":"cmk-storage"}"""),
        ("keyvault.key.set-dates", $$"""{"id":"{{Kid}}","expires":"2027-01-31T00:00:00Z"}"""),
        ("keyvault.key.rotate", Key),
        ("keyvault.rotation-policy.get", Key),
        ("keyvault.rotation-policy.set", """{"hsm":"kv-hsm-prod","name":"cmk-storage","rotateAfter":"P18M","expires":"P2Y"}"""),
        ("keyvault.rotation-policy.set", Key),
        ("keyvault.key.delete", Key),
        ("keyvault.key.recover", Key),
        ("keyvault.key.get-deleted", Key),
        ("keyvault.key.backup", """{"hsm":"kv-hsm-prod","name":"cmk-storage","file":"cmk-storage.backup"}"""),
        ("keyvault.key.restore", """{"hsm":"kv-hsm-prod","name":"cmk-storage","file":"cmk-storage.backup"}"""),
        ("keyvault.key.import-byok", """{"hsm":"kv-hsm-prod","name":"cmk-imported","type":"RSA-HSM","operations":["wrapKey","unwrapKey"],"file":"key.byok","tags":{"escrow":"sha256-of-it"} }"""),
        ("keyvault.key.release", $$"""{"id":"{{Kid}}","evidence":"evidence.jwt","nonce":"n-1","file":"released.jws"}"""),
        ("keyvault.key.download", """{"hsm":"kv-hsm-prod","name":"kek","file":"kek.pem"}"""),
        ("keyvault.key.wrap", $$"""{"id":"{{Kid}}","algorithm":"RSA-OAEP-256","file":"dek.bin"}"""),
        ("keyvault.key.unwrap", $$"""{"id":"{{Kid}}","algorithm":"RSA-OAEP-256","value":"d3JhcHBlZA"}"""),
        ("keyvault.key.sign", """{"hsm":"kv-hsm-prod","name":"signer","algorithm":"ES256","digest":"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"}"""),
        ("keyvault.managed-hsm.recover", """{"name":"kv-hsm-prod","location":"eastus2"}"""),
        ("keyvault.managed-hsm.list-regions", """{"name":"kv-hsm-prod"}"""),
        ("keyvault.managed-hsm.add-region", """{"name":"kv-hsm-prod","region":"westeurope"}"""),
        ("keyvault.managed-hsm.remove-region", """{"name":"kv-hsm-prod","region":"westeurope"}"""),
        ("keyvault.network-rules.get", """{"hsm":"kv-hsm-prod"}"""),
        ("keyvault.network-rules.set", """{"hsm":"kv-hsm-prod","defaultAction":"Deny","bypass":"None","addresses":["203.0.113.7"]}"""),
        ("keyvault.managed-hsm.backup", """{"hsm":"kv-hsm-prod","container":"https://stbackup.blob.core.windows.net/hsm"}"""),
        ("keyvault.managed-hsm.restore", """{"hsm":"kv-hsm-prod","container":"https://stbackup.blob.core.windows.net/hsm","folder":"mhsm-kv-hsm-prod-2026030209000000"}"""),
        ("keyvault.setting.get", """{"hsm":"kv-hsm-prod","setting":"AllowKeyManagementOperationsThroughARM"}"""),
        ("keyvault.setting.set", """{"hsm":"kv-hsm-prod","setting":"AllowKeyManagementOperationsThroughARM","value":"true"}"""),
        ("keyvault.security-domain.transfer-key", """{"hsm":"kv-hsm-prod","file":"transfer.cer"}"""),
        ("keyvault.security-domain.upload", """{"hsm":"kv-hsm-prod","file":"restore.json"}"""),
        ("keyvault.role-definition.create", """{"hsm":"kv-hsm-prod","roleName":"Unwrap only","description":"For readers","dataActions":["Microsoft.KeyVault/managedHsm/keys/read/action","Microsoft.KeyVault/managedHsm/keys/unwrap/action"]}"""),
        ("keyvault.role-definition.delete", """{"hsm":"kv-hsm-prod","roleName":"Unwrap only"}"""),
        ("keyvault.role-definition.list", """{"hsm":"kv-hsm-prod"}"""),
        ("keyvault.vault.create", """{"name":"kv-prod","location":"eastus2","tags":{"owner":"payments"} }"""),
        ("keyvault.vault.get", """{"name":"kv-prod"}"""),
        ("identity.user-assigned.create", """{"id":"id-sql","location":"eastus2","tags":{"session":"7f3a"} }"""),
        ("identity.user-assigned.get", """{"id":"/subscriptions/20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202/resourceGroups/other/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sql"}"""),
        ("identity.user-assigned.delete", """{"id":"id-sql"}"""),
        ("storage.account.get", """{"names":["stkvdataprod","stkvdatadr"]}"""),
        ("storage.account.get", """{"name":"stkvdataprod"}"""),
        ("storage.account.create", $$"""{"name":"stkvdataprod","location":"eastus2","identity":"{{IdentityId}}","store":"https://kv-hsm-prod.managedhsm.azure.net","key":"cmk-storage"}"""),
        ("storage.account.set-key", $$"""{"name":"stkvdataprod","identity":"{{IdentityId}}","store":"https://kv-hsm-prod.managedhsm.azure.net","key":"cmk-storage"}"""),
        ("storage.account.use-platform-key", """{"name":"stkvdataprod"}"""),
        ("storage.account.update", """{"names":["stkvdataprod"],"sku":"Standard_GRS"}"""),
        ("storage.account.failover", """{"names":["stkvdataprod","stkvdatadr"],"to":"centralus"}"""),
        ("storage.account.failover", """{"name":"stkvdataprod","to":"eastus2","type":"Planned"}"""),
        ("storage.account.delete", """{"name":"stkvdataprod"}"""),
        ("storage.encryption-scope.get", """{"account":"stkvdataprod","scope":"tenant-acme"}"""),
        ("storage.encryption-scope.set", """{"account":"stkvdataprod","scope":"tenant-acme","keyUri":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-tenant-acme"}"""),
        ("storage.encryption-scope.enable", """{"account":"stkvdataprod","scope":"tenant-acme"}"""),
        ("storage.encryption-scope.disable", """{"account":"stkvdataprod","scope":"tenant-acme"}"""),
        ("storage.container.get", """{"account":"stkvdataprod","container":"acme-data"}"""),
        ("storage.container.create", """{"account":"stkvdataprod","container":"acme-data","scope":"tenant-acme"}"""),
        ("storage.blob.read", """{"accounts":["stkvdataprod","stkvdatadr"],"container":"canary","blob":"canary.txt"}"""),
        ("sql.server.get", """{"name":"sql-prod"}"""),
        ("sql.server-identity.set", $$"""{"server":"sql-prod","identity":"{{IdentityId}}"}"""),
        ("sql.database.list", """{"server":"sql-prod"}"""),
        ("sql.database.get", """{"server":"sql-prod","name":"canary"}"""),
        ("sql.protector.get", """{"server":"sql-prod"}"""),
        ("sql.protector.set", $$"""{"server":"sql-prod","kid":"{{Kid}}"}"""),
        ("sql.protector.get", """{"servers":["sql-prod","sql-dr"]}"""),
        ("sql.protector.set", $$"""{"server":"sql-prod","kid":"{{Kid}}","follow":true}"""),
        ("sql.protector.use-platform-key", """{"server":"sql-prod"}"""),
        ("sql.protector.revalidate", """{"server":"sql-prod"}"""),
        ("sql.failover-group.get", """{"server":"sql-dr","name":"fg-payments"}"""),
        ("sql.failover-group.failover", """{"server":"sql-dr","name":"fg-payments"}"""),
        ("sql.failover-group.force-failover", """{"server":"sql-dr","name":"fg-payments"}"""),
        ("local.secret.split", """{"file":"key.bin","certificates":["bob.cer","carol.cer","dave.cer"],"quorum":2,"output":"key.escrow"}"""),
        ("local.secret.join", """{"file":"key.escrow","keys":["bob.key","carol.key"],"output":"key.bin"}"""),
        ("local.file.seal", """{"file":"key.bin","certificate":"bob.cer","output":"key.sealed"}"""),
    ];

    /// <summary>Names of the catalogue's actions, as theory rows.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names => AzureActions.Catalogue.All.Select(a => new TheoryDataRow<string>(a.Name));

    /// <summary>An action's samples.</summary>
    public static IEnumerable<JsonElement> Of(string action) => All.Where(s => s.Action == action).Select(s => JsonElement.Parse(s.With));
}
