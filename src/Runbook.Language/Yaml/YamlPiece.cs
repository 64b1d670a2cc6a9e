using System.Collections.Immutable;
using System.Text;

namespace Runbook.Language.Yaml;

/// <summary>
/// A piece of YAML inside a file: its lines as YAML sees them, and for each the place in the file where it begins,
/// so that a fence that Markdown has un-indented still gives exact positions.
/// </summary>
internal sealed class YamlPiece
{
    private readonly ImmutableArray<(int PieceStart, int FileStart)> _lines;

    private YamlPiece(string text, SourceSpan span, ImmutableArray<(int, int)> lines)
    {
        Text = text;
        Span = span;
        _lines = lines;
    }

    /// <summary>The YAML, lines ended by LF.</summary>
    public string Text { get; }

    /// <summary>Where the whole piece stands in the file.</summary>
    public SourceSpan Span { get; }

    /// <summary>Makes a piece from lines (without their ends) and the file offsets at which they begin.</summary>
    public static YamlPiece FromLines(IEnumerable<(string Text, int FileStart)> lines, SourceSpan span)
    {
        var text = new StringBuilder();
        var starts = ImmutableArray.CreateBuilder<(int, int)>();
        foreach (var (line, fileStart) in lines)
        {
            starts.Add((text.Length, fileStart));
            text.Append(line).Append('\n');
        }

        if (starts.Count == 0) starts.Add((0, span.Start));
        return new YamlPiece(text.ToString(), span, starts.ToImmutable());
    }

    /// <summary>The place in the file of an offset in <see cref="Text"/>.</summary>
    public int ToFile(int offset)
    {
        var low = 0;
        var high = _lines.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_lines[middle].PieceStart <= offset) low = middle;
            else high = middle - 1;
        }

        return _lines[low].FileStart + Math.Max(0, offset - _lines[low].PieceStart);
    }
}
