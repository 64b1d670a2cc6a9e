using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Runbook.Tui;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook terminal-reset</c>: gives a terminal back that a killed console has left in its own state.</summary>
internal static class TerminalResetCommand
{
    public static Command Build(CliConsole console)
    {
        var command = new Command("terminal-reset", "Give a terminal back after a kill -9: the ordinary screen, cursor and keys.");
        command.SetAction(_ =>
        {
            if (!TerminalRestore.Write())
            {
                throw new CliException("RC033", "there is no terminal to give back.", "nothing was changed.", "runbook terminal-reset    (typed at that terminal)");
            }

            if (OperatingSystem.IsWindows()) return ExitCodes.Done;
            MakeLinesSane(console);

            // The framework puts the keys into its own mode again when a child of it has ended.
            TerminalRestore.Write();
            return ExitCodes.Done;
        });
        return command;
    }

    // Echo and line ends belong to the terminal's driver, not to what is written to it.
    private static void MakeLinesSane(CliConsole console)
    {
        try
        {
            using var stty = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec stty sane < /dev/tty"]));
            stty?.WaitForExit();
            if (stty is { ExitCode: 0 }) return;
        }
        catch (Win32Exception)
        {
            // There is no shell to ask; what can still be done is said below.
        }

        console.Line("The screen is given back. If what you type does not show, type: stty sane");
    }
}
