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

    [Fact]
    public async Task The_identity_client_signs_in_in_every_way_that_needs_no_browser()
    {
        NeedPackage("@azure/identity");
        await world.RunAsync("node", "identity.mjs", steps: 6);
    }

    [Fact]
    public async Task The_resource_clients_create_read_rotate_break_and_heal()
    {
        NeedPackage("@azure/arm-sql");
        await world.RunAsync("node", "resources.mjs", steps: 8);
    }

    [Fact]
    public async Task The_clients_of_what_stands_under_a_key_create_read_rotate_break_and_heal()
    {
        foreach (var package in (string[])["@azure/arm-storage", "@azure/arm-compute", "@azure/arm-postgresql-flexible"])
            NeedPackage(package);
        await world.RunAsync("node", "protected.mjs", steps: 11);
    }

    private static void NeedPackage(string name)
    {
        Tool.Need("node");
        if (!Directory.Exists(Repo.Path("tests", "clients", "node_modules", name)))
            Assert.Skip($"{name} is not installed; tests/clients/install installs it");
    }
}
