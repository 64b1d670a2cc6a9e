using Runbook.TestKit;

namespace Runbook.Journal.Tests.Verifying;

public sealed class IntactTests
{
    [Fact]
    public async Task A_sealed_rehearsal_is_intact_and_says_that_it_is_one()
    {
        var disk = new FaultyDisk();
        using var session = await ScriptedSession.BeginAsync(disk);
        await session.RunAsync();
        session.Seal();

        var report = JournalVerifier.Verify(disk, ScriptedSession.Home, new VerifyOptions());

        Assert.True(report.ExitCode == 0, report.ToString());
        Assert.StartsWith("intact, simulated, rehearsal people: closed as completed", ReportText.Headline(report), StringComparison.Ordinal);
    }
}
