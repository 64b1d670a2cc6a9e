using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>What entering and leaving steps does to a view; called runbooks included.</summary>
internal static class StepFold
{
    public static SessionView Enter(SessionView view, JournalEntry entry)
    {
        var entered = (StepEntered)entry.Body;
        if (view.Frame is not { } frame || entry.Step is not { } path) return view;
        if (frame.Current is { Step.Block: StepBlock.Call call } caller && caller.Outcome is null)
        {
            frame = Called(view, frame, caller, call);
            view = view with { Frames = view.Frames.Add(frame) };
        }

        var slug = path[Math.Min(frame.Prefix.Length, path.Length)..];
        var visit = view.Visits.GetValueOrDefault(path) + 1;
        if (frame.Current is not null || path != frame.Prefix + frame.Next || frame.Machine.State(slug) is not { } state)
        {
            return Finding(view, entry, $"'{path}' is entered, and the machine leads to '{frame.Prefix}{frame.Next}'.");
        }

        if (entry.Visit != visit) view = Finding(view, entry, $"'{path}' is entered as visit {entry.Visit}, and this is visit {visit}.");
        if (entered.Trigger != Trigger(frame.Via)) view = Finding(view, entry, $"'{path}' is entered by {entered.Trigger}, and the machine came there by {Trigger(frame.Via)}.");
        var step = new StepProgress
        {
            Path = path,
            State = state,
            Visit = visit,
            EnteredSeq = entry.Seq,
            EnteredEpoch = entry.Epoch,
            EnteredMonoUs = entry.MonoUs,
            EnteredAt = entry.At.ToDateTimeOffset(),
            EnteredAdversely = state.Step.Block is StepBlock.Revert ? frame.RevertMode : null,
        };
        return FaultFold.Enter(With(view, frame with { Current = step }), step) with { Visits = view.Visits.SetItem(path, visit) };
    }

    public static SessionView Leave(SessionView view, JournalEntry entry, StepLeft left)
    {
        if (view.Frame is not { Current: { } step } frame || entry.Step != step.Path) return view.Program is null ? view : Finding(view, entry, "A step is left that the session is not in.");
        var now = Moment.Of(entry);
        var trigger = TriggerOf(left.Trigger);
        var stand = StepRules.Stand(view, now);
        if (!StepRules.MayLeave(stand, trigger, left.Next, left.Choice?.Original()))
        {
            view = Finding(view, entry, $"'{step.Path}' is left by {TriggerNames.Of(trigger)} to '{left.Next}', which is not what the machine does here.");
        }

        var edge = step.State.Transitions.FirstOrDefault(t => t.Trigger == trigger && t.Target == left.Next)
            ?? new MachineTransition(trigger, 0, null, null, left.Next, TransitionOrigin.Default);
        var outcome = StepRules.OutcomeOf(view, step, now) ?? BlockOutcome.Plain(trigger, step.AbortReason ?? "");
        frame = frame with
        {
            Current = null,
            Next = left.Next,
            Via = trigger,
            RevertMode = RevertMode(frame, step, edge),
            Variables = Bind(frame.Variables, step, trigger, outcome),
            Cut = CutAfter(frame, step, edge),
        };
        view = With(view, frame) with
        {
            LeftBy = view.LeftBy.SetItem(step.Path, trigger),
            Results = view.Results.SetItem(step.Path, outcome),
        };
        return frame.AtEnd && view.Frames.Length > 1 ? Return(view, frame, now) : view;
    }

    public static SessionView Close(SessionView view, JournalEntry entry, Closed closed)
    {
        if (view.Root is { } root)
        {
            if (view.Frames.Length > 1 || !root.AtEnd) view = Finding(view, entry, "The session is closed before it has come to an end.");
            else if (EndOf(root) != closed.End) view = Finding(view, entry, $"The session is closed as {closed.End}, and the machine ended in {EndOf(root)}.");
            else if (root.Cut != closed.Cut) view = Finding(view, entry, $"What cut a scope short is told as {closed.Cut}, and was {root.Cut}.");
            else if (DrillVerdict.Of(view) != closed.Verdicts) view = Finding(view, entry, "The verdicts are not what the entries come to.");
        }

        return view with { Status = SessionStatus.Closed, End = closed.End };
    }

    /// <summary>The end that a runbook comes to: what cut a scope short outweighs the last link.</summary>
    public static SessionEnd EndOf(SessionFrame frame) => frame.Cut switch
    {
        CutCause.Failure or CutCause.Timeout or CutCause.Rejection => SessionEnd.Failed,
        CutCause.Abort => SessionEnd.Aborted,
        _ => frame.Next switch
        {
            EndNames.Completed => SessionEnd.Completed,
            EndNames.Failed => SessionEnd.Failed,
            _ => SessionEnd.Aborted,
        },
    };

    /// <summary>Changes the current visit, when the entry belongs to it.</summary>
    public static SessionView InStep(SessionView view, JournalEntry entry, Func<StepProgress, StepProgress> change) =>
        view.Current is { } step && entry.Step == step.Path && entry.Visit == step.Visit ? InCurrent(view, change) : view;

    /// <summary>Changes the current visit, whatever the entry names.</summary>
    public static SessionView InCurrent(SessionView view, Func<StepProgress, StepProgress> change) =>
        view.Frame is { Current: { } step } frame ? With(view, frame with { Current = change(step) }) : view;

    public static SessionView Finding(SessionView view, JournalEntry entry, string message) =>
        view with { Findings = view.Findings.Add(new FoldFinding(entry.Seq, message)) };

