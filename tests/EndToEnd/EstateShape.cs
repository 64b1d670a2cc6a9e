using Runbook.Simulator;

namespace Runbook.EndToEnd;

/// <summary>The shape of the estate that a session left.</summary>
public static class EstateShape
{
    /// <summary>The shape, and the calls that reached it.</summary>
    /// <param name="session">The session's directory; its embedded Azure must not be running.</param>
    public static async Task<(string Shape, IReadOnlyList<CallRecord> Calls)> OfAsync(string session)
    {
        await using var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { StateFile = Path.Combine(session + ".azure", "estate.db"), Clock = ClockMode.Standing }, CancellationToken.None);
        return (Cli.Testing.EstateShape.Of(azure.State.Export(EstateSecrets.LeftOut)), azure.Calls.Since());
    }
}
