using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// Folds entries into a <see cref="SessionView"/>. Pure: no file, clock, network or chance; the same entries give the same
/// view, so that the live session, its screens, a resume, a replay and an auditor see one thing.
/// </summary>
/// <remarks>An entry that does not follow from those before it is applied as far as it goes and noted in
/// <see cref="SessionView.Findings"/>; nothing throws for what a journal can hold.</remarks>
public static class SessionFold
{
    /// <summary>The view before the first entry.</summary>
    /// <param name="program">The runbook; without it entries are folded, but no states.</param>
    public static SessionView Begin(SessionProgram? program) => new(program);

    /// <summary>The view after all of a journal's lines.</summary>
    public static SessionView All(SessionProgram? program, IEnumerable<JournalLine> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return lines.Aggregate(Begin(program), (view, line) => Apply(view, line.Entry, line.Hash));
    }

    /// <summary>The view after one more entry.</summary>
    /// <param name="view">The view before.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="hash">SHA-256 of its line.</param>
    public static SessionView Apply(SessionView view, JournalEntry entry, Digest hash)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(entry);
        var before = view with { Clocks = view.Clocks.Apply(entry), Epoch = entry.Epoch };
        var applied = ApplyBody(before, entry);
        var approvals = view.Approvals.Apply(entry, hash);
        return applied with
        {
            Effects = view.Effects.Apply(entry),
            Approvals = approvals,
            Faults = view.Faults.Apply(entry),
            Head = new Head(entry.Seq, hash),
            Last = entry,
            Endorsed = applied.Endorsed || IsEndorsement(approvals, entry),
        };
    }

    internal static EffectPermit Permit(SessionView view, EffectId effect)
    {
        if (view.Effects.Find(effect) is not { State: EffectState.InDoubt, LastProgress: null } record || view.Last?.Seq != record.IntentSeq && !OnlyNotesSince(view, record))
        {
            throw new InvalidOperationException($"There is no fresh intent of {effect}, so nothing may be sent for it.");
        }

        return new GrantedPermit(effect.ToString(), record.IntentSeq, record.Intent.Request.Digest.ToString());
    }

    internal static EffectPermit PermitSample(SessionView view, Digest request) => view.Current is { } step && (!view.Faults.Armed.IsEmpty || step is { Outcome: null, Step.Block: StepBlock.Probe or StepBlock.Revert or StepBlock.Lease or StepBlock.Fault })
        ? new GrantedPermit($"{step.Path}/{step.Visit}/probe", step.EnteredSeq, request.ToString())
        : throw new InvalidOperationException("The session stands in no step that samples, and nothing is armed.");

    /// <summary>
    /// The permit for a guard's undoing: the intent stands in the guard's own file. Where its disk has failed the fault is undone
    /// all the same, because the estate goes before the record.
    /// </summary>
    internal static EffectPermit PermitUndo(Intent intent, long seq) => new GrantedPermit(intent.Effect.ToString(), seq, intent.Request.Digest.ToString());

    /// <summary>The permit for what a guard has to read before it knows what to undo; a reading has no intent.</summary>
    internal static EffectPermit PermitLook(string fault, Digest request) => new GrantedPermit(fault + "/look", 0, request.ToString());

    // Checkpoints that belong to an intent stand behind it; anything else would mean that time has passed.
    private static bool OnlyNotesSince(SessionView view, EffectRecord record) =>
        view.Last is { Body: Checkpoint or Anchor or Note or ClockObservation } last && last.Epoch == view.Epoch && last.Seq - record.IntentSeq <= 4;

    private static bool IsEndorsement(ApprovalLedger approvals, JournalEntry entry) =>
        entry.Body is Approval approval
        && approvals.Find(approval.Request) is { State: RequestState.Granted } request
        && request.Body.Over.Covers("session-key");

    private static SessionView ApplyBody(SessionView view, JournalEntry entry) => entry.Body switch
    {
        SessionOpened opened => view with { Opened = opened, Operator = entry.By, Endorsed = false },
        PlanBound plan => BindPlan(view, plan),
        RosterBound roster => view with { Roster = roster },
        StepEntered => StepFold.Enter(view, entry),
        StepLeft left => StepFold.Leave(view, entry, left),
        Tick tick => StepFold.InStep(view, entry, s => s with { Ticks = s.Ticks.Add(new TickGiven(tick.Item, tick.Person, tick.Auth == ClaimAuth.Signed)) }),
        ApprovalRequested when entry.Step is not null => StepFold.InStep(view, entry, s => s with { RequestSeq = entry.Seq }),
        AnswerRequested => StepFold.InStep(view, entry, s => s with { RequestSeq = entry.Seq, Answers = [] }),
        Answer answer => StepFold.InStep(view, entry, s => s with { Answers = s.Answers.Add(Given(answer)) }),
        Intent intent => StepFold.InStep(view, entry, s => s with
        {
            Calls = s.Calls.Add(new CallProgress(intent.Effect, intent.Element, EffectState.InDoubt, null, null, null) { Action = intent.Action }),
        }),
        Outcome outcome => StepFold.InStep(FaultFold.Note(view, outcome), entry, s => BlockFold.WithOutcome(view, s, entry, outcome)),
        Probe { Watch: { } watch } probe => FaultFold.See(view, probe, watch),
        Probe probe => StepFold.InStep(view, entry, s => BlockFold.WithProbe(view, s, entry, probe)),
        FaultArmed armed => FaultFold.Arm(view, armed),
        FaultLifted lifted => FaultFold.Lift(view, entry, lifted),
        Abort abort => StepFold.InCurrent(FaultFold.Refuse(view, abort), s => s.Step.Block is StepBlock.Revert ? s : s with { AbortReason = abort.Reason.Original() }),
        Handover handover => view with { Operator = handover.To },
        Recovered => view with { Status = view.Plan is null ? SessionStatus.Opening : SessionStatus.Running, Endorsed = false },
        Paused => view with { Status = SessionStatus.Paused },
        Closed closed => StepFold.Close(view, entry, closed),
        _ => view,
    };

    private static SessionView BindPlan(SessionView view, PlanBound plan)
    {
        view = view with { Plan = plan, Operator = plan.Operator.Person, Status = SessionStatus.Running };
        if (view.Program is not { } program) return view;
        var named = plan.Inputs.ToImmutableSortedDictionary(i => i.Key, i => Read(i.Value), StringComparer.Ordinal);
        var variables = new Variables { Named = named, OfSession = OfSession(view, plan) };
        var frame = new SessionFrame
        {
            RunbookPath = program.RootPath,
            Prefix = "",
            Machine = program.Root,
            Variables = variables,
            Next = program.Root.Initial.Slug,
        };
        return view with { Frames = [frame] };
    }

    private static ImmutableSortedDictionary<string, JsonElement> OfSession(SessionView view, PlanBound plan)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        builder["operator"] = JsonObject(("person", plan.Operator.Person), ("name", plan.Operator.Name?.Original() ?? plan.Operator.Person), ("objectId", plan.Operator.ObjectId.Original()));
        builder["session"] = JsonObject(("id", view.SessionId), ("files", view.SessionId + ".files"));
        builder["environment"] = JsonSerializer.SerializeToElement(view.Opened?.Environment.Original() ?? "", EngineJson.Default.String);
        return builder.ToImmutable();
    }

    private static JsonElement JsonObject(params (string Name, string Value)[] members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in members) writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }

    internal static Variable Read(CanonicalJson value) =>
        Commitment.TryRead(value, out _) ? Variable.OfSecret : Variable.Of(JournalValue.FromJournal(value));

    private static AnswerGiven Given(Answer answer) =>
        new(answer.Person, answer.Values.ToImmutableSortedDictionary(v => v.Key, v => Read(v.Value), StringComparer.Ordinal));
}

/// <summary>The only permit there is; nothing outside this file can make one.</summary>
file sealed class GrantedPermit(string effect, long intentSeq, string requestDigest) : EffectPermit(effect, intentSeq, requestDigest);
