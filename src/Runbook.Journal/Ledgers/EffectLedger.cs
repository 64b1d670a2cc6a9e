using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>
/// The effects of a session: which are in doubt, and what may be sent. A pure fold, shared by the session, its writer and
/// its verifier. Immutable.
/// </summary>
/// <remarks>
/// It remembers every effect in doubt, and of each step the effects of its last visit: what is settled and left behind
/// can't be repeated, since a later visit is a later decision. Rules: docs/journal-format.md §9.
/// </remarks>
public sealed record EffectLedger
{
    /// <summary>Before the first entry.</summary>
    public static EffectLedger Empty { get; } = new();

    private ImmutableDictionary<EffectId, EffectRecord> Records { get; init; } = ImmutableDictionary<EffectId, EffectRecord>.Empty;

    private ImmutableDictionary<string, StepVisit> Visits { get; init; } = ImmutableDictionary.Create<string, StepVisit>(StringComparer.Ordinal);

    private ImmutableDictionary<Call, EffectId> LastOfCall { get; init; } = ImmutableDictionary<Call, EffectId>.Empty;

    private ImmutableSortedDictionary<long, EffectId> Open { get; init; } = ImmutableSortedDictionary<long, EffectId>.Empty;

    /// <summary>Effects in doubt, oldest first.</summary>
    public IEnumerable<EffectRecord> InDoubt => Open.Values.Where(Records.ContainsKey).Select(id => Records[id]);

    /// <summary>Whether any effect is in doubt.</summary>
    public bool HasDoubt => !Open.IsEmpty;

    /// <summary>Whether a request that would change something was ever announced.</summary>
    public bool HasSent { get; private init; }

    /// <summary>An effect that is in doubt, or of its step's last visit.</summary>
    /// <param name="effect">Its id.</param>
    public EffectRecord? Find(EffectId effect) => Records.GetValueOrDefault(effect);

    /// <summary>The id that the next intent of a visit has.</summary>
    /// <param name="step">Path of the step's slug.</param>
    /// <param name="visit">The visit.</param>
    public EffectId Next(string step, int visit)
        => new(step, visit, Visits.TryGetValue(step, out var last) && last.Visit == visit ? last.Attempt + 1 : 1);

    /// <summary>Why an entry does not fit, or <see langword="null"/>. The engine asks this before it permits a request.</summary>
    /// <param name="entry">The entry.</param>
    public LedgerFinding? Judge(JournalEntry entry) => entry.Body switch
    {
        Intent intent => JudgeIntent(entry, intent),
        Progress progress => JudgeDoubt(progress.Effect, "progress"),
        Probe { Effect: { } effect } => JudgeDoubt(effect, "a probe"),
        Outcome outcome => JudgeOutcome(outcome),
        Closed when HasDoubt => new(Reason.EffectUnpaired, $"the session closes with {Open.Values.First()} in doubt"),
        Closed { InDoubt.Length: > 0 } => new(Reason.EffectUnpaired, "\"inDoubt\" of a closed session is not empty"),
        _ => null,
    };

    /// <summary>This ledger after one more entry.</summary>
    /// <param name="entry">The entry; one that does not fit changes nothing that it can't change.</param>
    public EffectLedger Apply(JournalEntry entry) => entry.Body switch
    {
        Intent intent => WithIntent(entry, intent),
        Progress progress => With(progress.Effect, r => r with { LastProgress = progress }),
        Probe { Effect: { } effect } probe => With(effect, r => r with { LastProbe = probe, LastProbeSeq = entry.Seq }),
        Outcome outcome => WithOutcome(entry, outcome),
        _ => this,
    };

    private LedgerFinding? JudgeIntent(JournalEntry entry, Intent intent)
    {
        var id = intent.Effect;
        if (entry.Step != id.Step || entry.Visit != id.Visit) return new(Reason.EffectUnpaired, $"{id} is the intent of another step or visit than its entry");
        if (Visits.TryGetValue(id.Step, out var last))
        {
            if (last.Visit > id.Visit) return new(Reason.EffectUnpaired, $"{id} belongs to a visit that is over");
            if (last.Visit == id.Visit && last.Attempt >= id.Attempt) return new(Reason.EffectRepeated, $"{id} does not come after the attempts before it");
        }

        if (intent.Class == EffectClass.Read || !LastOfCall.TryGetValue(Call.Of(intent), out var previous)) return null;
        if (Find(previous) is not { } before) return null;
        if (before.State == EffectState.InDoubt) return new(Reason.EffectRepeated, $"{id} is sent while {previous} is in doubt");
        // What is once or destructive may be sent again only when it is known not to have taken effect.
        return intent.Class == EffectClass.Idempotent || before.State is EffectState.DidNot or EffectState.Failed
            ? null
            : new(Reason.EffectRepeated, $"{id} repeats {previous}, which took effect or was left as it was");
    }

