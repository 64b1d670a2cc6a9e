using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>
/// What was broken or lent, as lines: the time until it is undone whatever happens, who undoes it then, what the probes
/// read, and whom it affects. Worked out from the folded entries; only whether the guard's process lives is looked up.
/// </summary>
internal static class FaultLines
{
    private const int Label = 9;
    private const int NameCols = 18;
    private const int KindCols = 13;
    private const int LastCols = 15;
    private const int BarCols = 22;
    private const int AffectedMax = 200;
    private static readonly TimeSpan Finest = TimeSpan.FromSeconds(15);

    /// <summary>The lines: what is armed first, then what was.</summary>
    public static IReadOnlyList<StyledLine> Of(Scene scene, int columns)
    {
        var lines = new List<StyledLine>();
        var faults = scene.Snapshot.Courses.Faults;
        if (faults.IsEmpty) return [StyledLine.Of("Nothing is broken or lent, and nothing was.")];
        foreach (var fault in faults.Where(f => f.Lifted is null)) AddArmed(lines, scene, fault, columns);
        foreach (var fault in faults.Where(f => f.Lifted is not null).Reverse()) AddPast(lines, scene, fault, columns);
        return lines;
    }

    private static void AddArmed(List<StyledLine> lines, Scene scene, FaultCourse fault, int columns)
    {
        var now = scene.Now.Wall;
        lines.AddRange(Fact(fault.Body.Lease ? "LENT" : "FAULT", $"[!] {fault.Body.Fault}, {(fault.Body.Lease ? "lent" : "armed")} at {TimeText.Utc(fault.ArmedAt, now)}{By(scene, fault)}", columns, Tone.Danger));
        AddUndo(lines, scene, fault, columns);
        AddGuard(lines, scene, fault, columns);
        AddStep(lines, scene, columns);
        AddProbes(lines, scene, fault, now, columns);
        AddAffected(lines, scene, fault, columns);
    }

    private static void AddPast(List<StyledLine> lines, Scene scene, FaultCourse fault, int columns)
    {
        var (at, how) = fault.Lifted!.Value;
        var who = how switch
        {
            LiftedHow.Revert => "undone by the session",
            LiftedHow.Guard => "undone by the guard",
            LiftedHow.ByHand => "undone by somebody's hand",
            _ => "never took effect; seen",
        };
        if (lines.Count > 0) lines.Add(StyledLine.Empty);
        lines.AddRange(Fact(fault.Body.Lease ? "LENT" : "FAULT", $"[x] {fault.Body.Fault}, {who} at {TimeText.Utc(at, scene.Now.Wall)}, {TimeText.Duration(at - fault.ArmedAt)} after it was {(fault.Body.Lease ? "lent" : "armed")}", columns, Tone.Good));
        if (fault.Body.Lease) return;
        AddProbes(lines, scene, fault, scene.Now.Wall, columns);
        AddAffected(lines, scene, fault, columns);
    }

    private static void AddUndo(List<StyledLine> lines, Scene scene, FaultCourse fault, int columns)
    {
        var now = scene.Now.Wall;
        var deadline = fault.Body.Deadline.ToDateTimeOffset();
        var limit = TimeSpan.FromMilliseconds(fault.Body.LimitMs);
        var left = deadline - now;
        var passed = (int)Math.Clamp(Math.Floor(BarCols * (1 - left / limit)), 0, BarCols);
        var bar = $"[{new string('#', passed)}{new string('-', BarCols - passed)}]";
        var time = left > TimeSpan.Zero
            ? $"in {TimeText.Duration(left)} of {TimeText.Duration(limit)}, at {TimeText.Utc(deadline, now)}"
            : $"the limit passed at {TimeText.Utc(deadline, now)}";
        lines.AddRange(Fact("UNDO", $"{bar} {time}", columns, left > TimeSpan.Zero ? Tone.Strong : Tone.Danger));
        var key = scene.CanAbortAtOnce && !fault.Body.Lease ? $"; {SessionKeys.AbortAtOnce} aborts and undoes it now" : scene.IsPuttingBack ? "; it is on its way" : "";
        lines.AddRange(Fact("", $"by {fault.Body.Inverse.Action}{key}", columns));
    }

