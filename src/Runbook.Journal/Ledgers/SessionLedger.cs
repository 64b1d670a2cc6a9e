namespace Runbook.Journal;

/// <summary>
/// All that a journal's entries say together, as far as the journal itself must know it: what the writer holds itself to,
/// what a statement is derived from, and what a verifier derives again.
/// </summary>
/// <remarks>One entry after the other, by one thread. It is no session view: which step follows is the machine's to say.</remarks>
public sealed class SessionLedger
{
    private readonly Dictionary<EntryKind, long> _counts = [];
    private readonly List<RosterAt> _rosters = [];
    private readonly Dictionary<int, EpochEndorsement> _endorsements = [];
    private readonly HashSet<Digest> _envelopes = [];

    /// <summary>What began the session.</summary>
    public SessionOpened? Opened { get; private set; }

    /// <summary>Wall clock of the first entry.</summary>
    public JournalTime OpenedAt { get; private set; }

    /// <summary>What ended the session.</summary>
    public Closed? Closed { get; private set; }

    /// <summary>The last entry.</summary>
    public JournalEntry? Last { get; private set; }

    /// <summary>The last entry's line and hash.</summary>
    public Head Head { get; private set; }

    /// <summary>The runbook and its plan.</summary>
    public PlanBound? Plan { get; private set; }

    /// <summary>The rosters that were bound, with their lines.</summary>
    public IReadOnlyList<RosterAt> Rosters => _rosters;

    /// <summary>The epochs and their clocks.</summary>
    public EpochClocks Clocks { get; private set; } = EpochClocks.Empty;

    /// <summary>The effects.</summary>
    public EffectLedger Effects { get; private set; } = EffectLedger.Empty;

    /// <summary>What people were asked.</summary>
    public ApprovalLedger Approvals { get; private set; } = ApprovalLedger.Empty;

    /// <summary>What is armed.</summary>
    public FaultLedger Faults { get; private set; } = FaultLedger.Empty;

    /// <summary>The artifacts.</summary>
    public ArtifactList Artifacts { get; } = new();

    /// <summary>What a statement counts and lists.</summary>
    public SessionTally Tally { get; } = new();

    /// <summary>Whether an envelope was counted, or refused, before.</summary>
    /// <param name="envelope">Digest of its file.</param>
    public bool KnowsEnvelope(Digest envelope) => _envelopes.Contains(envelope);

    /// <summary>Who drives the console.</summary>
    public string? OperatorOnDuty { get; private set; }

    /// <summary>Whether any entry was produced by a rehearsal person or the virtual clock.</summary>
    public bool IsSimulated { get; private set; }

    /// <summary>Whether the first entry is marked as simulated, and with it every later one.</summary>
    public bool BeganSimulated { get; private set; }

    /// <summary>Whether the session acts on the embedded Azure.</summary>
    public bool IsEmbedded => Opened?.Embedded is not null;

    /// <summary>Number of entries of a kind.</summary>
    /// <param name="kind">The kind.</param>
    public long CountOf(EntryKind kind) => _counts.GetValueOrDefault(kind);

    /// <summary>Who endorsed an epoch's session key, and where.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <returns><see langword="null"/> where nobody did.</returns>
    public EpochEndorsement? EndorsementOf(int epoch) => _endorsements.GetValueOrDefault(epoch);

    /// <summary>Numbers of entries by kind, ascending by the kind's word.</summary>
    public IEnumerable<KindCount> Counts()
        => _counts.Select(p => new KindCount(Words<EntryKind>.Of(p.Key), p.Value)).OrderBy(c => c.Kind, StringComparer.Ordinal);

    /// <summary>Why an entry can't be the next one, or <see langword="null"/>.</summary>
    /// <param name="entry">The entry.</param>
    public LedgerFinding? Judge(JournalEntry entry)
        => JudgeOrder(entry) ?? Effects.Judge(entry) ?? Approvals.Judge(entry, OperatorOnDuty) ?? Faults.Judge(entry) ?? JudgeCounts(entry);

    /// <summary>Takes one more entry. What does not fit changes only what it can.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="lineHash">SHA-256 of its line.</param>
    public void Apply(JournalEntry entry, Digest lineHash)
    {
        _counts[entry.Kind] = CountOf(entry.Kind) + 1;
        IsSimulated |= entry.Simulated;
        if (Last is null) (OpenedAt, OperatorOnDuty, BeganSimulated) = (entry.At, entry.By, entry.Simulated);
        Clocks = Clocks.Apply(entry);
        Tally.Apply(entry, Faults);
        Effects = Effects.Apply(entry);
        Approvals = Approvals.Apply(entry, lineHash);
        Faults = Faults.Apply(entry);
        ApplyBody(entry);
        (Last, Head) = (entry, new Head(entry.Seq, lineHash));
    }

