using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Actions.Tests;

/// <summary>
/// Arguments for each action of the catalogue: its plan is rendered with them, and its <c>az</c> command filled in.
/// </summary>
internal static class Samples
{
    private const string Who = "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";
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
    ];

    /// <summary>Names of the catalogue's actions, as theory rows.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names => AzureActions.Catalogue.All.Select(a => new TheoryDataRow<string>(a.Name));

    /// <summary>An action's samples.</summary>
    public static IEnumerable<JsonElement> Of(string action) => All.Where(s => s.Action == action).Select(s => JsonElement.Parse(s.With));
}
