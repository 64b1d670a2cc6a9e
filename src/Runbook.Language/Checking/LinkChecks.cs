using System.Text.Json;
using Runbook.Language.Expressions;
using Runbook.Language.Machine;

namespace Runbook.Language.Checking;

/// <summary>RB2xx: where transitions lead.</summary>
internal static class LinkChecks
{
    public static void Run(CheckContext context)
    {
        CheckTargets(context);
        CheckTriggers(context);
        // A link that leads nowhere leaves its target unreached: one mistake, one finding.
        if (context.AllRead && !context.Found.Has(Rules.TargetUnknown)) CheckReachability(context);
        CheckFallThrough(context);
        CheckConditionCoverage(context);
    }

    private static void CheckTargets(CheckContext context)
    {
        var all = context.Document.Steps.SelectMany(s => s.Transitions).Concat(context.Document.SharedTransitions);
        foreach (var transition in all)
        {
            var title = EndNames.IsEnd(transition.Target)
                ? char.ToUpperInvariant(transition.Target[0]) + transition.Target[1..]
                : context.Document.Step(transition.Target)?.Title;
            if (title is null)
            {
                var near = Nearest(context, transition.Target);
                context.Found.Add(Rules.TargetUnknown, transition.TargetSpan, $"'#{transition.Target}' is no step and no end of this file.", near is null ? "Link to a '##' heading, or to #completed, #failed or #aborted." : $"Did you mean [{near.Title}](#{near.Slug})?");
            }
            else if (!string.Equals(transition.LinkText.Trim(), title, StringComparison.Ordinal))
            {
                context.Found.Add(Rules.LinkText, transition.TargetSpan, $"The link says '{transition.LinkText}', and its target's heading is '{title}'.", $"Write [{title}](#{transition.Target}).");
            }
        }
    }

    private static RunbookStep? Nearest(CheckContext context, string slug)
    {
        var best = context.Document.Steps.Select(s => (Step: s, Distance: Distance(s.Slug, slug))).MinBy(x => x.Distance);
        return best.Distance <= Math.Max(2, slug.Length / 3) ? best.Step : null;
    }

    /// <summary>Edit distance of two slugs, cut at 64 characters.</summary>
    private static int Distance(string left, string right)
    {
        left = left[..Math.Min(left.Length, 64)];
        right = right[..Math.Min(right.Length, 64)];
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }

    private static void CheckTriggers(CheckContext context)
    {
        foreach (var step in context.Document.Steps)
        {
            if (step.IsBroken) continue;
            var seen = new HashSet<TriggerKind>();
            var fires = MachineCompiler.Fires(step);
            var chooses = step.Transitions.Any(t => t.Trigger == TriggerKind.Choose);
            foreach (var transition in step.Transitions)
            {
                if (transition.Trigger is TriggerKind.When or TriggerKind.Choose)
                {
                    CheckNumbered(context, step, transition);
                    continue;
                }

                var name = $"on {TriggerNames.Of(transition.Trigger)}";
                if (!seen.Add(transition.Trigger))
                {
                    context.Found.Add(Rules.DuplicateTrigger, transition.Span, $"'{step.Title}' writes '{name}' twice.", "Keep one of the two.");
                }
                else if (transition.Trigger == TriggerKind.Success && chooses)
                {
                    context.Found.Add(Rules.DuplicateTrigger, transition.Span, $"'{step.Title}' has choices, and 'on success' beside them would never be taken.", "Make it a choice, or remove it.");
                }
                else if (IsOverruled(context, step, transition.Trigger))
                {
                    context.Found.Add(Rules.ImpossibleTrigger, transition.Span, $"'{step.Title}' never fires '{name}': it lies in another scope, and goes on to the revert of that one.", "Write it at the outermost revert.");
                }
                else if (!fires.Contains(transition.Trigger))
                {
                    context.Found.Add(Rules.ImpossibleTrigger, transition.Span, $"'{step.Title}' never fires '{name}'{WhyNot(step, transition.Trigger)}.", "Remove the transition, or give the step what fires it.");
                }
            }
        }

        foreach (var transition in context.Document.SharedTransitions.Where(t => !TriggerNames.IsAdverse(t.Trigger)))
        {
            context.Found.Add(Rules.ImpossibleTrigger, transition.Span, "The introduction writes transitions for failure, timeout, rejection and abort only.", "Write this one in the step that it is for.");
        }

        foreach (var twice in context.Document.SharedTransitions.GroupBy(t => t.Trigger).SelectMany(g => g.Skip(1)))
        {
            context.Found.Add(Rules.DuplicateTrigger, twice.Span, $"The introduction writes 'on {TriggerNames.Of(twice.Trigger)}' twice.", "Keep one of the two.");
        }
    }

