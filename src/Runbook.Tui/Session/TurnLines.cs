using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Tui;

/// <summary>Whose turn it is, in a heading, and what they are to do, in lines: the part of the screen that asks.</summary>
/// <param name="scene">The session.</param>
/// <param name="ui">What only the screen knows.</param>
internal sealed class TurnLines(Scene scene, TurnLines.Ui ui)
{
    /// <summary>What only the screen knows.</summary>
    /// <param name="IsBusy">Whether a word is on its way to the session.</param>
    /// <param name="IsSettled">Whether keys that act work already.</param>
    /// <param name="Choice">The choice that is marked, from 0; <see langword="null"/> before one is.</param>
    internal sealed record Ui(bool IsBusy, bool IsSettled, int? Choice);

    private Turn Turn => scene.Turn;

    private SessionView View => scene.View;

    /// <summary>"IT IS BOB'S TURN (custodian 1 of 3)".</summary>
    public string Heading => Turn.Person is { } person
        ? $"It is {PersonText.Possessive(scene.Name(person))} turn ({Turn.Place(View)})"
        : scene.Stand switch
        {
            RunStand.Runs when View.Status != SessionStatus.Closed => "The session is at work",
            RunStand.Broke => "The session stopped",
            _ => View.Status == SessionStatus.Closed ? "The session is closed" : "The session stands still",
        };

    /// <summary>What they are to do.</summary>
    public IEnumerable<StyledLine> Lines(int columns)
    {
        foreach (var line in What(columns)) yield return line;
        if (Turn.Person is null) yield break;
        if (ui.IsBusy) yield return StyledLine.Of("Being written down.", Tone.Dim);
        else if (!ui.IsSettled) yield return StyledLine.Of("This has just begun: the keys open in a moment.", Tone.Dim);
        else foreach (var line in How(columns)) yield return line;
    }

    private IEnumerable<StyledLine> What(int columns) => Turn.Need switch
    {
        SessionNeed.Ticks => Cells.Wrap(Safe.Screen(ShownValues.In(View).Of(Turn.Tick!.Attestation)), columns, Tone.Strong, $"[ ] {Turn.Tick.Attestation.Index}. "),
        SessionNeed.Approvals a => Cells.Wrap(Safe.Screen(Asked(a.Request)), columns, Tone.Strong),
        SessionNeed.Answers a => Cells.Wrap(Safe.Screen($"Brings {PersonText.List([.. a.Values.Select(v => v.Name + (v.Schema.IsFile ? " (a file)" : ""))])}. {scene.Until(scene.Left(a.Request.Epoch, a.Request.MonoUs, a.Request.Body.ExpiresMs))}"), columns, Tone.Strong),
        SessionNeed.Operator o => Next(SetOffBy(o.By), o.By, columns),
        SessionNeed.Choice c => c.Choices.SelectMany((choice, i) => Cells.Wrap(Safe.Screen($"{choice.Choice} -> {Target(choice)}"), columns, ui.Choice == i ? Tone.Selected : Tone.Normal, $"{(ui.Choice == i ? ">" : " ")} {i + 1} ")),
        SessionNeed.Settlement s => Cells.Wrap(Safe.Screen($"Nobody can tell what became of {s.Effect.Intent.Effect} ({s.Effect.Intent.Action} on {s.Effect.Intent.Target}). Look at the world by other means; then two people sign what they saw."), columns, Tone.Warn),
        SessionNeed.Secret s => Cells.Wrap(Safe.Screen($"The secret \"{s.Name}\" is not in this console's memory any more, and the next call needs it."), columns, Tone.Strong),
        _ => Work(columns),
    };

    private IEnumerable<StyledLine> How(int columns)
    {
        var name = scene.Name(Turn.Person!);
        var text = Turn.Need switch
        {
            SessionNeed.Ticks t => $"Space ticks it as {name}.{Others(t)}",
            SessionNeed.Approvals => scene.Keyring?.Of(Turn.Person!) == KeyAvailability.Elsewhere
                ? $"{name} signs on their own machine{(scene.Settings.ApproveCommand is { } command ? ": " + command : " with runbook approve")}. a shows what is signed."
                : $"a opens what {name} signs: to approve, or to refuse.",
            SessionNeed.Answers => $"e opens {PersonText.Possessive(name)} form.",
            SessionNeed.Operator o => SetOffBy(o.By).Calls.IsEmpty ? "Enter goes on." : "The exact request stands above; c shows it whole. Enter goes on.",
            SessionNeed.Choice => ui.Choice is null ? "A digit marks a choice." : "Enter goes on with what is marked. Another digit marks another.",
            SessionNeed.Settlement => "u says what became of it.",
            SessionNeed.Secret => "e asks for it.",
            _ => "",
        };
        return Cells.Wrap(Safe.Screen(text), columns);
    }

