using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runbook.Cli.Fronts;

namespace Runbook.Cli.Testing;

/// <summary>What came of testing a runbook, for people and for programs.</summary>
internal static class TestText
{
    /// <summary>Says how one case went.</summary>
    public static void Say(PlayedCase played, CliConsole console)
    {
        console.Line(CliConsole.Safe($"{(played.Wrong.IsEmpty ? "passed" : "FAILED")}  {played.Case.Name} ({TestRun.Word(played.Case.End)})"));
        foreach (var wrong in played.Wrong)
        {
            console.Line($"  expected: {Indented(wrong.Expected)}");
            console.Line($"  seen:     {Indented(wrong.Seen)}");
        }

        if (!played.Wrong.IsEmpty && played.Session is { } session) console.Line(CliConsole.Safe($"  way:      {session.Way}"));
    }

    /// <summary>Says what the cases have covered.</summary>
    public static void Say(ImmutableArray<PlayedCase> played, Coverage? coverage, CliConsole console)
    {
        if (coverage is not null) Say(coverage, console);
        var failed = played.Count(p => !p.Wrong.IsEmpty);
        console.Line();
        var cases = $"{played.Length} {(played.Length == 1 ? "case" : "cases")}, {failed} failed";
        console.Line(coverage switch
        {
            null => $"{cases}. Coverage is counted when all cases are played.",
            { Open: [] } => $"{cases}. Everything is covered or excused.",
            _ => $"{cases}. {coverage.Open.Length} {(coverage.Open.Length == 1 ? "gap is" : "gaps are")} neither covered nor excused.",
        });
    }

    private static void Say(Coverage coverage, CliConsole console)
    {
        var width = coverage.Faults.Select(f => Named(f).Length).Append(24).Max() + 2;
        void Row(string name, params string[] cells) => console.Line($"  {CliConsole.Safe(name).PadRight(width)}{string.Concat(cells.Select(c => c.PadLeft(9)))}".TrimEnd());
        void Counted(string name, Share share) => Row(name, Number(share.All), Number(share.Covered), Number(share.Excused), Number(share.Open));

        console.Line();
        Row("Coverage", "all", "covered", "excused", "open");
        Counted("steps", coverage.Steps);
        Counted("transitions, written", coverage.Written);
        Counted("transitions, by default", coverage.Defaults);
        if (coverage.Lifted.All > 0) Counted("faults, ways of lifting", coverage.Lifted);
        if (!coverage.Faults.IsEmpty)
        {
            console.Line();
            Row("Lifted, in cases", "revert", "abort", "guard");
            foreach (var fault in coverage.Faults) Row(Named(fault), [.. fault.Cases.Values.Select(Number)]);
        }

        Listed(console, "Excused", coverage.Excused.Select(e => $"{e.What}: {e.Because}"));
        Listed(console, "Open", coverage.Open);
        Listed(console, "Taken by no case, and asked of none: what leads on by default", coverage.DefaultsOpen.GroupBy(p => p.By).Select(g => $"{g.Key}: {string.Join(", ", g.Select(p => p.From))}"));
    }

    private static void Listed(CliConsole console, string heading, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count == 0) return;
        console.Line();
        console.Line(heading);
        foreach (var line in all) console.Line(CliConsole.Safe($"  {line}"));
    }

    private static string Named(FaultCoverage fault) => fault.IsLease ? $"{fault.Fault} (lease)" : fault.Fault;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Indented(string text) => CliConsole.Safe(text).Replace("\n", "\n            ", StringComparison.Ordinal);

    /// <summary>Everything, as one line of JSON.</summary>
    public static string ToJson(TestedRunbook runbook, ImmutableArray<PlayedCase> played, Coverage? coverage) => JsonFront.Written(writer =>
    {
        writer.WriteString("runbook", runbook.Id);
        writer.WriteStartArray("cases");
        foreach (var one in played) Write(writer, one);
        writer.WriteEndArray();
        if (coverage is not null) Write(writer, coverage);
    });

    private static void Write(Utf8JsonWriter writer, PlayedCase played)
    {
        writer.WriteStartObject();
        writer.WriteString("name", played.Case.Name);
        writer.WriteBoolean("passed", played.Wrong.IsEmpty);
        writer.WriteString("expected", TestRun.Word(played.Case.End));
        if (played.Session is { } session)
        {
            if (session.Endless is null) writer.WriteString("ended", TestRun.Word(session.End));
            writer.WriteStartArray("steps");
            foreach (var step in session.Steps) writer.WriteStringValue(step);
            writer.WriteEndArray();
        }

        writer.WriteStartArray("wrong");
        foreach (var wrong in played.Wrong)
        {
            writer.WriteStartObject();
            writer.WriteString("expected", wrong.Expected);
            writer.WriteString("seen", wrong.Seen);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Coverage coverage)
    {
        writer.WriteStartObject("coverage");
        Write(writer, "steps", coverage.Steps);
        Write(writer, "written", coverage.Written);
        Write(writer, "defaults", coverage.Defaults);
        Write(writer, "lifted", coverage.Lifted);
        writer.WriteStartArray("faults");
        foreach (var fault in coverage.Faults)
        {
            writer.WriteStartObject();
            writer.WriteString("fault", fault.Fault);
            writer.WriteBoolean("lease", fault.IsLease);
            foreach (var (by, count) in fault.Cases) writer.WriteNumber(by.ToString().ToLowerInvariant(), count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("excused");
        foreach (var (what, because) in coverage.Excused)
        {
            writer.WriteStartObject();
            writer.WriteString("what", what);
            writer.WriteString("because", because);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteAll(writer, "open", coverage.Open);
        WriteAll(writer, "defaultsOpen", coverage.DefaultsOpen.Select(p => p.ToString()));
        writer.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, Share share)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("all", share.All);
        writer.WriteNumber("covered", share.Covered);
        writer.WriteNumber("excused", share.Excused);
        writer.WriteNumber("open", share.Open);
        writer.WriteEndObject();
    }
}
