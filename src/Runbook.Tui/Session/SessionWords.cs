using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;
using EffectClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Tui;

/// <summary>
/// What people can say at the main page. What only trains the hand is said at once; what can't be taken back is shown
/// first and wants a second word.
/// </summary>
/// <param name="console">The session at this console.</param>
internal sealed class SessionWords(SessionConsole console)
{
    private Scene Scene => console.Scene;

    private Shell Shell => console.Shell;

    /// <summary>The person whose turn it is vouches for the item that is shown.</summary>
    public void Tick()
    {
        if (!console.MayAct() || Scene.Turn is not { Tick: { } tick, Person: { } person }) return;
        var setOff = SetOff.ByTick(Scene.View, console.Actions, Scene.Now, tick.Attestation.Index, person);
        var command = new SessionCommand.TickItem(tick.Attestation.Index, person);
        Say(command, setOff, $"ticks item {tick.Attestation.Index} as {Scene.Name(person)}");
    }

    /// <summary>The operator goes on, or chooses what is marked.</summary>
    public void GoOn()
    {
        if (!console.MayAct()) return;
        switch (Scene.Turn.Need)
        {
            case SessionNeed.Operator o:
                Say(new SessionCommand.GoOn(), SetOff.ByEdge(Scene.View, console.Actions, Scene.Now, o.By), "goes on");
                break;
            case SessionNeed.Choice when console.Choice is null:
                Shell.Say("Mark a choice with its digit first.");
                break;
            case SessionNeed.Choice c when console.Choice is { } marked && marked < c.Choices.Length:
                Say(new SessionCommand.Choose(c.Choices[marked].Choice!), SetOff.ByEdge(Scene.View, console.Actions, Scene.Now, c.Choices[marked]), $"chooses \"{c.Choices[marked].Choice}\"");
                break;
        }
    }

    /// <summary>Opens what is to be signed.</summary>
    public void Sign()
    {
        if (Scene.Turn is { Need: SessionNeed.Approvals approvals, Person: { } person }) Shell.Open(new SignPage(console, approvals.Request, person));
    }

    /// <summary>Opens the form of what is asked.</summary>
    public void FillIn()
    {
        switch (Scene.Turn)
        {
            case { Need: SessionNeed.Answers answers, Person: { } person }:
                Shell.Open(AnswerForm.For(console, answers, person));
                break;
            case { Need: SessionNeed.Secret secret }:
                Shell.Open(SecretForm(secret.Name));
                break;
        }
    }

    /// <summary>Makes it another person's turn.</summary>
    public void PickPerson()
    {
        var options = Turn.Everybody(Scene.Turn.Need).Select(e => new PickOption(
            $"{Scene.Name(e.Person)}{(e.Tick is { } t ? $": item {t.Attestation.Index}" : "")}",
            e.Tick is { } tick ? ShownValues.In(Scene.View).Of(tick.Attestation) : "",
            () => console.Pick(e.Person, e.Tick?.Attestation.Index)));
        Shell.Open(new PickDialog(Shell, "Whose turn?", static _ => [], [.. options]));
    }

    /// <summary>Writes a remark.</summary>
    public void Note()
    {
        var field = new EntryField
        {
            Label = "Note",
            Editor = new LineEditor(500),
            Help = ["Up to 500 characters. It stands in the journal for ever."],
            Complaint = typed => string.IsNullOrWhiteSpace(typed) ? "A note has at least one word." : null,
        };
        Shell.Open(new EntryDialog(Shell, "Note for the journal", static _ => [], [field], "Enter writes it down.", Send));

        void Send(EntryDialog dialog) => console.Tell(new SessionCommand.AddNote(field.Text), reply => Answer(dialog, reply));
    }

    /// <summary>Stops, and follows the runbook's way out.</summary>
    public void Abort()
    {
        if (Scene.View is not { Current: { } step, Frame: { } frame }) return;
        var reason = new EntryField
        {
            Label = "Reason",
            Editor = new LineEditor(500),
            Complaint = typed => string.IsNullOrWhiteSpace(typed) ? "Say why in a few words: it is the first thing that an auditor reads." : null,
        };
        var target = step.State.On(TriggerKind.Abort) is { } way ? StepPane.TitleOf(frame.Machine, way.Target) : "the end \"aborted\"";
        Shell.Open(new EntryDialog(Shell, "Abort?", columns => AbortLines(target, columns), [reason, TypedWord.Of("abort")], "Enter aborts.", Send));

        void Send(EntryDialog dialog) => console.Tell(new SessionCommand.AbortSession(reason.Text, "operator"), reply => Answer(dialog, reply));
    }

    /// <summary>
    /// Aborts without another word: what puts things back must not wait for a dialog. The reason that auditors read says how it
    /// came; a note can say why.
    /// </summary>
    public void AbortAtOnce()
    {
        Shell.Say("Aborting: what was broken is put back, and the banner stays until that is seen.");
        console.AbortArmed($"{SessionKeys.AbortAtOnce} at the console");
    }

