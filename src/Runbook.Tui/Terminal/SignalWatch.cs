using System.Runtime.InteropServices;

namespace Runbook.Tui;

/// <summary>
/// Hears the signals that end a process, so that the session is left in order and the terminal given back first.
/// </summary>
internal sealed class SignalWatch : IDisposable
{
    private static readonly (PosixSignal Signal, int Number, string Name)[] Signals = [(PosixSignal.SIGTERM, 15, "TERM"), (PosixSignal.SIGHUP, 1, "HUP"), (PosixSignal.SIGINT, 2, "INT"), (PosixSignal.SIGQUIT, 3, "QUIT")];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TaskCompletionSource<int> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to listen for TERM, HUP, INT and QUIT.</summary>
    public SignalWatch()
    {
        foreach (var (signal, number, _) in Signals)
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

    /// <summary>Why a session is left after a signal, in words and as the journal says it.</summary>
    public static (string Reason, string Trigger) Said(int number)
    {
        var name = Signals.First(s => s.Number == number).Name;
        return ($"the console got the signal {name}", "signal:" + name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
