using System.CommandLine;
using System.CommandLine.Parsing;
using Runbook.Cli.Commands;

namespace Runbook.Cli;

/// <summary>Parses the command line, runs a command, and turns what went wrong into words and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command.</summary>
    public static async Task<int> RunAsync(string[] args, CliConsole console)
    {
        var root = Build(console);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            var usage = string.Join(' ', Path(parsed.CommandResult));
            console.Complain("RC001", string.Join(' ', parsed.Errors.Select(e => e.Message.ReplaceLineEndings(" "))), "nothing was done.", $"{usage} --help".TrimStart());
            return ExitCodes.BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = console.Out, Error = console.Error, ProcessTerminationTimeout = null }).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            return Failures.Tell(exception, console);
        }
    }

    private static RootCommand Build(CliConsole console)
    {
        var root = new RootCommand("Runbook turns Markdown runbooks into state machines, walks people through key ceremonies, and proves what happened.");
        root.Subcommands.Add(RunCommand.Build(console));
        root.Subcommands.Add(ResumeCommand.Build(console));
        root.Subcommands.Add(CheckCommand.Build(console));
        root.Subcommands.Add(PlanCommand.Build(console));
        root.Subcommands.Add(GraphCommand.Build(console));
        root.Subcommands.Add(ExploreCommand.Build(console));
        root.Subcommands.Add(TestCommand.Build(console));
        root.Subcommands.Add(ActionsCommand.Build(console));
        root.Subcommands.Add(ApproveCommand.Build(console));
        root.Subcommands.Add(GuardCommand.Build(console));
        root.Subcommands.Add(BreakGlassCommand.Build(console));
        root.Subcommands.Add(WatchCommand.Build(console));
        root.Subcommands.Add(VerifyCommand.Build(console));
        root.Subcommands.Add(ReplayCommand.Build(console));
        root.Subcommands.Add(ReportCommand.Build(console));
        root.Subcommands.Add(LagsCommand.Build(console));
        root.Subcommands.Add(KeysCommand.Build(console));
        root.Subcommands.Add(ByokCommand.Build(console));
        root.Subcommands.Add(SimulateCommand.Build(console));
        root.Subcommands.Add(SchemaCommand.Build(console));
        root.Subcommands.Add(TerminalResetCommand.Build(console));
        HomeCommand.Attach(root, console);
        return root;
    }

    private static IEnumerable<string> Path(SymbolResult? result)
    {
        var words = new Stack<string>();
        for (var at = result; at is not null; at = at.Parent)
        {
            if (at is CommandResult command) words.Push(command.Command is RootCommand ? "runbook" : command.Command.Name);
        }

        return words;
    }
}
