using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>A place in a source file. Lines and columns count from 1; a column counts UTF-16 code units.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
public readonly record struct SourcePosition(int Line, int Column) : IComparable<SourcePosition>
{
    /// <inheritdoc/>
    public int CompareTo(SourcePosition other) =>
        Line != other.Line ? Line.CompareTo(other.Line) : Column.CompareTo(other.Column);

    /// <summary>Whether the left place comes before the right one.</summary>
    public static bool operator <(SourcePosition left, SourcePosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left place comes after the right one.</summary>
    public static bool operator >(SourcePosition left, SourcePosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left place is the right one or comes before it.</summary>
    public static bool operator <=(SourcePosition left, SourcePosition right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left place is the right one or comes after it.</summary>
    public static bool operator >=(SourcePosition left, SourcePosition right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Line}:{Column}";
}

/// <summary>A stretch of a source file, by offsets in UTF-16 code units.</summary>
/// <param name="Start">Offset of the first code unit, from 0.</param>
/// <param name="Length">Number of code units; 0 marks a place between two.</param>
public readonly record struct SourceSpan(int Start, int Length)
{
    /// <summary>Offset just behind the last code unit.</summary>
    public int End => Start + Length;

    /// <summary>The span from the beginning of this one to the end of <paramref name="other"/>.</summary>
    public SourceSpan To(SourceSpan other) => new(Start, Math.Max(0, other.End - Start));
}

/// <summary>The text of one file, and the way from offsets to lines and columns.</summary>
public sealed class SourceText
{
    private readonly ImmutableArray<int> _lineStarts;

    /// <summary>Takes the text as it is; CR LF and LF both end a line.</summary>
    public SourceText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        var starts = ImmutableArray.CreateBuilder<int>();
        starts.Add(0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n') starts.Add(i + 1);
        }

        _lineStarts = starts.ToImmutable();
    }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>Number of lines; an empty text has one.</summary>
    public int LineCount => _lineStarts.Length;

    /// <summary>Line and column of an offset; offsets outside the text are moved to its nearer end.</summary>
    public SourcePosition PositionAt(int offset)
    {
        offset = Math.Clamp(offset, 0, Text.Length);
        var at = _lineStarts.BinarySearch(offset);
        var line = at >= 0 ? at : ~at - 1;
        return new SourcePosition(line + 1, offset - _lineStarts[line] + 1);
    }

    /// <summary>Offset of the first code unit of a line (from 1).</summary>
    public int LineStart(int line) => _lineStarts[Math.Clamp(line, 1, LineCount) - 1];

    /// <summary>One line (from 1) without its line ending.</summary>
    public string Line(int line)
    {
        var start = LineStart(line);
        var end = line < LineCount ? _lineStarts[line] : Text.Length;
        return Text[start..end].TrimEnd('\n', '\r');
    }

    /// <summary>The text of a span; what lies outside the text is left out.</summary>
    public string Slice(SourceSpan span)
    {
        var start = Math.Clamp(span.Start, 0, Text.Length);
        var end = Math.Clamp(span.End, start, Text.Length);
        return Text[start..end];
    }
}
