using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Tui;

/// <summary>What is read before anything runs: what this is, where, who, with what, and what was left by an earlier run.</summary>
internal sealed class OpeningPage : IScreen
{
    private readonly SessionConsole _console;
    private readonly Scroller _scroll = new();
    private readonly long _opened;

    /// <summary>Makes one.</summary>
    public OpeningPage(SessionConsole console, SessionReading reading)
    {
        _console = console;
        _opened = console.Shell.Settings.UiTime.GetTimestamp();
        Keys = console.Shell.WithCommon(
            new KeyRow("begin", "begin", "Lets the session run", Begin, new KeyPress(KeyName.Enter)) { Effect = KeyEffect.Says },
            new KeyRow("plan", "every call to come", "Every call that this session may make", reading.ShowPlan, KeyPress.Of('v')),
            new KeyRow("steps", "steps", "All steps with their ways out, each to read", reading.ShowSteps, KeyPress.Of('s')),
            new KeyRow("paper", "words", "The journal's root for paper, in digits and words", reading.ShowPaper, KeyPress.Of('w')),
            new KeyRow("log", "log", "Every entry of the journal in words", reading.ShowLog, KeyPress.Of('l')));
    }

    /// <inheritdoc/>
    public string Title => "before it begins";

    /// <inheritdoc/>
    public KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => false;

    private bool IsResumed => _console.Scene.View.Epoch > 1;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        canvas.Fill(body, Tone.Normal);
        var lines = Lines(body.Width - 2);
        _scroll.Measure(lines.Count, body.Height - 2);
        for (var i = 0; i < body.Height - 2 && _scroll.Top + i < lines.Count; i++) canvas.Put(1, body.Row + i, lines[_scroll.Top + i], body.Width - 2);
        canvas.Rule(0, body.Bottom - 2, body.Width, _scroll.Below > 0 ? $"{PersonText.Count(_scroll.Below, "more line")} below: PgDn" : "", Tone.Warn);
        var isOpen = _console.Shell.Settings.UiTime.GetElapsedTime(_opened) >= _console.Shell.Settings.OpenDelay;
        canvas.Put(1, body.Bottom - 1, isOpen ? $"Nothing runs yet. Enter {(IsResumed ? "goes on with the session" : "begins")}." : "Read first: the keys open in a moment.", Tone.Strong, body.Width - 2);
    }

    /// <inheritdoc/>
    public bool Press(KeyPress key) => _scroll.Press(key);

    /// <inheritdoc/>
    public bool Paste(string text) => false;

    /// <inheritdoc/>
    public void Leave()
    {
    }

    private void Begin()
    {
        if (_console.Shell.Settings.UiTime.GetElapsedTime(_opened) < _console.Shell.Settings.OpenDelay) return;
        _console.Shell.Close(this);
        _console.Begin();
    }

    private List<StyledLine> Lines(int columns)
    {
        var scene = _console.Scene;
        var view = scene.View;
        var lines = new List<StyledLine>();
        if (view.Program is { } program)
        {
            lines.AddRange(Cells.Wrap(Safe.Screen(program.Document.Title), columns, Tone.Strong));
            lines.AddRange(Cells.Wrap(Safe.Screen($"{program.Document.Kind.ToString().ToLowerInvariant()}, {program.Document.Steps.Length} steps. {program.Document.Summary}"), columns));
            lines.Add(StyledLine.Empty);
        }

        if (IsResumed) lines.AddRange(Left(scene, columns));
        lines.AddRange(Fact("WHERE", Where(view), columns));
        foreach (var role in view.Program?.Document.Roles ?? [])
        {
            lines.AddRange(Fact(role.Name.ToUpperInvariant(), $"{PersonText.List([.. view.PeopleOf(role.Name).Select(scene.Name)])}{(role.People > 1 ? $"; {role.Quorum} of {role.People} must agree" : "")}", columns));
        }

        if (view.Opened?.Embedded is not null && view.Roster?.People.All(p => Rehearsal.People.Contains(p.Id)) == true)
        {
            lines.AddRange(Fact("", "These are rehearsal people. You play every part; the screen says whose turn it is.", columns));
        }

        foreach (var input in view.Plan?.Inputs ?? NamedValues.Empty)
        {
            lines.AddRange(Fact("INPUT", $"{input.Key} = {Shown(view, input.Key)}", columns));
        }

        lines.AddRange(Fact("TRANSCRIPT", _console.Link.Directory.Root, columns));
        lines.AddRange(Fact("ROOT", $"{PaperWords.Size(scene.Snapshot.Size)} lines, {PaperLines.Brief(scene.Snapshot.Root)}; w shows it for the attendance sheet", columns));
        lines.Add(StyledLine.Empty);
        if (view.Program is { } p2)
        {
            lines.AddRange(new ProseLayout(ShownValues.In(view), columns).Lines(p2.Document.Introduction));
            if (!p2.Document.SharedTransitions.IsEmpty) lines.Add(StyledLine.Empty);
            foreach (var way in p2.Document.SharedTransitions) lines.AddRange(Cells.Wrap(Safe.Screen($"on {TriggerNames.Of(way.Trigger)} -> {StepPane.TitleOf(p2.Root, way.Target)}"), columns, Tone.Normal, "  "));
        }

        return lines;
    }

    private static IEnumerable<StyledLine> Left(Scene scene, int columns)
    {
        var view = scene.View;
        var last = view.Current is { } step ? $"It stands in step {step.Step.Number}, \"{step.Step.Title}\"." : "It stands between two steps.";
        foreach (var line in Cells.Wrap(Safe.Screen($"RESUMED. {last}"), columns, Tone.Strong)) yield return line;
        foreach (var doubt in view.Effects.InDoubt)
        {
            foreach (var line in Cells.Wrap(Safe.Screen($"In doubt: {doubt.Intent.Effect} ({doubt.Intent.Action} on {doubt.Intent.Target}) was sent and not answered. What became of it is found out first; it is not sent again by itself."), columns, Tone.Warn)) yield return line;
        }

        foreach (var fault in view.Faults.Armed)
        {
            foreach (var line in Cells.Wrap(Safe.Screen($"{(fault.Body.Lease ? "Lent" : "Armed")}: {fault.Fault}, by {TimeText.Utc(fault.Body.Deadline.ToDateTimeOffset(), scene.Now.Wall)} at the latest taken back by {fault.Body.Inverse.Action}."), columns, Tone.Danger)) yield return line;
        }

        yield return StyledLine.Empty;
    }

    private static string Where(SessionView view) => view.Opened switch
    {
        null => "not known",
        { Embedded: { } embedded } o => $"{o.Environment}: the embedded Azure on this computer (seed {embedded.Seed}, {o.Clock.ToString().ToLowerInvariant()} clock). Nothing leaves it.",
        { Azure: { } azure } o => $"{o.Environment.Value.ToUpperInvariant()}: {azure.Cloud}, subscription {azure.Subscription}, resource group {azure.ResourceGroup}, tenant {azure.Tenant}",
        _ => "not known",
    };

    private static string Shown(SessionView view, string name) =>
        view.Root is { } root ? ShownValues.Find(root.Variables, name) ?? "" : "";

    private static IEnumerable<StyledLine> Fact(string name, string value, int columns) =>
        Cells.Wrap(Safe.Screen(value), columns, Tone.Normal, Cells.Fit(name, 12), new string(' ', 12));
}
