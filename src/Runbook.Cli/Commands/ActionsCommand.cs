using System.CommandLine;
using Runbook.Actions;
using Runbook.Language.Actions;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook actions [NAME]</c>: the catalogue.</summary>
internal static class ActionsCommand
{
    public static Command Build(CliConsole console)
    {
        var name = new Argument<string?>("NAME") { Description = "An action; all of them, in a line each, if left out.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("actions", "Show what runbooks can do: schema, effect class, permissions, az equivalent, inverse.") { name };
        command.SetAction(parsed => parsed.GetValue(name) is { } named ? One(named, console) : All(console));
        return command;
    }

    private static int All(CliConsole console)
    {
        var width = AzureActions.Catalogue.All.Max(a => a.Name.Length);
        foreach (var action in AzureActions.Catalogue.All) console.Line($"{action.Name.PadRight(width)}  {action.Effect.Name(),-11}  {action.Summary}");
        return ExitCodes.Done;
    }

    private static int One(string name, CliConsole console)
    {
        var action = AzureActions.Catalogue.Find(name);
        if (action is null)
        {
            var near = AzureActions.Catalogue.All.Where(a => a.Name.Contains(name, StringComparison.OrdinalIgnoreCase)).Select(a => a.Name).Take(5).ToArray();
            throw new CliException("RC012", $"there is no action \"{name}\".", "nothing was done.", near.Length > 0 ? $"perhaps {string.Join(", ", near)}" : "runbook actions    (lists all)");
        }

        console.Out.Write(ActionPages.Render(action));
        return ExitCodes.Done;
    }
}
