using System.Globalization;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Reports;

/// <summary>
/// A session as one self-contained HTML file: no script, nothing fetched. Each thing that it says carries links to the
/// lines of the journal that it comes from; where there is no such line, it says nothing.
/// </summary>
internal static class HtmlReport
{
    private const string Head = """
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <style>
        :root { color-scheme: light dark; --line: #8886; --good: #0a6b2d; --bad: #b00020; --odd: #8a5a00; }
        @media (prefers-color-scheme: dark) { :root { --good: #5fd38a; --bad: #ff7b8a; --odd: #f0b95a; } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 0 auto; padding: 1.5rem; }
        h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); }
        .verdict { border: 2px solid; border-radius: .4rem; padding: .7rem 1rem; font-size: 1.1rem; margin: 1rem 0; overflow-wrap: anywhere; }
        .good { color: var(--good); } .bad { color: var(--bad); } .odd { color: var(--odd); }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; } th { text-align: left; }
        th, td { padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
        td:first-child { white-space: nowrap; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; } dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
        code, pre { font-family: ui-monospace, monospace; font-size: .88em; } pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); border-radius: .3rem; }
        tr:target { outline: 2px solid var(--odd); } nav a { margin-right: 1rem; }
        @media print { nav { display: none; } body { max-width: none; padding: 0; } tr { break-inside: avoid; } }
        </style>
        """;

    /// <summary>Renders it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="verification">What its verification found.</param>
    public static string Render(SessionChronicle session, VerificationReport verification)
    {
        var title = session.View.Program?.Document.Title ?? session.View.Plan?.Runbook.Id.Original() ?? "A session";
        var html = new Html().Raw("<!DOCTYPE html>").Raw("<html lang=\"en\"><head>").Raw(Head).Raw($"<title>{Html.Text(title)}: {Html.Text(session.View.SessionId)}</title></head><body>");
        html.Raw($"<h1>{Html.Text(title)}</h1>");
        if (session.View.Program?.Document.Summary is { } summary) html.Paragraph(summary);
        html.Raw($"<p class=\"verdict {Weight(verification.Verdict)}\">{Html.Text(ReportText.Headline(verification))}</p>");
        if (verification.IsSimulated) html.Raw("<p class=\"odd\"><strong>This was a rehearsal on an embedded Azure.</strong> It proves nothing about a real resource.</p>");
        html.Raw("<nav><a href=\"#what\">What it was</a><a href=\"#steps\">Steps</a><a href=\"#changes\">Changes</a><a href=\"#faults\">Faults</a><a href=\"#people\">People</a><a href=\"#checks\">Checks</a><a href=\"#azure\">Ask Azure</a><a href=\"#limits\">Limits</a><a href=\"#lines\">Journal</a></nav>");
        WriteWhat(html, session, verification);
        WriteSteps(html, session);
        WriteChanges(html, session);
        WriteFaults(html, session);
        WritePeople(html, session, verification);
        WriteChecks(html, verification);
        AzureQuestions.Write(html, session);
        html.Heading("limits", "What this can't show");
        html.List(verification.Limits).List(JournalVerifier.WhatNothingCatches);
        WriteLines(html, session);
        return html.Raw("</body></html>").ToString();
    }

    private static string Weight(TranscriptVerdict verdict) => verdict switch
    {
        TranscriptVerdict.Intact => "good",
        TranscriptVerdict.Open or TranscriptVerdict.Unjudged => "odd",
        _ => "bad",
    };

    private static void WriteWhat(Html html, SessionChronicle session, VerificationReport verification)
    {
        var view = session.View;
        html.Heading("what", "What it was");
        html.Facts(
        [
            ("Session", Html.Code(view.SessionId)),
            ("Runbook", view.Plan is { } plan ? $"{Html.Text(plan.Runbook.Id.Value)} {Html.Code(plan.Runbook.Digest.ToString())}" : ""),
            ("Environment", Html.Text(view.Opened?.Environment.Value ?? "")),
            ("Place", Html.Text(Place(view.Opened))),
            ("Operator", Html.Text(view.Operator)),
            ("Began", Html.Text(Time(session.Began)) + " " + Html.Line(1)),
            ("Last line", Html.Text(Time(session.Ended)) + " " + Html.Line(session.Lines[^1].Entry.Seq)),
            ("Ended as", session.Closed is { } closed ? Html.Text(SessionChronicle.Word(closed.End) + (closed.Cut == CutCause.None ? "" : $"; a scope was cut short by {SessionChronicle.Word(closed.Cut)}")) : Html.Text("not closed")),
            ("Verdicts", session.Closed?.Verdicts is { } v ? Html.Text($"system: {v.System}; drill: {v.Drill}; clean-up: {v.Cleanup}") : ""),
            ("Head", Html.Code(verification.Journal.Head.Hex)),
        ]);
        if (view.Plan is not { Inputs.Count: > 0 } bound) return;
        html.Table(["Input", "Value"], bound.Inputs.Select(i => new[] { Html.Text(i.Key), Html.Code(ShownValues.Brief(i.Value.ToElement())) }), "");
    }

