using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>The pages that are only read.</summary>
/// <param name="console">The session at this console.</param>
internal sealed class SessionReading(SessionConsole console)
{
    private readonly SheetLines _sheet = new(console.Actions, console.Artifacts);
    private ReadPage? _page;

    private Shell Shell => console.Shell;

    private Scene Scene => console.Scene;

    /// <summary>The calls of the step, whole; where it has none of its own, those that the next word sets off.</summary>
    public void ShowCalls() => Open("Calls of this step", columns =>
    {
        var own = SetOff.OfStep(Scene.View, console.Actions);
        if (!own.Calls.IsEmpty) return [.. CallLines.Of(own.Calls, columns, whole: true)];
        var next = Scene.Turn switch
        {
            { Need: SessionNeed.Operator o } => SetOff.ByEdge(Scene.View, console.Actions, Scene.Now, o.By),
            { Tick: { } tick, Person: { } person } => SetOff.ByTick(Scene.View, console.Actions, Scene.Now, tick.Attestation.Index, person),
            _ => SetOff.Nothing,
        };
        if (next.Calls.IsEmpty) return [.. Cells.Wrap("This step calls nothing.", columns)];
        return [.. Cells.Wrap(Safe.Screen($"This step calls nothing itself. After it, \"{next.Title}\" sends:"), columns, Tone.Strong), StyledLine.Empty, .. CallLines.Of(next.Calls, columns, whole: true)];
    });

    /// <summary>The instructions, whole.</summary>
    public void ShowInstructions() => Open("Instructions", columns => StepPane.Whole(Scene, columns));

    /// <summary>Every entry.</summary>
    public void ShowLog() => Shell.Open(new ReadPage(Shell, "Journal", columns => LogLines.All(Scene.Snapshot, columns), follows: true));

    /// <summary>What was armed, while it is armed and afterwards.</summary>
    public void ShowFaults() => Shell.Open(new ReadPage(Shell, "Faults", columns => FaultLines.Of(Scene, columns), follows: false, SessionKeys.Sheet(this)));

    /// <summary>How to finish or undo by hand what is open, as it is at this moment; once, however often it is asked for.</summary>
    public void ShowSheet()
    {
        if (_page is { } open && Shell.Top == open) return;
        var copy = new KeyRow("copy", "copy", "Sends one of the commands to the clipboard", CopyCommand, KeyPress.Of('y'));
        Shell.Open(_page = new ReadPage(Shell, "By hand: the break-glass sheet", columns => _sheet.Page(Scene.Snapshot, console.Link.Directory.Root, columns), follows: false, copy));
    }

    /// <summary>All steps.</summary>
    public void ShowSteps() => Shell.Open(new StepsPage(Shell, () => Scene));

    /// <summary>Every call to come, from the beginning.</summary>
    public void ShowPlan()
    {
        if (Scene.View is not { Program: { } program, Root: { } root }) return;
        var plan = new PlanRenderer(console.Actions).Whole(program, root.Variables);
        Open("Plan: every call that this session may make", columns =>
            [.. Cells.Wrap("Values that are not known yet stand as ${name}.", columns, Tone.Dim), StyledLine.Empty, .. PlanLines.Of(plan.Json.ToElement(), columns)]);
    }

    /// <summary>The root for paper.</summary>
    public void ShowPaper()
    {
        // What is read aloud must not change while it is read.
        var snapshot = Scene.Snapshot;
        Open("For the attendance sheet", columns => PaperLines.Page(snapshot, columns));
    }

    /// <summary>Copies something.</summary>
    public void Copy()
    {
        var things = new List<(string Label, string Value)>();
        var own = SetOff.OfStep(Scene.View, console.Actions);
        foreach (var call in own.Calls.Take(3))
        {
            things.Add(("digest of the request", call.Digest));
            if (call.Az is { } az) things.Add(("az command", az));
        }

        if (Scene.Turn.Need is SessionNeed.Approvals approvals) things.Add(("digest of the plan", approvals.Request.Body.Plan.ToString()));
        things.Add(("root over the journal", $"{Scene.Snapshot.Size} {Scene.Snapshot.Root.Hex}"));
        things.Add(("session's directory", console.Link.Directory.Root));
        if (Shell.Settings.ResumeCommand is { } resume) things.Add(("resume command", resume));
        var options = things.Select(t => new PickOption(t.Label, t.Value, () => Shell.Copy(t.Value)));
        Shell.Open(new PickDialog(Shell, "Copy", static _ => [], [.. options]));
    }

    private void CopyCommand()
    {
        var options = _sheet.Commands(Scene.Snapshot).Select(c => new PickOption(Safe.Screen(c), "", () => Shell.Copy(c))).ToList();
        if (options.Count == 0) Shell.Say("There is no command on the sheet: nothing is armed, and nothing was begun.");
        else Shell.Open(new PickDialog(Shell, "Copy a command", static _ => [], [.. options]));
    }

    private void Open(string title, Func<int, IReadOnlyList<StyledLine>> lines) => Shell.Open(new ReadPage(Shell, title, lines));
}
