using System.Collections.Immutable;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>A fault or lease from its arming on.</summary>
/// <param name="Body">What was armed.</param>
/// <param name="ArmedSeq">The line that armed it.</param>
/// <param name="ArmedAt">When.</param>
/// <param name="ArmedLine">Hash of that line: its guard's file hangs on it.</param>
internal sealed record FaultCourse(FaultArmed Body, long ArmedSeq, DateTimeOffset ArmedAt, Digest ArmedLine)
{
    /// <summary>When it was seen to be gone, and how; <see langword="null"/> while it is armed.</summary>
    public (DateTimeOffset At, LiftedHow How)? Lifted { get; init; }
}

/// <summary>Samples of one entry: one verdict, spread evenly from the first to the last.</summary>
/// <param name="From">When the first was taken.</param>
/// <param name="To">When the last was.</param>
/// <param name="Samples">How many.</param>
/// <param name="Holds">Whether what was expected held.</param>
internal readonly record struct ProbeSpan(DateTimeOffset From, DateTimeOffset To, int Samples, bool Holds)
{
    /// <summary>When each was taken.</summary>
    public IEnumerable<DateTimeOffset> Moments
    {
        get
        {
            for (var i = 0; i < Samples; i++) yield return Samples == 1 ? To : From + (To - From) * ((double)i / (Samples - 1));
        }
    }
}

/// <summary>Everything that one probe has read: a step's own, or one beside the steps of a fault.</summary>
/// <param name="Name">Path of the step, or slug of the probe that is watched.</param>
/// <param name="Watch">The fault and what the probe is to it; <see langword="null"/> for a step's own.</param>
internal sealed record ProbeCourse(string Name, (string Fault, WatchedAs As)? Watch)
{
    /// <summary>What it read, in order.</summary>
    public ImmutableList<ProbeSpan> Spans { get; init; } = [];

    /// <summary>The line that told the last samples.</summary>
    public long LastSeq { get; init; }

    /// <summary>The answer to the last sample.</summary>
    public (int? Status, CallError? Error) Answer { get; init; }

    /// <summary>The last samples.</summary>
    public ProbeSpan Last => Spans[^1];
}

/// <summary>What a session armed and what it read, folded from its entries and from nothing else.</summary>
/// <param name="Faults">What was armed, in that order.</param>
/// <param name="Probes">The probes, in the order of their first sample.</param>
internal sealed record FaultCourses(ImmutableList<FaultCourse> Faults, ImmutableList<ProbeCourse> Probes)
{
    /// <summary>Before the first entry.</summary>
    public static FaultCourses None { get; } = new([], []);

    /// <summary>After one more entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="line">Hash of its line.</param>
    public FaultCourses Add(JournalEntry entry, Digest line) => entry.Body switch
    {
        FaultArmed armed => this with { Faults = Faults.Add(new FaultCourse(armed, entry.Seq, entry.At.ToDateTimeOffset(), line)) },
        FaultLifted lifted => Lift(lifted, entry.At.ToDateTimeOffset()),
        Probe { Effect: null, Verdict: ProbeVerdict.Holds or ProbeVerdict.NotYet } probe => Read(entry, probe),
        _ => this,
    };

    private FaultCourses Lift(FaultLifted lifted, DateTimeOffset at)
    {
        var index = Faults.FindLastIndex(f => f.Body.Fault == lifted.Fault && f.Lifted is null);
        return index < 0 ? this : this with { Faults = Faults.SetItem(index, Faults[index] with { Lifted = (at, lifted.How) }) };
    }

    private FaultCourses Read(JournalEntry entry, Probe probe)
    {
        (string, WatchedAs)? watch = probe.Watch is { } w ? (w.Fault, w.As) : null;
        var name = probe.Watch?.Probe ?? entry.Step ?? "";
        var index = Probes.FindIndex(p => p.Name == name && p.Watch == watch);
        var before = index < 0 ? new ProbeCourse(name, watch) : Probes[index];
        var after = before with { Spans = before.Spans.Add(new ProbeSpan(Wall(entry, probe.FirstAtUs), Wall(entry, probe.LastAtUs), probe.Samples, probe.Verdict == ProbeVerdict.Holds)), LastSeq = entry.Seq, Answer = (probe.Status, probe.Error) };
        return this with { Probes = index < 0 ? Probes.Add(after) : Probes.SetItem(index, after) };
    }

    // Samples are timed by the monotonic clock of their entry's own epoch.
    private static DateTimeOffset Wall(JournalEntry entry, long monoUs) =>
        entry.At.ToDateTimeOffset() - TimeSpan.FromMicroseconds(Math.Clamp(entry.MonoUs - monoUs, 0, (long)TimeSpan.FromDays(30).TotalMicroseconds));
}