    public static StepTrigger Trigger(TriggerKind? trigger) => trigger switch
    {
        null => StepTrigger.Start,
        TriggerKind.Success => StepTrigger.Success,
        TriggerKind.Failure => StepTrigger.Failure,
        TriggerKind.Timeout => StepTrigger.Timeout,
        TriggerKind.Rejection => StepTrigger.Rejection,
        TriggerKind.Abort => StepTrigger.Abort,
        TriggerKind.When => StepTrigger.When,
        _ => StepTrigger.Choose,
    };

    private static TriggerKind TriggerOf(StepTrigger trigger) => trigger switch
    {
        StepTrigger.Failure => TriggerKind.Failure,
        StepTrigger.Timeout => TriggerKind.Timeout,
        StepTrigger.Rejection => TriggerKind.Rejection,
        StepTrigger.Abort => TriggerKind.Abort,
        StepTrigger.When => TriggerKind.When,
        StepTrigger.Choose => TriggerKind.Choose,
        _ => TriggerKind.Success,
    };

    private static SessionView With(SessionView view, SessionFrame frame) =>
        view with { Frames = view.Frames.SetItem(view.Frames.Length - 1, frame) };

    /// <summary>A called runbook before its first step: its inputs from the call and its own defaults.</summary>
    private static SessionFrame Called(SessionView view, SessionFrame caller, StepProgress step, StepBlock.Call call)
    {
        var path = SessionProgram.Called(caller.RunbookPath, call);
        var machine = view.Program!.Machine(path);
        var given = call.With.Fill(caller.Variables.Find);
        var named = ImmutableSortedDictionary.CreateBuilder<string, Variable>(StringComparer.Ordinal);
        foreach (var input in machine.Document.Inputs)
        {
            if (given.TryGetProperty(input.Name, out var value)) named[input.Name] = Variable.Of(value);
            else if (input.Schema.Default is { } preset) named[input.Name] = Variable.Of(preset);
        }

        return new SessionFrame
        {
            RunbookPath = path,
            Prefix = step.Path + "/",
            Machine = machine,
            Variables = new Variables { Named = named.ToImmutable(), OfSession = caller.Variables.OfSession },
            Next = machine.Initial.Slug,
        };
    }

    /// <summary>A called runbook has ended: its end is the calling step's outcome.</summary>
    private static SessionView Return(SessionView view, SessionFrame child, Moment now)
    {
        view = view with { Frames = view.Frames.RemoveAt(view.Frames.Length - 1) };
        var elapsed = view.ElapsedMs(now.Epoch, now.MonoUs, now.Wall);
        return InCurrent(view, step =>
        {
            var call = (StepBlock.Call)step.Step.Block!;
            var outcome = EndOf(child) switch
            {
                SessionEnd.Completed => BlockEvaluation.Evaluate(BlockEvaluation.Nothing, call.Save, ToObject(child.Variables, elapsed), view.Frame!.Variables),
                SessionEnd.Failed => BlockOutcome.Plain(TriggerKind.Failure, $"{call.File} ended as failed"),
                _ => BlockOutcome.Plain(TriggerKind.Abort, $"{call.File} ended as aborted"),
            };
            return step with { Outcome = outcome };
        });
    }

    // What a call's save sees: the called runbook's variables, and how long it took.
    private static JsonElement ToObject(Variables variables, long elapsedMs)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (name, variable) in variables.Named.Where(v => !v.Value.Secret))
            {
                writer.WritePropertyName(name);
                variable.Value.WriteTo(writer);
            }

            if (!variables.Named.ContainsKey("elapsedMs")) writer.WriteNumber("elapsedMs", elapsedMs);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }

    private static Variables Bind(Variables variables, StepProgress step, TriggerKind trigger, BlockOutcome outcome)
    {
        if (!TriggerNames.IsAdverse(trigger)) return outcome.Saved.Aggregate(variables, (all, s) => all.With(s.Key, s.Value));
        return variables.Without(SavedNames(step.Step.Block));
    }

    private static IEnumerable<string> SavedNames(StepBlock? block) => block switch
    {
        StepBlock.Action b => b.Save.Select(s => s.Name),
        StepBlock.Probe b => b.Save.Select(s => s.Name),
        StepBlock.Ask b => b.Save.Select(s => s.Name),
        StepBlock.Fault b => b.Save.Select(s => s.Name),
        StepBlock.Lease b => b.Save.Select(s => s.Name),
        StepBlock.Call b => b.Save.Select(s => s.Name),
        _ => [],
    };

    /// <summary>How a revert is entered; what cut its scope short before outweighs the success of the steps that made it good.</summary>
    private static TriggerKind? RevertMode(SessionFrame frame, StepProgress step, MachineTransition edge)
    {
        if (frame.Machine.State(edge.Target)?.Step.Block is not StepBlock.Revert) return null;
        if (edge.Target == step.Slug) return step.EnteredAdversely;
        return edge.Trigger switch
        {
            TriggerKind.Abort => TriggerKind.Abort,
            TriggerKind.Failure or TriggerKind.Timeout or TriggerKind.Rejection => TriggerKind.Failure,
            _ when !frame.Machine.EndsCutScope(step.Slug, edge.Target) || frame.Cut == CutCause.None => null,
            _ => frame.Cut == CutCause.Abort ? TriggerKind.Abort : TriggerKind.Failure,
        };
    }

    private static CutCause CutAfter(SessionFrame frame, StepProgress step, MachineTransition edge)
    {
        if (frame.Cut != CutCause.None || !frame.Machine.CutsScope(step.Slug, edge)) return frame.Cut;
        return edge.Trigger switch
        {
            TriggerKind.Failure => CutCause.Failure,
            TriggerKind.Timeout => CutCause.Timeout,
            TriggerKind.Rejection => CutCause.Rejection,
            _ => CutCause.Abort,
        };
    }
}
