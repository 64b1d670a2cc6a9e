using Runbook.Cli.People;
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
    private readonly List<JournalLine> _told = [];
    private long _planShown;
    private long _nextShown;

    public PlainFront(SessionRunner runner, ActionSet actions, IKeyring keyring, ISimulatedPeople? standIns, CliConsole console, TypedLines? typed)
        : base(runner, typed)
    {
        (_actions, _console, _typed) = (actions, console, typed);
        _lines = new PlainLines(console);
        _commands = new PlainCommands(keyring, standIns, Say);
    }

    protected override void Tell(JournalLine line, SessionView before, SessionView after)
    {
        _told.Add(line);
        var at = line.Entry.At.ToDateTimeOffset();
        var telling = EntryTelling.Of(line.Entry, after);
        if (line.Entry.Body is PlanBound && after.Program is { } program) _lines.Write(at, "RUN", program.Document.Title);
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
        if (need is SessionNeed.Approvals { Request: var request } && _planShown != request.Head.Seq) ShowPlan(request);
        if (need is SessionNeed.Operator { By: var by }) ShowNext(by);
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
        if (need is SessionNeed.Approvals { Request: var request } && line.Trim() == "plan") ShowPlan(request);
        var command = _commands.Read(line, need, View);
        if (_typed is not null) _typed.IsHidden = _commands.WantsHidden;
        if (command is not null) return Runner.SendAsync(command, cancellationToken);
        Prompt();
        return null;
    }

    // A screen that a person types at shows where; a pipe is left alone.
    private void Prompt()
    {
        if (!_console.IsInteractive) return;
        _console.EndLine();
        _console.Write("> ");
    }

    private void Say(string sentence) => _lines.Write(Runner.Now.Wall, "ASK", sentence);

    private void ShowStep(DateTimeOffset at, SessionView view)
    {
        if (view.Current is not { } step) return;
        var text = ShownValues.In(view);
        if (!step.Step.Prose.IsEmpty) _lines.Write(at, "SAY", string.Join('\n', text.Lines(step.Step.Prose)));
        foreach (var call in StepCalls.Of(view, _actions)) ShowCall(at, call);
    }

    // What people sign is shown before they are asked to.
    private void ShowPlan(ApprovalRequest request)
    {
        _planShown = request.Head.Seq;
        var at = Runner.Now.Wall;
        var own = new RequestedPlan(View, _told, request, Runner.Directory).Render();
        if (own.Text.Length > 0) _lines.Write(at, "PLAN", own.Text.TrimEnd('\n'));
        _lines.Write(at, "PLAN", own.IsSame || own.Text.Length == 0
            ? $"What is signed has the digest {request.Body.Plan}.{(own.IsSame ? " It was worked out again from the journal, and is the same." : "")}"
            : $"What is asked to be signed has the digest {request.Body.Plan}, and the journal gives {own.Own}. Do not sign: stop, and find out why.");
    }

    // The exact calls that going on makes, before anybody goes on.
    private void ShowNext(MachineTransition by)
    {
        if (_nextShown == View.Head.Seq) return;
        _nextShown = View.Head.Seq;
        var next = SetOff.ByEdge(View, _actions, Runner.Now, by);
        if (next.Calls.IsEmpty) return;
        var at = Runner.Now.Wall;
        _lines.Write(at, "PLAN", $"Going on begins \"{next.Title}\", which sends {(next.Calls.Length == 1 ? "this" : "these, in order")}:");
        foreach (var call in next.Calls) ShowCall(at, call);
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
