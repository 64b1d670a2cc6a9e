using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>
/// The way out of a session without this program: the <c>az</c> commands that undo what is armed and finish what was begun, with
/// their values, in order. A shell reads it; what is no command stands behind <c>#</c>.
/// </summary>
public static class BreakGlass
{
    /// <summary>Name of the file that is kept before each fault.</summary>
    public const string FileName = "break-glass.sh";

    /// <summary>The sheet of a session as it stands.</summary>
    /// <param name="view">The session.</param>
    /// <param name="artifact">Reads an artifact by its digest; <see langword="null"/> where it is not there, or is another.</param>
    /// <param name="actions">The catalogue, for the session's place.</param>
    public static string Of(SessionView view, Func<Digest, byte[]?> artifact, ActionSet actions)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(artifact);
        var sheet = new Sheet(actions, view.SessionId.ToString());
        foreach (var fault in view.Faults.Armed.Reverse())
        {
            var undo = artifact(fault.Body.Inverse.Digest) is { } bytes ? UndoPlan.Read(bytes) : [];
            sheet.Undo(fault.Fault, fault.Body.Lease, fault.Body.Deadline.ToString(), undo, fault.Body.Inverse.Action);
        }

        if (view.End is null && view.Current is { } step) sheet.Step(view, step.Step.Title);
        foreach (var doubt in view.Effects.InDoubt) sheet.Doubt(doubt);
        return sheet.ToString();
    }

    /// <summary>The sheet that is kept before a fault: how to undo it, and whatever is armed already.</summary>
    internal static string Before(SessionView view, string fault, bool isLease, DateTimeOffset deadline, ImmutableArray<UndoCall> undo, Func<Digest, byte[]?> artifact, ActionSet actions)
    {
        var sheet = new Sheet(actions, view.SessionId.ToString());
        sheet.Undo(fault, isLease, JournalTime.Of(deadline).ToString(), undo, undo[0].Use);
        foreach (var armed in view.Faults.Armed.Reverse())
        {
            sheet.Undo(armed.Fault, armed.Body.Lease, armed.Body.Deadline.ToString(), artifact(armed.Body.Inverse.Digest) is { } bytes ? UndoPlan.Read(bytes) : [], armed.Body.Inverse.Action);
        }

        return sheet.ToString();
    }

    private sealed class Sheet(ActionSet actions, string session)
    {
        private readonly StringBuilder _text = new();

        public void Undo(string fault, bool isLease, string deadline, ImmutableArray<UndoCall> undo, string use)
        {
            Head($"{(isLease ? "Lent" : "Broken")} by \"{fault}\", until {deadline} at most. Undo it, whoever else may have done so: doing it twice is harmless.");
            if (undo.IsEmpty) Say($"How was kept in an artifact that can't be read any more; it begins with {use}.");
            for (var i = 0; i < undo.Length; i++)
            {
                if (!undo[i].IsWhole) Say("What stands in ${undo.N.…} is what the Nth command told.");
                Commands(undo[i].Use, undo[i].With);
            }
        }

        public void Step(SessionView view, string title)
        {
            if (PlanRenderer.Arguments(view.Current!.Step.Block, view.Frame!.Variables) is not { } arguments)
            {
                Head($"The session stands in \"{title}\", which calls nothing. What comes after it stands in the runbook.");
                return;
            }

            Head($"The session stands in \"{title}\". {(view.Current.Outcome is null ? "This is what it does; look first how far it came." : "It is done; what comes after it stands in the runbook.")}");
            if (view.Current.Outcome is null) Commands(arguments.Use.Name, arguments.With);
        }

        public void Doubt(EffectRecord doubt) =>
            Head($"Nobody knows whether this took effect: {doubt.Intent.Action} on {doubt.Intent.Target} ({doubt.Intent.Request.Method}, request {doubt.Intent.Request.ClientRequestId}). Look at it before anything is repeated.");

        public override string ToString()
        {
            var head = $"# Session {session}: by hand, without this program. Read each line before you run it.\n# Sign in first, as somebody who may: az login\n";
            return head + (_text.Length == 0 ? "# Nothing is open: nothing is armed, and nothing was begun.\n" : _text.ToString());
        }

        private void Commands(string use, JsonElement with)
        {
            var action = actions.Get(use);
            var calls = action.Plan(with);
            var commands = (action.Descriptor.AzCommand?.Contains("{method}", StringComparison.Ordinal) == true ? calls.AsEnumerable() : calls.Where(c => c.Effect == action.Descriptor.Effect || calls.Length == 1))
                .Select(c => AzCommands.Fill(action.Descriptor, c.Part ?? with, c.Effect == action.Descriptor.Effect ? c : c with { Effect = action.Descriptor.Effect }))
                .Distinct(StringComparer.Ordinal);
            foreach (var call in calls) Say(call.Description);
            foreach (var command in commands) _text.Append((command, calls) switch
            {
                ({ } known, _) => Inert.Text(known) + "\n",
                (null, [{ Method: PlannedCall.Local }]) when action.Descriptor.AzCommand is not null => "# There is nothing to call.\n",
                _ => $"# {use} has no az command: see docs/actions.md.\n",
            });
        }

        private void Head(string text) => _text.Append('\n').Append("# ").Append(Inert.Text(text)).Append('\n');

        private void Say(string text) => _text.Append("#   ").Append(Inert.Text(text)).Append('\n');
    }
}
