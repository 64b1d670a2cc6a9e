using System.Collections.Immutable;
using System.Text;

namespace Runbook.Tui;

/// <summary>
/// What a probe read over time, one column a slice: the mark says by its shape whether what was expected held, so that no
/// colour is needed.
/// </summary>
internal static class Sparkline
{
    private static readonly ImmutableArray<TimeSpan> Slices =
    [
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(6),
    ];

    /// <summary>The finest slice, not finer than one, with which a time fits into so many columns.</summary>
    public static TimeSpan Slice(TimeSpan whole, int columns, TimeSpan finest)
    {
        foreach (var slice in Slices)
        {
            if (slice >= finest && slice * columns > whole) return slice;
        }

        return TimeSpan.FromHours(Math.Ceiling(whole.TotalHours / columns + 1));
    }

    /// <summary>The line: from the left, and blank behind the last sample, for what was read since is not written down yet.</summary>
    /// <param name="spans">What was read.</param>
    /// <param name="from">The left edge.</param>
    /// <param name="slice">Time of one column.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="glyphs">The marks.</param>
    public static ImmutableArray<StyledText> Of(IEnumerable<ProbeSpan> spans, DateTimeOffset from, TimeSpan slice, int columns, Glyphs glyphs)
    {
        var held = new int[columns];
        var failed = new int[columns];
        foreach (var span in spans)
        {
            foreach (var moment in span.Moments)
            {
                var column = (int)Math.Clamp(Math.Floor((moment - from) / slice), -1, columns);
                if (column < 0 || column >= columns) continue;
                if (span.Holds) held[column]++;
                else failed[column]++;
            }
        }

        var past = Math.Max(Array.FindLastIndex(held, n => n > 0), Array.FindLastIndex(failed, n => n > 0));
        var parts = ImmutableArray.CreateBuilder<StyledText>();
        var text = new StringBuilder();
        for (var i = 0; i < columns; i++)
        {
            text.Append(Mark(i).Glyph);
            if (i + 1 < columns && Mark(i + 1).Tone == Mark(i).Tone) continue;
            parts.Add(new StyledText(text.ToString(), Mark(i).Tone));
            text.Clear();
        }

        return parts.ToImmutable();

        (string Glyph, Tone Tone) Mark(int i) => (held[i], failed[i]) switch
        {
            (0, 0) when i > past => (" ", Tone.Normal),
            (0, 0) => (glyphs.NotRead, Tone.Dim),
            ( > 0, 0) => (glyphs.Held, Tone.Good),
            (0, > 0) => (glyphs.DidNot, Tone.Warn),
            _ => (glyphs.AtTimes, Tone.Warn),
        };
    }
}
