using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Runbook.Engine;

/// <summary>Tells a preflight's report to people: what is wrong first, with what repairs it; what is held in one line each.</summary>
public static class PreflightText
{
    /// <summary>The whole report.</summary>
    /// <returns>Lines that end in a line feed.</returns>
    public static string Render(PreflightReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        text.Append("Preflight, looked at ").Append(PreflightJson.Time(report.At));
        if (report.Caller is { } caller) text.Append(", as ").Append(caller.Name).Append(" (").Append(caller.ObjectId).Append(')');
        text.Append('\n');
        foreach (var need in report.Needs.OrderBy(n => Rank(n.State))) Append(need, text);
        foreach (var outage in report.Outages) Append(outage, text);
        foreach (var finding in report.Findings)
        {
            text.Append("  note     ").Append(finding.Says).Append('\n');
            Append(finding.Repairs, text);
        }

        foreach (var line in report.Unchecked) text.Append("  not checked: ").Append(line).Append('\n');
        return text.Append("  ").Append(Summary(report)).Append('\n').ToString();
    }

    /// <summary>The report in a line.</summary>
    public static string Summary(PreflightReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var words = new List<string>();
        foreach (var group in report.Needs.GroupBy(n => n.State).OrderBy(g => Rank(g.Key))) words.Add($"{Number(group.Count())} {Word(group.Key)}");
        if (words.Count == 0) words.Add("no permission is needed");
        if (!report.Outages.IsEmpty) words.Add($"{Number(report.Outages.Length)} predicted to lose the key");
        if (!report.Findings.IsEmpty) words.Add($"{Number(report.Findings.Length)} to look at");
        if (!report.Unchecked.IsEmpty) words.Add($"{Number(report.Unchecked.Length)} not checked");
        return string.Join(", ", words) + ".";
    }

    /// <summary>What is missing, for the message of a refusal: a sentence without full stop.</summary>
    public static string Missing(PreflightReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var missing = report.Missing.ToList();
        var first = missing[0];
        return $"{WhereOf(first)} lacks {first.Operation} for \"{first.Steps[0]}\": {first.Why.TrimEnd('.')}{(missing.Count > 1 ? $"; {Number(missing.Count - 1)} more {(missing.Count == 2 ? "is" : "are")} missing" : "")}";

        string WhereOf(PreflightNeed need) => $"{report.Caller?.Name ?? "who asks"} at {need.Store}{need.Scope}";
    }

    /// <summary>The first thing to do about what is missing.</summary>
    public static string? NextFor(PreflightReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report.Missing.SelectMany(n => n.Repairs).Select(r => r.Az ?? r.Says).FirstOrDefault();
    }

    private static void Append(PreflightNeed need, StringBuilder text)
    {
        text.Append("  ").Append(Word(need.State).PadRight(9)).Append(need.Operation).Append(" at ").Append(need.Store).Append(need.Scope).Append('\n');
        if (need.State == NeedState.Held) return;
        text.Append("           ").Append(need.Why).Append('\n');
        text.Append("           for ").AppendJoin(", ", need.Steps).Append('\n');
        Append(need.Repairs, text);
    }

    private static void Append(PredictedOutage outage, StringBuilder text)
    {
        text.Append("  outage   ").Append(outage.Resource).Append('\n').Append("           ");
        if (outage.Step is { } step) text.Append("with the step \"").Append(step).Append("\": ");
        else if (outage.At is { } at) text.Append("on ").Append(PreflightJson.Time(at)).Append(": ");
        else text.Append("now: ");
        text.Append(outage.Says).Append('\n');
        if (outage.Rotation is { } rotation) text.Append("           The next rotation of the key is due ").Append(PreflightJson.Time(rotation)).Append("; it can't take part in it.\n");
        if (!outage.Also.IsEmpty) text.Append("           with it: ").AppendJoin(", ", outage.Also).Append('\n');
        if (outage.Failover is { } failover) text.Append("           ").Append(failover.Says).Append('\n');
        Append(outage.Repairs, text);
    }

    private static void Append(ImmutableArray<PreflightRepair> repairs, StringBuilder text)
    {
        foreach (var repair in repairs)
        {
            text.Append("           repair: ").Append(repair.Says).Append('\n');
            if (repair.Az is { } az) text.Append("             ").Append(az).Append('\n');
            if (repair.Use is { } use) text.Append("             use: ").Append(use).Append("  with: ").Append(repair.With!.Value.GetRawText()).Append('\n');
        }
    }

    private static string Word(NeedState state) => state switch
    {
        NeedState.AtRisk => "at risk",
        NeedState.MissingForDetour => "may lack",
        NeedState.GivenByStep => "to come",
        _ => PreflightJson.Word(state),
    };

    private static int Rank(NeedState state) => state switch
    {
        NeedState.Missing => 0,
        NeedState.MissingForDetour => 1,
        NeedState.AtRisk => 2,
        NeedState.Unjudged => 3,
        NeedState.GivenByStep => 4,
        _ => 5,
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
