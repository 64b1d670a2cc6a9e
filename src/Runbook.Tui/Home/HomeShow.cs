namespace Runbook.Tui;

/// <summary>Shows the home until something is chosen.</summary>
internal static class HomeShow
{
    /// <summary>Shows it; returns when the terminal has been given back.</summary>
    public static async Task<HomeChoice> RunAsync(HomeModel model, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        var around = new StillSurroundings(settings, "runbook", model.Environment.ToUpperInvariant());
        var shell = new Shell(around, settings);
        around.Shell = shell;
        var page = new HomePage(shell, model);
        shell.AskToLeave = shell.Finish;
        shell.Open(page);
        var signal = await Stage.ShowAsync(shell, settings, "runbook", cancellationToken).ConfigureAwait(false);
        return signal > 0 ? new HomeChoice.Signalled(signal) : page.Choice ?? new HomeChoice.Leave();
    }
}
