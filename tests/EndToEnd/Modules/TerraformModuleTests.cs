using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Modules;

/// <summary><c>modules/terraform</c>, parsed by HashiCorp's parser and compared with the provider's own names.</summary>
public sealed class TerraformModuleTests
{
    private static readonly string[] Meta = ["count", "for_each", "lifecycle", "depends_on", "provider"];

    private static readonly string[] HoldKeysOrData =
    [
        "azurerm_key_vault", "azurerm_key_vault_key", "azurerm_key_vault_managed_hardware_security_module", "azurerm_key_vault_managed_hardware_security_module_key",
        "azurerm_key_vault_managed_hardware_security_module_key_rotation_policy", "azurerm_user_assigned_identity", "azurerm_storage_account", "azurerm_storage_encryption_scope",
        "azurerm_storage_container", "azurerm_disk_encryption_set", "azurerm_managed_disk", "azurerm_mssql_server", "azurerm_mssql_server_transparent_data_encryption",
        "azurerm_mssql_database", "azurerm_postgresql_flexible_server",
    ];

    [Fact]
    public async Task Every_argument_and_block_is_one_that_the_provider_knows_and_none_is_missing()
    {
        var module = await ModuleTools.ParseAsync("modules", "terraform");
        Assert.True(module["resource"]!.AsObject().Count >= 20, "the module was not read");
        Assert.Empty(Unknown(module));
    }

    [Theory]
    [InlineData("infrastructure_encryption_enabled", "infrastructure_encryption_enable", "azurerm_storage_account.data has no infrastructure_encryption_enable")]
    [InlineData("customer_managed_key", "customer_managed_keys", "azurerm_storage_account.data has no customer_managed_keys")]
    [InlineData("customer_managed_key.0.user_assigned_identity_id", "user_assigned_identity", "azurerm_storage_account.data has no customer_managed_key.user_assigned_identity")]
    [InlineData("customer_managed_key.0.user_assigned_identity_id", null, "azurerm_storage_account.data lacks customer_managed_key.user_assigned_identity_id")]
    [InlineData("account_tier", null, "azurerm_storage_account.data lacks account_tier")]
    public async Task A_name_that_is_misspelt_or_missing_is_found(string path, string? instead, string finding)
    {
        var module = await ModuleTools.ParseAsync("modules", "terraform");
        var place = module["resource"]!["azurerm_storage_account"]!["data"]![0]!;
        var parts = path.Split('.');
        foreach (var part in parts[..^1]) place = int.TryParse(part, out var index) ? place[index]! : place[part]!;
        var moved = place[parts[^1]]!.DeepClone();
        place.AsObject().Remove(parts[^1]);
        if (instead is not null) place[instead] = moved;
        Assert.Contains(finding, Unknown(module));
    }

    [Fact]
    public async Task A_resource_type_that_does_not_exist_is_found()
    {
        var module = await ModuleTools.ParseAsync("modules", "terraform");
        module["resource"]!["azurerm_storage_acount"] = JsonNode.Parse("""{"data":[{"name":"x"}]}""");
        Assert.Contains("azurerm_storage_acount is no resource type", Unknown(module));
    }

    [Fact]
    public async Task The_names_are_those_of_the_oldest_provider_that_is_allowed()
    {
        foreach (var folder in (string[][])[["modules", "terraform"], ["modules", "terraform", "example"]])
        {
            var module = await ModuleTools.ParseAsync(folder);
            var version = (string)module["terraform"]![0]!["required_providers"]![0]!["azurerm"]!["version"]!;
            Assert.Equal($">= {((string)ModuleTools.Names["provider"]!).Split(' ')[1]}, < 5.0.0", version);
        }
    }

    [Fact]
    public async Task What_holds_keys_or_data_is_never_planned_away()
    {
        var resources = (await ModuleTools.ParseAsync("modules", "terraform"))["resource"]!.AsObject();
        foreach (var type in HoldKeysOrData)
            Assert.All(Bodies(resources, type), body => Assert.True((bool?)body["lifecycle"]?[0]?["prevent_destroy"], $"{type} may be destroyed"));
    }

    [Theory]
    [InlineData("azurerm_mssql_server_transparent_data_encryption", "managed_hsm_key_id", "key_vault_key_id")]
    [InlineData("azurerm_key_vault_key", "expiration_date")]
    [InlineData("azurerm_key_vault_managed_hardware_security_module_key", "expiration_date")]
    [InlineData("azurerm_key_vault_managed_hardware_security_module", "admin_object_ids")]
    public async Task A_plan_does_not_undo_what_Azure_does_by_itself(string type, params string[] changing)
    {
        var resources = (await ModuleTools.ParseAsync("modules", "terraform"))["resource"]!.AsObject();
        Assert.All(Bodies(resources, type), body => Assert.Equal(changing, body["lifecycle"]![0]!["ignore_changes"]!.AsArray().Select(n => Bare((string)n!))));
    }

