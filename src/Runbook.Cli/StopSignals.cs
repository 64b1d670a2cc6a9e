using System.Runtime.InteropServices;

namespace Runbook.Cli;

/// <summary>SIGTERM and Ctrl+C end a program that serves or watches in order: that is how it is meant to end.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Listens until it is disposed.</summary>
    /// <param name="stop">What a signal cancels.</param>
    public StopSignals(CancellationTokenSource stop) => _registrations =
    [
        .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            Came = true;
            stop.Cancel();
        })),
    ];

    /// <summary>Whether one came.</summary>
    public bool Came { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
