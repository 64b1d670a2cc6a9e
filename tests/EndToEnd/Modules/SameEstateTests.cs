using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Runbook.EndToEnd.Modules;

/// <summary>Terraform and Bicep make the same estate of the same inputs, and a safe one where nothing is said.</summary>
public sealed partial class SameEstateTests
{
    // Terraform must be told the group; a deployment of Bicep's goes into one.
    private const string TerraformsOwn = "resource_group_name";

    private static readonly NamesPage Page = NamesPage.Read();

    /// <summary>The estates, by name.</summary>
    public static TheoryData<string> All => [.. Estates.Names];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Both_make_the_same_resources_with_the_same_values(string estate)
    {
        var (terraform, bicep) = await Estates.ReadAsync(estate);
        Assert.NotEmpty(terraform);
        Assert.Empty(Page.Compare(terraform, bicep));
    }

    [Fact]
    public async Task Each_row_of_the_page_of_names_is_used_by_some_estate()
    {
        var readings = new List<Reading>();
        foreach (var estate in Estates.Names)
        {
            var (terraform, bicep) = await Estates.ReadAsync(estate);
            readings.AddRange([.. terraform, .. bicep]);
        }

        Assert.Empty(Page.Unused(readings));
    }

    [Theory]
    [InlineData("Microsoft.Storage/storageAccounts", "properties.encryption.requireInfrastructureEncryption", "false", "only Bicep, Microsoft.Storage/storageAccounts")]
    [InlineData("Microsoft.Compute/diskEncryptionSets", "properties.encryptionType", "\"EncryptionAtRestWithCustomerKey\"", "only Bicep, Microsoft.Compute/diskEncryptionSets")]
    [InlineData("Microsoft.KeyVault/vaults", "properties.createMode", "\"recover\"", "Microsoft.KeyVault/vaults has no row for properties.createMode")]
    [InlineData("Microsoft.Authorization/roleAssignments", "properties.roleDefinitionId", "\"/x/12338af0-0e69-4776-bea7-57ae8d297424\"", "only Bicep, Microsoft.Authorization/roleAssignments")]
    public async Task A_difference_is_found(string type, string path, string value, string finding)
    {
        var (terraform, bicep) = await Estates.ReadAsync("the estate under a vault");
        var changed = bicep.Select(r => r with { Body = r.Body.DeepClone().AsObject() }).ToList();
        var place = (JsonNode)changed.First(r => r.Type == type).Body;
        foreach (var part in path.Split('.')[..^1]) place = place[part]!;
        place[path.Split('.')[^1]] = JsonNode.Parse(value);
        Assert.Contains(Page.Compare(terraform, changed), f => f.StartsWith(finding, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_resource_that_only_one_of_them_makes_is_found()
    {
        var (terraform, bicep) = await Estates.ReadAsync("the estate under a vault");
        Assert.NotEmpty(Page.Compare(terraform, [.. bicep.Where(r => r.Type != "Microsoft.Authorization/locks")]));
    }

    [Fact]
    public async Task Inputs_have_the_same_names_defaults_choices_and_words()
    {
        var variables = (await ModuleTools.ParseAsync("modules", "terraform"))["variable"]!.AsObject();
        var parameters = JsonNode.Parse((await ModuleTools.CompileAsync()).Text)!["parameters"]!.AsObject();
        Assert.Equal(variables.Select(v => v.Key).Where(n => n != TerraformsOwn).Order(StringComparer.Ordinal), parameters.Select(p => p.Key).Order(StringComparer.Ordinal));
        foreach (var (name, parameter) in parameters)
        {
            var variable = variables[name]![0]!.AsObject();
            Assert.Equal(parameter!.AsObject().ContainsKey("defaultValue"), variable.ContainsKey("default"));
            Assert.True(JsonNode.DeepEquals(parameter["defaultValue"], variable["default"]), $"{name}: {parameter["defaultValue"]} in Bicep, {variable["default"]} in Terraform");
            Assert.Equal((string)parameter["metadata"]!["description"]!, (string)variable["description"]!);
            if (parameter["allowedValues"] is JsonArray allowed)
                Assert.Equal(allowed.Select(a => (string)a!).Order(StringComparer.Ordinal), Quoted().Matches((string)variable["validation"]![0]!["condition"]!).Select(m => m.Groups["word"].Value).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Outputs_have_the_same_names_and_words()
    {
        var terraform = (await ModuleTools.ParseAsync("modules", "terraform"))["output"]!.AsObject();
        var bicep = JsonNode.Parse((await ModuleTools.CompileAsync()).Text)!["outputs"]!.AsObject();
        Assert.Equal(
            terraform.Select(o => (o.Key, (string)o.Value![0]!["description"]!)).Order(),
            bicep.Select(o => (o.Key, (string)o.Value!["metadata"]!["description"]!)).Order());
    }

    [Theory]
    [InlineData("the HSM", "Microsoft.KeyVault/managedHSMs", "properties.enablePurgeProtection", "true")]
    [InlineData("the HSM", "Microsoft.KeyVault/managedHSMs", "properties.softDeleteRetentionInDays", "90")]
    [InlineData("the HSM", "Microsoft.KeyVault/managedHSMs", "properties.networkAcls.defaultAction", "Deny")]
    [InlineData("the HSM", "Microsoft.KeyVault/managedHSMs/keys", "properties.rotationPolicy.attributes.expiryTime", "P2Y")]
    [InlineData("the HSM", "Microsoft.KeyVault/managedHSMs/keys", "properties.rotationPolicy.lifetimeActions.0.trigger.timeAfterCreate", "P180D")]
    [InlineData("the HSM", "Microsoft.KeyVault/managedHSMs/keys", "properties.keyOps", "unwrapKey, wrapKey")]
    [InlineData("the HSM", "Microsoft.Authorization/locks", "properties.level", "CanNotDelete")]
    [InlineData("the estate under a vault", "Microsoft.KeyVault/vaults", "properties.enablePurgeProtection", "true")]
    [InlineData("the estate under a vault", "Microsoft.KeyVault/vaults", "properties.enableRbacAuthorization", "true")]
    [InlineData("the estate under a vault", "Microsoft.Authorization/roleAssignments", "properties.roleDefinitionId", "e147488a-f6f5-4113-8e2d-b22465e65bf6")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.encryption.requireInfrastructureEncryption", "true")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.encryption.services.queue.keyType", "Account")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.encryption.services.table.keyType", "Account")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.encryption.keyvaultproperties.keyname", "cmk-storage")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.minimumTlsVersion", "TLS1_2")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.allowSharedKeyAccess", "false")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.allowBlobPublicAccess", "false")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts", "properties.publicNetworkAccess", "Disabled")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts/encryptionScopes", "properties.requireInfrastructureEncryption", "true")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts/encryptionScopes", "properties.keyVaultProperties.keyUri", "cmk-scope-tenant-a")]
    [InlineData("the estate under a vault", "Microsoft.Storage/storageAccounts/blobServices/containers", "properties.denyEncryptionScopeOverride", "true")]
    [InlineData("the estate under a vault", "Microsoft.Compute/diskEncryptionSets", "properties.encryptionType", "EncryptionAtRestWithPlatformAndCustomerKeys")]
    [InlineData("the estate under a vault", "Microsoft.Compute/diskEncryptionSets", "properties.rotationToLatestKeyVersionEnabled", "true")]
    [InlineData("the estate under a vault", "Microsoft.Compute/disks", "properties.publicNetworkAccess", "Disabled")]
    [InlineData("the estate under a vault", "Microsoft.Sql/servers", "properties.minimalTlsVersion", "1.2")]
    [InlineData("the estate under a vault", "Microsoft.Sql/servers", "properties.administrators.azureADOnlyAuthentication", "true")]
    [InlineData("the estate under a vault", "Microsoft.Sql/servers/encryptionProtector", "properties.autoRotationEnabled", "true")]
    [InlineData("the estate under a vault", "Microsoft.DBforPostgreSQL/flexibleServers", "properties.dataEncryption.primaryKeyURI", "cmk-postgres")]
    [InlineData("the estate under a vault", "Microsoft.DBforPostgreSQL/flexibleServers", "properties.authConfig.passwordAuth", "Disabled")]
    [InlineData("the estate under a vault", "Microsoft.DBforPostgreSQL/flexibleServers", "properties.network.publicNetworkAccess", "Disabled")]
    [InlineData("the estate under a vault", "Microsoft.Authorization/policyAssignments", "properties.enforcementMode", "Default")]
    [InlineData("everything chosen otherwise", "Microsoft.Storage/storageAccounts", "properties.encryption.requireInfrastructureEncryption", "false")]
    [InlineData("everything chosen otherwise", "Microsoft.Storage/storageAccounts/encryptionScopes", "properties.requireInfrastructureEncryption", "false")]
    [InlineData("everything chosen otherwise", "Microsoft.Compute/diskEncryptionSets", "properties.encryptionType", "EncryptionAtRestWithCustomerKey")]
    [InlineData("everything chosen otherwise", "Microsoft.KeyVault/vaults", "properties.enablePurgeProtection", "true")]
    public async Task What_nobody_chose_is_the_safe_choice_and_what_was_chosen_is_done(string estate, string type, string path, string value)
    {
        // Terraform's is the same by the comparison above.
        var (_, bicep) = await Estates.ReadAsync(estate);
        var own = bicep.Where(r => r.Type == type).ToList();
        Assert.NotEmpty(own);
        Assert.All(own, r => Assert.Equal(value, r.At(path)));
    }

    [Fact]
    public async Task On_the_HSM_each_service_may_wrap_and_unwrap_with_its_own_keys_and_nothing_else()
    {
        var (terraform, bicep) = await Estates.ReadAsync("the estate under the HSM");
        var grants = terraform.Where(r => r.Type == "azurerm_key_vault_managed_hardware_security_module_role_assignment").ToList();
        Assert.All(grants, g => Assert.Equal("33413926-3206-4cdd-b39a-83574fe37a17", g.At("role_definition_id")));
        Assert.Equal(
            [("cmk-disks", "payments-disks"), ("cmk-postgres", "payments-postgres"), ("cmk-scope-tenant-a", "payments-storage"), ("cmk-sql", "payments-sql"), ("cmk-storage", "payments-storage")],
            grants.Select(g => (g.At("scope")!, g.At("principal_id")!)).Order());
        Assert.DoesNotContain(bicep, r => r.Type == "Microsoft.Authorization/roleAssignments");
    }

    [Fact]
    public async Task Before_stage_estate_there_is_nothing_that_could_want_a_grant()
    {
        var (_, bicep) = await Estates.ReadAsync("the HSM");
        Assert.Equal(
            ["Microsoft.Authorization/locks", "Microsoft.KeyVault/managedHSMs", "Microsoft.KeyVault/managedHSMs/keys", "Microsoft.ManagedIdentity/userAssignedIdentities"],
            bicep.Select(r => r.Type).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_failover_partner_uses_the_key_of_the_primary()
    {
        var (_, bicep) = await Estates.ReadAsync("the estate under the HSM");
        var keys = bicep.Where(r => r.Type == "Microsoft.Sql/servers/keys").ToList();
        Assert.Equal(["cmk-sql@version", "cmk-sql@version"], keys.Select(k => k.At("properties.uri")));
        Assert.Equal(["payments-sql", "payments-sql-partner"], bicep.Where(r => r.Type == "Microsoft.Sql/servers").Select(s => s.At("name")).Order(StringComparer.Ordinal));
        Assert.Equal(["payments-sql-partner"], bicep.Where(r => r.Type == "Microsoft.Sql/servers/failoverGroups").Select(g => g.At("properties.partnerServers.0.id")));
    }

    [GeneratedRegex("\"(?<word>[^\"]+)\"")]
    private static partial Regex Quoted();
}
