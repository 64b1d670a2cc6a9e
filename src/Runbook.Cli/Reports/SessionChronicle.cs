using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Cli.Reports;

/// <summary>A line of the journal and what it says in words.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Telling">The words.</param>
internal sealed record ChronicleLine(JournalEntry Entry, Telling Telling);

/// <summary>A request: its intent, and its outcome where there is one.</summary>
/// <param name="Line">The entry of the intent.</param>
/// <param name="Intent">What was about to be sent.</param>
/// <param name="OutcomeLine">The entry of the outcome.</param>
/// <param name="Outcome">What came of it; <see langword="null"/> while it is in doubt.</param>
internal sealed record ChronicleCall(JournalEntry Line, Intent Intent, JournalEntry? OutcomeLine, Outcome? Outcome)
{
    /// <summary>Whether Azure did it: it said so, or a probe found it.</summary>
    public bool TookEffect => Outcome is { Result: OutcomeResult.Done } or { Result: OutcomeResult.Settled, SettledAs: Settlement.TookEffect };
}

/// <summary>One visit of a step, from its entry to where it led.</summary>
internal sealed record ChronicleVisit
{
    /// <summary>Path of the step.</summary>
    public required string Path { get; init; }

    /// <summary>Its heading.</summary>
    public required string Title { get; init; }

    /// <summary>Which visit of it, from 1.</summary>
    public required int Visit { get; init; }

    /// <summary>The line that entered it.</summary>
    public required JournalEntry Entered { get; init; }

    /// <summary>What it carries out; <see langword="null"/> for a manual step, or where the runbook is not at hand.</summary>
    public StepBlock? Block { get; init; }

    /// <summary>The line that left it; <see langword="null"/> where the session stands in it, or was cut off there.</summary>
    public JournalEntry? Left { get; init; }

    /// <summary>Why it was left otherwise than by success, in words.</summary>
    public string? Why { get; init; }

    /// <summary>Its requests.</summary>
    public ImmutableArray<ChronicleCall> Calls { get; init; } = [];

    /// <summary>Its readings, each line with what it found.</summary>
    public ImmutableArray<(JournalEntry Line, Probe Probe)> Probes { get; init; } = [];

    /// <summary>The trigger by which it was left.</summary>
    public StepTrigger? Trigger => (Left?.Body as StepLeft)?.Trigger;

    /// <summary>Whether it was left as one hopes.</summary>
    public bool WentWell => Trigger is StepTrigger.Success or StepTrigger.When or StepTrigger.Choose;

    /// <summary>From entry to leaving on the session's clock; zero while it has not been left.</summary>
    public TimeSpan Duration => Left is null ? TimeSpan.Zero : Left.At.ToDateTimeOffset() - Entered.At.ToDateTimeOffset();
}

/// <summary>A session as a story: what a report of any format is made from. Everything in it comes from the journal.</summary>
internal sealed record SessionChronicle
{
    /// <summary>The view after the last line.</summary>
    public required SessionView View { get; init; }

    /// <summary>All lines, in order.</summary>
    public required ImmutableArray<ChronicleLine> Lines { get; init; }

    /// <summary>All visits, in the order of their entries.</summary>
    public required ImmutableArray<ChronicleVisit> Visits { get; init; }

    /// <summary>The last entry, where the session is closed.</summary>
    public Closed? Closed => View.Last?.Body as Closed;

    /// <summary>When the session began.</summary>
    public DateTimeOffset Began => Lines[0].Entry.At.ToDateTimeOffset();

    /// <summary>When its last line was written.</summary>
    public DateTimeOffset Ended => Lines[^1].Entry.At.ToDateTimeOffset();

    /// <summary>All requests, in order.</summary>
    public IEnumerable<ChronicleCall> Calls => Visits.SelectMany(v => v.Calls).OrderBy(c => c.Line.Seq);

    /// <summary>The word by which a member of an enumeration stands in the journal.</summary>
    public static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>Reads the story from a session's lines.</summary>
    /// <param name="program">Its runbook, where that is at hand.</param>
    /// <param name="lines">Its lines, at least one.</param>
    public static SessionChronicle Of(SessionProgram? program, IReadOnlyList<JournalLine> lines)
    {
        var told = ImmutableArray.CreateBuilder<ChronicleLine>(lines.Count);
        var visits = new List<ChronicleVisit>();
        var open = new Dictionary<string, int>(StringComparer.Ordinal);
        var view = SessionFold.Begin(program);
        foreach (var line in lines)
        {
            var entry = line.Entry;
            view = SessionFold.Apply(view, entry, line.Hash);
            told.Add(new ChronicleLine(entry, EntryTelling.Of(entry, view)));
            if (entry.Step is not { } path) continue;
            if (entry.Body is StepEntered entered)
            {
                open[path] = visits.Count;
                visits.Add(new ChronicleVisit { Path = path, Title = entered.Title.Original(), Visit = entry.Visit ?? 1, Entered = entry, Block = view.Current is { } step && step.Path == path ? step.Step.Block : null });
            }
            else if (open.TryGetValue(path, out var at))
            {
                visits[at] = With(visits[at], entry, view);
                if (entry.Body is StepLeft) open.Remove(path);
            }
        }

        return new SessionChronicle { View = view, Lines = told.ToImmutable(), Visits = [.. visits] };
    }

    private static ChronicleVisit With(ChronicleVisit visit, JournalEntry entry, SessionView view) => entry.Body switch
    {
        Intent intent => visit with { Calls = visit.Calls.Add(new ChronicleCall(entry, intent, null, null)) },
        Outcome outcome => visit with { Calls = [.. visit.Calls.Select(c => c.Intent.Effect == outcome.Effect ? c with { OutcomeLine = entry, Outcome = outcome } : c)] },
        Probe probe => visit with { Probes = visit.Probes.Add((entry, probe)) },
        StepLeft => visit with { Left = entry, Why = view.Results.GetValueOrDefault(visit.Path)?.Why },
        _ => visit,
    };
}
