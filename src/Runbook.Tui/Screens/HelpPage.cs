using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>The help: made of the key table of the screen that it was opened on, and of what marks and words mean.</summary>
internal static class HelpPage
{
    private static readonly ImmutableArray<(string Mark, string Meaning)> Marks =
    [
        ("[x]", "done, or seen to hold"),
        ("[>]", "now"),
        ("[ ]", "to do"),
        ("[~]", "waits for Azure, or does not hold yet"),
        ("[!]", "failed, refused, or needs somebody"),
        ("[-]", "left by abort, paused, a note"),
        ("[#]", "bookkeeping; behind a step: it changes something"),
        ("[?]", "in doubt: sent, and nobody has answered"),
        ("A", "behind a step: people approve there"),
        ("L", "behind a step: something is lent until it is taken back"),
    ];

    private static readonly ImmutableArray<string> Truths =
    [
        "Only what is on disk is shown: each line of the log is an entry of the journal.",
        "Leaving loses nothing: `runbook resume` goes on where the session stands.",
        "A call that left and was not answered is never sent again by itself; a reading finds out what became of it.",
        "A tick says that a person vouches for the sentence as it is shown. An approval is a signature.",
        "Screen garbled: Ctrl+L. Shell garbled afterwards: `runbook terminal-reset`.",
    ];

    /// <summary>The help for a screen.</summary>
    public static ReadPage For(Shell shell, IScreen screen)
    {
        // What is possible is fixed when the page is opened; the page itself has other keys.
        var rows = shell.Possible(screen).Select(r => (Keys: string.Join(' ', r.Keys), r.Help, r.Command)).ToImmutableArray();
        return new ReadPage(shell, $"Help: {screen.Title}", columns => Lines(rows, columns));
    }

    private static List<StyledLine> Lines(ImmutableArray<(string Keys, string Help, string Command)> rows, int columns)
    {
        List<StyledLine> lines = [StyledLine.Of("KEYS THAT WORK NOW", Tone.Strong)];
        foreach (var (keys, help, command) in rows) lines.AddRange(Row(keys, 16, $"{help}  (:{command})", columns));
        lines.AddRange(Row("j k arrows", 16, "down, up; PgDn PgUp, Ctrl+D Ctrl+U, g G: a page, half a page, first, last", columns));
        lines.Add(StyledLine.Empty);
        lines.Add(StyledLine.Of("NEVER ONE KEY", Tone.Strong));
        lines.AddRange(Cells.Wrap("Approving, refusing, aborting, sending what takes something away or can be done only once: a dialog says what will happen, and Esc leaves it with nothing done. What takes something away wants its name typed.", columns));
        lines.AddRange(Cells.Wrap($"But while a fault is armed, {SessionKeys.AbortAtOnce} aborts at once, from every screen: what puts things back must not wait for a dialog.", columns));
        lines.AddRange(Cells.Wrap($"{SessionKeys.ByHand} shows from every screen of a session how to finish or undo by hand what is open, should this program be gone.", columns));
        lines.Add(StyledLine.Empty);
        lines.Add(StyledLine.Of("MARKS (colour only repeats them)", Tone.Strong));
        foreach (var (mark, meaning) in Marks) lines.AddRange(Row(mark, 5, meaning, columns));
        lines.Add(StyledLine.Empty);
        lines.Add(StyledLine.Of("GOOD TO KNOW", Tone.Strong));
        foreach (var truth in Truths) lines.AddRange(Cells.Wrap(truth, columns, Tone.Normal, "- "));
        return lines;
    }

    private static ImmutableArray<StyledLine> Row(string left, int width, string right, int columns) =>
        Cells.Wrap(right, columns, Tone.Normal, Cells.Fit(left, Math.Max(width, Cells.Width(left) + 1)), new string(' ', width));
}
