using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests.Clients;

/// <summary>Azure's JavaScript clients, unmodified, through the proxy.</summary>
[Collection(ClientsCollection.Name)]
public sealed class JavaScriptTests(ClientsWorld world)
{
    [Fact]
    public async Task The_keys_client_creates_reads_rotates_breaks_and_heals()
    {
        NeedPackage("@azure/keyvault-keys");
        await world.RunAsync("node", "keys.mjs", steps: 16);
    }

    private static void NeedPackage(string name)
    {
        Tool.Need("node");
        if (!Directory.Exists(Repo.Path("tests", "clients", "node_modules", name)))
            Assert.Skip($"{name} is not installed; tests/clients/install installs it");
    }
}