    private LedgerFinding? JudgeDoubt(EffectId effect, string what)
        => Find(effect) is { State: EffectState.InDoubt } ? null : new(Reason.EffectUnpaired, $"{what} is about {effect}, which is not in doubt");

    private LedgerFinding? JudgeOutcome(Outcome outcome)
    {
        var id = outcome.Effect;
        if (Find(id) is not { State: EffectState.InDoubt } record) return new(Reason.EffectUnpaired, $"an outcome is about {id}, which is not in doubt");
        var isProbed = outcome.SettledBy is { } by && by == record.LastProbeSeq;
        var verdict = isProbed ? record.LastProbe!.Verdict : default(ProbeVerdict?);
        return outcome.Result switch
        {
            OutcomeResult.NotNeeded when record.Intent.Class != EffectClass.Read => new(Reason.EffectUnpaired, $"{id} is no reading, so it can't be called not needed"),
            OutcomeResult.TimedOut when record.Intent.Class != EffectClass.Read && verdict != ProbeVerdict.DidNot => new(Reason.EffectUnpaired, $"{id} timed out, and no probe found that it did not take effect"),
            OutcomeResult.Settled when outcome.SettledBy <= record.IntentSeq => new(Reason.EffectUnpaired, $"{id} is settled by a line before its intent"),
            OutcomeResult.Settled when isProbed => JudgeProbed(record, outcome.SettledAs, verdict),
            _ => null,
        };
    }

    // Repeating what is idempotent is harmless by definition, so there a probe that can't tell is enough to leave it.
    private static LedgerFinding? JudgeProbed(EffectRecord record, Settlement? settled, ProbeVerdict? verdict)
    {
        var agrees = (settled, verdict) switch
        {
            (Settlement.TookEffect, ProbeVerdict.TookEffect) => true,
            (Settlement.DidNot, ProbeVerdict.DidNot) => true,
            (Settlement.Abandoned, ProbeVerdict.CannotTell) => record.Intent.Class is EffectClass.Idempotent or EffectClass.Read,
            _ => false,
        };
        return agrees ? null : new(Reason.EffectUnpaired, $"{record.Intent.Effect} is settled as something that its probe did not find");
    }

    private EffectLedger WithIntent(JournalEntry entry, Intent intent)
    {
        var id = intent.Effect;
        if (Records.ContainsKey(id)) return this;
        var visit = Visits.TryGetValue(id.Step, out var last) ? last : new StepVisit(id.Visit, 0, []);
        var ledger = id.Visit > visit.Visit ? WithoutSettled(visit) : this;
        if (id.Visit > visit.Visit) visit = new StepVisit(id.Visit, 0, []);
        return ledger with
        {
            Records = ledger.Records.Add(id, new EffectRecord { Intent = intent, IntentSeq = entry.Seq }),
            Visits = ledger.Visits.SetItem(id.Step, visit with { Attempt = Math.Max(visit.Attempt, id.Attempt), Effects = visit.Effects.Add(id) }),
            LastOfCall = ledger.LastOfCall.SetItem(Call.Of(intent), id),
            Open = ledger.Open.SetItem(entry.Seq, id),
            HasSent = HasSent || intent.Class != EffectClass.Read,
        };
    }

    private EffectLedger WithoutSettled(StepVisit over)
    {
        var (records, calls) = (Records, LastOfCall);
        foreach (var id in over.Effects)
        {
            if (!records.TryGetValue(id, out var record) || record.State == EffectState.InDoubt) continue;
            records = records.Remove(id);
            calls = calls.Remove(Call.Of(record.Intent));
        }

        return this with { Records = records, LastOfCall = calls };
    }

    private EffectLedger WithOutcome(JournalEntry entry, Outcome outcome)
    {
        if (Find(outcome.Effect) is not { State: EffectState.InDoubt } record) return this;
        var state = outcome.Result switch
        {
            OutcomeResult.Done => EffectState.TookEffect,
            OutcomeResult.Failed => EffectState.Failed,
            OutcomeResult.Settled => outcome.SettledAs switch
            {
                Settlement.TookEffect => EffectState.TookEffect,
                Settlement.DidNot => EffectState.DidNot,
                _ => EffectState.Abandoned,
            },
            _ => EffectState.DidNot,
        };
        return With(outcome.Effect, r => r with { State = state, OutcomeSeq = entry.Seq }) with { Open = Open.Remove(record.IntentSeq) };
    }

    private EffectLedger With(EffectId effect, Func<EffectRecord, EffectRecord> change)
        => Find(effect) is { } record ? this with { Records = Records.SetItem(effect, change(record)) } : this;

    private sealed record StepVisit(int Visit, int Attempt, ImmutableList<EffectId> Effects);

    private readonly record struct Call(string Step, int Visit, string Action, string Target, int? Element)
    {
        internal static Call Of(Intent intent) => new(intent.Effect.Step, intent.Effect.Visit, intent.Action, intent.Target.Value, intent.Element);
    }
}
