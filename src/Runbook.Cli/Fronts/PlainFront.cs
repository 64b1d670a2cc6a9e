using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Cli.Fronts;

/// <summary>A session as plain lines: readable by a screen reader, in a pipe and in a log.</summary>
internal sealed class PlainFront : LineFront
{
    private readonly ActionSet _actions;
    private readonly CliConsole _console;
    private readonly TypedLines? _typed;
    private readonly PlainLines _lines;
    private readonly PlainCommands _commands;
    private bool _isShown;

    public PlainFront(SessionRunner runner, ActionSet actions, IKeyring keyring, ISimulatedPeople? standIns, CliConsole console, TypedLines? typed)
        : base(runner, typed)
    {
        (_actions, _console, _typed) = (actions, console, typed);
        _lines = new PlainLines(console);
        _commands = new PlainCommands(keyring, standIns, Say);
    }

    protected override void Tell(JournalLine line, SessionView before, SessionView after)
    {
        var at = line.Entry.At.ToDateTimeOffset();
        var telling = EntryTelling.Of(line.Entry, after);
        if (telling.Weight != TellingWeight.Quiet) _lines.Write(at, telling.Word, telling.Text);
        switch (line.Entry.Body)
        {
            case StepEntered:
                ShowStep(at, after);
                break;
            case Closed:
                ShowClose(at, after);
                break;
        }
    }

    protected override void Ask(SessionNeed need)
    {
        foreach (var sentence in PlainQuestions.Of(need, View)) Say(sentence);
        if (_typed is not null) _typed.IsHidden = false;
        Prompt();
    }

    protected override void ShowReply(CommandReply reply)
    {
        if (!reply.Accepted) Say(reply.Message);
    }

    protected override Task<CommandReply>? Hear(string line, SessionNeed need, CancellationToken cancellationToken)
    {
        var command = _commands.Read(line, need, View);
        if (_typed is not null) _typed.IsHidden = _commands.WantsHidden;
        if (command is not null) return Runner.SendAsync(command, cancellationToken);
        Prompt();
        return null;
    }

    // A screen that a person types at shows where; a pipe is left alone.
    private void Prompt()
    {
        if (_console.IsInteractive) _console.Write("> ");
    }

    private void Say(string sentence) => _lines.Write(Runner.Now.Wall, "ASK", sentence);

    private void ShowStep(DateTimeOffset at, SessionView view)
    {
        if (view.Current is not { } step) return;
        var text = ShownValues.In(view);
        if (!_isShown && view.Frames.Length == 1) _lines.Write(at, "RUN", view.Program!.Document.Title);
        _isShown = true;
        if (!step.Step.Prose.IsEmpty) _lines.Write(at, "SAY", string.Join('\n', text.Lines(step.Step.Prose)));
        foreach (var call in StepCalls.Of(view, _actions)) ShowCall(at, call);
    }

    private void ShowCall(DateTimeOffset at, ShownCall call)
    {
        _lines.Write(at, "PLAN", $"{call.What.TrimEnd('.')}. Class {call.Effect.ToString().ToLowerInvariant()}.{(call.Undo is { } undo ? $" Undone by {undo}." : "")}");
        _lines.Write(at, "PLAN", call.Line);
        if (call.Body is { } body) _lines.Write(at, "PLAN", body);
        _lines.Write(at, "PLAN", $"digest {call.Digest}");
        if (call.Az is { } az) _lines.Write(at, "PLAN", $"by hand: {az}");
    }

    private void ShowClose(DateTimeOffset at, SessionView view)
    {
        if (view.Root is not { } root || view.End is not { } end) return;
        var ends = root.Machine.Document.Ends;
        var left = end switch
        {
            SessionEnd.Completed => ends.Completed,
            SessionEnd.Failed => ends.Failed,
            _ => ends.Aborted,
        };
        if (!left.IsEmpty) _lines.Write(at, "DONE", string.Join('\n', new ProseText(path => ShownValues.Find(root.Variables, path)).Lines(left)));
    }
}
