using System.Collections.Immutable;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>One thing that is looked at again and again: a step of a runbook that only reads.</summary>
/// <param name="Slug">The step's name in links.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Use">The reading; <see langword="null"/> for a condition over what others read.</param>
/// <param name="Expect">What must hold; without it, that it was answered with success.</param>
/// <param name="Save">What later checks of the same round know.</param>
public sealed record WatchedCheck(string Slug, string Title, ActionUse? Use, ConditionText? Expect, ImmutableArray<SaveBinding> Save)
{
    /// <summary>The checks of a runbook, in the order of its steps; prose without a block is none.</summary>
    /// <param name="machine">The runbook's machine.</param>
    /// <param name="actions">The catalogue.</param>
    /// <exception cref="EngineException"><c>RE230</c>: a step does more than reading, asks somebody, or there is nothing to look at.</exception>
    public static ImmutableArray<WatchedCheck> Of(MachineDefinition machine, ActionCatalogue actions)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(actions);
        var checks = ImmutableArray.CreateBuilder<WatchedCheck>();
        foreach (var state in machine.States)
        {
            var step = state.Step;
            if (!step.Attestations.IsEmpty) throw Refused($"\"{step.Title}\" has ticks, and nobody is there to set them");
            switch (step.Block)
            {
                case null:
                    break;
                case StepBlock.Action { Use: var use } action when IsReading(use, actions):
                    checks.Add(new WatchedCheck(state.Slug, step.Title, use, action.Expect, action.Save));
                    break;
                case StepBlock.Probe probe:
                    checks.Add(new WatchedCheck(state.Slug, step.Title, probe.Use, probe.Expect, probe.Save));
                    break;
                case StepBlock.Check check:
                    checks.Add(new WatchedCheck(state.Slug, step.Title, null, check.Expect, []));
                    break;
                case StepBlock.Action { Use.Name: var name }:
                    throw Refused($"\"{step.Title}\" uses {name}, which changes something");
                case var other:
                    throw Refused($"\"{step.Title}\" is of kind {other.Kind}");
            }
        }

        return checks.Count > 0 ? checks.ToImmutable() : throw Refused("no step of it reads anything");
    }

    private static bool IsReading(ActionUse use, ActionCatalogue actions) => actions.Find(use.Name) is { Effect: EffectClass.Read };

    private static EngineException Refused(string why) =>
        new("RE230", $"This runbook can't be watched: {why}.", "Nothing was looked at.", "Watch a runbook whose steps are probes, conditions and reading actions, such as runbooks/canary.md.");
}
