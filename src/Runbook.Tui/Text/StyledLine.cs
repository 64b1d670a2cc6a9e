using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>A piece of a line.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Tone">What it is.</param>
internal readonly record struct StyledText(string Text, Tone Tone);

/// <summary>One line for a screen.</summary>
/// <param name="Parts">Its pieces, from the left.</param>
internal sealed record StyledLine(ImmutableArray<StyledText> Parts)
{
    /// <summary>An empty line.</summary>
    public static StyledLine Empty { get; } = new([]);

    /// <summary>The line without its looks.</summary>
    public string Text => string.Concat(Parts.Select(p => p.Text));

    /// <summary>A line of one piece.</summary>
    public static StyledLine Of(string text, Tone tone = Tone.Normal) => new([new StyledText(text, tone)]);

    /// <summary>A line of several pieces.</summary>
    public static StyledLine Of(params ReadOnlySpan<(string Text, Tone Tone)> parts)
    {
        var builder = ImmutableArray.CreateBuilder<StyledText>(parts.Length);
        foreach (var (text, tone) in parts) builder.Add(new StyledText(text, tone));
        return new StyledLine(builder.MoveToImmutable());
    }
}
