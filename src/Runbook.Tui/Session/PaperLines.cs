using System.Collections.Immutable;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>
/// The Merkle root over the journal, for paper: whoever writes it on the attendance sheet can prove later that these lines
/// were there, whatever becomes of the machine.
/// </summary>
internal static class PaperLines
{
    private const int WordsInRow = 4;
    private const int GroupsInRow = 8;

    /// <summary>Size and root, in digits and in words.</summary>
    public static IEnumerable<StyledLine> Of(long size, Digest root, int columns)
    {
        yield return StyledLine.Of(("Lines ", Tone.Normal), (PaperWords.Size(size), Tone.Code), ("   root over all of them:", Tone.Normal));
        foreach (var row in Digits(root)) yield return row;
        yield return StyledLine.Of("In words, each row numbered by its first:");
        var words = PaperWords.Of(root);
        var width = Math.Min(14, (columns - 6) / WordsInRow);
        for (var i = 0; i < words.Length; i += WordsInRow)
        {
            yield return StyledLine.Of($"  {i + 1,2}  {string.Concat(words.Skip(i).Take(WordsInRow).Select(w => Cells.Fit(w, width)))}".TrimEnd(), Tone.Code);
        }
    }

    /// <summary>The digits of a digest in two rows; never cut.</summary>
    public static IEnumerable<StyledLine> Digits(Digest digest) =>
        PaperWords.Groups(digest).Chunk(GroupsInRow).Select(row => StyledLine.Of("  " + string.Join(' ', row), Tone.Code));

    /// <summary>The page that is read aloud.</summary>
    public static IReadOnlyList<StyledLine> Page(SessionSnapshot snapshot, int columns) =>
    [
        .. Cells.Wrap($"Session {Safe.Screen(snapshot.View.SessionId)}", columns, Tone.Strong),
        StyledLine.Empty,
        .. Of(snapshot.Size, snapshot.Root, columns),
        StyledLine.Empty,
        .. Cells.Wrap("Read it aloud; the witness writes the number of lines and the words on the attendance sheet. Later, `runbook verify --expect-root` holds the transcript against the sheet.", columns),
    ];

    /// <summary>The first and the last groups, to compare by voice.</summary>
    public static string Brief(Digest digest)
    {
        ImmutableArray<string> groups = PaperWords.Groups(digest);
        return $"{groups[0]} {groups[1]} .. {groups[^1]}";
    }
}
