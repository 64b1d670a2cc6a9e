namespace Runbook.Simulator.Tests.Clients;

/// <summary>Debian's az, unmodified, through the proxy.</summary>
[Collection(ClientsCollection.Name)]
public sealed class AzTests(ClientsWorld world)
{
    [Fact]
    public async Task Az_signs_in_and_runs_the_articles_commands_for_keys()
    {
        NeedAz();
        await world.RunAsync("/usr/bin/python3", "az.py", steps: 13);
    }

    [Fact]
    public async Task Az_runs_the_articles_commands_for_what_stands_under_a_key()
    {
        NeedAz();
        await world.RunAsync("/usr/bin/python3", "az_protected.py", steps: 11);
    }

    private static void NeedAz()
    {
        if (!File.Exists("/usr/bin/az"))
            Assert.Skip("Debian's az is not installed; tests/clients/install installs it");
    }
}
