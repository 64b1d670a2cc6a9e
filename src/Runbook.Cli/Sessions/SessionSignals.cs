using System.Runtime.InteropServices;
using Runbook.Cli.Fronts;

namespace Runbook.Cli.Sessions;

/// <summary>
/// A signal has the session left in order: what is armed is taken back, a call that is under way is left to be settled by a
/// resume. A second signal ends the process at once, which costs nothing that was durable.
/// </summary>
internal sealed class SessionSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _gate = new();
    private ISessionFront? _front;
    private string? _came;
    private int _count;
    private int _exitCode;

    /// <summary>Begins to listen. What comes before there is a front is kept for it: a session that is being resumed may have something armed.</summary>
    public SessionSignals()
    {
        foreach (var (signal, name, number) in new[] { (PosixSignal.SIGINT, "INT", 2), (PosixSignal.SIGTERM, "TERM", 15), (PosixSignal.SIGHUP, "HUP", 1), (PosixSignal.SIGQUIT, "QUIT", 3) })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                // The second one is not cancelled: the default action ends the process.
                if (Interlocked.Increment(ref _count) > 1) return;
                context.Cancel = true;
                Volatile.Write(ref _exitCode, 128 + number);
                Take(name);
            }));
        }
    }

    /// <summary>Tells a front from now on, and at once what came before.</summary>
    public void Tell(ISessionFront front)
    {
        lock (_gate)
        {
            _front = front;
            if (_came is { } name) Leave(front, name);
        }
    }

    private void Take(string name)
    {
        lock (_gate)
        {
            _came = name;
            if (_front is { } front) Leave(front, name);
        }
    }

    private static void Leave(ISessionFront front, string name) => front.Leave($"the console got the signal {name}", "signal:" + name);

    /// <summary>128 and the number of the signal that came; <see langword="null"/> where none did.</summary>
    public int? ExitCode => Volatile.Read(ref _exitCode) is > 0 and var code ? code : null;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
