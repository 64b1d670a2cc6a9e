using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Runbook.Journal;

/// <summary>A verification's report for programs: format <c>runbook-verify/1</c>.</summary>
public static class ReportJson
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Renders a report.</summary>
    /// <param name="report">The report.</param>
    /// <returns>One JSON object and a line feed. Members: docs/journal-format.md §13.</returns>
    public static string Render(VerificationReport report)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options)) Write(json, report);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, VerificationReport report)
    {
        json.WriteStartObject();
        json.WriteString("format", "runbook-verify/1");
        json.WriteString("verdict", Words<TranscriptVerdict>.Of(report.Verdict));
        json.WriteNumber("exit", report.ExitCode);
        json.WriteString("headline", ReportText.Headline(report));
        json.WriteString("session", report.Session);
        json.WriteString("runbook", report.Runbook);
        json.WriteBoolean("simulated", report.IsSimulated);
        json.WriteBoolean("rehearsalPeople", report.HasRehearsalPeople);
        WriteJournal(json, report.Journal);
        WriteBroken(json, report.FirstBroken);
        WriteChecks(json, report);
        WritePeople(json, report);
        WriteList(json, "signedBy", report.SignedBy);
        WriteList(json, "inDoubt", report.InDoubt);
        WriteList(json, "faultsArmed", report.FaultsArmed);
        WriteList(json, "recoveries", report.Recoveries);
        WriteList(json, "warnings", report.Warnings);
        json.WriteStartObject("trust");
        if (report.Roster is { } roster) json.WriteString("roster", roster.ToString());
        else json.WriteNull("roster");
        json.WriteBoolean("pinned", report.IsRosterPinned);
        json.WriteString("source", report.TrustSource);
        json.WriteEndObject();
        json.WriteStartObject("tool");
        json.WriteString("name", report.Tool.Name);
        json.WriteString("version", report.Tool.Version);
        json.WriteEndObject();
        WriteList(json, "limits", report.Limits);
        json.WriteEndObject();
    }

    private static void WriteJournal(Utf8JsonWriter json, JournalSummary journal)
    {
        json.WriteStartObject("journal");
        json.WriteNumber("lines", journal.Lines);
        json.WriteNumber("goodTo", journal.GoodTo);
        json.WriteNumber("bytes", journal.Bytes);
        json.WriteString("sha256", journal.Sha256.Hex);
        json.WriteString("head", journal.Head.Hex);
        json.WriteString("root", journal.Root.Base64);
        if (journal.End is { } end) json.WriteString("end", Words<SessionEnd>.Of(end));
        else json.WriteNull("end");
        json.WriteEndObject();
    }

    private static void WriteBroken(Utf8JsonWriter json, BrokenLine? broken)
    {
        if (broken is null)
        {
            json.WriteNull("firstBroken");
            return;
        }

        json.WriteStartObject("firstBroken");
        json.WriteNumber("line", broken.Line);
        json.WriteNumber("byte", broken.Byte);
        json.WriteString("check", Words<CheckId>.Of(broken.Check));
        json.WriteString("reason", Words<Reason>.Of(broken.Reason));
        json.WriteString("expected", broken.Expected);
        json.WriteString("found", broken.Found);
        json.WriteString("kind", broken.Kind);
        json.WriteStartArray("suspects");
        foreach (var line in broken.Suspects) json.WriteNumberValue(line);
        json.WriteEndArray();
        WriteList(json, "sentences", broken.Sentences);
        json.WriteEndObject();
    }

    private static void WriteChecks(Utf8JsonWriter json, VerificationReport report)
    {
        json.WriteStartArray("checks");
        foreach (var check in report.Checks)
        {
            json.WriteStartObject();
            json.WriteString("id", Words<CheckId>.Of(check.Check));
            json.WriteString("verdict", Words<CheckVerdict>.Of(check.Verdict));
            if (check.Reason != Reason.None) json.WriteString("reason", Words<Reason>.Of(check.Reason));
            if (check.Line is { } line) json.WriteNumber("line", line);
            json.WriteString("detail", check.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePeople(Utf8JsonWriter json, VerificationReport report)
    {
        json.WriteStartArray("people");
        foreach (var person in report.People)
        {
            json.WriteStartObject();
            json.WriteString("id", person.Id);
            WriteList(json, "roles", person.Roles);
            json.WriteNumber("approvals", person.Counts.Approvals);
            json.WriteNumber("ticksSigned", person.Counts.TicksSigned);
            json.WriteNumber("ticksClaimed", person.Counts.TicksClaimed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items) json.WriteStringValue(item);
        json.WriteEndArray();
    }
}
