using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Language.Actions;

namespace Runbook.Tui;

/// <summary>Calls as people see them before they leave: the exact request, what repeating it would do, the way back.</summary>
internal static class CallLines
{
    private const int BodyLinesMax = 12;

    /// <summary>The calls of a step.</summary>
    /// <param name="calls">The calls.</param>
    /// <param name="columns">Columns of a line.</param>
    /// <param name="whole">Whether bodies are shown to their last line.</param>
    public static IEnumerable<StyledLine> Of(ImmutableArray<ShownCall> calls, int columns, bool whole)
    {
        for (var i = 0; i < calls.Length; i++)
        {
            if (i > 0) yield return StyledLine.Empty;
            foreach (var line in Of(calls[i], columns, whole)) yield return line;
        }
    }

    /// <summary>What an effect class means, in a few words.</summary>
    public static string InWords(EffectClass effect) => effect switch
    {
        EffectClass.Read => "read: changes nothing",
        EffectClass.Idempotent => "idempotent: twice is as good as once",
        EffectClass.Once => "once: never sent again by itself",
        _ => "destructive: takes something away",
    };

    /// <summary>The tone of an effect class.</summary>
    public static Tone ToneOf(EffectClass effect) => effect switch
    {
        EffectClass.Destructive => Tone.Danger,
        EffectClass.Once => Tone.Warn,
        _ => Tone.Normal,
    };

    /// <summary>A request's first line.</summary>
    public static IEnumerable<StyledLine> Request(string line, int columns) => Cells.Wrap(Safe.Screen(line), columns, Tone.Code, "  ", "    ");

    private static IEnumerable<StyledLine> Of(ShownCall call, int columns, bool whole)
    {
        foreach (var line in Cells.Wrap(Safe.Screen(call.What), columns, Tone.Normal, "  ")) yield return line;
        foreach (var line in Request(call.Line, columns)) yield return line;
        foreach (var line in Body(call.Body, columns, whole)) yield return line;
        foreach (var line in Fact("class", InWords(call.Effect), columns, ToneOf(call.Effect))) yield return line;
        foreach (var line in Fact("digest", Grouped(call.Digest, whole), columns, Tone.Code)) yield return line;
        if (call.Az is { } az)
        {
            foreach (var line in Fact("az", az, columns, Tone.Code)) yield return line;
        }

        foreach (var line in Fact("undo", call.Undo ?? "nothing undoes it", columns, Tone.Normal)) yield return line;
    }

    private static IEnumerable<StyledLine> Body(string? body, int columns, bool whole)
    {
        if (body is null) return Fact("body", "none", columns, Tone.Normal);
        var lines = Safe.Lines(body).ToList();
        var shown = whole || lines.Count <= BodyLinesMax ? lines : lines[..(BodyLinesMax - 1)];
        IEnumerable<StyledLine> styled = shown.SelectMany(l => Cells.Wrap(l, columns, Tone.Code, "    ", "      "));
        return shown.Count == lines.Count ? styled : styled.Append(StyledLine.Of($"    ({lines.Count - shown.Count} more lines of the body: c shows all)", Tone.Warn));
    }

    private static string Grouped(string digest, bool whole)
    {
        var hex = digest.StartsWith("sha256:", StringComparison.Ordinal) ? digest["sha256:".Length..] : digest;
        var groups = PaperWords.Groups(hex);
        return whole || groups.Length <= 4 ? string.Join(' ', groups) : $"{groups[0]} {groups[1]} .. {groups[^2]} {groups[^1]}";
    }

    private static ImmutableArray<StyledLine> Fact(string name, string value, int columns, Tone tone) =>
        Cells.Wrap(Safe.Screen(value), columns, tone, "  " + Cells.Fit(name, 8));
}
