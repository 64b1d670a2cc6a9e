using System.CommandLine;
using Runbook.Actions;
using Runbook.Cli.Home;
using Runbook.Cli.Sessions;
using Runbook.Tui;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook</c> alone: the console's home on a terminal, else help.</summary>
internal static class HomeCommand
{
    public static void Attach(RootCommand root, CliConsole console) => root.SetAction(async (_, cancellationToken) =>
    {
        if (!console.IsInteractive || !console.IsOutputTerminal || ConsoleApp.WhyNot() is not null)
        {
            return await root.Parse(["--help"]).InvokeAsync(new InvocationConfiguration { Output = console.Out, Error = console.Error }, cancellationToken).ConfigureAwait(false);
        }

        var chosen = await ConsoleApp.RunHomeAsync(HomeReading.Read(AzureActions.Catalogue), new ConsoleSettings(), cancellationToken).ConfigureAwait(false);
        var choices = new SessionChoices { Front = FrontKind.Tui };
        return chosen switch
        {
            HomeChoice.Start start => await RunCommand.RunAsync(start.Runbook.Path, [], null, null, null, choices, console, cancellationToken).ConfigureAwait(false),
            HomeChoice.Resume resume => await ResumeCommand.ResumeAsync(Path.GetFullPath(resume.Session.Directory), choices, console, cancellationToken).ConfigureAwait(false),
            HomeChoice.Replay replay => await ReplayCommand.ReplayAsync(Path.GetFullPath(replay.Session.Directory), FrontKind.Tui, console, cancellationToken).ConfigureAwait(false),
            HomeChoice.Signalled signalled => 128 + signalled.Signal,
            _ => ExitCodes.Done,
        };
    });
}
