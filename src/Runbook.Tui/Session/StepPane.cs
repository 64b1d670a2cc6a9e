using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Language;

namespace Runbook.Tui;

/// <summary>What the pane of the instructions shows.</summary>
/// <param name="Head">Stays in sight.</param>
/// <param name="Body">Scrolls below it.</param>
/// <param name="Focus">The line of the body that the next key is about, where there is one.</param>
/// <param name="Of">What it is about; another one is read from its first line.</param>
internal sealed record StepText(ImmutableArray<StyledLine> Head, IReadOnlyList<StyledLine> Body, int? Focus, (long EnteredSeq, bool Next) Of);

/// <summary>The instructions of a step: prose with values, what is said aloud, what the block does, what people vouch for.</summary>
internal static class StepPane
{
    private const string NextItem = "[>]";

    /// <summary>
    /// The current step; where it is done and going on sends something, the step that would send it, so that the exact call
    /// is read before the key that makes it.
    /// </summary>
    /// <param name="scene">The session.</param>
    /// <param name="columns">Columns of a line.</param>
    public static StepText Shown(Scene scene, int columns)
    {
        var entered = scene.View.Current?.EnteredSeq ?? 0;
        if (Next(scene) is { At: { } at })
        {
            var next = Of(scene with { Snapshot = scene.Snapshot with { View = at } }, columns, whole: false, "NEXT, STEP");
            return next with { Of = (entered, true) };
        }

        return Of(scene, columns, whole: false, "STEP") with { Of = (entered, false) };
    }

    /// <summary>The current step, to its last line.</summary>
    public static IReadOnlyList<StyledLine> Whole(Scene scene, int columns)
    {
        var (head, body, _, _) = Of(scene, columns, whole: true, "STEP");
        return [.. head, .. body];
    }

    private static SetOff Next(Scene scene) => scene is { Turn.Need: SessionNeed.Operator { By: var by }, Actions: { } actions }
        ? SetOff.ByEdge(scene.View, actions, scene.Now, by)
        : SetOff.Nothing;

    private static StepText Of(Scene scene, int columns, bool whole, string what)
    {
        if (scene.View.Current is not { } step) return new StepText([], Between(scene, columns), null, default);
        var head = ImmutableArray.CreateBuilder<StyledLine>();
        var frame = scene.View.Frame!;
        var visit = step.Visit > 1 ? $"  visit {step.Visit}" : "";
        head.AddRange(Cells.Wrap(Safe.Screen(step.Step.Title), columns, Tone.Strong, $"{what} {step.Step.Number} of {frame.Machine.States.Length}{visit}  ", "  "));
        if (scene.View.Frames.Length > 1) head.Add(StyledLine.Of($"in {Safe.Screen(frame.RunbookPath)}, called from {Safe.Screen(frame.Prefix.TrimEnd('/'))}", Tone.Dim));
        if (step.AbortReason is { } reason) head.AddRange(Cells.Wrap(Safe.Screen($"ABORT ASKED FOR: {reason}"), columns, Tone.Danger));
        head.Add(StyledLine.Empty);
        var lines = new List<StyledLine>();
        AddProse(lines, scene, step.Step, columns);
        AddItems(lines, scene, step, columns, beforeBlock: true);
        AddBlock(lines, scene, step, columns, whole);
        AddItems(lines, scene, step, columns, beforeBlock: false);
        AddWays(lines, step.State, frame.Machine, columns);
        var focus = lines.FindIndex(l => l.Text.StartsWith(NextItem, StringComparison.Ordinal));
        return new StepText(head.ToImmutable(), lines, focus < 0 ? null : focus, default);
    }

