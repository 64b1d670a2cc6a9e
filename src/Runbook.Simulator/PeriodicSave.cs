namespace Runbook.Simulator;

/// <summary>Brings the log records of mere readings to the file a moment after they were made.</summary>
internal sealed class PeriodicSave : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    private readonly ITimer _timer;

    public PeriodicSave(SimulatorCore core) => _timer = TimeProvider.System.CreateTimer(
        static state =>
        {
            var core = (SimulatorCore)state!;
            try
            {
                if (core.Estate.HasUnsavedRecords)
                    core.Estate.Save();
            }
            catch (IOException error)
            {
                // Whoever changes something next is told; a reading's log record alone does not end the simulator.
                core.Failures.Add(error);
            }
        },
        core,
        Every,
        Every);

    public void Dispose() => _timer.Dispose();
}
