using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Guards;

/// <summary>A guard's process, as the console sees it.</summary>
internal sealed class ProcessGuard(GuardFolder folder, GuardProcess process, Heartbeat heart, string session) : IStandingGuard, IDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public GuardProcess Process => process;

    public bool IsAlive => folder.IsAlive(process.File);

    public Task<bool> ArmAsync(JournalLine armed, CancellationToken cancellationToken)
    {
        heart.Arm(armed);
        var file = new SessionDirectory(session).In(process.File.Split('/'));
        return UntilAsync(() => GuardRecord.Read(LocalDisk.Instance, file, armed.Hash)?.StandsBy is not null, AnswersWithin, cancellationToken);
    }

    public async Task StandDownAsync(CancellationToken cancellationToken)
    {
        heart.Tell(GuardWord.Lifted);
        await UntilAsync(() => !IsAlive, EndsWithin, cancellationToken).ConfigureAwait(false);
        heart.Dispose();
    }

    public void Dispose() => heart.Dispose();

    private static async Task<bool> UntilAsync(Func<bool> holds, TimeSpan within, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(started) > within) return false;
            await Task.Delay(Look, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }
}