    /// <summary>Any other step, to read.</summary>
    public static IReadOnlyList<StyledLine> Other(Scene scene, MachineDefinition machine, MachineState state, int columns)
    {
        var lines = new List<StyledLine>();
        AddProse(lines, scene, state.Step, columns);
        foreach (var item in state.Step.Attestations) lines.AddRange(Item(scene, item, columns, "[ ]", Tone.Normal, $"{ShownValues.WhoTicks(item)}: "));
        if (state.Step.Block is { } block)
        {
            if (!state.Step.Attestations.IsEmpty) lines.Add(StyledLine.Empty);
            lines.Add(StyledLine.Of(block.Kind.ToUpperInvariant(), Tone.Strong));
            lines.AddRange(Safe.Lines(state.Step.BlockText.TrimEnd('\n')).SelectMany(l => Cells.Wrap(l, columns, Tone.Code, "  ", "    ")));
        }

        AddWays(lines, state, machine, columns);
        return lines;
    }

    private static ImmutableArray<StyledLine> Between(Scene scene, int columns)
    {
        var text = scene.View.Plan is null ? "The runbook is not bound yet." : scene.View.Endorsed || scene.Stand != RunStand.Runs ? "Between two steps." : "The operator signs for this console's key before anything is sent.";
        return Cells.Wrap(text, columns, Tone.Dim);
    }

    private static void AddProse(List<StyledLine> lines, Scene scene, RunbookStep step, int columns)
    {
        if (step.Prose.IsEmpty) return;
        lines.AddRange(new ProseLayout(ShownValues.In(scene.View), columns).Lines(step.Prose));
        lines.Add(StyledLine.Empty);
    }

    private static void AddBlock(List<StyledLine> lines, Scene scene, StepProgress step, int columns, bool whole)
    {
        var block = new BlockLines(scene, columns, whole).Of(step).ToList();
        if (block.Count == 0) return;
        lines.AddRange(block);
        lines.Add(StyledLine.Empty);
    }

    private static void AddItems(List<StyledLine> lines, Scene scene, StepProgress step, int columns, bool beforeBlock)
    {
        var items = step.Step.Attestations.Where(a => a.BeforeBlock == beforeBlock).ToList();
        foreach (var item in items)
        {
            var people = scene.View.PeopleOf(item.Role);
            var ticked = people.Where(p => step.HasTicked(item.Index, p)).Select(scene.Name).ToList();
            var isOpen = StepRules.OpenTicks(scene.View, step, beforeBlock).FirstOrDefault(o => o.Attestation.Index == item.Index) is not null;
            var isNext = scene.Turn.Tick?.Attestation.Index == item.Index;
            var mark = !isOpen ? "[x]" : isNext ? NextItem : "[ ]";
            lines.AddRange(Item(scene, item, columns, mark, !isOpen ? Tone.Good : isNext ? Tone.Strong : Tone.Normal, $"{ShownValues.WhoTicks(item)}: "));
            if (ticked.Count > 0) lines.AddRange(Cells.Wrap($"ticked by {PersonText.List(ticked)}", columns, Tone.Dim, "    "));
        }

        if (items.Count > 0) lines.Add(StyledLine.Empty);
    }

    private static ImmutableArray<StyledLine> Item(Scene scene, Attestation item, int columns, string mark, Tone tone, string who)
    {
        var text = new ProseLayout(ShownValues.In(scene.View), columns).Inline(item.Parts, tone).Select(p => p with { Text = p.Text == "\n" ? " " : p.Text });
        return Cells.Wrap([new StyledText(who, Tone.Dim), .. text], columns, $"{mark} {item.Index}. ");
    }

    private static void AddWays(List<StyledLine> lines, MachineState state, MachineDefinition machine, int columns)
    {
        foreach (var way in state.Transitions.Where(t => t.Origin is TransitionOrigin.Written or TransitionOrigin.Scope))
        {
            var trigger = way.Trigger switch
            {
                TriggerKind.When => $"when {way.Condition}",
                TriggerKind.Choose => $"choose \"{way.Choice}\"",
                _ => "on " + way.TriggerName,
            };
            lines.AddRange(Cells.Wrap(Safe.Screen($"{trigger} -> {TitleOf(machine, way.Target)}"), columns, Tone.Dim, "", "    "));
        }
    }

    /// <summary>The heading of a transition's target.</summary>
    public static string TitleOf(MachineDefinition machine, string target) =>
        EndNames.IsEnd(target) ? $"the end \"{target}\"" : machine.State(target)?.Step.Title ?? target;
}
