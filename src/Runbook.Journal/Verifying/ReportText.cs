using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>A verification's report for people, safe for a terminal, readable by a screen reader.</summary>
public static class ReportText
{
    private const int NameWidth = 13;
    private const int VerdictWidth = 10;

    /// <summary>The first line: what it comes to.</summary>
    /// <param name="report">The report.</param>
    public static string Headline(VerificationReport report)
    {
        var simulated = report.IsSimulated ? ", simulated" : "";
        var people = report.HasRehearsalPeople ? ", rehearsal people" : "";
        return Word(report.Verdict) + simulated + people + ": " + report.Verdict switch
        {
            TranscriptVerdict.Intact => IntactWords(report),
            TranscriptVerdict.Open => OpenWords(report),
            _ => WrongWords(report),
        };
    }

    /// <summary>The whole report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="explain">Whether to add what no transcript can show.</param>
    /// <returns>Lines with a line feed each.</returns>
    public static string Render(VerificationReport report, bool explain = false)
    {
        var text = new StringBuilder();
        text.Append(Headline(report)).Append("\n\n");
        var runbook = report.Runbook.Length == 0 ? "" : report.Runbook + ", ";
        text.Append(CultureInfo.InvariantCulture, $"  {runbook}session {(report.Session.Length == 0 ? "unknown" : report.Session)}\n\n");
        if (report.FirstBroken is { } broken) Break(text, broken);
        foreach (var check in report.Checks)
            text.Append($"  {Words<CheckId>.Of(check.Check).PadRight(NameWidth)}{Words<CheckVerdict>.Of(check.Verdict).PadRight(VerdictWidth)}{check.Detail}".TrimEnd()).Append('\n');

        List(text, "recoveries", report.Recoveries);
        List(text, "in doubt", report.InDoubt);
        List(text, "faults armed", report.FaultsArmed);
        List(text, "warnings", report.Warnings);
        List(text, "limits of this transcript", report.Limits);
        if (explain) List(text, "what no transcript can show", JournalVerifier.WhatNothingCatches);
        text.Append(CultureInfo.InvariantCulture, $"\n  {report.Journal.Lines} lines read, good to line {report.Journal.GoodTo}. Exit {report.ExitCode}.\n");
        return text.ToString();
    }

    private static string Word(TranscriptVerdict verdict) => Words<TranscriptVerdict>.Of(verdict);

    private static string IntactWords(VerificationReport report)
    {
        var signed = report.SignedBy.Length == 0 ? "unsigned" : "signed by " + Join(report.SignedBy);
        var approvals = report.People.Sum(p => p.Counts.Approvals);
        var approvers = report.People.Count(p => p.Counts.Approvals > 0);
        var anchored = report.AnchoredSizes == 0 ? "not anchored" : string.Create(CultureInfo.InvariantCulture, $"anchored at {Number(report.AnchoredSizes, "size")}");
        return string.Create(CultureInfo.InvariantCulture, $"closed as {Words<SessionEnd>.Of(report.Journal.End!.Value)}, {Number(report.Journal.Lines, "line")}, {signed}, {Number(approvals, "approval")} by {(approvers == 1 ? "1 person" : $"{approvers} people")}, {anchored}, {Ticks(report)}");
    }

    private static string OpenWords(VerificationReport report)
    {
        if (report.Journal.End is { } end) return string.Create(CultureInfo.InvariantCulture, $"closed as {Words<SessionEnd>.Of(end)}, {Number(report.Journal.Lines, "line")}, and waiting for signatures");
        return string.Create(CultureInfo.InvariantCulture, $"everything holds up to line {report.Journal.Lines}, and the session is not closed; nothing proves that there were not more entries after {report.Journal.Lines}");
    }

    private static string WrongWords(VerificationReport report)
    {
        var wrong = report.Checks.Where(c => c.Verdict == (report.Verdict == TranscriptVerdict.Unjudged ? CheckVerdict.Unjudged : CheckVerdict.Fails)).Select(c => Words<CheckId>.Of(c.Check));
        var at = report.FirstBroken is { } broken && report.Verdict == TranscriptVerdict.Broken ? string.Create(CultureInfo.InvariantCulture, $"at line {broken.Line}; ") : "";
        return at + string.Join(", ", wrong);
    }

    private static string Ticks(VerificationReport report)
        => string.Create(CultureInfo.InvariantCulture, $"{Number(report.People.Sum(p => p.Counts.TicksSigned), "tick")} signed, {report.People.Sum(p => p.Counts.TicksClaimed)} claimed");

    private static void Break(StringBuilder text, BrokenLine broken)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {Words<CheckId>.Of(broken.Check)} breaks at line {broken.Line}, byte {broken.Byte}: {Words<Reason>.Of(broken.Reason)}\n");
        foreach (var sentence in broken.Sentences) text.Append("    ").Append(sentence).Append('\n');
        text.Append('\n');
    }

    private static void List(StringBuilder text, string title, IReadOnlyCollection<string> items)
    {
        if (items.Count == 0) return;
        text.Append(CultureInfo.InvariantCulture, $"\n  {title}\n");
        foreach (var item in items) text.Append("    ").Append(item).Append('\n');
    }

    private static string Number(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private static string Join(IReadOnlyList<string> names)
        => names.Count < 2 ? string.Concat(names) : string.Join(", ", names.Take(names.Count - 1)) + " and " + names[^1];
}
