using System.CommandLine;
using Runbook.Actions;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook schema</c>: JSON Schemas of what the program reads and writes.</summary>
internal static class SchemaCommand
{
    public static Command Build(CliConsole console)
    {
        var of = new Argument<string>("OF") { Description = "entries, front-matter, or actions.", DefaultValueFactory = _ => "entries" };
        of.AcceptOnlyFromAmong("entries", "front-matter", "actions");
        var command = new Command("schema", "Print JSON Schemas of the journal entries, the front matter and the actions.") { of };
        command.SetAction(parsed =>
        {
            var text = parsed.GetValue(of) switch
            {
                "front-matter" => FrontMatterSchema.ToJson(),
                "actions" => CatalogueSchema.ToJson(AzureActions.Catalogue),
                _ => EntrySchema.ToJson(),
            };
            console.Out.Write(text.EndsWith('\n') ? text : text + "\n");
            return ExitCodes.Done;
        });
        return command;
    }
}
