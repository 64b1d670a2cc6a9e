using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Modules;

/// <summary>The parsers and compilers of others that read <c>modules/</c>.</summary>
public static class ModuleTools
{
    /// <summary>What stands for the tenant where Bicep names one.</summary>
    public const string Tenant = "00000000-0000-0000-0000-000000000001";

    /// <summary>The group that both sides deploy into.</summary>
    public const string Group = "rg-payments";

    private const string BicepPackage = "azure.bicep.commandline.linux-x64";
    private static readonly Lazy<Task<ToolResult>> Compiled = new(() => CompileAsync(Repository.In("modules")));
    private static readonly ConcurrentDictionary<string, Lazy<Task<JsonObject>>> Parsed = new(StringComparer.Ordinal);

    /// <summary>The names that azurerm knows.</summary>
    public static JsonObject Names { get; } = JsonNode.Parse(File.ReadAllText(Repository.In("tests", "EndToEnd", "Modules", "azurerm-names.json")))!.AsObject();

    /// <summary>The Bicep compiler, or a path where nothing is.</summary>
    public static string Bicep { get; } = FindBicep();

    /// <summary>Skips the test where Terraform's parser is missing.</summary>
    public static void NeedParser()
    {
        Assert.SkipUnless(Tools.Has("node"), "node is not installed; tests/clients/install installs it");
        Assert.SkipUnless(Directory.Exists(Repository.In("tests", "clients", "node_modules", "@cdktf", "hcl2json")), "@cdktf/hcl2json is not installed; tests/clients/install installs it");
    }

    /// <summary>Skips the test where Terraform itself is missing: the project does not install it.</summary>
    public static void NeedTerraform()
    {
        NeedParser();
        Assert.SkipUnless(Tools.Has("terraform"), "terraform is not installed");
    }

    /// <summary>Skips the test where the Bicep compiler is missing.</summary>
    public static void NeedBicep() => Assert.SkipUnless(File.Exists(Bicep), "the Bicep compiler is not installed; on Linux for x86-64 tests/clients/install installs it");

    /// <summary>A folder of Terraform as JSON.</summary>
    /// <param name="parts">Where it lies in the repository.</param>
    public static async Task<JsonObject> ParseAsync(params string[] parts)
    {
        NeedParser();
        var folder = Repository.In(parts);
        var parsed = await Parsed.GetOrAdd(folder, _ => new(() => NodeAsync("parse", folder))).Value;
        return parsed.DeepClone().AsObject();
    }

    /// <summary>What each of Terraform's resources would be given, or why it refuses.</summary>
    /// <param name="inputs">The module's inputs.</param>
    public static async Task<JsonObject> EvaluateAsync(JsonObject inputs)
    {
        NeedTerraform();
        var all = inputs.DeepClone().AsObject();
        all["resource_group_name"] = Group;
        return await NodeAsync("evaluate", Repository.In("modules", "terraform"), Repository.In("tests", "EndToEnd", "Modules", "azurerm-names.json"), all.ToJsonString());
    }

    /// <summary>Bicep's module as a template of Resource Manager.</summary>
    public static Task<ToolResult> CompileAsync()
    {
        NeedBicep();
        return Compiled.Value;
    }

    /// <summary>A copy of Bicep's module as a template.</summary>
    /// <param name="folder">A copy of <c>modules/</c>.</param>
    public static Task<ToolResult> CompileAsync(string folder)
    {
        NeedBicep();
        return Tools.RunAsync(Bicep, ["build", Path.Combine(folder, "bicep", "main.bicep"), "--stdout"]);
    }

    /// <summary>The resources that a deployment of Bicep's module would ask for.</summary>
    /// <param name="inputs">The module's inputs.</param>
    public static async Task<IReadOnlyList<JsonObject>> PredictAsync(JsonObject inputs)
    {
        NeedBicep();
        using var scratch = new ScratchFolder();
        CopyModules(scratch.Path);
        var lines = new StringBuilder("using 'main.bicep'\n");
        foreach (var (name, value) in inputs)
            lines.Append("param ").Append(name).Append(" = ").Append(Literal(value)).Append('\n');
        await File.WriteAllTextAsync(scratch.In("bicep", "estate.bicepparam"), lines.ToString());
        var said = await Tools.RunAsync(Bicep, [
            "snapshot", scratch.In("bicep", "estate.bicepparam"), "--mode", "overwrite", "--tenant-id", Tenant, "--subscription-id", "00000000-0000-0000-0000-000000000002",
            "--resource-group", Group, "--location", "eastus2", "--deployment-name", "estate",
        ]);
        Assert.True(said.ExitCode == 0 && said.Error.Length == 0, said.Text + said.Error);
        var snapshot = JsonNode.Parse(await File.ReadAllTextAsync(scratch.In("bicep", "estate.snapshot.json")))!;
        return [.. snapshot["predictedResources"]!.AsArray().Select(r => r!.AsObject())];
    }

    /// <summary>Copies <c>modules/</c>, to be changed.</summary>
    /// <param name="target">A folder.</param>
    public static void CopyModules(string target)
    {
        foreach (var file in Directory.EnumerateFiles(Repository.In("modules"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(Repository.In("modules"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static async Task<JsonObject> NodeAsync(params string[] arguments)
    {
        var said = await Tools.RunAsync("node", [Repository.In("tests", "clients", "terraform.mjs"), .. arguments]);
        Assert.True(said.ExitCode == 0, said.Error);
        return JsonNode.Parse(said.Text)!.AsObject();
    }

    private static string Literal(JsonNode? value) => value switch
    {
        JsonObject o => "{ " + string.Join(", ", o.Select(m => $"{m.Key}: {Literal(m.Value)}")) + " }",
        JsonArray a => "[" + string.Join(", ", a.Select(Literal)) + "]",
        JsonValue v when v.TryGetValue<string>(out var text) => $"'{text}'",
        _ => value!.ToJsonString(),
    };

    private static string FindBicep()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var project = File.ReadAllText(Repository.In("tests", "clients", "bicep", "bicep.csproj"));
        var version = project.Split("Version=\"[")[1].Split(']')[0];
        return Path.Combine(packages, BicepPackage, version, "tools", "bicep");
    }
}
