using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Tui;

/// <summary>
/// The break-glass sheet of a session as it stands: how to finish or undo by hand what is open. A line that is longer than the
/// screen goes on, indented, in the next; it is never cut.
/// </summary>
/// <param name="actions">The catalogue, for the session's place.</param>
/// <param name="artifacts">Where the ways back were kept.</param>
internal sealed class SheetLines(ActionSet actions, ArtifactShelf artifacts)
{
    private (SessionSnapshot Of, string[] Lines)? _made;

    /// <summary>The lines to read.</summary>
    public IReadOnlyList<StyledLine> Page(SessionSnapshot snapshot, string directory, int columns) =>
    [
        .. Cells.Wrap(Safe.Screen($"y copies a command whole. Without this console: runbook break-glass {directory}"), columns, Tone.Dim),
        .. Lines(snapshot).SelectMany(line => Shown(line, columns)),
    ];

    /// <summary>The commands on it, in order, as a shell takes them.</summary>
    public IEnumerable<string> Commands(SessionSnapshot snapshot) => Lines(snapshot).Where(l => l.Length > 0 && l[0] != '#');

    private string[] Lines(SessionSnapshot snapshot)
    {
        if (_made is { } made && ReferenceEquals(made.Of, snapshot)) return made.Lines;
        var lines = BreakGlass.Of(snapshot.View, digest => artifacts.Bytes(snapshot, digest), actions).TrimEnd('\n').Split('\n');
        _made = (snapshot, lines);
        return lines;
    }

    private static IEnumerable<StyledLine> Shown(string line, int columns) => line.StartsWith('#')
        ? Cells.Wrap(Safe.Screen(line[1..].Trim()), columns, Tone.Normal, line.StartsWith("#   ", StringComparison.Ordinal) ? "#   " : "# ", line.StartsWith("#   ", StringComparison.Ordinal) ? "#   " : "# ")
        : Cells.Wrap(Safe.Screen(line), columns, Tone.Code, "", "    ");
}
