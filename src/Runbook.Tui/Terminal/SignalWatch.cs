using System.Runtime.InteropServices;

namespace Runbook.Tui;

/// <summary>
/// Hears the signals that end a process, so that the session is left in order and the terminal given back first.
/// </summary>
internal sealed class SignalWatch : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TaskCompletionSource<int> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to listen for TERM, HUP, INT and QUIT.</summary>
    public SignalWatch()
    {
        (PosixSignal Signal, int Number)[] signals = [(PosixSignal.SIGTERM, 15), (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3)];
        foreach (var (signal, number) in signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                // The default would end the process at once, past every finally.
                context.Cancel = true;
                if (!_first.TrySetResult(number)) _second.TrySetResult();
            }));
        }
    }

    /// <summary>The first signal's number, once it came.</summary>
    public Task<int> First => _first.Task;

    /// <summary>A second signal: whoever sends it does not want to wait any more.</summary>
    public Task Second => _second.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
