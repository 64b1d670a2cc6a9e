using Terminal.Gui.Drawing;
using Attribute = Terminal.Gui.Drawing.Attribute;

namespace Runbook.Tui;

/// <summary>How tones look. Colour only repeats what marks and words say; without colour nothing is lost.</summary>
/// <remarks>
/// The terminal's own foreground and background stand where no colour is named, so that light, dark and high-contrast
/// terminals all work. Red and green never stand beside each other without marks; nothing blinks.
/// </remarks>
internal sealed class Palette
{
    private readonly bool _hasColour;

    /// <summary>For so much colour.</summary>
    public Palette(ColourUse use) => _hasColour = Detect(use) != ColourUse.Never;

    /// <summary>What a terminal gets: never <see cref="ColourUse.Auto"/>.</summary>
    public static ColourUse Detect(ColourUse wanted)
    {
        if (wanted != ColourUse.Auto) return wanted;
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))) return ColourUse.Never;
        if (Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb") return ColourUse.Never;
        // The terminal's own sixteen are those that its user can read on its background; fixed shades are not.
        return ColourUse.Sixteen;
    }

    /// <summary>The look of a tone.</summary>
    public Attribute Of(Tone tone) => tone switch
    {
        Tone.Dim => Plain(TextStyle.Faint),
        Tone.Strong => Plain(TextStyle.Bold),
        Tone.Bar => Plain(TextStyle.Reverse),
        Tone.Good => Coloured(Color.Green, Color.None, TextStyle.None, TextStyle.None),
        Tone.Warn => Coloured(Color.Yellow, Color.None, TextStyle.Bold, TextStyle.Bold),
        Tone.Danger => Coloured(Color.White, Color.Red, TextStyle.Bold, TextStyle.Bold | TextStyle.Reverse),
        Tone.Selected => Plain(TextStyle.Reverse),
        Tone.Spoken => Plain(TextStyle.Bold),
        _ => Plain(TextStyle.None),
    };

    /// <summary>The library's scheme for what it clears itself.</summary>
    public static Scheme Ground
    {
        get
        {
            // Roles that are not set would be derived, and derived colours are colours.
            var plain = Plain(TextStyle.None);
            return new Scheme
            {
                Normal = plain,
                HotNormal = plain,
                Focus = plain,
                HotFocus = plain,
                Active = plain,
                HotActive = plain,
                Highlight = plain,
                Disabled = plain,
                Editable = plain,
                ReadOnly = plain,
                Code = plain,
            };
        }
    }

    private static Attribute Plain(TextStyle style) => new(Color.None, Color.None, style);

    private Attribute Coloured(Color foreground, Color background, TextStyle style, TextStyle mono) =>
        _hasColour ? new Attribute(foreground, background, style) : Plain(mono);
}
