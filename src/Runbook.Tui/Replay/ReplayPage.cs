using System.Globalization;
using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>A session's main page as it was after one of its entries.</summary>
internal sealed class ReplayPage : IScreen
{
    private readonly ReplayConsole _replay;
    private readonly Scroller _instructions = new();
    private readonly Scroller _steps = new();
    private readonly ReadingPlace _read = new();

    /// <summary>Makes one.</summary>
    public ReplayPage(ReplayConsole replay)
    {
        _replay = replay;
        var shell = replay.Shell;
        Keys = shell.WithCommon(
            new KeyRow("next", "next entry", "One entry on", () => replay.GoTo(replay.At + 1), new KeyPress(KeyName.Right), KeyPress.Of('n'), KeyPress.Of(' ')),
            new KeyRow("previous", "previous", "One entry back", () => replay.GoTo(replay.At - 1), new KeyPress(KeyName.Left), KeyPress.Of('p')),
            new KeyRow("next-step", "next step", "To where the next step begins", () => replay.Seek(1, TellingWeight.Heading), KeyPress.Of('N')),
            new KeyRow("previous-step", "step before", "To where this step or the one before begins", () => replay.Seek(-1, TellingWeight.Heading), KeyPress.Of('P')),
            new KeyRow("next-problem", "next problem", "To the next entry in which something went wrong or needed somebody", () => replay.Seek(1, TellingWeight.Alert), KeyPress.Of('!')),
            new KeyRow("first", "", "To the first entry", () => replay.GoTo(1), KeyPress.Of('0'), KeyPress.Of('<')),
            new KeyRow("last", "", "To the last entry", () => replay.GoTo(replay.Last), KeyPress.Of('$'), KeyPress.Of('>')),
            new KeyRow("go-to", "go to", "To an entry by its number", AskWhere, KeyPress.Of('t')),
            new KeyRow("faults", "fault", "What was broken or lent at this entry", () => shell.Open(new ReadPage(shell, "Faults", columns => FaultLines.Of(replay.Scene, columns))), KeyPress.Of('f')) { When = () => !replay.Scene.Snapshot.Courses.Faults.IsEmpty },
            new KeyRow("log", "log", "Every entry up to here in words", () => shell.Open(new ReadPage(shell, "Journal", columns => LogLines.All(replay.Scene.Snapshot, columns), follows: true)), KeyPress.Of('l')),
            new KeyRow("steps", "steps", "All steps with their ways out, each to read", () => shell.Open(new StepsPage(shell, () => replay.Scene)), KeyPress.Of('s')) { When = () => replay.Scene.View.Program is not null },
            new KeyRow("paper", "words", "The journal's root at this entry, in digits and words", () => shell.Open(new ReadPage(shell, "As it stood on the attendance sheet", columns => PaperLines.Page(replay.Scene.Snapshot, columns))), KeyPress.Of('w')));
    }

    /// <inheritdoc/>
    public string Title => "replay";

    /// <inheritdoc/>
    public KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => false;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        var scene = _replay.Scene;
        SessionPicture.Paint(canvas, body, scene, new TurnLines.Ui(false, true, null), _instructions, _steps, _read);
        var parts = SessionPicture.Parts.For(body.Height);
        canvas.Rule(0, body.Row + parts.Main, body.Width, Entry(scene), Tone.Strong);
    }

    /// <inheritdoc/>
    public bool Press(KeyPress key) => _instructions.Press(key);

    /// <inheritdoc/>
    public bool Paste(string text) => false;

    /// <inheritdoc/>
    public void Leave()
    {
    }

    private string Entry(Scene scene) => scene.Snapshot.Log.Count == 0
        ? "before the first entry"
        : $"entry {_replay.At}, by {scene.Snapshot.Log[^1].By}: {scene.Snapshot.Log[^1].Telling.Mark} {scene.Snapshot.Log[^1].Telling.Text}";

    private void AskWhere()
    {
        var field = new EntryField
        {
            Label = string.Create(CultureInfo.InvariantCulture, $"Entry, 1 to {_replay.Last}"),
            Editor = new LineEditor(12),
            Complaint = typed => Number(typed) is { } n && n <= _replay.Last ? null : "There is no such entry.",
        };
        _replay.Shell.Open(new EntryDialog(_replay.Shell, "Go to an entry", static _ => [], [field], "Enter goes there.", dialog =>
        {
            _replay.GoTo(Number(field.Text) ?? 1);
            dialog.Finish();
        }));
    }

    private static int? Number(string typed) => int.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