    private static void CheckNumbered(CheckContext context, RunbookStep step, Transition transition)
    {
        if (step.Block is StepBlock.Revert or StepBlock.Approval)
        {
            context.Found.Add(Rules.ImpossibleTrigger, transition.Span, $"{(step.Block is StepBlock.Revert ? "A revert" : "An approval")} has no result to decide by.", "Give the decision a step of its own behind it.");
            return;
        }

        if (transition.Choice is { } choice && step.Transitions.Count(t => t.Choice == choice) > 1 && step.Transitions.First(t => t.Choice == choice) != transition)
        {
            context.Found.Add(Rules.DuplicateTrigger, transition.Span, $"'{step.Title}' offers \"{choice}\" twice.", "Give each choice a text of its own.");
        }
    }

    /// <summary>A revert inside of another scope goes on to that one's revert, whatever it writes for failure and abort.</summary>
    private static bool IsOverruled(CheckContext context, RunbookStep step, TriggerKind trigger) =>
        step.Block is StepBlock.Revert && trigger is TriggerKind.Failure or TriggerKind.Abort && context.Machine.State(step.Slug)!.Scope?.Enclosing is not null;

    private static string WhyNot(RunbookStep step, TriggerKind trigger) => (step.Block, trigger) switch
    {
        (StepBlock.Probe, TriggerKind.Failure) => ": a probe holds or times out",
        (StepBlock.Action or StepBlock.Fault or StepBlock.Lease, TriggerKind.Timeout) => ": it has no 'timeout'",
        (StepBlock.Ask, TriggerKind.Timeout) => ": it has no 'within'",
        (StepBlock.Revert, TriggerKind.Rejection) => ": 'on failure' is where it goes on when it was entered by a rejection",
        (_, TriggerKind.Rejection) => ": only an approval is rejected",
        (null, _) => ": a manual step is done or aborted",
        _ => "",
    };

    private static void CheckReachability(CheckContext context)
    {
        var machine = context.Machine;
        var reached = Closure([machine.Initial.Slug], slug => machine.State(slug)?.Transitions.Select(t => t.Target) ?? []);
        foreach (var state in machine.States)
        {
            if (!reached.Contains(state.Slug))
            {
                context.Found.Add(Rules.Unreachable, state.Step.Span, $"No path leads to '{state.Step.Title}'.", "Link to it from the step that it follows, or remove it.");
            }

            if (HasNoWayOut(state))
            {
                context.Found.Add(Rules.NoWayOut, state.Step.Span, $"'{state.Step.Title}' has no way out but abort.", "Write a transition.");
            }
            else if (CircleBegunBy(machine, state) is { Count: > 0 } circle)
            {
                context.Found.Add(Rules.EndUnreachable, state.Step.Span, $"From {string.Join(" and ", circle.Select(c => $"'{c.Step.Title}'"))} no end can be reached but by aborting: the steps lead in a circle.", "Write a transition that leads out of it.");
            }
        }
    }

    private static bool HasNoWayOut(MachineState state) => state.Transitions.All(t => t.Trigger == TriggerKind.Abort);

