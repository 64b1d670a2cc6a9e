namespace Runbook.Journal;

/// <summary>Why the clocks are looked at.</summary>
public enum ClockWhy
{
    /// <summary>Wall time stepped against monotonic time.</summary>
    Step,
    /// <summary>A process began to write.</summary>
    Start,
    /// <summary>A server's time differs from ours.</summary>
    Server,
    /// <summary>The time service said something.</summary>
    Ntp,
}

/// <summary>An observation of clocks. The entry's own times are never corrected by it.</summary>
public sealed record ClockObservation : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Clock;

    /// <summary>Monotonic time since the last entry, microseconds.</summary>
    public long? MonoDeltaUs { get; init; }

    /// <summary>How far the other clock is ahead of ours.</summary>
    public long? OffsetMs { get; init; }

    /// <summary>The server's <c>Date</c> header as received.</summary>
    public InertText? Server { get; init; }

    /// <summary>Offset of the operator's local time from UTC.</summary>
    public int? UtcOffsetMin { get; init; }

    /// <summary>Wall time since the last entry, microseconds; negative where the clock was set back.</summary>
    public long? WallDeltaUs { get; init; }

    /// <summary>Why.</summary>
    public required ClockWhy Why { get; init; }

    /// <summary>The operator's time zone as the machine names it.</summary>
    public InertText? Zone { get; init; }

    internal override string? Flaw() => Why switch
    {
        ClockWhy.Step when WallDeltaUs is null || MonoDeltaUs is null => "\"wallDeltaUs\" or \"monoDeltaUs\" is missing",
        ClockWhy.Start when UtcOffsetMin is null || Zone is null => "\"utcOffsetMin\" or \"zone\" is missing",
        ClockWhy.Server when Server is null || OffsetMs is null => "\"server\" or \"offsetMs\" is missing",
        _ => null,
    };

    internal static ClockObservation Read(EntryFields f) => new()
    {
        MonoDeltaUs = f.May("monoDeltaUs") ? f.Natural("monoDeltaUs") : null,
        OffsetMs = f.May("offsetMs") ? f.Integer("offsetMs", -Limits.IntegerMax, Limits.IntegerMax) : null,
        Server = f.TextIfAny("server", Limits.LabelChars),
        UtcOffsetMin = f.May("utcOffsetMin") ? f.Count("utcOffsetMin", -1_080, 1_080) : null,
        WallDeltaUs = f.May("wallDeltaUs") ? f.Integer("wallDeltaUs", -Limits.IntegerMax, Limits.IntegerMax) : null,
        Why = f.Word<ClockWhy>("why"),
        Zone = f.TextIfAny("zone", Limits.LabelChars),
    };

    internal override void Write(FieldWriter to)
    {
        to.Integer("monoDeltaUs", MonoDeltaUs);
        to.Integer("offsetMs", OffsetMs);
        to.Text("server", Server, Limits.LabelChars);
        to.Integer("utcOffsetMin", UtcOffsetMin);
        to.Integer("wallDeltaUs", WallDeltaUs);
        to.Word<ClockWhy>("why", Why);
        to.Text("zone", Zone, Limits.LabelChars);
    }
}
