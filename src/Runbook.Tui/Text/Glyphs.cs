namespace Runbook.Tui;

/// <summary>Lines and frames, in Unicode and in 7-bit ASCII. Marks of steps and items are ASCII everywhere.</summary>
internal sealed record Glyphs
{
    private static readonly Glyphs Unicode = new()
    {
        Line = "─",
        Side = "│",
        DoubleLine = "═",
        DoubleSide = "║",
        DoubleTopLeft = "╔",
        DoubleTopRight = "╗",
        DoubleBottomLeft = "╚",
        DoubleBottomRight = "╝",
        Up = "▲",
        Held = "▇",
        AtTimes = "▄",
        NotRead = "·",
    };

    private static readonly Glyphs Plain = new()
    {
        Line = "-",
        Side = "|",
        DoubleLine = "=",
        DoubleSide = "|",
        DoubleTopLeft = "+",
        DoubleTopRight = "+",
        DoubleBottomLeft = "+",
        DoubleBottomRight = "+",
        Up = "!",
        Held = "#",
        AtTimes = "+",
        NotRead = ".",
    };

    public required string Line { get; init; }

    public required string Side { get; init; }

    public required string DoubleLine { get; init; }

    public required string DoubleSide { get; init; }

    public required string DoubleTopLeft { get; init; }

    public required string DoubleTopRight { get; init; }

    public required string DoubleBottomLeft { get; init; }

    public required string DoubleBottomRight { get; init; }

    /// <summary>Before the alert line.</summary>
    public required string Up { get; init; }

    /// <summary>In a sparkline: what was expected held at every sample of the slice.</summary>
    public required string Held { get; init; }

    /// <summary>In a sparkline: it held at some.</summary>
    public required string AtTimes { get; init; }

    /// <summary>In a sparkline: it held at none.</summary>
    public string DidNot { get; } = "x";

    /// <summary>In a sparkline: there was no sample.</summary>
    public required string NotRead { get; init; }

    /// <summary>The set for a terminal.</summary>
    public static Glyphs Of(bool ascii) => ascii ? Plain : Unicode;
}
