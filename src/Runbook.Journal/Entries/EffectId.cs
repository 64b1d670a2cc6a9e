using System.Globalization;

namespace Runbook.Journal;

/// <summary>One attempt at one call: <c>step/visit/attempt</c>.</summary>
/// <remarks>Unique in a session. A step's path may itself hold slashes, so the two numbers are read from the end.</remarks>
/// <param name="Step">Path of the step's slug.</param>
/// <param name="Visit">Which entering of the step, from 1.</param>
/// <param name="Attempt">Which intent of that visit, from 1, whatever element of a list it is for.</param>
public readonly record struct EffectId(string Step, int Visit, int Attempt)
{
    /// <summary>Reads an effect's id.</summary>
    /// <param name="text">The text.</param>
    /// <param name="effect">The id, or the default where the text is none.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out EffectId effect)
    {
        effect = default;
        var last = text.LastIndexOf('/');
        if (last < 0) return false;
        var middle = text[..last].LastIndexOf('/');
        if (middle < 1 || text[..middle].IndexOfAny(" \n\t") >= 0) return false;
        if (!TryNumber(text[(middle + 1)..last], out var visit) || !TryNumber(text[(last + 1)..], out var attempt)) return false;
        effect = new EffectId(text[..middle].ToString(), visit, attempt);
        return true;
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static EffectId Parse(string text)
        => TryParse(text, out var effect) ? effect : throw new FormatException("An effect's id is step/visit/attempt, both numbers from 1.");

    /// <summary><c>step/visit/attempt</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Step}/{Visit}/{Attempt}");

    private static bool TryNumber(ReadOnlySpan<char> digits, out int number)
    {
        number = 0;
        return digits.Length is > 0 and <= 9 && digits[0] != '0' && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