    private static void WriteSteps(Html html, SessionChronicle session)
    {
        html.Heading("steps", "Steps");
        html.Table(
            ["Lines", "Step", "Left by", "Took"],
            session.Visits.Select(v => new[]
            {
                Html.Line(v.Entered.Seq) + (v.Left is { } left ? "–" + Html.Line(left.Seq) : ""),
                Html.Text(v.Title) + (v.Visit > 1 ? Html.Text($" (visit {v.Visit})") : ""),
                v.Trigger is not { } trigger ? "<strong class=\"bad\">not left</strong>" : v.WentWell ? Html.Text(SessionChronicle.Word(trigger)) : $"<strong class=\"bad\">{Html.Text(SessionChronicle.Word(trigger))}</strong>{Html.Text(v.Why is { } why ? ": " + Inert.Text(why) : "")}",
                Html.Text(Took(v.Duration)),
            }),
            "No step was entered.");
    }

    private static void WriteChanges(Html html, SessionChronicle session)
    {
        html.Heading("changes", "What was sent to change something");
        html.Table(
            ["Lines", "Action", "On", "Outcome", "Client request id", "Service request id"],
            session.Calls.Where(c => c.Intent.Class != EffectClass.Read).Select(c => new[]
            {
                Html.Line(c.Line.Seq) + (c.OutcomeLine is { } end ? "–" + Html.Line(end.Seq) : ""),
                Html.Text($"{c.Intent.Action} ({SessionChronicle.Word(c.Intent.Class)})"),
                Html.Text(c.Intent.Target.Value),
                OutcomeOf(c),
                Html.Code(c.Intent.Request.ClientRequestId),
                Html.Code(c.Outcome?.Response?.ServiceRequestId?.Value ?? ""),
            }),
            "Nothing was sent that changes anything.");
    }

    private static string OutcomeOf(ChronicleCall call)
    {
        if (call.Outcome is not { } outcome) return "<strong class=\"bad\">in doubt</strong>";
        var words = $"{SessionChronicle.Word(outcome.Result)}{(outcome.SettledAs is { } settled ? ": " + SessionChronicle.Word(settled) : "")}{(outcome.Status is { } status ? $" {status.ToString(CultureInfo.InvariantCulture)}" : "")}{(outcome.Error is { } error ? $" {error.Code}: {error.Message}" : "")}";
        return call.TookEffect ? Html.Text(words) : $"<strong class=\"bad\">{Html.Text(words)}</strong>";
    }

    private static void WriteFaults(Html html, SessionChronicle session)
    {
        var lines = session.Lines.Select(l => l.Entry).ToArray();
        html.Heading("faults", "Faults and leases");
        html.Table(
            ["Lines", "What", "Undone by", "No later than", "Lifted"],
            lines.Where(e => e.Body is FaultArmed).Select(e =>
            {
                var armed = (FaultArmed)e.Body;
                var lifted = lines.FirstOrDefault(l => l.Seq > e.Seq && l.Body is FaultLifted f && f.Fault == armed.Fault);
                return new[]
                {
                    Html.Line(e.Seq) + (lifted is null ? "" : "–" + Html.Line(lifted.Seq)),
                    Html.Text($"{armed.Fault} ({(armed.Lease ? "lease" : "fault")})"),
                    $"{Html.Text(armed.Inverse.Action)} {Html.Code(EntryTelling.Brief(armed.Inverse.Digest))}",
                    Html.Text(Time(armed.Deadline.ToDateTimeOffset())),
                    lifted is null ? "<strong class=\"bad\">not lifted</strong>" : Html.Text($"{Time(lifted.At.ToDateTimeOffset())}, {SessionChronicle.Word(((FaultLifted)lifted.Body).How)}"),
                };
            }),
            "Nothing was broken or lent on purpose.");
    }

