using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>Where a session stands.</summary>
public enum SessionStatus
{
    /// <summary>Its journal has begun; runbook and people are not bound yet.</summary>
    Opening,

    /// <summary>It runs, or could.</summary>
    Running,

    /// <summary>It was stopped in order, and can be resumed.</summary>
    Paused,

    /// <summary>Its last entry is written.</summary>
    Closed,
}

/// <summary>
/// Everything that is known of a session: the fold of its journal's entries up to one of them. Live screens, resume,
/// replay, report and verification all look at one of these, made by <see cref="SessionFold"/>. Immutable; safe to share
/// between threads.
/// </summary>
public sealed record SessionView
{
    internal SessionView(SessionProgram? program) => Program = program;

    /// <summary>The runbook; <see langword="null"/> where it is not at hand, so that entries are shown but no state is known.</summary>
    public SessionProgram? Program { get; init; }

    /// <summary>Where the session stands.</summary>
    public SessionStatus Status { get; init; } = SessionStatus.Opening;

    /// <summary>The last entry folded, and its hash.</summary>
    public Head Head { get; init; }

    /// <summary>The last entry folded.</summary>
    public JournalEntry? Last { get; init; }

    /// <summary>Line 1.</summary>
    public SessionOpened? Opened { get; init; }

    /// <summary>Runbook, inputs and operator.</summary>
    public PlanBound? Plan { get; init; }

    /// <summary>The people, as bound last.</summary>
    public RosterBound? Roster { get; init; }

    /// <summary>Which writing process wrote the last entry.</summary>
    public int Epoch { get; init; }

    /// <summary>The runbooks that are being followed, the session's own first.</summary>
    public ImmutableArray<SessionFrame> Frames { get; init; } = [];

    /// <summary>How often each step was entered, by path.</summary>
    public ImmutableDictionary<string, int> Visits { get; init; } = ImmutableDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>What became of each step's last visit, by path: the trigger by which it was left.</summary>
    public ImmutableDictionary<string, TriggerKind> LeftBy { get; init; } = ImmutableDictionary.Create<string, TriggerKind>(StringComparer.Ordinal);

    /// <summary>What each step's block came to last, by path: what an approval over a result is over.</summary>
    public ImmutableDictionary<string, BlockOutcome> Results { get; init; } = ImmutableDictionary.Create<string, BlockOutcome>(StringComparer.Ordinal);

    /// <summary>The effects.</summary>
    public EffectLedger Effects { get; init; } = EffectLedger.Empty;

    /// <summary>What people were asked.</summary>
    public ApprovalLedger Approvals { get; init; } = ApprovalLedger.Empty;

    /// <summary>What is armed.</summary>
    public FaultLedger Faults { get; init; } = FaultLedger.Empty;

    /// <summary>Everything that was armed, in the order of arming, with what became of it.</summary>
    public ImmutableArray<FaultPast> FaultsPast { get; init; } = [];

    /// <summary>
    /// Scopes that must be left at once, by the path of their fault: the guard has lifted it, or it harms what it must not.
    /// Forgotten when the fault's revert is entered, or the fault itself again.
    /// </summary>
    public ImmutableDictionary<string, ScopeCut> Broken { get; init; } = ImmutableDictionary.Create<string, ScopeCut>(StringComparer.Ordinal);

    /// <summary>Why something was not armed, by its code; <see langword="null"/> while nothing was refused.</summary>
    public string? Refusal { get; init; }

    /// <summary>Whether the session ended by a refusal before anything was changed: nothing is left to undo or to look at.</summary>
    public bool IsRefusedUntouched => Refusal is not null && End is SessionEnd.Failed or SessionEnd.Aborted && !HasChanged;

    /// <summary>Whether any call of the session changed something, or may have.</summary>
    public bool HasChanged { get; init; }

    /// <summary>The epochs and their clocks.</summary>
    public EpochClocks Clocks { get; init; } = EpochClocks.Empty;

    /// <summary>How the session ended, once it is closed.</summary>
    public SessionEnd? End { get; init; }

    /// <summary>Whether the session key of the current epoch was endorsed by a person.</summary>
    public bool Endorsed { get; init; }

    /// <summary>
    /// What does not fit: entries that the machine would not have made. Empty for every journal that a session wrote.
    /// </summary>
    public ImmutableArray<FoldFinding> Findings { get; init; } = [];

    /// <summary>The session's id.</summary>
    public string SessionId => Opened?.Session ?? "";

    /// <summary>The session's own runbook.</summary>
    public SessionFrame? Root => Frames.IsEmpty ? null : Frames[0];

    /// <summary>The runbook that is being followed now: the innermost one.</summary>
    public SessionFrame? Frame => Frames.IsEmpty ? null : Frames[^1];

    /// <summary>The current visit; <see langword="null"/> between two steps and before the first.</summary>
    public StepProgress? Current => Frame?.Current;

    /// <summary>Roster id of who drives the console.</summary>
    public string Operator { get; init; } = "";

    /// <summary>Ids of the people who hold a role in this session, in the roster's order, as many as the role has.</summary>
    public ImmutableArray<string> PeopleOf(string role)
    {
        var declared = Program?.Document.Role(role)?.People ?? int.MaxValue;
        return Roster is null ? [] : [.. Roster.People.Where(p => p.Roles.Contains(role)).Select(p => p.Id).Take(declared)];
    }

    /// <summary>
    /// Milliseconds since the current step was entered, at a moment of an epoch. Where the machine was restarted in
    /// between, monotonic time is unknown, and the wall clock must do.
    /// </summary>
    public long ElapsedMs(int epoch, long monoUs, DateTimeOffset wall)
    {
        if (Current is not { } step) return 0;
        var elapsed = Clocks.Between(step.EnteredEpoch, step.EnteredMonoUs, epoch, monoUs) ?? wall - step.EnteredAt;
        return Math.Max(0, (long)elapsed.TotalMilliseconds);
    }

    /// <summary>The permit for the one call that has a durable intent and no outcome; only the fold makes one.</summary>
    /// <exception cref="InvalidOperationException">There is no such intent.</exception>
    public EffectPermit PermitFor(EffectId effect) => SessionFold.Permit(this, effect);

    /// <summary>The permit for one sample of the probe that the session stands in.</summary>
    /// <exception cref="InvalidOperationException">It stands in no probe or revert.</exception>
    public EffectPermit PermitSample(Digest request) => SessionFold.PermitSample(this, request);
}

/// <summary>An entry that does not follow from those before it.</summary>
/// <param name="Seq">Its line.</param>
/// <param name="Message">What is wrong, in a sentence.</param>
public sealed record FoldFinding(long Seq, string Message);
