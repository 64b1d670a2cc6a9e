using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>The entries in words.</summary>
internal static class LogLines
{
    /// <summary>The last entries that weigh something, for the live pane; the newest last.</summary>
    /// <param name="scene">The session.</param>
    /// <param name="columns">Columns of a line.</param>
    /// <param name="rows">Rows that are there.</param>
    public static IReadOnlyList<StyledLine> Latest(Scene scene, int columns, int rows)
    {
        var lines = new List<StyledLine>();
        for (var i = scene.Snapshot.Log.Count - 1; i >= 0 && lines.Count < rows; i--)
        {
            if (scene.Snapshot.Log[i] is { Telling.Weight: not TellingWeight.Quiet } entry) lines.InsertRange(0, Of(entry, columns).Take(2));
        }

        return lines.Count > rows ? lines[(lines.Count - rows)..] : lines;
    }

    /// <summary>All entries, each whole.</summary>
    public static IReadOnlyList<StyledLine> All(SessionSnapshot snapshot, int columns)
    {
        var lines = new List<StyledLine>();
        foreach (var entry in snapshot.Log) lines.AddRange(Of(entry, columns, $"{entry.Seq,4} "));
        return lines;
    }

    /// <summary>The tone of a weight.</summary>
    public static Tone ToneOf(TellingWeight weight) => weight switch
    {
        TellingWeight.Quiet => Tone.Dim,
        TellingWeight.Heading => Tone.Strong,
        TellingWeight.Alert => Tone.Warn,
        _ => Tone.Normal,
    };

    private static IEnumerable<StyledLine> Of(LoggedEntry entry, int columns, string number = "") =>
        Cells.Wrap(Safe.Screen(entry.Telling.Text), columns, ToneOf(entry.Telling.Weight), $"{number}{TimeText.Utc(entry.At)} {entry.Telling.Mark} ");
}
