namespace Runbook.Journal;

/// <summary>What a statement counts and lists, gathered entry by entry.</summary>
public sealed class SessionTally
{
    private readonly Dictionary<string, PersonCounts> _people = new(StringComparer.Ordinal);
    private readonly Dictionary<EffectClass, long> _intents = [];
    private readonly List<FaultSpan> _faults = [];
    private readonly List<(Anchor Anchor, long Seq)> _anchors = [];
    private readonly List<string> _warnings = [];

    /// <summary>Faults and leases, in the order of arming.</summary>
    public IReadOnlyList<FaultSpan> Faults => _faults;

    /// <summary>Anchors with their lines.</summary>
    public IReadOnlyList<(Anchor Anchor, long Seq)> Anchors => _anchors;

    /// <summary>What is odd in the entries, each a word and a line.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Number of outcomes that settled a doubt.</summary>
    public long Settled { get; private set; }

    /// <summary>Number of resumes.</summary>
    public long Recoveries { get; private set; }

    /// <summary>Number of intents of a class.</summary>
    /// <param name="effectClass">The class.</param>
    public long IntentsOf(EffectClass effectClass) => _intents.GetValueOrDefault(effectClass);

    /// <summary>What a person did.</summary>
    /// <param name="person">Roster id.</param>
    public PersonCounts CountsOf(string person) => _people.GetValueOrDefault(person);

    internal void Apply(JournalEntry entry, FaultLedger faultsBefore)
    {
        switch (entry.Body)
        {
            case Intent intent:
                _intents[intent.Class] = IntentsOf(intent.Class) + 1;
                break;
            case Outcome { Result: OutcomeResult.Settled or OutcomeResult.NotNeeded }:
                Settled++;
                break;
            case Tick tick:
                Count(tick.Person, c => tick.Auth == ClaimAuth.Signed ? c with { TicksSigned = c.TicksSigned + 1 } : c with { TicksClaimed = c.TicksClaimed + 1 });
                break;
            case Approval approval:
                Count(approval.Person, c => c with { Approvals = c.Approvals + 1 });
                break;
            case FaultArmed armed:
                _faults.Add(new FaultSpan(armed.Fault, entry.Seq, null, null));
                break;
            case FaultLifted lifted when faultsBefore.Find(lifted.Fault) is { } open:
                var at = _faults.FindIndex(f => f.ArmedSeq == open.ArmedSeq);
                if (at >= 0) _faults[at] = _faults[at] with { LiftedSeq = entry.Seq, How = lifted.How };
                break;
            case Anchor anchor:
                _anchors.Add((anchor, entry.Seq));
                break;
            case ApprovalRefused:
                Warn("approval-refused", entry);
                break;
            case ClockObservation { Why: ClockWhy.Step }:
                Warn("clock-step", entry);
                break;
            case Recovered recovered:
                Recoveries++;
                Warn(recovered.TornBytes > 0 ? "recovered-torn" : "recovered", entry);
                break;
        }
    }

    private void Count(string person, Func<PersonCounts, PersonCounts> change) => _people[person] = change(CountsOf(person));

    private void Warn(string word, JournalEntry entry) => _warnings.Add($"{word} {entry.Seq}");
}
