using System.Collections.Immutable;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Cli.Sessions;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Actions;
using Runbook.Tui;

namespace Runbook.Cli.Home;

/// <summary>Looks up what the home shows: the runbooks of this folder, and the sessions that were begun in it.</summary>
internal static class HomeReading
{
    private const int SessionsMax = 100;

    /// <summary>Reads both; a runbook with errors and a session that can't be read are shown as such.</summary>
    public static HomeModel Read(ActionCatalogue catalogue) => new()
    {
        Environment = EmbeddedWorld.EnvironmentLabel,
        Runbooks = [.. RunbookLoader.Known().Select(f => Summary(f, catalogue))],
        Sessions = [.. SessionPaths.Known().Take(SessionsMax).Select(Session)],
        About = [$"Folder: {Directory.GetCurrentDirectory()}", $"Runbook {ProgramIdentity.Version}", "What is started here runs on the embedded Azure. For a real one: runbook run FILE --azure PROFILE.yaml"],
    };

    private static HomeRunbook Summary(string file, ActionCatalogue catalogue)
    {
        var loaded = RunbookLoader.Load(file, catalogue);
        var document = loaded.Linked.ByPath[loaded.RootPath].Document;
        var problems = loaded.Findings()
            .SelectMany(f => f.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => $"{f.Path}:{d.Start}: {d.Code} {d.Message}"))
            .ToImmutableArray();
        if (document is null) return new HomeRunbook(file, Path.GetFileName(file), RunbookKind.Procedure, "", 0) { Problems = problems };
        return new HomeRunbook(file, document.Title, document.Kind, document.Summary, document.Steps.Length)
        {
            Roles = [.. document.Roles.Select(r => r.People == 1 ? r.Name : $"{r.People} {r.Name}s")],
            Environments = document.Environments,
            Problems = problems,
        };
    }

    private static HomeSession Session(string directory)
    {
        var (lines, ledger, damage) = SessionReading.Read(new SessionDirectory(directory));
        var view = SessionFold.Begin(ReadProgram(directory, ledger));
        foreach (var line in lines) view = SessionFold.Apply(view, line.Entry, line.Hash);
        return new HomeSession(directory, view.Plan?.Runbook.Id.ToString() ?? Path.GetFileName(directory), Stand(view), StateOf(view), view.Last?.At.ToDateTimeOffset() ?? default)
        {
            Details = [.. Details(view, damage)],
        };
    }

    private static SessionProgram? ReadProgram(string directory, SessionLedger ledger)
    {
        try
        {
            return ledger.Plan is null ? null : SessionCopies.Load(LocalDisk.Instance, new SessionDirectory(directory), ledger, AzureActions.Catalogue);
        }
        catch (EngineException)
        {
            // The home shows such a session without its step; resuming it says what is wrong with its copy.
            return null;
        }
    }

    private static string Stand(SessionView view) => view switch
    {
        { End: { } end } => $"closed as {end.ToString().ToLowerInvariant()}",
        { Current: { } step } => step.Step.Title,
        { Plan: null } => "never began",
        _ => "between two steps",
    };

    private static HomeSessionState StateOf(SessionView view) => view switch
    {
        { Status: SessionStatus.Closed } => HomeSessionState.Closed,
        { Faults.Armed.IsEmpty: false } => HomeSessionState.Armed,
        { Effects.HasDoubt: true } => HomeSessionState.InDoubt,
        _ when view.Approvals.OpenRequests.Any() || view.Approvals.OpenQuestions.Any() => HomeSessionState.Waiting,
        _ => HomeSessionState.Stopped,
    };

    private static IEnumerable<string> Details(SessionView view, string? damage)
    {
        if (damage is not null) yield return damage;
        foreach (var fault in view.Faults.Armed) yield return $"{fault.Fault} is to be undone until {fault.Body.Deadline.ToDateTimeOffset().UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
        foreach (var effect in view.Effects.InDoubt) yield return $"{effect.Intent.Action} was sent and its answer never came";
        foreach (var request in view.Approvals.OpenRequests) yield return $"{request.Body.Quorum} {request.Body.Role} to approve {request.Body.Over}";
    }
}