    private static LedgerFinding? Misplaced(string what) => new(Reason.BadField, what);

    /// <summary>Whether an entry may stand here at all: opening, epochs, closing.</summary>
    internal LedgerFinding? JudgeOrder(JournalEntry entry)
    {
        if (Closed is not null) return new(Reason.AfterClosed, "a line stands behind the one that closed the session");
        if (Last is null) return entry.Body is SessionOpened && entry.Epoch == 1 ? null : new(Reason.Genesis, "the first line does not open a session in epoch 1");
        if (entry.Body is SessionOpened) return new(Reason.Genesis, "a session is opened a second time");
        if (entry.Body is Recovered recovered) return JudgeRecovered(entry, recovered);
        return entry.Epoch == Last.Epoch ? null : new(Reason.EpochGap, $"epoch {entry.Epoch} begins without an entry that says so");
    }

    private LedgerFinding? JudgeRecovered(JournalEntry entry, Recovered recovered)
    {
        if (entry.Epoch != Last!.Epoch + 1) return new(Reason.EpochGap, $"epoch {entry.Epoch} follows epoch {Last.Epoch}");
        if (recovered.Previous != new EpochEnd(Last.Epoch, Head.Seq, Head.Hash)) return new(Reason.EpochGap, "\"previous\" is not the end of the epoch before");
        if (!recovered.InDoubt.SequenceEqual(Effects.InDoubt.Select(e => e.Intent.Effect))) return Misplaced("\"inDoubt\" is not what is in doubt");
        return recovered.FaultsArmed.SequenceEqual(Faults.Armed.Select(f => f.Fault), StringComparer.Ordinal) ? null : Misplaced("\"faultsArmed\" is not what is armed");
    }

    /// <summary>Whether a closing entry counts and lists what there was.</summary>
    internal LedgerFinding? JudgeCounts(JournalEntry entry)
    {
        if (entry.Body is not Closed closed) return null;
        var counts = Counts().Append(new KindCount(Words<EntryKind>.Of(EntryKind.Closed), 1)).OrderBy(c => c.Kind, StringComparer.Ordinal);
        if (!closed.Counts.SequenceEqual(counts)) return Misplaced("\"counts\" are not the numbers of entries");
        return closed.Artifacts == Artifacts.Manifest().Digest ? null : Misplaced("\"artifacts\" is not the digest of the artifacts' manifest");
    }

    private static Digest? EnvelopeOf(EntryBody body) => body switch
    {
        Approval approval => approval.Envelope.Digest,
        ApprovalRefused refused => refused.Envelope,
        Tick tick => tick.Envelope?.Digest,
        Answer answer => answer.Envelope?.Digest,
        _ => null,
    };

    private void ApplyBody(JournalEntry entry)
    {
        if (EnvelopeOf(entry.Body) is { } envelope) _envelopes.Add(envelope);
        switch (entry.Body)
        {
            case SessionOpened opened:
                Opened ??= opened;
                break;
            case PlanBound plan:
                Plan = plan;
                OperatorOnDuty = plan.Operator.Person;
                break;
            case RosterBound roster:
                _rosters.Add(new RosterAt(entry.Seq, roster));
                break;
            case Handover handover:
                OperatorOnDuty = handover.To;
                break;
            case ArtifactKept artifact:
                Artifacts.Add(artifact);
                break;
            case Approval approval:
                ApplyEndorsement(entry, approval);
                break;
            case Closed closed:
                Closed = closed;
                break;
        }
    }

    private void ApplyEndorsement(JournalEntry entry, Approval approval)
    {
        if (Approvals.Find(approval.Request) is not { State: RequestState.Granted } request || !request.Body.Over.Covers("session-key")) return;
        foreach (var epoch in Clocks.Epochs)
        {
            var key = VerifyingKey.TryImport(epoch.SessionKey);
            if (key?.KeyId == request.Body.Plan) _endorsements.TryAdd(epoch.Epoch, new EpochEndorsement(epoch.Epoch, entry.Seq, [.. request.Approvers]));
            key?.Dispose();
        }
    }
}