    [Theory]
    [InlineData("azurerm_storage_account")]
    [InlineData("azurerm_storage_encryption_scope")]
    [InlineData("azurerm_disk_encryption_set")]
    [InlineData("azurerm_mssql_server")]
    [InlineData("azurerm_postgresql_flexible_server")]
    public async Task What_uses_a_key_waits_for_its_grant(string type)
    {
        var resources = (await ModuleTools.ParseAsync("modules", "terraform"))["resource"]!.AsObject();
        Assert.All(Bodies(resources, type), body => Assert.Equal(
            ["azurerm_key_vault_managed_hardware_security_module_role_assignment.service", "azurerm_role_assignment.service"],
            body["depends_on"]!.AsArray().Select(n => Bare((string)n!))));
    }

    [Fact]
    public async Task A_security_domain_never_gets_into_a_state_file()
    {
        var resources = (await ModuleTools.ParseAsync("modules", "terraform"))["resource"]!.AsObject();
        Assert.All(Bodies(resources, "azurerm_key_vault_managed_hardware_security_module"), body => Assert.DoesNotContain(body.AsObject(), m => m.Key.StartsWith("security_domain", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_example_never_purges_adopts_the_HSM_and_names_inputs_that_exist()
    {
        var example = await ModuleTools.ParseAsync("modules", "terraform", "example");
        var provider = example["provider"]!["azurerm"]![0]!.AsObject();
        Assert.Empty(Unknown("provider", "", provider, ModuleTools.Names["settings"]!.AsObject()));
        var keyVault = provider["features"]![0]!["key_vault"]![0]!.AsObject();
        var purging = ModuleTools.Names["settings"]!["features"]!["key_vault"]!.AsObject().Select(m => m.Key).Where(n => n.StartsWith("purge", StringComparison.Ordinal) && !n.Contains("secret", StringComparison.Ordinal) && !n.Contains("certificate", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, purging.Count);
        Assert.All(purging, name => Assert.False((bool)keyVault[name]!, name));
        Assert.Equal("module.estate.azurerm_key_vault_managed_hardware_security_module.store[0]", Bare((string)example["import"]![0]!["to"]!));

        var variables = (await ModuleTools.ParseAsync("modules", "terraform"))["variable"]!.AsObject();
        var given = example["module"]!["estate"]![0]!.AsObject().Select(m => m.Key).Where(n => n != "source").ToList();
        Assert.All(given, name => Assert.True(variables.ContainsKey(name), name));
        Assert.All(variables.Where(v => !v.Value![0]!.AsObject().ContainsKey("default")), v => Assert.Contains(v.Key, given));
    }

    [Theory]
    [InlineData("name_prefix", "\"Payments\"", "3 to 11 lower-case letters and digits")]
    [InlineData("stage", "\"all\"", "stage is keys or estate")]
    [InlineData("services", "[\"redis\"]", "services takes storage, disks, sql and postgres")]
    [InlineData("key_rotation_policy", "{\"rotate_after\":\"180 days\"}", "such as P180D, P6M or P2Y")]
    [InlineData("hsm_administrators", "[]", "hsm_administrators is empty")]
    public async Task An_input_that_can_not_work_is_refused_with_what_would(string name, string value, string words)
    {
        var inputs = Estates.Of("the HSM");
        inputs[name] = JsonNode.Parse(value);
        var refused = (string?)(await ModuleTools.EvaluateAsync(inputs))["refused"];
        Assert.NotNull(refused);
        Assert.Contains(words, string.Join(' ', refused.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(w => w != "│")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_files_are_formatted_as_Terraform_formats_them()
    {
        ModuleTools.NeedTerraform();
        var said = await Tools.RunAsync("terraform", ["fmt", "-check", "-recursive", Repository.In("modules", "terraform")]);
        Assert.True(said.ExitCode == 0, $"not formatted: {said.Text}{said.Error}");
    }

    private static List<string> Unknown(JsonObject module) =>
        [.. from kind in new[] { (Key: "resource", Names: "resources"), (Key: "data", Names: "data") }
            from type in module[kind.Key]!.AsObject()
            let known = ModuleTools.Names[kind.Names]![type.Key]?["arguments"]?.AsObject()
            from finding in known is null
                ? [$"{type.Key} is no resource type"]
                : type.Value!.AsObject().SelectMany(named => named.Value!.AsArray().SelectMany(body => Unknown($"{type.Key}.{named.Key}", "", body!.AsObject(), known)))
            select finding];

    private static IEnumerable<string> Unknown(string address, string at, JsonObject body, JsonObject known)
    {
        foreach (var (name, value) in body)
        {
            if (at.Length == 0 && Meta.Contains(name)) continue;
            if (known[name] is not { } kind)
                yield return $"{address} has no {at}{name}";
            else if (kind is JsonObject block)
                foreach (var finding in value!.AsArray().SelectMany(b => Unknown(address, $"{at}{name}.", b!.AsObject(), block))) yield return finding;
        }

        foreach (var (name, kind) in known)
            if (kind is JsonValue && (string?)kind == "required" && !body.ContainsKey(name))
                yield return $"{address} lacks {at}{name}";
    }

    private static List<JsonNode> Bodies(JsonObject resources, string type) => [.. resources[type]!.AsObject().SelectMany(named => named.Value!.AsArray()).Select(b => b!)];

    private static string Bare(string expression) => expression.StartsWith("${", StringComparison.Ordinal) ? expression[2..^1] : expression;
}
