namespace Runbook.Tui;

/// <summary>Shows a shell that has no session behind it, until it is over.</summary>
internal static class Stage
{
    // How long the terminal library gets to let go; when the terminal is gone, it never does.
    private static readonly TimeSpan LetGo = TimeSpan.FromMilliseconds(1500);

    /// <summary>Shows it; returns when the terminal has been given back.</summary>
    /// <returns>The signal that ended it, or 0.</returns>
    /// <exception cref="InvalidOperationException">The display failed again and again.</exception>
    public static async Task<int> ShowAsync(Shell shell, ConsoleSettings settings, string title, CancellationToken cancellationToken)
    {
        using var signals = new SignalWatch();
        var host = new ConsoleHost(shell, settings, title, failure => shell.Say("The display failed: " + failure.Message));
        var shown = host.ShowAsync();
        var cancelled = Task.Delay(Timeout.InfiniteTimeSpan, settings.UiTime, cancellationToken);
        var first = await Task.WhenAny(shown, signals.First, cancelled).ConfigureAwait(false);
        if (first != shown)
        {
            host.Stop();
            await Task.WhenAny(shown, Task.Delay(LetGo, settings.UiTime, CancellationToken.None)).ConfigureAwait(false);
            TerminalRestore.WriteIfArmed();
            return signals.First.IsCompleted ? await signals.First.ConfigureAwait(false) : 0;
        }

        if (await shown.ConfigureAwait(false) is { } broke) throw new InvalidOperationException("The display failed again and again; use --ui plain.", broke);
        return 0;
    }
}
