using System.Globalization;
using System.Text;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>The table in <c>docs/simulator.md</c>. After a change: <c>RUNBOOK_ACCEPT=1</c> writes it anew.</summary>
public sealed class OperationTableTests
{
    private const string Begin = "<!-- operations: begin -->\n";
    private const string End = "<!-- operations: end -->";

    private static readonly Dictionary<string, string> Hosts = new()
    {
        ["Login"] = "Entra: `login.microsoftonline.com`",
        ["Graph"] = "Graph: `graph.microsoft.com`",
        ["InstanceMetadata"] = "Managed identities: `169.254.169.254`, and the App Service endpoint",
        ["ResourceManager"] = "Resource Manager: `management.azure.com`",
        ["ManagedHsm"] = "Managed HSM: `*.managedhsm.azure.net`",
        ["Vault"] = "Key Vault: `*.vault.azure.net`",
        ["Blob"] = "Blobs: `*.blob.core.windows.net`",
        ["Attestation"] = "Attestation: `*.attest.azure.net`",
        ["Faults"] = "Faults, which no Azure has: `faults.embedded.invalid`",
        ["LogAnalytics"] = "Logs: `api.loganalytics.io`, `api.loganalytics.azure.com`",
    };

    [Fact]
    public async Task The_table_in_the_page_says_what_the_code_says()
    {
        await using var world = await World.StartAsync();
        var path = Repo.Path("docs", "simulator.md");
        var page = await File.ReadAllTextAsync(path, World.Stop);
        var from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var to = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(from >= Begin.Length && to >= from, "docs/simulator.md has lost the marks around its table");
        var table = Table(world.Azure.Operations);
        if (Environment.GetEnvironmentVariable("RUNBOOK_ACCEPT") == "1")
            await File.WriteAllTextAsync(path, page[..from] + table + page[to..], World.Stop);
        else
            Assert.Equal(table, page[from..to]);
    }

    private static string Table(IReadOnlyList<SimulatedOperation> operations)
    {
        var text = new StringBuilder();
        int Count(string fidelity) => operations.Count(operation => operation.Fidelity == fidelity);
        text.Append(CultureInfo.InvariantCulture, $"\n{operations.Count} operations: {Count("full")} in full, {Count("part")} in part, {Count("none")} not at all.\n");
        foreach (var service in operations.GroupBy(operation => operation.Service))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {Hosts[service.Key]}\n\n| operation | call | simulated | what is missing |\n|---|---|---|---|\n");
            foreach (var operation in service.OrderBy(operation => operation.Template, StringComparer.OrdinalIgnoreCase).ThenBy(operation => operation.Method, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"| {Cell(operation.Name)} | `{operation.Method} {Cell(operation.Template)}` | {operation.Fidelity} | {Cell(operation.Note ?? "")} |\n");
        }
        return text.Append('\n').ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
