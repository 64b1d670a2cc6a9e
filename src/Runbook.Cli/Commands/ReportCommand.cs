using System.CommandLine;
using Runbook.Actions;
using Runbook.Cli.Reports;
using Runbook.Cli.Sessions;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook report DIR</c>: a session for people, for pipelines, or for what reads Chaos Toolkit journals.</summary>
internal static class ReportCommand
{
    private const string DefaultName = "report.html";

    public static Command Build(CliConsole console)
    {
        var directory = new Argument<string>("DIR") { Description = "The session's directory, or a unique beginning of its id." };
        var format = new Option<string>("--format") { Description = "What to write.", DefaultValueFactory = _ => "html" };
        format.AcceptOnlyFromAmong("html", "chaostoolkit", "junit");
        var output = new Option<string?>("--output") { Description = "The file; - for standard output. If left out, report.html in the session's directory for html, else standard output.", HelpName = "FILE" };
        var trust = new Option<string[]>("--trust") { Description = "Public key of a roster authority, from outside the session's folder; repeatable.", HelpName = "FILE.pem" };
        var command = new Command("report", "Write what happened in a session, with its proofs.") { directory, format, output, trust };
        command.SetAction(parsed =>
        {
            var root = SessionPaths.Find(parsed.GetValue(directory)!);
            return Report(root, parsed.GetValue(format)!, parsed.GetValue(output), VerifyCommand.Trusted(parsed.GetValue(trust) ?? []), console);
        });
        return command;
    }

    private static int Report(string root, string format, string? output, TrustedAuthorities trusted, CliConsole console)
    {
        var session = new SessionDirectory(root);
        var (lines, ledger, _) = SessionReading.Read(session);
        if (lines.Count == 0) throw new CliException("RC091", $"not one line of \"{SessionHost.Shown(root)}\" can be read.", "nothing was written.", $"runbook verify {SessionHost.Shown(root)}", ExitCodes.VerificationFailed);
        var verification = JournalVerifier.Verify(LocalDisk.Instance, root, new VerifyOptions { Trust = trusted, Machine = new MachineReplay(AzureActions.Catalogue), Tool = (ProgramIdentity.Name, ProgramIdentity.Version) });
        var chronicle = SessionChronicle.Of(SessionReading.Program(session, ledger, console.Error), lines);
        var text = format switch
        {
            "junit" => JunitReport.Render(chronicle, verification),
            "chaostoolkit" => ChaosToolkitReport.Render(chronicle, verification),
            _ => HtmlReport.Render(chronicle, verification),
        };
        var file = output ?? (format == "html" ? session.In(DefaultName) : "-");
        if (file == "-")
        {
            console.Out.Write(text);
        }
        else
        {
            Write(file, text);
            console.Line(CliConsole.Safe($"Report:      {SessionHost.Shown(Path.GetFullPath(file))}"));
            console.Line(ReportText.Headline(verification));
        }

        return verification.Verdict is TranscriptVerdict.Intact or TranscriptVerdict.Open ? ExitCodes.Done : ExitCodes.VerificationFailed;
    }

    // Written beside and moved over: a report that is looked at is a whole one.
    private static void Write(string file, string text)
    {
        var half = file + ".part";
        try
        {
            File.WriteAllText(half, text);
            File.Move(half, file, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(half)) File.Delete(half);
            throw new CliException("RC092", $"the report can't be written to \"{file}\": {exception.Message}", "the session is as it was.", "name a file in a folder that you may write to: --output FILE", ExitCodes.Refused, exception);
        }
    }
}
