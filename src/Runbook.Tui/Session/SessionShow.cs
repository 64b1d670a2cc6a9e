using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Tui;

/// <summary>Shows a session from its opening page to its end, and says how it ended.</summary>
internal static class SessionShow
{
    // How long the terminal library gets to let go; when the terminal is gone, it never does.
    private static readonly TimeSpan LetGo = TimeSpan.FromMilliseconds(1500);

    /// <summary>Shows it; returns when the terminal has been given back.</summary>
    public static async Task<ConsoleExit> RunAsync(SessionRunner runner, ActionSet actions, IKeyring keyring, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        using var link = new SessionLink(runner, settings.SessionTime);
        using var signals = new SignalWatch();
        var console = new SessionConsole(link, actions, keyring, settings);
        var host = new ConsoleHost(console.Shell, settings, $"runbook {link.Newest.View.Plan?.Runbook.Id}", failure => console.DisplayFailure = failure.Message);
        var shown = host.ShowAsync();
        var cancelled = Task.Delay(Timeout.InfiniteTimeSpan, settings.UiTime, cancellationToken);
        var first = await Task.WhenAny(shown, signals.First, cancelled).ConfigureAwait(false);
        if (first == shown && await shown.ConfigureAwait(false) is null) return HowItEnded(link);

        // Everything else leaves the session where it stands, in order, within a limit.
        var (reason, trigger) = first == signals.First ? SignalWatch.Said(await signals.First.ConfigureAwait(false)) : ("the console was told to stop", "operator");
        await Task.WhenAny(link.StopAsync(reason, trigger), signals.Second, Task.Delay(settings.Grace, settings.UiTime, CancellationToken.None)).ConfigureAwait(false);
        host.Stop();
        await Task.WhenAny(shown, Task.Delay(LetGo, settings.UiTime, CancellationToken.None)).ConfigureAwait(false);
        TerminalRestore.WriteIfArmed();
        if (first == signals.First) return new ConsoleExit.Signalled(await signals.First.ConfigureAwait(false), link.Result);
        if (first == shown) return new ConsoleExit.DisplayFailed((await shown.ConfigureAwait(false))!, link.Result);
        return HowItEnded(link);
    }

    private static ConsoleExit HowItEnded(SessionLink link) => link switch
    {
        { Failure: { } cause } => new ConsoleExit.SessionBroke(cause),
        { Result: { } result } => new ConsoleExit.Ended(result),
        { Stand: RunStand.NotBegun } => new ConsoleExit.NotBegun(),
        _ => new ConsoleExit.SessionBroke(new TimeoutException("The session did not stand still in time. What it was doing is in doubt, and is settled when it is gone on with.")),
    };
}