    /// <summary>Says what became of a call that nobody can tell; two people then sign it.</summary>
    public void Settle()
    {
        if (Scene.Turn.Need is not SessionNeed.Settlement settlement) return;
        var effect = settlement.Effect.Intent;
        ImmutableArray<PickOption> options =
        [
            Propose("It took effect", "the session goes on as if it had been answered", Settlement.TookEffect),
            Propose("It did not take effect", "the step fails; nothing is sent again by itself", Settlement.DidNot),
            Propose("Nobody can tell: leave it as it is", "the step fails, and the transcript says so for ever", Settlement.Abandoned),
            new PickOption("Nothing yet", "look at the world first", static () => { }),
        ];
        Shell.Open(new PickDialog(Shell, "What became of it?", columns => Cells.Wrap(Safe.Screen($"{effect.Effect}: {effect.Action} on {effect.Target} was sent and not answered, and no reading can tell. What do you see there by other means? Two people sign what you say."), columns), options, options.Length - 1));

        PickOption Propose(string label, string detail, Settlement settled) =>
            new(label, detail, () => console.Tell(new SessionCommand.ProposeSettlement(settled)));
    }

    /// <summary>Leaves, after saying what that means.</summary>
    public void AskToLeave()
    {
        if (Scene.Stand is RunStand.Ended or RunStand.Broke)
        {
            Shell.Finish();
            return;
        }

        var isBegun = Scene.Stand == RunStand.Runs;
        ImmutableArray<PickOption> options =
        [
            isBegun
                ? new PickOption("Pause the session and leave", "what is under way is written down first", Pause)
                : new PickOption("Leave", "nothing has run, nothing was sent", console.LeaveWhenOver),
            new PickOption("Stay", "", static () => { }),
        ];
        Shell.Open(new PickDialog(Shell, "Leave the console?", columns => LeaveLines(columns), options, options.Length - 1));

        void Pause()
        {
            console.LeaveWhenOver();
            console.Tell(new SessionCommand.PauseSession("left by the operator"));
        }
    }

    private void Say(SessionCommand command, SetOff setOff, string what)
    {
        if (!setOff.WantsConfirmation)
        {
            console.Tell(command);
            return;
        }

        IReadOnlyList<StyledLine> Lines(int columns) =>
        [
            .. Cells.Wrap(Safe.Screen($"Step \"{setOff.Title}\" begins, and sends {PersonText.Count(setOff.Calls.Length, "call")}:"), columns, Tone.Strong),
            .. CallLines.Of(setOff.Calls, columns, whole: true),
        ];

        if (setOff.Worst == EffectClass.Destructive)
        {
            Shell.Open(new EntryDialog(Shell, "This takes something away", Lines, [TypedWord.Of(setOff.NameToType)], $"Enter {what}, and sends it.", dialog =>
            {
                dialog.Finish();
                console.Tell(command);
            }));
            return;
        }

        Shell.Open(new ConfirmDialog(Shell, "Send this?", Lines, $"Enter {what}, and sends it. Esc leaves; nothing is sent.", () => console.Tell(command)));
    }

    private EntryDialog SecretForm(string name)
    {
        var field = new EntryField { Label = Safe.Screen(name), Secret = new SecretEditor(), Help = ["Not shown, not written down, forgotten when the console ends."] };
        return new EntryDialog(Shell, "A secret that the next call needs", static _ => [], [field], "Enter takes it.", Send);

        void Send(EntryDialog dialog)
        {
            if (field.Secret.Length == 0)
            {
                dialog.Complain("Nothing was typed.");
                return;
            }

            // The engine takes it as a string; from here on its memory is the engine's.
            console.Tell(new SessionCommand.TellSecret(name, new string(field.Secret.Typed)), reply => Answer(dialog, reply));
        }
    }

    private List<StyledLine> AbortLines(string target, int columns)
    {
        var lines = new List<StyledLine>();
        lines.AddRange(Cells.Wrap(Safe.Screen($"The session leaves this step and goes on at {target}."), columns, Tone.Strong));
        foreach (var fault in Scene.View.Faults.Armed) lines.AddRange(Cells.Wrap(Safe.Screen($"{fault.Fault} is taken back on the way, by {fault.Body.Inverse.Action}."), columns));
        if (Scene.View.Effects.HasDoubt) lines.AddRange(Cells.Wrap("A call is under way. It is not called back: what becomes of it is found out first.", columns, Tone.Warn));
        lines.AddRange(Cells.Wrap("What was done so far stays done, unless the runbook's way out undoes it.", columns));
        return lines;
    }

    private List<StyledLine> LeaveLines(int columns)
    {
        var lines = new List<StyledLine>();
        if (Scene.Stand == RunStand.Runs) lines.AddRange(Cells.Wrap("The session stands still while nobody runs it.", columns));
        if (Shell.Settings.ResumeCommand is { } resume) lines.AddRange(Cells.Wrap(Safe.Screen($"It is gone on with by: {resume}"), columns, Tone.Code));
        if (Scene.View.Effects.HasDoubt) lines.AddRange(Cells.Wrap("A call is under way. Leaving does not call it back; the resume finds out what became of it.", columns, Tone.Warn));
        foreach (var fault in Scene.View.Faults.Armed)
        {
            var deadline = TimeText.Utc(fault.Body.Deadline.ToDateTimeOffset(), Scene.Now.Wall);
            var who = fault.Body.Guard is null ? "nobody takes it back until the session is resumed" : $"the guard undoes it at {deadline} whatever happens here";
            lines.AddRange(Cells.Wrap(Safe.Screen($"{fault.Fault} stays {(fault.Body.Lease ? "lent" : "armed")}: {who}."), columns, Tone.Danger));
        }

        return lines;
    }

    private static void Answer(EntryDialog dialog, CommandReply reply)
    {
        if (reply.Accepted) dialog.Finish();
        else dialog.Complain(reply.Message);
    }
}
