using System.CommandLine;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Language;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook check PATH…</c>: the checker.</summary>
internal static class CheckCommand
{
    public static Command Build(CliConsole console)
    {
        var paths = new Argument<string[]>("PATH") { Description = "Runbooks, or folders of them.", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--format") { Description = "How findings are written.", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json", "sarif");
        var command = new Command("check", "Find what is wrong with runbooks: every finding at once, each with its line, column, code and fix.") { paths, format };
        command.SetAction(parsed => Check(parsed.GetValue(paths)!, parsed.GetValue(format)!, console));
        return command;
    }

    private static int Check(string[] paths, string format, CliConsole console)
    {
        var findings = new Dictionary<string, FileFindings>(StringComparer.Ordinal);
        foreach (var file in RunbookLoader.Files(paths))
        {
            foreach (var found in RunbookLoader.Load(file, AzureActions.Catalogue).Findings()) findings.TryAdd(found.Path, found);
        }

        var all = findings.Values.OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        var text = format switch
        {
            "json" => DiagnosticReport.ToJson(all),
            "sarif" => DiagnosticReport.ToSarif(all, ProgramIdentity.Version),
            _ => CliConsole.Safe(DiagnosticReport.ToText(all)),
        };
        console.Out.Write(text.EndsWith('\n') || text.Length == 0 ? text : text + "\n");
        var errors = all.Sum(f => f.Diagnostics.Count(d => d.Severity == DiagnosticSeverity.Error));
        if (format == "text") console.Line($"{all.Count} {(all.Count == 1 ? "runbook" : "runbooks")}, {errors} errors, {all.Sum(f => f.Diagnostics.Count) - errors} warnings.");
        return errors > 0 ? ExitCodes.BadInput : ExitCodes.Done;
    }
}
