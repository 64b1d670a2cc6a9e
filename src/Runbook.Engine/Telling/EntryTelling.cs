using System.Globalization;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>How much a line weighs for whoever reads along.</summary>
public enum TellingWeight
{
    /// <summary>Bookkeeping: shown in the log, not in the stream.</summary>
    Quiet,

    /// <summary>Something happened.</summary>
    Plain,

    /// <summary>A step begins or ends.</summary>
    Heading,

    /// <summary>Something went wrong, or needs somebody.</summary>
    Alert,
}

/// <summary>One entry in words.</summary>
/// <param name="Mark">A bracketed mark: <c>[x] [>] [!] [-] [~] [#] [ ]</c>.</param>
/// <param name="Text">One line, inert, without line feed.</param>
/// <param name="Weight">How much it weighs.</param>
public sealed record Telling(string Mark, string Text, TellingWeight Weight)
{
    /// <summary>
    /// One word for what kind of line it is, from a closed list: RUN STEP READ PLAN SAY SEND OK FAIL UNKNOWN WAIT APPROVE
    /// ARMED PROBE REVERT NOTE ASK TICK DONE.
    /// </summary>
    public string Word { get; init; } = "NOTE";
}

/// <summary>Tells entries in words: the same for plain mode, for the console's log and for a replay.</summary>
public static class EntryTelling
{
    /// <summary>One entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="view">The view after it.</param>
    public static Telling Of(JournalEntry entry, SessionView view)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(view);
        return InWords(entry, view) with { Word = WordOf(entry.Body) };
    }

    private static string WordOf(EntryBody body) => body switch
    {
        SessionOpened or RosterBound or PlanBound or Recovered => "RUN",
        StepEntered or StepLeft => "STEP",
        Intent { Class: Journal.EffectClass.Read } => "READ",
        Intent => "SEND",
        Progress => "WAIT",
        Outcome { Result: OutcomeResult.Done } => "OK",
        Outcome { Result: OutcomeResult.Settled, SettledAs: Settlement.TookEffect } => "OK",
        Outcome { Result: OutcomeResult.Settled } => "UNKNOWN",
        Outcome => "FAIL",
        Probe { Verdict: ProbeVerdict.CannotTell } => "UNKNOWN",
        Probe => "PROBE",
        Tick => "TICK",
        AnswerRequested or ApprovalRequested => "ASK",
        Answer => "TICK",
        Approval or ApprovalRefused => "APPROVE",
        FaultArmed => "ARMED",
        FaultLifted => "REVERT",
        Closed => "DONE",
        _ => "NOTE",
    };

    private static Telling InWords(JournalEntry entry, SessionView view)
    {
        return entry.Body switch
        {
            SessionOpened opened => new("[#]", $"session {opened.Session} opened in \"{opened.Environment}\"{(opened.Embedded is null ? "" : ", on the embedded Azure")}", TellingWeight.Plain),
            RosterBound roster => new("[#]", $"people: {string.Join(", ", roster.People.Select(p => $"{p.Id} ({string.Join(", ", p.Roles)})"))}", TellingWeight.Plain),
            PlanBound plan => new("[#]", $"runbook {plan.Runbook.Id}, {Brief(plan.Runbook.Digest)}, plan {Brief(plan.Plan)}", TellingWeight.Plain),
            StepEntered entered => new("[>]", $"{Number(view)}{entered.Title}{(entry.Visit > 1 ? $" (visit {entry.Visit})" : "")}", TellingWeight.Heading),
            StepLeft left => Left(left, view, entry.Step is { } step ? view.Results.GetValueOrDefault(step)?.Why : null),
            Intent intent => new("[>]", $"{Class(intent.Class)} {intent.Action} on {ShownValues.Target(intent.Target.ToString())}: {intent.Request.Method}, request {Brief(intent.Request.Digest)}", TellingWeight.Plain),
            Progress progress => new("[~]", $"{progress.Effect}: {progress.Status}", TellingWeight.Plain),
            Outcome outcome => OutcomeTelling(outcome),
            Probe probe => ProbeTelling(probe),
            Tick tick => new("[x]", $"{tick.Person} ({tick.Role}{(tick.Auth == ClaimAuth.Signed ? ", signed" : "")}): {tick.Text}", TellingWeight.Plain),
            AnswerRequested asked => new("[ ]", $"asked of {(asked.Each ? "each " : "")}{asked.Role}: {string.Join(", ", asked.Names)}", TellingWeight.Plain),
            Answer answer => new("[x]", $"{answer.Person} answered {string.Join(", ", answer.Values.Select(v => $"{v.Key} = {BriefValue(v.Value)}"))}", TellingWeight.Plain),
            ApprovalRequested asked => new("[ ]", $"approval asked of {ShownValues.People(asked.Quorum, asked.Role)}: over {asked.Over}, digest {Brief(asked.Plan)}", TellingWeight.Plain),
            Approval { Decision: Decision.Approve } approval => new("[x]", $"{approval.Person} ({approval.Role}) approved, signed with {Brief(approval.Envelope.KeyId)}", TellingWeight.Plain),
            Approval approval => new("[!]", $"{approval.Person} ({approval.Role}) refused{(approval.Reason is { } reason ? ": " + reason : "")}", TellingWeight.Alert),
            ApprovalRefused refused => new("[!]", Inert.Text(Refusals.InWords(refused.Why, refused.Person ?? "somebody")), TellingWeight.Alert),
            FaultArmed armed => new("[!]", $"{(armed.Lease ? "lent" : "armed")}: {armed.Fault}, until {armed.Deadline.ToDateTimeOffset():HH:mm:ss} UTC at most; undone by {armed.Inverse.Action}", TellingWeight.Alert),
            FaultLifted lifted => new("[x]", $"lifted: {lifted.Fault} ({How(lifted.How)})", TellingWeight.Plain),
            Abort abort => new("[!]", $"abort: {abort.Reason}", TellingWeight.Alert),
            Paused paused => new("[-]", $"paused: {paused.Reason}", TellingWeight.Alert),
            Recovered recovered => new("[#]", $"resumed after {Word(recovered.Why.ToString())}{(recovered.TornBytes > 0 ? $", {recovered.TornBytes} torn bytes set aside" : "")}", TellingWeight.Plain),
            Note note => new("[-]", $"note: {note.Text}", TellingWeight.Plain),
            Closed closed => new("[#]", $"closed as {Word(closed.End.ToString())}{(closed.Verdicts is { } v ? $": the system {Words(v.System)}, the drill {Words(v.Drill)}, the clean-up {Words(v.Cleanup)}" : "")}", TellingWeight.Heading),
            Checkpoint checkpoint => new("[#]", $"checkpoint at {checkpoint.Size}: root {checkpoint.Root.Base64}", TellingWeight.Quiet),
            ArtifactKept artifact => new("[#]", $"kept {artifact.Name}, {Brief(artifact.Digest)}, {artifact.Bytes} bytes", TellingWeight.Quiet),
            ClockObservation { Why: ClockWhy.Start } => new("[#]", "clock looked at", TellingWeight.Quiet),
            ClockObservation => new("[!]", "the wall clock stepped", TellingWeight.Quiet),
            _ => new("[#]", Word(entry.Kind.ToString()), TellingWeight.Quiet),
        };
    }

    /// <summary>The first twelve digits of a digest.</summary>
    public static string Brief(Digest digest) => digest.Hex[..12];

    private static string Number(SessionView view) =>
        view.Current is { } step && view.Frame is { } frame ? string.Create(CultureInfo.InvariantCulture, $"{step.Step.Number}/{frame.Machine.States.Length} ") : "";

    private static Telling Left(StepLeft left, SessionView view, string? why)
    {
        var target = EndNames.IsEnd(left.Next) ? $"the end \"{left.Next}\"" : $"\"{view.Frame?.Machine.State(left.Next)?.Step.Title ?? left.Next}\"";
        return left.Trigger switch
        {
            StepTrigger.Success or StepTrigger.When => new("[x]", $"done, on to {target}", TellingWeight.Quiet),
            StepTrigger.Choose => new("[x]", $"chosen: {left.Choice}, on to {target}", TellingWeight.Plain),
            _ => new("[!]", $"{Word(left.Trigger.ToString())}{(why is null ? "" : $": {Inert.Text(why)}")}, on to {target}", TellingWeight.Alert),
        };
    }

    private static Telling OutcomeTelling(Outcome outcome)
    {
        var saved = outcome.Saved.Count == 0 ? "" : "; " + string.Join(", ", outcome.Saved.Select(s => ShownValues.Saved(s.Key, s.Value.ToElement())));
        var time = outcome.DurationUs is { } us ? $" after {TimeSpan.FromMicroseconds(us).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s" : "";
        var status = outcome.Status is { } s ? s.ToString(CultureInfo.InvariantCulture) + " " : "";
        return outcome.Result switch
        {
            OutcomeResult.Done => new("[x]", $"{status}done{time}{saved}", TellingWeight.Plain),
            OutcomeResult.Refused => new("[!]", $"{status}refused{time}: {outcome.Error?.Code} {outcome.Error?.Message}", TellingWeight.Alert),
            OutcomeResult.Failed => new("[!]", $"{status}failed{time}: {outcome.Error?.Code} {outcome.Error?.Message}", TellingWeight.Alert),
            OutcomeResult.TimedOut => new("[!]", "not answered in time; a probe found that it did not take effect", TellingWeight.Alert),
            OutcomeResult.Settled => new(outcome.SettledAs == Settlement.TookEffect ? "[x]" : "[!]", $"was in doubt, settled by entry {outcome.SettledBy}: {SettledWords(outcome.SettledAs)}{saved}", TellingWeight.Alert),
            _ => new("[~]", "a reading that was cut off is not needed", TellingWeight.Quiet),
        };
    }

    private static Telling ProbeTelling(Probe probe)
    {
        var samples = probe.Samples == 1 ? "" : $", {probe.Samples} samples";
        var status = probe.Status is { } s ? s.ToString(CultureInfo.InvariantCulture) : "no answer";
        var code = probe.Error is { } error ? $" {error.Code}" : "";
        var after = probe.ElapsedMs is { } ms ? $" after {Durations.Format(TimeSpan.FromSeconds(Math.Round(ms / 1000.0)))}" : "";
        var beside = probe.Watch is { } watch ? $"beside, {watch.Probe}: " : "";
        return probe.Verdict switch
        {
            ProbeVerdict.NotYet when probe.Watch is { As: WatchedAs.Unharmed } => new("[!]", $"{beside}does not hold: {status}{code}{samples}", TellingWeight.Alert),
            ProbeVerdict.NotYet when probe.Watch is not null => new("[~]", $"{beside}does not hold: {status}{code}{samples}", TellingWeight.Plain),
            ProbeVerdict.Holds when probe.Watch is not null => new("[x]", $"{beside}holds: {status}{code}{samples}", TellingWeight.Plain),
            ProbeVerdict.Holds => new("[x]", $"holds{after}: {status}{code}{samples}", TellingWeight.Plain),
            ProbeVerdict.NotYet => new("[~]", $"not yet{after}: {status}{code}{samples}", TellingWeight.Plain),
            ProbeVerdict.TookEffect => new("[x]", $"looked: {probe.Effect} took effect", TellingWeight.Plain),
            ProbeVerdict.DidNot => new("[~]", $"looked: {probe.Effect} did not take effect", TellingWeight.Plain),
            _ when probe.Effect is null => new("[~]", $"nobody can tell{after}: {status}{code}", TellingWeight.Plain),
            _ => new("[!]", $"looked: nobody can tell what became of {probe.Effect}", TellingWeight.Alert),
        };
    }

    private static string SettledWords(Settlement? settlement) => settlement switch
    {
        Settlement.TookEffect => "it took effect",
        Settlement.DidNot => "it did not take effect",
        _ => "left as it is",
    };

    private static string How(LiftedHow how) => how switch
    {
        LiftedHow.Revert => "reverted",
        LiftedHow.Guard => "by the guard",
        LiftedHow.ByHand => "found gone: somebody else has removed it",
        _ => "it never took effect",
    };

    private static string Words(string verdict) => verdict switch
    {
        "held" => "held",
        "broke" => "did not hold",
        "ran" => "ran as planned",
        "cut-short" => "was cut short",
        "never-began" => "never began",
        "reverted" => "put everything back",
        "by-guard" => "was the guard's",
        "by-hand" => "was somebody else's",
        "nothing-to-do" => "had nothing to do",
        _ => "was not judged",
    };

    private static string Class(Journal.EffectClass effect) => effect.ToString().ToLowerInvariant();

    private static string Word(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : " ") + char.ToLowerInvariant(c) : c.ToString()));

    private static string BriefValue(CanonicalJson value) => ShownValues.Brief(value.ToElement());
}
