namespace Runbook.Simulator.Tests.Clients;

/// <summary>Debian's Python clients, unmodified, through the proxy.</summary>
[Collection(ClientsCollection.Name)]
public sealed class PythonTests(ClientsWorld world)
{
    /// <summary>Debian's own interpreter: another one on the path does not see Debian's packages.</summary>
    private const string Python = "/usr/bin/python3";

    [Fact]
    public async Task The_keys_client_creates_reads_rotates_breaks_and_heals()
    {
        NeedPackage("azure/keyvault/keys");
        await world.RunAsync(Python, "keys.py", steps: 15);
    }

    [Fact]
    public async Task The_administration_client_grants_takes_away_and_gives_back()
    {
        NeedPackage("azure/keyvault/administration");
        await world.RunAsync(Python, "administration.py", steps: 7);
    }

    [Fact]
    public async Task The_backup_client_backs_up_restores_breaks_and_heals()
    {
        foreach (var folder in (string[])["azure/keyvault/administration", "azure/storage/blob", "azure/mgmt/storage"])
            NeedPackage(folder);
        await world.RunAsync(Python, "backup.py", steps: 6);
    }

    private static void NeedPackage(string folder)
    {
        if (!File.Exists(Python) || !Directory.Exists("/usr/lib/python3/dist-packages/" + folder))
            Assert.Skip($"Debian's python3-azure ({folder}) is not installed; tests/clients/install installs it");
    }
}
