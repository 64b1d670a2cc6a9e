using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language;
using EffectClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Engine;

/// <summary>
/// What a person's next word sets off before anybody is asked again: worked out with the engine's own rules on a view as
/// it would be, so that what changes something is seen before the key that leads to it.
/// </summary>
/// <param name="Title">The step whose calls would be made; empty when none would.</param>
/// <param name="Calls">The calls.</param>
/// <param name="Targets">What each of them touches.</param>
/// <param name="At">The view as it would be when they are about to be made; <see langword="null"/> where none would.</param>
/// <param name="End">The end that would be reached, or <see langword="null"/>.</param>
public sealed record SetOff(string Title, ImmutableArray<ShownCall> Calls, ImmutableArray<string> Targets, SessionView? At, string? End)
{
    // A runbook without calls between two people's words has few steps in a row; a circle of checks ends here.
    private const int StepsMax = 50;

    /// <summary>Nothing is set off.</summary>
    public static SetOff Nothing { get; } = new("", [], [], null, null);

    /// <summary>What repeating the worst of the calls would do; <see langword="null"/> without a call.</summary>
    public EffectClass? Worst => Calls.IsEmpty ? null : Calls.Max(c => c.Effect);

    /// <summary>Whether a person has to confirm it: it can't be repeated, or takes something away.</summary>
    public bool WantsConfirmation => Worst is EffectClass.Once or EffectClass.Destructive;

    /// <summary>The name to be typed: the last part of what the first call that takes something away touches.</summary>
    public string NameToType
    {
        get
        {
            for (var i = 0; i < Calls.Length; i++)
            {
                if (Calls[i].Effect == EffectClass.Destructive) return LastPart(Targets[i]);
            }

            return LastPart(Targets.IsEmpty ? "" : Targets[0]);
        }
    }

    /// <summary>What a tick sets off.</summary>
    public static SetOff ByTick(SessionView view, ActionSet actions, Moment now, int item, string person)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(actions);
        if (view.Current is not { } step) return Nothing;
        return Follow(With(view, step with { Ticks = step.Ticks.Add(new TickGiven(item, person, false)) }), actions, now, isNew: true);
    }

    /// <summary>What going on, or choosing, by an edge sets off.</summary>
    public static SetOff ByEdge(SessionView view, ActionSet actions, Moment now, MachineTransition edge)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(actions);
        ArgumentNullException.ThrowIfNull(edge);
        return Enter(view, edge, now, out var end) is { } next ? Follow(next, actions, now, isNew: true) : Nothing with { End = end };
    }

    /// <summary>The calls of the step that the session stands in, that were not made yet.</summary>
    public static SetOff OfStep(SessionView view, ActionSet actions)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(actions);
        if (view.Current is not { Step.Block: StepBlock.Action or StepBlock.Lease or StepBlock.Probe } step) return Nothing;
        var calls = StepCalls.Of(view, actions);
        return calls.IsEmpty ? Nothing : new SetOff(step.Step.Title, calls, Targeted(view, actions), view, null);
    }

    private static SetOff Follow(SessionView view, ActionSet actions, Moment now, bool isNew)
    {
        for (var i = 0; i < StepsMax; i++)
        {
            switch (StepRules.Stand(view, now))
            {
                case StepStand.Leaves leaves:
                    if (Enter(view, leaves.By, now, out var end) is not { } next) return Nothing with { End = end };
                    view = next;
                    break;
                case StepStand.BlockRuns:
                    if (view.Current!.Step.Block is StepBlock.Call call) return Nothing with { Title = $"{view.Current.Step.Title} (follows {call.File})" };
                    return isNew ? OfStep(view, actions) : Nothing;
                default:
                    return Nothing;
            }
        }

        return Nothing;
    }

    private static ImmutableArray<string> Targeted(SessionView view, ActionSet actions) =>
        PlanRenderer.Arguments(view.Current!.Step.Block, view.Frame!.Variables) is { } arguments
            ? [.. actions.Get(arguments.Use.Name).Plan(arguments.With).Select(c => c.Target)]
            : [];

    private static SessionView With(SessionView view, StepProgress? step) =>
        view with { Frames = view.Frames.SetItem(view.Frames.Length - 1, view.Frame! with { Current = step }) };

    private static SessionView? Enter(SessionView view, MachineTransition edge, Moment now, out string? end)
    {
        end = null;
        if (EndNames.IsEnd(edge.Target))
        {
            end = edge.Target;
            return null;
        }

        var frame = view.Frame!;
        if (frame.Machine.State(edge.Target) is not { } state) return null;
        return With(view, new StepProgress
        {
            Path = frame.Prefix + state.Slug,
            State = state,
            Visit = 1,
            EnteredSeq = 0,
            EnteredEpoch = now.Epoch,
            EnteredMonoUs = now.MonoUs,
            EnteredAt = now.Wall,
        });
    }

    /// <summary>The name that people know a target by: the last part of its id.</summary>
    public static string LastPart(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var part = target.TrimEnd('/').Split('/')[^1].Split('?')[0];
        return part.Length > 0 ? part : "send";
    }
}
