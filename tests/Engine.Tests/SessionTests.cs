using Runbook.Journal;

namespace Runbook.Engine.Tests;

/// <summary>A session from its first entry to its seal.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task A_runbook_with_every_kind_of_block_runs_to_its_end_and_verifies()
    {
        var world = new TestWorld();
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Everything));

        var result = await rehearsed.RunAsync();

        Assert.Null(result.PauseReason);
        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Empty(result.MissingSignatures);
        Assert.Equal(["make kv", "paint kv red", "grant a", "grant b", "grant c", "grant kv", "revoke kv"], world.Effects);
        Assert.Equal(["a", "b", "c"], world.Grants.Order(StringComparer.Ordinal));
        var report = rehearsed.Verify();
        Assert.True(report.ExitCode == 0, report.ToString());
    }
}