    private string Others(SessionNeed.Ticks ticks)
    {
        var missing = ticks.Open.Sum(o => o.Needed) - 1;
        return missing == 0 ? Consequence() : $" {PersonText.Count(missing, "more tick")} after that. o: somebody else first.";
    }

    private string Consequence()
    {
        if (scene.Actions is not { } actions || Turn.Tick is not { } tick) return "";
        var setOff = SetOff.ByTick(View, actions, scene.Now, tick.Attestation.Index, Turn.Person!);
        return setOff.Calls.IsEmpty ? " It is the last one." : $" It is the last one, and sends {PersonText.Count(setOff.Calls.Length, "call")} ({setOff.Worst!.Value.Name()}).";
    }

    private SetOff SetOffBy(MachineTransition edge) => scene.Actions is { } actions ? SetOff.ByEdge(View, actions, scene.Now, edge) : SetOff.Nothing;

    private IEnumerable<StyledLine> Next(SetOff setOff, MachineTransition edge, int columns)
    {
        foreach (var line in Cells.Wrap(Safe.Screen($"This step is done. Next: {Target(edge)}."), columns, Tone.Strong)) yield return line;
        if (setOff.End is { } end) yield return StyledLine.Of($"That closes the session as {end}.", Tone.Warn);
        foreach (var call in setOff.Calls.Take(1))
        {
            var count = setOff.Calls.Length > 1 ? $"{PersonText.Count(setOff.Calls.Length, "call")} ({call.Effect.Name()}), the first" : $"one call ({call.Effect.Name()})";
            foreach (var line in Cells.Wrap(Safe.Screen($"Enter sends {count}: {call.What.TrimEnd('.')}."), columns, CallLines.ToneOf(call.Effect))) yield return line;
        }
    }

    private IEnumerable<StyledLine> Work(int columns)
    {
        var text = View.Current switch
        {
            _ when View.Status == SessionStatus.Closed => "Nothing follows the last entry.",
            _ when scene.Stand is RunStand.NotBegun => "Nothing runs yet.",
            _ when scene.Stand is RunStand.Broke or RunStand.Ended => "Nothing runs any more; what was written down is on disk.",
            null => "Looks for the next step.",
            { AbortReason: not null } => "Stops what is under way.",
            { Step.Block: StepBlock.Probe p } step => $"Reads {p.Use.Name} until it holds, for {Passed(step)} so far.",
            { Step.Block: StepBlock.Wait } => "Waits for the time to pass.",
            { Step.Block: StepBlock.Revert } step => $"Takes back what was lent, for {Passed(step)} so far.",
            { Calls: [.., { State: EffectState.InDoubt } call] } step => $"Waits for {call.Action}, for {Passed(step)} so far.{Usually(call.Action)}",
            var step => $"At \"{step.Step.Title}\", for {Passed(step)} so far.",
        };
        return Cells.Wrap(Safe.Screen(text), columns);
    }

    private string Passed(StepProgress step) => TimeText.Duration(scene.Now.Wall - step.EnteredAt);

    private string Usually(string action) =>
        scene.Actions?.Catalogue.Find(action)?.UsuallyTakes is { } usual && usual > TimeSpan.Zero ? $" Usually {Durations.Format(usual)}. Leaving does not stop it." : "";

    private string Asked(ApprovalRequest request)
    {
        var what = request.Body.Over switch
        {
            var o when o.Covers("session-key") => "Signs for the key of this console's process, which signs the checkpoints.",
            var o when o.Items.Any(i => i.StartsWith("in-doubt:", StringComparison.Ordinal)) => "Signs what became of a call that nobody can tell.",
            _ => "Reads what is to be done and signs it, or refuses.",
        };
        var signed = request.Counted.Length == 0 ? "Nobody has signed" : $"{PersonText.List([.. request.Approvers.Select(scene.Name)])} signed";
        return $"{what} {signed}, {request.Body.Quorum} needed, {scene.Until(scene.Left(request.Epoch, request.MonoUs, request.Body.ExpiresMs))}.";
    }

    private string Target(MachineTransition edge) => StepPane.TitleOf(View.Frame!.Machine, edge.Target);
}