    /// <summary>
    /// The states of a circle that nothing but an abort leaves, where the state is its first; empty otherwise. Steps that only
    /// lead into the circle are not at fault: one circle, one finding.
    /// </summary>
    private static List<MachineState> CircleBegunBy(MachineDefinition machine, MachineState state)
    {
        var ahead = Ahead(machine, state.Slug);
        if (ahead.Any(EndNames.IsEnd) || machine.States.Any(s => ahead.Contains(s.Slug) && HasNoWayOut(s))) return [];
        List<MachineState> circle = [.. machine.States.Where(s => ahead.Contains(s.Slug))];
        return circle[0] == state && circle.TrueForAll(s => Ahead(machine, s.Slug).Contains(state.Slug)) ? circle : [];
    }

    // An abort is always there; a circle that only an abort leaves is still one.
    private static HashSet<string> Ahead(MachineDefinition machine, string slug) =>
        Closure([slug], s => machine.State(s)?.Transitions.Where(t => t.Trigger != TriggerKind.Abort).Select(t => t.Target) ?? []);

    private static HashSet<string> Closure(IEnumerable<string> from, Func<string, IEnumerable<string>> next)
    {
        var reached = new HashSet<string>(from, StringComparer.Ordinal);
        var queue = new Queue<string>(reached);
        while (queue.TryDequeue(out var slug))
        {
            foreach (var target in next(slug).Where(reached.Add)) queue.Enqueue(target);
        }

        return reached;
    }

    private static void CheckFallThrough(CheckContext context)
    {
        var written = context.Document.Steps.SelectMany(s => s.Transitions.Select(t => (From: s.Slug, Transition: t)))
            .Concat(context.Document.SharedTransitions.Select(t => (From: "", Transition: t)))
            .Where(x => TriggerNames.IsAdverse(x.Transition.Trigger))
            .ToLookup(x => x.Transition.Target, x => x.From, StringComparer.Ordinal);
        foreach (var state in context.Machine.States)
        {
            if (state.On(TriggerKind.Success) is not { Origin: TransitionOrigin.Default } edge) continue;
            if (context.Document.Step(edge.Target) is not { } next || written[next.Slug].All(from => from == state.Slug)) continue;
            context.Found.Add(Rules.FallThrough, state.Step.Span, $"After '{state.Step.Title}' success would fall through into '{next.Title}', which other steps reach when something went wrong.", $"Write where success leads: - **on success** [Completed](#completed), or [{next.Title}](#{next.Slug}) if that is meant.");
        }
    }

    /// <summary>Conditions that all compare one input with an enum cover each of its values, or success is written.</summary>
    private static void CheckConditionCoverage(CheckContext context)
    {
        foreach (var step in context.Document.Steps)
        {
            var conditions = step.Transitions.Where(t => t.Trigger == TriggerKind.When && t.Condition is not null).ToList();
            if (conditions.Count == 0 || step.Transitions.Any(t => t.Trigger == TriggerKind.Success)) continue;
            var compared = conditions.Select(c => EqualsInput(c.Condition!.Expression.Root)).ToList();
            if (compared.Exists(c => c is null) || compared.Select(c => c!.Value.Input).Distinct().Count() != 1) continue;
            var input = context.Document.Inputs.FirstOrDefault(i => i.Name == compared[0]!.Value.Input);
            if (input is null || input.Schema.Enum.IsEmpty) continue;

            var covered = compared.Select(c => c!.Value.Value).ToHashSet(StringComparer.Ordinal);
            var missing = input.Schema.Enum.Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!).Where(e => !covered.Contains(e)).ToList();
            if (missing.Count == 0) continue;
            context.Found.Add(Rules.WhenIncomplete, conditions[0].Span, $"'{step.Title}' decides by '{input.Name}' and does not say where {string.Join(", ", missing.Select(m => $"'{m}'"))} leads.", "Write a 'when' for each value, or an 'on success' for the rest.");
        }
    }

    private static (string Input, string Value)? EqualsInput(JmesNode node) => node is ComparisonNode { Operator: Comparison.Equal } equal
        ? (equal.Left, equal.Right) switch
        {
            (VariableNode { Path: [var name] }, LiteralNode { Value: JmesString value }) => (name, value.Value),
            (LiteralNode { Value: JmesString value }, VariableNode { Path: [var name] }) => (name, value.Value),
            _ => null,
        }
        : null;
}
