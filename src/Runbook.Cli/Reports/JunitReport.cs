using System.Globalization;
using System.Text;
using System.Xml;
using Runbook.Journal;

namespace Runbook.Cli.Reports;

/// <summary>A session as JUnit's XML, for pipelines: a test case for each visit of a step, and two for the whole.</summary>
/// <remarks>A step that was left by failure where the runbook provides for it is no failed test; only a session that did
/// not complete has failed ones.</remarks>
internal static class JunitReport
{
    private static readonly XmlWriterSettings Settings = new() { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = false, Encoding = new UTF8Encoding(false) };

    /// <summary>Renders it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="verification">What its verification found.</param>
    public static string Render(SessionChronicle session, VerificationReport verification)
    {
        var cases = session.Visits.Select(v => OfVisit(v, session)).Append(OfEnd(session)).Append(OfVerification(verification)).ToArray();
        using var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, Settings))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", session.View.Plan?.Runbook.Id.Original() ?? "runbook");
            xml.WriteAttributeString("timestamp", session.Began.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
            xml.WriteAttributeString("time", Seconds(session.Ended - session.Began));
            xml.WriteAttributeString("tests", Number(cases.Length));
            xml.WriteAttributeString("failures", Number(cases.Count(c => c.Kind == "failure")));
            xml.WriteAttributeString("errors", Number(cases.Count(c => c.Kind == "error")));
            xml.WriteAttributeString("skipped", "0");
            WriteProperties(xml, session, verification);
            foreach (var one in cases) one.Write(xml);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private static Case OfVisit(ChronicleVisit visit, SessionChronicle session)
    {
        var name = visit.Visit > 1 ? $"{visit.Title} (visit {visit.Visit})" : visit.Title;
        var one = new Case(visit.Path, name, visit.Duration, null, null, $"lines {visit.Entered.Seq} to {visit.Left?.Seq ?? session.Lines[^1].Entry.Seq}");
        if (visit.Left is null) return one with { Kind = "error", Message = "the session was never seen to leave this step" };
        if (visit.WentWell) return one;
        var why = $"{SessionChronicle.Word(visit.Trigger!.Value)}{(visit.Why is { } reason ? ": " + reason : "")}";
        if (session.Closed is { End: SessionEnd.Completed }) return one with { Output = $"{one.Output}; left by {why}, for which the runbook provides" };
        return one with { Kind = visit.Trigger == StepTrigger.Abort ? "error" : "failure", Message = why };
    }

    private static Case OfEnd(SessionChronicle session)
    {
        var one = new Case("session", "The session completed", TimeSpan.Zero, null, null, "");
        return session.Closed switch
        {
            null => one with { Kind = "error", Message = "the session is not closed" },
            { End: SessionEnd.Completed } closed => one with { Output = closed.Verdicts is { } v ? $"system {v.System}, drill {v.Drill}, clean-up {v.Cleanup}" : "" },
            { End: SessionEnd.Failed } => one with { Kind = "failure", Message = "ended as failed" },
            _ => one with { Kind = "error", Message = "ended as aborted" },
        };
    }

    private static Case OfVerification(VerificationReport verification)
    {
        var one = new Case("transcript", "The transcript verifies", TimeSpan.Zero, null, null, ReportText.Headline(verification));
        return verification.Verdict is TranscriptVerdict.Intact ? one : one with { Kind = "failure", Message = ReportText.Headline(verification) };
    }

    private static void WriteProperties(XmlWriter xml, SessionChronicle session, VerificationReport verification)
    {
        xml.WriteStartElement("properties");
        foreach (var (name, value) in new[]
        {
            ("session", session.View.SessionId),
            ("environment", session.View.Opened?.Environment.Original() ?? ""),
            ("simulated", verification.IsSimulated ? "true" : "false"),
            ("head", verification.Journal.Head.Hex),
        })
        {
            xml.WriteStartElement("property");
            xml.WriteAttributeString("name", name);
            xml.WriteAttributeString("value", XmlText(value));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    // XML has no way to say most control characters, not even escaped; the journal's inert form has.
    private static string XmlText(string text) => Inert.Text(text);

    private sealed record Case(string Class, string Name, TimeSpan Time, string? Kind, string? Message, string Output)
    {
        public void Write(XmlWriter xml)
        {
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("classname", XmlText(Class));
            xml.WriteAttributeString("name", XmlText(Name));
            xml.WriteAttributeString("time", Seconds(Time));
            if (Kind is not null)
            {
                xml.WriteStartElement(Kind);
                xml.WriteAttributeString("message", XmlText(Message!));
                xml.WriteEndElement();
            }

            if (Output.Length > 0) xml.WriteElementString("system-out", XmlText(Output));
            xml.WriteEndElement();
        }
    }
}
