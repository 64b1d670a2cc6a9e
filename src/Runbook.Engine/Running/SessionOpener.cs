using System.Collections.Immutable;
using System.Text;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>Opens sessions: new ones, and those that were left or cut off.</summary>
public static class SessionOpener
{
    /// <summary>Begins a session: its directory, line 1, the people, the plan. Nothing is changed; the preflight reads.</summary>
    /// <exception cref="EngineException">The people do not suffice, the runbook may not run here, or a permission is missing.</exception>
    /// <exception cref="SessionDirectoryException">The directory can't be made.</exception>
    /// <exception cref="JournalNotDurableException">The disk failed.</exception>
    public static async Task<SessionRunner> OpenAsync(SessionStart start, SessionGround ground, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(ground);
        OpeningRules.Check(start, ground);
        var plan = PlanOf(start, ground);
        var preflight = await ExamineAsync(plan.Steps, ground, cancellationToken).ConfigureAwait(false);
        var writer = await JournalWriter.OpenNewAsync(new NewSession
        {
            Directory = start.Directory,
            Session = start.Session,
            By = start.Operator,
            Environment = start.Environment,
            Azure = start.Azure,
            Embedded = start.Embedded,
            Clock = start.Clock,
            Simulated = start.Simulated,
            Console = start.Console,
        }, ground.Journal, cancellationToken).ConfigureAwait(false);
        try
        {
            var secrets = new SecretStore();
            await writer.BindRosterAsync(start.Roster, start.Operator, cancellationToken).ConfigureAwait(false);
            await BindPlanAsync(writer, start, ground, secrets, plan.Rendered, preflight?.ToJson() ?? PreflightJson.OfNeedsAlone(plan.Steps), cancellationToken).ConfigureAwait(false);
            if (preflight is not null && NoteOf(preflight) is { } note) await writer.AppendAsync(new EntryDraft(EntryDraft.Console, note), cancellationToken).ConfigureAwait(false);
            return new SessionRunner(new SessionScribe(writer, start.Program, ground.Clock), ground, secrets);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Goes on with a session. Its runbook is the copy that lies in its directory; where that does not compile to the
    /// machine that was bound, the session is not gone on with.
    /// </summary>
    /// <param name="recovered">The journal, as recovery gave it.</param>
    /// <param name="catalogue">The actions that runbooks may name.</param>
    /// <param name="ground">What the session stands on.</param>
    /// <param name="cancellationToken">Looked at before each entry.</param>
    /// <exception cref="EngineException">The runbook's copy does not give the machine that was bound.</exception>
    public static async Task<SessionRunner> ResumeAsync(RecoveredJournal recovered, ActionCatalogue catalogue, SessionGround ground, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        ArgumentNullException.ThrowIfNull(ground);
        var program = SessionCopies.Load(ground.Journal.Disk, recovered.Directory, recovered.Ledger, catalogue);
        var operatorOnDuty = recovered.Ledger.OperatorOnDuty ?? throw new EngineException("RE101", "The session was cut off before its plan was bound.", "Nothing was ever sent in it.", "Start a new session.");
        await recovered.AppendRecoveredAsync(operatorOnDuty, WhyOf(recovered, ground), ground.Simulated is not null, cancellationToken).ConfigureAwait(false);
        return new SessionRunner(new SessionScribe(recovered.Writer!, program, ground.Clock), ground, new SecretStore());
    }

    /// <summary>A session whose last word, checkpoints apart, was that it is paused, was left in order.</summary>
    private static RecoveryCause? WhyOf(RecoveredJournal recovered, SessionGround ground) =>
        JournalReader.ReadAll(ground.Journal.Disk, recovered.Directory).Select(l => l.Entry.Body).Where(b => b is not Checkpoint).LastOrDefault() is Paused ? RecoveryCause.Pause : null;

    private static async Task BindPlanAsync(JournalWriter writer, SessionStart start, SessionGround ground, SecretStore secrets, RenderedPlan plan, CanonicalJson findings, CancellationToken cancellationToken)
    {
        var files = new List<RunbookFile>();
        foreach (var source in start.Sources)
        {
            var id = start.Program.Linked.ByPath[source.Path].Document!.Id;
            files.Add(await writer.KeepRunbookAsync(id, Path.GetFileName(source.Path), source.Bytes, cancellationToken).ConfigureAwait(false));
        }

        var kept = await writer.KeepAsync("plan.json", "application/json", plan.Json.Utf8, cancellationToken).ConfigureAwait(false);
        var preflight = await writer.KeepAsync("preflight.json", "application/json", findings.Utf8, cancellationToken).ConfigureAwait(false);
        var warnings = start.Program.Linked.ByPath.Values.Sum(c => c.Diagnostics.Count(d => d.Severity == DiagnosticSeverity.Warning));
        await writer.AppendAsync(new EntryDraft(start.Operator, new PlanBound
        {
            Runbook = files[0],
            Children = [.. files.Skip(1)],
            Catalogue = Digest.Parse(ground.Actions.Catalogue.Digest()),
            Machine = start.Program.MachineDigest,
            Inputs = Inputs(writer, start, secrets),
            Plan = kept.Digest,
            Preflight = preflight.Digest,
            Checker = new CheckerRun(start.Console.Version, warnings),
            Operator = new BoundOperator(start.Operator, start.OperatorObjectId, start.Roster.Roster.Find(start.Operator)?.Name),
        }), cancellationToken).ConfigureAwait(false);
    }

    private static NamedValues Inputs(JournalWriter writer, SessionStart start, SecretStore secrets)
    {
        var values = start.Inputs.Select(i => new KeyValuePair<string, CanonicalJson>(i.Key, JournalValue.ToJournal(i.Value))).ToList();
        foreach (var (name, secret) in start.Secrets)
        {
            secrets.Tell(name, secret);
            values.Add(new(name, writer.Opening!.Commit("input/" + name, Encoding.UTF8.GetBytes(secret)).ToJson()));
        }

        return new NamedValues(values);
    }

    private static (RenderedPlan Rendered, ImmutableArray<PlannedStep> Steps) PlanOf(SessionStart start, SessionGround ground)
    {
        var variables = new Variables { Named = start.Inputs.ToImmutableSortedDictionary(i => i.Key, i => Variable.Of(i.Value), StringComparer.Ordinal) };
        var renderer = new PlanRenderer(ground.Actions);
        ImmutableArray<PlannedStep> steps = [.. renderer.Steps(start.Program, variables)];
        return (renderer.Whole(steps), steps);
    }

    // What can't be looked at is no refusal: it stands in the report, and the step finds out.
    private static async Task<PreflightReport?> ExamineAsync(ImmutableArray<PlannedStep> steps, SessionGround ground, CancellationToken cancellationToken)
    {
        if (ground.Preflight is null) return null;
        var report = await ground.Preflight.ExamineAsync(steps, cancellationToken).ConfigureAwait(false);
        if (!report.Missing.Any()) return report;
        throw new EngineException("RE210", $"A permission is missing: {PreflightText.Missing(report)}.", "The session has not started; nothing was changed, and nothing was written.", PreflightText.NextFor(report) is { } next ? $"{next}    (runbook plan shows all of it)" : "runbook plan    (shows what is missing, and what gives it)");
    }

    private static Note? NoteOf(PreflightReport report) =>
        report.Outages.IsEmpty && report.Findings.IsEmpty && report.Unchecked.IsEmpty && !Lacking(report).Any() ? null : new Note { Text = NoteText(report) };

    private static IEnumerable<PreflightNeed> Lacking(PreflightReport report) => report.Needs.Where(n => n.State == NeedState.MissingForDetour);

    private static string NoteText(PreflightReport report)
    {
        var lines = new List<string> { $"Preflight: {PreflightText.Summary(report)}" };
        lines.AddRange(Lacking(report).Select(n => $"May lack {n.Operation} for \"{n.Steps[0]}\": {n.Why}"));
        lines.AddRange(report.Outages.Select(o => $"{o.Resource}{(o.Step is { } step ? $" with \"{step}\"" : "")}: {o.Says}"));
        lines.AddRange(report.Findings.Select(f => f.Says));
        lines.AddRange(report.Unchecked);
        var text = string.Join('\n', lines);
        return text.Length <= EngineLimits.PreflightNoteMax ? text : text[..EngineLimits.PreflightNoteMax] + "…";
    }
}
