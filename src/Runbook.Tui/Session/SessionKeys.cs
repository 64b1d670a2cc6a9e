using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>The keys of the session's main page.</summary>
internal static class SessionKeys
{
    /// <summary>Aborts from every screen while a fault is armed. Not a letter: it works where text is typed, too.</summary>
    public static KeyPress AbortAtOnce { get; } = KeyPress.Control('x');

    /// <summary>The row of the key that aborts at once.</summary>
    public static KeyRow Emergency(SessionConsole console, SessionWords words) =>
        new("abort-now", "", "Aborts at once: what was broken is put back", words.AbortAtOnce, AbortAtOnce) { When = () => console.Scene.CanAbortAtOnce, Effect = KeyEffect.Says };

    /// <summary>Shows the break-glass sheet from every screen. Not a letter, either.</summary>
    public static KeyPress ByHand { get; } = KeyPress.Control('g');

    /// <summary>The row of the key that shows the break-glass sheet.</summary>
    public static KeyRow Sheet(SessionReading reading) =>
        new("by-hand", "by hand", "The break-glass sheet: az commands that undo or finish what is open, without this program", reading.ShowSheet, ByHand);

    /// <summary>The table.</summary>
    public static KeyTable Of(SessionConsole console, SessionWords words, SessionReading reading)
    {
        bool Needs<T>() where T : SessionNeed => console.Scene.Turn.Need is T;
        bool Runs() => console.Scene.Stand == RunStand.Runs;
        return console.Shell.WithCommon(
            new KeyRow("tick", "tick", "The person whose turn it is vouches for the item", words.Tick, KeyPress.Of(' ')) { When = Needs<SessionNeed.Ticks>, Effect = KeyEffect.Says },
            new KeyRow("go-on", "go on", "Go on to the next step, or with the choice that is marked", words.GoOn, new KeyPress(KeyName.Enter)) { When = () => Needs<SessionNeed.Operator>() || Needs<SessionNeed.Choice>(), Effect = KeyEffect.Says },
            new KeyRow("approve", "read and sign", "Opens what is to be signed: to approve, or to refuse", words.Sign, KeyPress.Of('a')) { When = Needs<SessionNeed.Approvals>, Effect = KeyEffect.Opens },
            new KeyRow("enter", "fill in", "Opens the form of the person whose turn it is", words.FillIn, KeyPress.Of('e')) { When = () => Needs<SessionNeed.Answers>() || Needs<SessionNeed.Secret>(), Effect = KeyEffect.Opens },
            new KeyRow("settle", "say what became of it", "Says what became of a call that nobody can tell", words.Settle, KeyPress.Of('u')) { When = Needs<SessionNeed.Settlement>, Effect = KeyEffect.Opens },
            new KeyRow("other", "somebody else", "Makes it another person's turn", words.PickPerson, KeyPress.Of('o')) { When = () => Turn.Everybody(console.Scene.Turn.Need).Length > 1 },
            new KeyRow("faults", "fault", "What is broken or lent: countdown, guard, probes, who is affected", reading.ShowFaults, KeyPress.Of('f')) { When = () => !console.Scene.Snapshot.Courses.Faults.IsEmpty },
            Sheet(reading),
            new KeyRow("note", "note", "Writes a remark into the journal", words.Note, KeyPress.Of('n')) { When = Runs, Effect = KeyEffect.Opens },
            new KeyRow("abort", "abort", "Stops, and follows the runbook's way out", words.Abort, KeyPress.Of('x')) { When = () => Runs() && console.Scene.View.Current is not null, Effect = KeyEffect.Opens },
            new KeyRow("calls", "calls", "The calls of this step, whole", reading.ShowCalls, KeyPress.Of('c')),
            new KeyRow("instructions", "", "The instructions of this step, whole", reading.ShowInstructions, KeyPress.Of('i')),
            new KeyRow("log", "log", "Every entry of the journal in words", reading.ShowLog, KeyPress.Of('l')),
            new KeyRow("steps", "steps", "All steps with their ways out, each to read", reading.ShowSteps, KeyPress.Of('s')),
            new KeyRow("plan", "plan", "Every call that this session may make", reading.ShowPlan, KeyPress.Of('v')),
            new KeyRow("paper", "words", "The journal's root for paper, in digits and words", reading.ShowPaper, KeyPress.Of('w')),
            new KeyRow("copy", "copy", "Sends an id, a digest or a command to the clipboard", reading.Copy, KeyPress.Of('y')));
    }
}