    private static void WritePeople(Html html, SessionChronicle session, VerificationReport verification)
    {
        html.Heading("people", "People");
        html.Table(
            ["Who", "Roles", "Approvals", "Ticks signed", "Ticks claimed at the operator's keyboard", "Signed the statement"],
            verification.People.Select(p => new[]
            {
                Html.Text(p.Id),
                Html.Text(string.Join(", ", p.Roles)),
                Number(p.Counts.Approvals),
                Number(p.Counts.TicksSigned),
                Number(p.Counts.TicksClaimed),
                verification.SignedBy.Contains(p.Id) ? "yes" : "",
            }),
            "No roster was bound.");
        html.Table(
            ["Line", "Asked", "Who", "Decision", "Envelope"],
            session.Lines.Where(l => l.Entry.Body is Approval or ApprovalRefused).Select(l => l.Entry.Body switch
            {
                Approval a => new[] { Html.Line(l.Entry.Seq), Html.Line(a.Request), Html.Text($"{a.Person} ({a.Role})"), Html.Text(SessionChronicle.Word(a.Decision) + (a.Reason is { } reason ? ": " + reason.Value : "")), Html.Code(a.Envelope.File) },
                _ => [Html.Line(l.Entry.Seq), Html.Line(((ApprovalRefused)l.Entry.Body).Request), Html.Text(((ApprovalRefused)l.Entry.Body).Person ?? ""), $"<strong class=\"bad\">{Html.Text("refused: " + SessionChronicle.Word(((ApprovalRefused)l.Entry.Body).Why))}</strong>", ""],
            }),
            "Nobody was asked to approve anything.");
    }

    private static void WriteChecks(Html html, VerificationReport verification)
    {
        html.Heading("checks", "Checks of the transcript");
        html.Raw($"<p>Made by {Html.Text(verification.Tool.Name)} {Html.Text(verification.Tool.Version)} when this report was written. Make them yourself: <code>runbook verify DIR</code>, or by hand with jq, sha256sum, openssl and ssh-keygen.</p>");
        html.Table(
            ["Check", "Verdict", "What was found"],
            verification.Checks.Select(c => new[] { Html.Text(SessionChronicle.Word(c.Check)), c.Verdict == CheckVerdict.Fails ? "<strong class=\"bad\">fails</strong>" : Html.Text(SessionChronicle.Word(c.Verdict)), Html.Text(c.Detail) }),
            "Nothing could be checked.");
        if (verification.FirstBroken is { } broken) html.List(broken.Sentences);
        html.List(verification.Warnings).List(verification.Recoveries);
    }

    private static void WriteLines(Html html, SessionChronicle session)
    {
        html.Heading("lines", "The journal");
        html.Raw("<table><thead><tr><th scope=\"col\">Line</th><th scope=\"col\">When</th><th scope=\"col\">By</th><th scope=\"col\">Step</th><th scope=\"col\">What</th></tr></thead><tbody>");
        foreach (var (entry, telling) in session.Lines)
        {
            var weight = telling.Weight == TellingWeight.Alert ? " class=\"bad\"" : "";
            html.Raw(string.Create(CultureInfo.InvariantCulture, $"<tr id=\"l{entry.Seq}\"><td>{entry.Seq}</td><td>{Html.Text(Time(entry.At.ToDateTimeOffset()))}</td><td>{Html.Text(entry.By)}</td><td>{Html.Text(entry.Step ?? "")}</td><td{weight}>{Html.Text(telling.Text)}</td></tr>"));
        }

        html.Raw("</tbody></table>");
    }

    private static string Place(SessionOpened? opened) => opened switch
    {
        { Azure: { } azure } => $"{azure.Cloud}, subscription {azure.Subscription}, resource group {azure.ResourceGroup}, tenant {azure.Tenant}",
        { Embedded: { } embedded } => $"the embedded Azure {embedded.Version}, seed {embedded.Seed.ToString(CultureInfo.InvariantCulture)}, {SessionChronicle.Word(opened.Clock)} clock",
        _ => "",
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Took(TimeSpan time) => time == TimeSpan.Zero ? "" : time < TimeSpan.FromMinutes(1) ? time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s" : time.ToString(time < TimeSpan.FromDays(1) ? @"hh\:mm\:ss" : @"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
