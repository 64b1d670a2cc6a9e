using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>How it ended: what the end leaves behind, where the transcript is, the root for paper, what is to be done next.</summary>
internal sealed class EndPage : IScreen
{
    private readonly SessionConsole _console;
    private readonly Scroller _scroll = new();

    /// <summary>Makes one.</summary>
    public EndPage(SessionConsole console)
    {
        _console = console;
        var reading = new SessionReading(console);
        Keys = new KeyTable(
            new KeyRow("log", "log", "Every entry of the journal in words", reading.ShowLog, KeyPress.Of('l')),
            new KeyRow("steps", "steps", "All steps with their ways out, each to read", reading.ShowSteps, KeyPress.Of('s')),
            new KeyRow("paper", "words", "The journal's root for paper, in digits and words", reading.ShowPaper, KeyPress.Of('w')),
            new KeyRow("copy", "copy", "Sends an id, a digest or a command to the clipboard", reading.Copy, KeyPress.Of('y')),
            new KeyRow("help", "help", "The keys of this screen", () => console.Shell.Open(HelpPage.For(console.Shell, this)), KeyPress.Of('?')),
            new KeyRow("leave", "leave", "Leave the console", console.Shell.Finish, KeyPress.Of('q'), new KeyPress(KeyName.Enter), KeyPress.Control('c')));
    }

    /// <inheritdoc/>
    public string Title => "the end";

    /// <inheritdoc/>
    public KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => false;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        canvas.Fill(body, Tone.Normal);
        var lines = Lines(body.Width - 2);
        _scroll.Measure(lines.Count, body.Height - 1);
        for (var i = 0; i < body.Height - 1 && _scroll.Top + i < lines.Count; i++) canvas.Put(1, body.Row + i, lines[_scroll.Top + i], body.Width - 2);
        canvas.Rule(0, body.Bottom - 1, body.Width, _scroll.Below > 0 ? $"{PersonText.Count(_scroll.Below, "more line")} below: PgDn" : "", Tone.Warn);
    }

    /// <inheritdoc/>
    public bool Press(KeyPress key) => _scroll.Press(key);

    /// <inheritdoc/>
    public bool Paste(string text) => false;

    /// <inheritdoc/>
    public void Leave()
    {
    }

    private List<StyledLine> Lines(int columns)
    {
        var lines = new List<StyledLine>();
        var view = _console.Scene.View;
        if (_console.Link.Failure is { } failure) AddFailure(lines, failure, columns);
        else if (view.Status == SessionStatus.Closed) AddEnd(lines, view, columns);
        else AddPause(lines, columns);
        lines.AddRange(Fact("TRANSCRIPT", _console.Link.Directory.Root, columns));
        if (view.Status == SessionStatus.Closed) lines.AddRange(Fact("CHECK IT", $"runbook verify {_console.Link.Directory.Root}", columns));
        else if (_console.Shell.Settings.ResumeCommand is { } resume) lines.AddRange(Fact("GO ON WITH", resume, columns));
        lines.Add(StyledLine.Empty);
        lines.Add(StyledLine.Of("FOR THE ATTENDANCE SHEET", Tone.Strong));
        lines.AddRange(PaperLines.Of(_console.Scene.Snapshot.Size, _console.Scene.Snapshot.Root, columns));
        return lines;
    }

    private void AddEnd(List<StyledLine> lines, SessionView view, int columns)
    {
        var end = view.End.ToString()!.ToUpperInvariant();
        lines.Add(StyledLine.Of($"{(view.End == SessionEnd.Completed ? "[x]" : "[!]")} {end}", view.End == SessionEnd.Completed ? Tone.Good : Tone.Danger));
        lines.Add(StyledLine.Empty);
        if (view is { Program: { } program, End: { } how })
        {
            lines.Add(StyledLine.Of("WHAT IT LEAVES BEHIND", Tone.Strong));
            lines.AddRange(new ProseLayout(ShownValues.In(view), columns).Lines(program.Document.Ends.Of(how.ToString().ToLowerInvariant())));
            lines.Add(StyledLine.Empty);
        }

        var log = _console.Scene.Snapshot.Log;
        lines.AddRange(Fact("COUNTS", $"{PaperWords.Size(log.Count)} entries; {PersonText.Count(view.Visits.Values.Sum(), "step")} entered; nothing armed, nothing in doubt", columns));
        if (_console.Link.Result is { MissingSignatures: { Count: > 0 } missing })
        {
            lines.AddRange(Fact("SIGNATURES", $"The statement still waits for {PersonText.List([.. missing.Select(_console.Scene.Name)])}.", columns, Tone.Warn));
        }
    }

    private void AddPause(List<StyledLine> lines, int columns)
    {
        lines.Add(StyledLine.Of("[-] PAUSED", Tone.Warn));
        lines.Add(StyledLine.Empty);
        lines.AddRange(Fact("WHY", _console.Link.Result?.PauseReason ?? "not known", columns));
        if (_console.Scene.View is { Current: { } step }) lines.AddRange(Fact("WHERE", $"step {step.Step.Number}, {step.Step.Title}", columns));
        foreach (var fault in _console.Scene.View.Faults.Armed) lines.AddRange(Fact(fault.Body.Lease ? "LENT" : "ARMED", $"{fault.Fault}: stays so until the session is gone on with", columns, Tone.Danger));
    }

    private static void AddFailure(List<StyledLine> lines, Exception failure, int columns)
    {
        lines.Add(StyledLine.Of("[!] THE SESSION STOPPED", Tone.Danger));
        lines.Add(StyledLine.Empty);
        lines.AddRange(Fact("HAPPENED", failure.Message, columns));
        lines.AddRange(Fact("STATE NOW", failure is EngineException engine ? engine.State : "What stands in the journal is on disk. Nothing was sent after its last entry. A call without an answer is in doubt.", columns));
        lines.AddRange(Fact("TO DO", failure is EngineException known ? known.Next : "Leave, and go on with the session: it finds out what became of what was under way.", columns));
    }

    private static IEnumerable<StyledLine> Fact(string name, string value, int columns, Tone tone = Tone.Normal) =>
        Cells.Wrap(Safe.Screen(value), columns, tone, Cells.Fit(name, 12), new string(' ', 12));
}
