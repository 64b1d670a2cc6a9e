using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Tui;

/// <summary>A row of the list of steps.</summary>
/// <param name="Line">How it looks.</param>
/// <param name="RunbookPath">The runbook that it belongs to.</param>
/// <param name="State">The step.</param>
/// <param name="IsCurrent">Whether the session stands in it.</param>
internal sealed record StepRow(StyledLine Line, string RunbookPath, MachineState State, bool IsCurrent);

/// <summary>The steps with their marks, those of a runbook that is being called below the step that calls it.</summary>
internal static class StepList
{
    /// <summary>The rows.</summary>
    public static ImmutableArray<StepRow> Of(Scene scene, int columns)
    {
        if (scene.View.Root is null) return [];
        var rows = ImmutableArray.CreateBuilder<StepRow>();
        Add(rows, scene, 0, columns);
        return rows.ToImmutable();
    }

    private static void Add(ImmutableArray<StepRow>.Builder rows, Scene scene, int depth, int columns)
    {
        var view = scene.View;
        var frame = view.Frames[depth];
        foreach (var state in frame.Machine.States)
        {
            var path = frame.Prefix + state.Slug;
            var isCurrent = frame.Current?.Path == path;
            var isInside = depth + 1 < view.Frames.Length && view.Frames[depth + 1].Prefix == path + "/";
            rows.Add(new StepRow(Row(scene, state, path, isCurrent && !isInside, isInside, depth, columns), frame.RunbookPath, state, isCurrent && !isInside));
            if (isInside) Add(rows, scene, depth + 1, columns);
        }
    }

    private static StyledLine Row(Scene scene, MachineState state, string path, bool isCurrent, bool isInside, int depth, int columns)
    {
        var view = scene.View;
        var (mark, tone) = (isCurrent, isInside, view.LeftBy.TryGetValue(path, out var left)) switch
        {
            (true, _, _) => scene.Turn.Person is null ? ("[~]", Tone.Strong) : ("[>]", Tone.Strong),
            (_, true, _) => ("[>]", Tone.Strong),
            (_, _, true) => left switch
            {
                TriggerKind.Success or TriggerKind.When or TriggerKind.Choose => ("[x]", Tone.Normal),
                TriggerKind.Abort or TriggerKind.Rejection => ("[-]", Tone.Warn),
                _ => ("[!]", Tone.Warn),
            },
            _ => ("[ ]", view.Frames[depth].Machine.IsCompensation(state.Slug) ? Tone.Dim : Tone.Normal),
        };
        var visits = view.Visits.GetValueOrDefault(path);
        var flags = (visits > 1 ? $"x{visits} " : "") + Flags(scene.Actions, state);
        var indent = new string(' ', depth);
        var left1 = $"{indent}{mark} {state.Step.Number,2} {Safe.Screen(state.Step.Title)}";
        return StyledLine.Of((Cells.Fit(left1, Math.Max(0, columns - flags.Length - 1)), tone), (" " + flags, Tone.Dim));
    }

    private static string Flags(ActionSet? actions, MachineState state) => state.Step.Block switch
    {
        StepBlock.Approval => "A",
        StepBlock.Lease => "L",
        StepBlock.Fault => "F",
        StepBlock.Revert => "R",
        StepBlock.Action b when actions?.Catalogue.Find(b.Use.Name)?.Effect is not (EffectClass.Read or null) => "#",
        _ => " ",
    };
}
