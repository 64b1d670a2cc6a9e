using System.CommandLine;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Cli.Sessions;
using Runbook.Language;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook run FILE</c>: checks, plans, and executes in a new session.</summary>
internal static class RunCommand
{
    public static Command Build(CliConsole console)
    {
        var file = new Argument<string>("FILE") { Description = "The runbook." };
        var set = new Option<string[]>("--set") { Description = "An input; repeatable.", HelpName = "name=value" };
        var inputs = new Option<string?>("--inputs") { Description = "A YAML or JSON file of inputs.", HelpName = "FILE" };
        var output = new Option<string?>("--out") { Description = "The session's directory, which must not exist or be empty; .runbook/sessions/ID if left out.", HelpName = "DIR" };
        var roster = new Option<string?>("--roster") { Description = "People and their public keys; on the embedded Azure the rehearsal's people if left out.", HelpName = "FILE" };
        var session = new SessionOptions();
        var command = new Command("run", "Check, plan and execute a runbook in a new session.") { file, set, inputs, output, roster };
        session.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(file)!, parsed.GetValue(set) ?? [], parsed.GetValue(inputs), parsed.GetValue(output), parsed.GetValue(roster), session.Read(parsed, console), console, cancellationToken));
        return command;
    }

    /// <summary>Runs a runbook in a new session.</summary>
    public static async Task<int> RunAsync(string file, string[] set, string? inputs, string? output, string? roster, SessionChoices choices, CliConsole console, CancellationToken cancellationToken)
    {
        var loaded = RunbookLoader.LoadGood(file, AzureActions.Catalogue, console);
        if (choices.Profile is not null) SessionFactory.RequireForReal(loaded.ToProgram());
        var warnings = loaded.Findings().Sum(f => f.Diagnostics.Count);
        if (warnings > 0) console.Error.Write(CliConsole.Safe(DiagnosticReport.ToText(loaded.Findings())));
        var reader = new InputReader(loaded.Linked.ByPath[loaded.RootPath].Document!, console);
        SessionInputs? given;
        if (choices.Front == FrontKind.Tui)
        {
            var form = await reader.ReadInFormAsync(set, inputs, choices.Profile, choices.NoColor, cancellationToken).ConfigureAwait(false);
            if (form.ExitCode is { } exit) return exit;
            given = form.Inputs!;
        }
        else
        {
            given = reader.Read(set, inputs, useRehearsal: choices.Profile is null, ask: console.IsInteractive && !choices.Rehearse && choices.Front != FrontKind.Json);
        }

        // A look at a whole subscription takes its time, and the console's own pages come after it.
        if (choices.Front == FrontKind.Tui) console.Error.WriteLine("Asking Azure what is permitted, and what depends on what. Nothing is changed by that.");
        var host = await SessionFactory.BeginAsync(loaded, given, roster, output, choices, cancellationToken).ConfigureAwait(false);
        await using (host.World.ConfigureAwait(false))
        {
            using var runner = host.Runner;
            return await host.RunAsync(console).ConfigureAwait(false);
        }
    }
}