    private static void AddGuard(List<StyledLine> lines, Scene scene, FaultCourse fault, int columns)
    {
        var now = scene.Now.Wall;
        if (fault.Body.Guard is not { } guard)
        {
            lines.AddRange(Fact("GUARD", "[-] none: nothing real outlives this console here, and it keeps the limit itself", columns));
            return;
        }

        var process = string.Create(CultureInfo.InvariantCulture, $"process {guard.Pid}");
        var (text, tone) = scene.Guards.TryGetValue(fault.Body.Fault, out var seen)
            ? Seen(process, seen.Sight, seen.At, now)
            : ($"[-] {process} was started for it; whether it lives is not looked at here", Tone.Normal);
        lines.AddRange(Fact("GUARD", text, columns, tone));
    }

    private static (string Text, Tone Tone) Seen(string process, GuardSight sight, DateTimeOffset at, DateTimeOffset now) => sight switch
    {
        { Trouble: { } trouble } => ($"[!] {process} {(sight.IsAlive ? "lives" : "is gone")}, and its file can't be read: {trouble}", Tone.Danger),
        { Acts: { } why } => ($"[!] {process} undoes it by itself: {why}", Tone.Danger),
        { IsAlive: false } => ($"[!] {process} is gone: nobody undoes it but this console, or runbook guard --recover", Tone.Danger),
        { StandsBy: true } => ($"[x] {process} lives, seen {TimeText.Utc(at, now)}; it stands by, and undoes it without this console", Tone.Good),
        _ => ($"[~] {process} lives, and has not said yet that it stands by", Tone.Warn),
    };

    private static void AddStep(List<StyledLine> lines, Scene scene, int columns)
    {
        if (scene.View is not { Current: { } step, Frame: { } frame }) return;
        var turn = scene.Turn.Person is { } person ? $"; it is {PersonText.Possessive(scene.Name(person))} turn" : "";
        lines.AddRange(Fact("STEP", $"{step.Step.Number} of {frame.Machine.States.Length}, \"{step.Step.Title}\", for {TimeText.Duration(scene.Now.Wall - step.EnteredAt)}{turn}", columns, scene.Turn.Person is null ? Tone.Normal : Tone.Warn));
        if (step.AbortReason is { } reason) lines.AddRange(Fact("", $"abort asked for: {reason}", columns, Tone.Danger));
    }

    private static void AddProbes(List<StyledLine> lines, Scene scene, FaultCourse fault, DateTimeOffset now, int columns)
    {
        var probes = scene.Snapshot.Courses.Probes.Where(p => p.Watch is { } watch ? watch.Fault == fault.Body.Fault : p.LastSeq > fault.ArmedSeq && IsWithin(p, fault)).ToList();
        if (fault.Body.Lease || probes.Count == 0) return;
        var glyphs = Glyphs.Of(scene.Settings.Ascii);
        var width = Math.Max(10, columns - 4 - NameCols - KindCols - LastCols - 3);
        var from = probes.SelectMany(p => p.Spans).Select(s => s.To).Where(t => t >= fault.ArmedAt - TimeSpan.FromMinutes(1)).Append(fault.ArmedAt).Min();
        var slice = Sparkline.Slice(now - from, width, Finest);
        lines.Add(StyledLine.Of(
            (Cells.Fit("PROBES", Label), Tone.Strong),
            ($"{TimeText.Duration(slice)} a column, from {TimeText.Utc(from, now)}:  ", Tone.Normal),
            ($"{glyphs.Held} held", Tone.Good),
            ($"  {glyphs.AtTimes} at times  {glyphs.DidNot} not", Tone.Warn),
            ($"  {glyphs.NotRead} not read", Tone.Dim)));
        foreach (var probe in probes)
        {
            var (mark, tone) = MarkOf(probe);
            var last = $"{(probe.Last.Holds ? "held" : "not")} {TimeText.Utc(probe.Last.To, now)}";
            lines.Add(new StyledLine(
            [
                new StyledText($"{mark} ", tone),
                new StyledText(Cells.Fit(Safe.Screen(probe.Name[(probe.Name.LastIndexOf('/') + 1)..]), NameCols) + " ", Tone.Normal),
                new StyledText(Cells.Fit(KindOf(probe), KindCols) + " ", Tone.Dim),
                .. Sparkline.Of(probe.Spans, from, slice, width, glyphs),
                new StyledText(" " + last, tone),
            ]));
            if (!probe.Last.Holds) lines.AddRange(Cells.Wrap(Safe.Screen(AnswerOf(probe)), columns, tone, "    "));
        }
    }

