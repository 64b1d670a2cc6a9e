using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>How a session ended.</summary>
public enum SessionEnd
{
    /// <summary>As the runbook meant.</summary>
    Completed,
    /// <summary>Something failed.</summary>
    Failed,
    /// <summary>Somebody or something stopped it.</summary>
    Aborted,
}

/// <summary>What cut a fault scope short.</summary>
public enum CutCause
{
    /// <summary>Nothing did.</summary>
    None,
    /// <summary>A failure.</summary>
    Failure,
    /// <summary>A time-out.</summary>
    Timeout,
    /// <summary>People refused.</summary>
    Rejection,
    /// <summary>A decision to stop.</summary>
    Abort,
}

/// <summary>The session ends. No line follows.</summary>
public sealed record Closed : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Closed;

    /// <summary>Digest of the artifacts' manifest, an artifact itself.</summary>
    public required Digest Artifacts { get; init; }

    /// <summary>Number of entries of each kind that occurs, this one included, ascending by the kind's word.</summary>
    public required ImmutableArray<KindCount> Counts { get; init; }

    /// <summary>What cut a scope short.</summary>
    public required CutCause Cut { get; init; }

    /// <summary>How it ended.</summary>
    public required SessionEnd End { get; init; }

    /// <summary>Always empty: nothing closes with a fault armed.</summary>
    public required ImmutableArray<string> FaultsArmed { get; init; }

    /// <summary>Always empty: nothing closes with an effect in doubt.</summary>
    public required ImmutableArray<EffectId> InDoubt { get; init; }

    /// <summary>What a drill came to.</summary>
    public DrillVerdicts? Verdicts { get; init; }

    internal static Closed Read(EntryFields f) => new()
    {
        Artifacts = f.Digest("artifacts"),
        Counts = f.Map("counts", TextRule.Role, (e, kind) => new KindCount(kind, e.Seq(EntryFields.Item))),
        Cut = f.Word<CutCause>("cut"),
        End = f.Word<SessionEnd>("end"),
        FaultsArmed = f.List("faultsArmed", 0, e => e.Token(EntryFields.Item, TextRule.Step)),
        InDoubt = f.List("inDoubt", 0, e => e.Effect(EntryFields.Item)),
        Verdicts = f.May("verdicts") ? f.Object("verdicts", DrillVerdicts.Read) : null,
    };

    internal override void Write(FieldWriter to)
    {
        to.Digest("artifacts", Artifacts);
        to.Map("counts", Counts, (w, count) => w.Integer(count.Kind, count.Count));
        to.Word<CutCause>("cut", Cut);
        to.Word<SessionEnd>("end", End);
        to.List("faultsArmed", FaultsArmed, (w, slug) => w.Token(EntryFields.Item, slug));
        to.List("inDoubt", InDoubt, (w, effect) => w.Token(EntryFields.Item, effect.ToString()));
        to.Object("verdicts", Verdicts);
    }
}

/// <summary>Number of entries of one kind.</summary>
/// <param name="Kind">The kind's word.</param>
/// <param name="Count">How many.</param>
public readonly record struct KindCount(string Kind, long Count);

/// <summary>What a drill came to, each a word such as <c>held</c>.</summary>
/// <param name="System">What the system did.</param>
/// <param name="Drill">Whether the drill ran as planned.</param>
/// <param name="Cleanup">Whether everything was put back.</param>
public sealed record DrillVerdicts(string System, string Drill, string Cleanup) : EntryPart
{
    internal static DrillVerdicts Read(EntryFields f)
    {
        var cleanup = f.Token("cleanup", TextRule.Role);
        var drill = f.Token("drill", TextRule.Role);
        return new DrillVerdicts(f.Token("system", TextRule.Role), drill, cleanup);
    }

    internal override void Write(FieldWriter to)
    {
        to.Token("cleanup", Cleanup);
        to.Token("drill", Drill);
        to.Token("system", System);
    }
}
