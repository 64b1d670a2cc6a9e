using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Modules;

/// <summary><c>modules/bicep</c>, compiled by Microsoft's compiler, which knows each type, API version and property.</summary>
public sealed class BicepModuleTests
{
    [Fact]
    public async Task It_compiles_without_a_warning()
    {
        var said = await ModuleTools.CompileAsync();
        Assert.True(said.ExitCode == 0 && said.Error.Length == 0, said.Error);
        Assert.Equal("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", (string?)JsonNode.Parse(said.Text)!["$schema"]);
    }

    [Theory]
    [InlineData("storage.bicep", "requireInfrastructureEncryption: double_encryption", "requireInfrastructureEncrypton: double_encryption", "BCP089")]
    [InlineData("managed-hsm.bicep", "enablePurgeProtection: true", "purgeProtectionEnabled: true", "BCP037")]
    [InlineData("disks.bicep", "'Microsoft.Compute/disks@2023-04-02'", "'Microsoft.Compute/disks@2023-04-31'", "BCP081")]
    [InlineData("sql.bicep", "'Microsoft.Sql/servers/encryptionProtector@2023-08-01'", "'Microsoft.Sql/servers/encryptionProtectors@2023-08-01'", "BCP081")]
    [InlineData("postgres.bicep", "primaryKeyURI: key_id", "primaryKeyUri: key_id", "BCP089")]
    public async Task The_compiler_finds_what_is_misspelt(string file, string right, string wrong, string code)
    {
        ModuleTools.NeedBicep();
        using var scratch = new ScratchFolder();
        ModuleTools.CopyModules(scratch.Path);
        var text = await File.ReadAllTextAsync(scratch.In("bicep", file), TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(scratch.In("bicep", file), text.Replace(right, wrong, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Contains(code, (await ModuleTools.CompileAsync(scratch.Path)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_names_inputs_that_exist_and_lacks_none()
    {
        ModuleTools.NeedBicep();
        var said = await Tools.RunAsync(ModuleTools.Bicep, ["build-params", Repository.In("modules", "bicep", "example.bicepparam"), "--stdout"]);
        Assert.True(said.ExitCode == 0 && said.Error.Length == 0, said.Error);
    }

    [Fact]
    public async Task Nothing_is_made_under_a_key_before_its_grant()
    {
        var template = JsonNode.Parse((await ModuleTools.CompileAsync()).Text)!;
        var keys = template["resources"]!.AsObject().Where(r => r.Key is "storage" or "disks" or "sql" or "postgres").ToList();
        Assert.Equal(4, keys.Count);
        Assert.All(keys, r => Assert.Contains("vault", r.Value!["dependsOn"]!.AsArray().Select(d => (string)d!)));
    }
}