    // A step's own probe is of the runbook that armed the fault, or of one that it calls.
    private static bool IsWithin(ProbeCourse probe, FaultCourse fault) =>
        probe.Name.StartsWith(fault.Body.Fault[..(fault.Body.Fault.LastIndexOf('/') + 1)], StringComparison.Ordinal);

    private static (string Mark, Tone Tone) MarkOf(ProbeCourse probe) => probe switch
    {
        { Last.Holds: true } => ("[x]", Tone.Good),
        { Watch.As: WatchedAs.Unharmed } => ("[!]", Tone.Danger),
        _ => ("[~]", Tone.Warn),
    };

    private static string KindOf(ProbeCourse probe) => probe.Watch?.As switch
    {
        WatchedAs.Unharmed => "must go on",
        WatchedAs.SteadyState => "steady state",
        _ => "step",
    };

    private static string AnswerOf(ProbeCourse probe)
    {
        var status = probe.Answer.Status is { } code ? code.ToString(CultureInfo.InvariantCulture) : "no status";
        return probe.Answer.Error is { } error ? $"{status} {error.Code.Value}" : status;
    }

    private static void AddAffected(List<StyledLine> lines, Scene scene, FaultCourse fault, int columns)
    {
        if (fault.Body.BlastRadius is not { } digest) return;
        if (scene.Artifacts?.Find(scene.Snapshot, digest) is not { } radius || !radius.TryGetProperty("dependants", out var dependants))
        {
            lines.AddRange(Fact("AFFECTED", $"the list is the artifact with digest {digest}, which can't be read here", columns, Tone.Warn));
            return;
        }

        var count = dependants.GetArrayLength();
        lines.Add(StyledLine.Of((Cells.Fit("AFFECTED", Label), Tone.Strong), (count == 0 ? "nothing depends on it" : $"{PersonText.Count(count, "resource")}, as agreed to; what else suffers ends the drill", Tone.Normal)));
        foreach (var one in dependants.EnumerateArray().Take(AffectedMax)) lines.AddRange(Affected(one, columns));
        if (count > AffectedMax) lines.Add(StyledLine.Of(string.Create(CultureInfo.InvariantCulture, $"    and {count - AffectedMax} more, in blast-radius.json of the session"), Tone.Warn));
    }

    private static ImmutableArray<StyledLine> Affected(JsonElement one, int columns)
    {
        var owner = Text(one, "owner") is { Length: > 0 } who ? $", owner {who}" : "";
        var environment = Text(one, "environment") is { Length: > 0 } where ? $", {where}" : "";
        return Cells.Wrap(
            [
                new StyledText(Safe.Screen(LastOf(Text(one, "id"))), Tone.Strong),
                new StyledText(Safe.Screen($"  {Text(one, "type")}, through {LastOf(Text(one, "through"))}{owner}{environment}"), Tone.Normal),
            ], columns, "[!] ");
    }

    private static string By(Scene scene, FaultCourse fault) => scene.View.Effects.Find(fault.Body.Effect) is { } effect ? $" by {effect.Intent.Action}" : "";

    private static string LastOf(string id) => id.TrimEnd('/') is var trimmed && trimmed.LastIndexOf('/') is >= 0 and var at ? trimmed[(at + 1)..] : id;

    private static string Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : "";

    private static IEnumerable<StyledLine> Fact(string name, string value, int columns, Tone tone = Tone.Normal) =>
        Cells.Wrap([new StyledText(Safe.Screen(value), tone)], columns, Cells.Fit(name, Label), new string(' ', Label));
}
