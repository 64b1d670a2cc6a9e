namespace Runbook.Tui;

/// <summary>All steps of the machine with where each can lead; Enter reads one.</summary>
internal sealed class StepsPage : IScreen
{
    private readonly Shell _shell;
    private readonly Func<Scene> _scene;
    private readonly Scroller _scroll = new();
    private int _at = -1;

    /// <summary>Makes one.</summary>
    public StepsPage(Shell shell, Func<Scene> scene)
    {
        (_shell, _scene) = (shell, scene);
        Keys = new KeyTable(
            new KeyRow("read", "read", "Reads the step that is marked", Read, new KeyPress(KeyName.Enter)),
            new KeyRow("down", "", "The next step", () => _at++, new KeyPress(KeyName.Down), KeyPress.Of('j')),
            new KeyRow("up", "", "The step before", () => _at--, new KeyPress(KeyName.Up), KeyPress.Of('k')),
            new KeyRow("back", "back", "Back", () => shell.Close(this), new KeyPress(KeyName.Esc)),
            new KeyRow("leave", "leave", "Leave the console; asks first", () => shell.AskToLeave(), KeyPress.Of('q'), KeyPress.Control('c')) { Effect = KeyEffect.Opens });
    }

    /// <inheritdoc/>
    public string Title => "Steps";

    /// <inheritdoc/>
    public KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => false;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        var scene = _scene();
        var rows = StepList.Of(scene, body.Width - 2);
        if (_at < 0) _at = Math.Max(0, rows.ToList().FindIndex(r => r.IsCurrent));
        _at = Math.Clamp(_at, 0, Math.Max(0, rows.Length - 1));
        canvas.Fill(body, Tone.Normal);
        canvas.Rule(0, body.Row, body.Width, "Steps, and where each leads", Tone.Strong);
        var lines = new List<(StyledLine Line, int Row)>();
        for (var i = 0; i < rows.Length; i++)
        {
            lines.Add((rows[i].Line, i));
            var machine = scene.View.Program!.Machine(rows[i].RunbookPath);
            foreach (var way in rows[i].State.Transitions) lines.Add((StyledLine.Of($"         {Way(way)} -> {StepPane.TitleOf(machine, way.Target)}", Tone.Dim), -1));
        }

        _scroll.Measure(lines.Count, body.Height - 1);
        var line = lines.FindIndex(l => l.Row == _at);
        _scroll.Reveal(Math.Max(0, line));
        _scroll.Reveal(Math.Min(lines.Count - 1, line + (rows.Length > 0 ? rows[_at].State.Transitions.Length : 0)));
        _scroll.Reveal(Math.Max(0, line));
        for (var i = 0; i < body.Height - 1 && _scroll.Top + i < lines.Count; i++)
        {
            var (text, row) = lines[_scroll.Top + i];
            canvas.Put(1, body.Row + 1 + i, text, body.Width - 2, row == _at ? Tone.Selected : null);
        }
    }

    /// <inheritdoc/>
    public bool Press(KeyPress key) => false;

    /// <inheritdoc/>
    public bool Paste(string text) => false;

    /// <inheritdoc/>
    public void Leave()
    {
    }

    private static string Way(Language.MachineTransition way) => way.Trigger switch
    {
        Language.TriggerKind.When => $"when {way.Condition}",
        Language.TriggerKind.Choose => $"choose \"{way.Choice}\"",
        _ => $"on {way.TriggerName}",
    };

    private void Read()
    {
        var scene = _scene();
        var rows = StepList.Of(scene, 80);
        if (_at < 0 || _at >= rows.Length) return;
        var row = rows[_at];
        _shell.Open(new ReadPage(_shell, $"{row.State.Step.Number} {row.State.Step.Title}", columns => StepPane.Other(_scene(), scene.View.Program!.Machine(row.RunbookPath), row.State, columns)));
    }
}
