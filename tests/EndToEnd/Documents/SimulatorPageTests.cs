using Runbook.TestKit;

namespace Runbook.EndToEnd.Documents;

/// <summary><c>docs/simulator.md</c> as a newcomer follows it, with Azure's own clients.</summary>
public sealed class SimulatorPageTests
{
    private const string DebianPackages = "/usr/lib/python3/dist-packages/azure/keyvault/keys";

    [Fact]
    public async Task The_page_leads_a_newcomers_clients_to_the_embedded_Azure()
    {
        foreach (var program in (string[])["jq", "curl", "az", "node"])
            Assert.SkipUnless(Tools.Has(program), $"{program} is not installed; tests/install installs it");
        Assert.SkipUnless(Directory.Exists(DebianPackages), "Debian's python3-azure is not installed; tests/clients/install installs it");
        Assert.SkipUnless(Directory.Exists(Repository.In("tests", "clients", "node_modules", "@azure", "keyvault-keys")), "@azure/keyvault-keys is not installed; tests/clients/install installs it");
        var scripts = DocumentScript.Of("docs", "simulator.md");
        Assert.Equal(["Start it", "The variables", "az", "az", "A Python program", "A JavaScript program", "Move the clock, break something, look at the calls", "End it"], scripts.Select(script => script.Section));
        var folder = Repository.In(".runbook", "azure");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        try
        {
            foreach (var script in scripts)
                if (await script.RunAsync(Repository.Root) is { } wrong) Assert.Fail(wrong);
        }
        finally
        {
            // Where a script in the middle failed, the last one still ends what the first one started.
            if (File.Exists(Path.Combine(folder, "pid"))) await scripts[^1].RunAsync(Repository.Root);
        }
    }
}
