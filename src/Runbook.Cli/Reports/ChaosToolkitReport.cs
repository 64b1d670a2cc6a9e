using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Cli.Reports;

/// <summary>
/// A session as a Chaos Toolkit journal, so that what reads those can read ours. Its shape follows what chaostoolkit-lib
/// writes: <c>experiment</c>, <c>steady_states</c>, <c>run</c>, <c>rollbacks</c>, <c>status</c>, <c>deviated</c>.
/// </summary>
/// <remarks>What has no place there (approvals, digests, the head) stands in <c>experiment.extensions</c>.</remarks>
internal static class ChaosToolkitReport
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Renders it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="verification">What its verification found.</param>
    public static string Render(SessionChronicle session, VerificationReport verification)
    {
        var parts = new Parts(session);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("chaoslib-version", "1.0");
            json.WriteString("platform", "runbook " + ProgramIdentity.Version);
            json.WriteString("node", session.View.Opened?.Host.Original() ?? "");
            WriteExperiment(json, session, verification, parts);
            json.WriteString("start", Time(session.Began));
            json.WriteString("status", Status(session));
            json.WriteBoolean("deviated", parts.Deviated);
            WriteSteadyStates(json, parts);
            WriteRuns(json, "run", parts.Method);
            WriteRuns(json, "rollbacks", parts.Rollbacks);
            json.WriteString("end", Time(session.Ended));
            json.WriteNumber("duration", (session.Ended - session.Began).TotalSeconds);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private static string Status(SessionChronicle session) => session.Closed?.End switch
    {
        SessionEnd.Completed => "completed",
        SessionEnd.Failed => "failed",
        SessionEnd.Aborted => "aborted",
        _ => "interrupted",
    };

    private static void WriteExperiment(Utf8JsonWriter json, SessionChronicle session, VerificationReport verification, Parts parts)
    {
        json.WriteStartObject("experiment");
        json.WriteString("version", "1.0.0");
        json.WriteString("title", session.View.Program?.Document.Title ?? session.View.Plan?.Runbook.Id.Original() ?? "runbook");
        json.WriteString("description", session.View.Program?.Document.Summary ?? "A session whose runbook is not at hand.");
        json.WriteStartArray("tags");
        json.WriteStringValue("runbook");
        if (verification.IsSimulated) json.WriteStringValue("simulated");
        json.WriteEndArray();
        if (parts.Before.Length > 0)
        {
            json.WriteStartObject("steady-state-hypothesis");
            json.WriteString("title", "What holds before the fault holds after it.");
            WriteActivities(json, "probes", parts.Before);
            json.WriteEndObject();
        }

        WriteActivities(json, "method", parts.Method);
        WriteActivities(json, "rollbacks", parts.Rollbacks);
        json.WriteStartArray("extensions");
        json.WriteStartObject();
        json.WriteString("name", "runbook");
        json.WriteString("session", session.View.SessionId);
        json.WriteString("runbook", session.View.Plan?.Runbook.Digest.ToString());
        json.WriteString("head", verification.Journal.Head.ToString());
        json.WriteString("verification", ReportText.Headline(verification));
        if (session.Closed?.Verdicts is { } verdicts)
        {
            json.WriteStartObject("verdicts");
            json.WriteString("system", verdicts.System);
            json.WriteString("drill", verdicts.Drill);
            json.WriteString("cleanup", verdicts.Cleanup);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSteadyStates(Utf8JsonWriter json, Parts parts)
    {
        json.WriteStartObject("steady_states");
        WriteSteadyState(json, "before", parts.Before);
        WriteSteadyState(json, "after", parts.After);
        json.WriteStartArray("during");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSteadyState(Utf8JsonWriter json, string name, Activity[] probes)
    {
        if (probes.Length == 0)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteBoolean("steady_state_met", probes.All(p => p.Succeeded));
        json.WriteStartArray("probes");
        foreach (var probe in probes) WriteRun(json, probe, isHypothesis: true);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteActivities(Utf8JsonWriter json, string name, Activity[] activities)
    {
        json.WriteStartArray(name);
        // A step that looks before it acts is what it does, not what it looked at.
        foreach (var activity in activities.GroupBy(a => a.Name, StringComparer.Ordinal).Select(g => g.FirstOrDefault(a => !a.IsProbe) ?? g.First())) WriteActivity(json, activity);
        json.WriteEndArray();
    }

    private static void WriteActivity(Utf8JsonWriter json, Activity activity)
    {
        json.WriteStartObject();
        json.WriteString("type", activity.IsProbe ? "probe" : "action");
        json.WriteString("name", activity.Name);
        if (activity.IsProbe) json.WriteBoolean("tolerance", true);
        json.WriteStartObject("provider");
        json.WriteString("type", "process");
        json.WriteString("path", "runbook");
        json.WriteString("arguments", "actions " + activity.Action);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRuns(Utf8JsonWriter json, string name, Activity[] activities)
    {
        json.WriteStartArray(name);
        foreach (var activity in activities) WriteRun(json, activity, isHypothesis: false);
        json.WriteEndArray();
    }

    private static void WriteRun(Utf8JsonWriter json, Activity activity, bool isHypothesis)
    {
        json.WriteStartObject();
        json.WritePropertyName("activity");
        WriteActivity(json, activity);
        json.WriteStartObject("output");
        if (activity.HttpStatus is { } status) json.WriteNumber("status", status);
        if (activity.Error is { } error)
        {
            json.WriteString("code", error.Code.Original());
            json.WriteString("message", error.Message.Original());
        }

        json.WriteNumber("line", activity.Line);
        json.WriteEndObject();
        json.WriteString("start", Time(activity.Start));
        json.WriteString("status", activity.Succeeded ? "succeeded" : "failed");
        json.WriteString("end", Time(activity.End));
        json.WriteNumber("duration", (activity.End - activity.Start).TotalSeconds);
        if (isHypothesis) json.WriteBoolean("tolerance_met", activity.Succeeded);
        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    private sealed record Activity(string Name, string Action, bool IsProbe, bool Succeeded, DateTimeOffset Start, DateTimeOffset End, int? HttpStatus, CallError? Error, long Line);

    /// <summary>The visits of a session in the order of an experiment: steady state, method, rollbacks, steady state again.</summary>
    private sealed class Parts
    {
        public Parts(SessionChronicle session)
        {
            var armed = session.Lines.Select(l => l.Entry).Where(e => e.Body is FaultArmed { Lease: false }).ToArray();
            var steady = armed.SelectMany(e => ((FaultArmed)e.Body).SteadyState.Select(s => Beside(e.Step!, s))).ToHashSet(StringComparer.Ordinal);
            var first = armed.Length == 0 ? long.MaxValue : armed[0].Seq;
            var lifted = session.Lines.LastOrDefault(l => l.Entry.Body is FaultLifted)?.Entry.Seq ?? long.MaxValue;
            Before = [.. session.Visits.Where(v => v.Entered.Seq < first && steady.Contains(v.Path)).SelectMany(ProbesOf)];
            After = [.. session.Visits.Where(v => v.Entered.Seq > lifted && v.Block is StepBlock.Probe { SameAs: { } same } && steady.Contains(Beside(v.Path, same))).SelectMany(ProbesOf)];
            Rollbacks = [.. session.Visits.Where(v => v.Block is StepBlock.Revert).SelectMany(All)];
            Method = [.. session.Visits.Where(v => v.Block is not StepBlock.Revert).SelectMany(All)];
            Deviated = Before.Any(p => !p.Succeeded) || After.Any(p => !p.Succeeded) || (armed.Length > 0 && After.Length == 0);
        }

        public Activity[] Before { get; }

        public Activity[] After { get; }

        public Activity[] Method { get; }

        public Activity[] Rollbacks { get; }

        public bool Deviated { get; }

        private static string Beside(string path, string slug) => path[..(path.LastIndexOf('/') + 1)] + slug;

        private static IEnumerable<Activity> All(ChronicleVisit visit) => CallsOf(visit).Concat(ProbesOf(visit)).OrderBy(a => a.Line);

        private static IEnumerable<Activity> CallsOf(ChronicleVisit visit) => visit.Calls.Select(call => new Activity(
            visit.Title,
            call.Intent.Action,
            call.Intent.Class == EffectClass.Read,
            call.TookEffect,
            call.Line.At.ToDateTimeOffset(),
            (call.OutcomeLine ?? call.Line).At.ToDateTimeOffset(),
            call.Outcome?.Status,
            call.Outcome?.Error,
            call.Line.Seq));

        // Of a probe's samples only the last one says what it came to.
        private static IEnumerable<Activity> ProbesOf(ChronicleVisit visit) => visit.Probes.Where(p => p.Probe.Effect is null).TakeLast(1).Select(p => new Activity(
            visit.Title,
            p.Probe.Action,
            true,
            p.Probe.Verdict == ProbeVerdict.Holds,
            visit.Entered.At.ToDateTimeOffset(),
            p.Line.At.ToDateTimeOffset(),
            p.Probe.Status,
            p.Probe.Error,
            p.Line.Seq));
    }
}
