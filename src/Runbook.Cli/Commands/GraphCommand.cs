using System.CommandLine;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Language;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook graph FILE</c>: the machine as a picture.</summary>
internal static class GraphCommand
{
    public static Command Build(CliConsole console)
    {
        var file = new Argument<string>("FILE") { Description = "The runbook." };
        var format = new Option<string>("--format") { Description = "Which language to draw in.", DefaultValueFactory = _ => "mermaid" };
        format.AcceptOnlyFromAmong("mermaid", "dot");
        var command = new Command("graph", "Draw a runbook's machine as Mermaid or DOT.") { file, format };
        command.SetAction(parsed =>
        {
            var loaded = RunbookLoader.LoadGood(parsed.GetValue(file)!, AzureActions.Catalogue, console);
            var machine = loaded.Linked.ByPath[loaded.RootPath].Machine!;
            console.Out.Write(parsed.GetValue(format) == "dot" ? MachineGraph.ToDot(machine) : MachineGraph.ToMermaid(machine));
            return ExitCodes.Done;
        });
        return command;
    }
}
