using System.Text.RegularExpressions;
using System.Xml;

namespace Runbook.Simulator;

/// <summary>Durations as ISO 8601 writes them.</summary>
internal static partial class IsoDuration
{
    /// <summary>Reads a duration of days and time, such as <c>PT30M</c> or <c>-PT5S</c>.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is null || !Exact().IsMatch(text))
            return false;
        try
        {
            duration = XmlConvert.ToTimeSpan(text);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    public static string Write(TimeSpan duration) => XmlConvert.ToString(duration);

    /// <summary>Adds a calendar duration of years, months and days, as rotation policies use.</summary>
    public static bool TryAdd(DateTimeOffset to, string? text, int sign, out DateTimeOffset sum)
    {
        sum = to;
        if (!TryParts(text, out var years, out var months, out var days))
            return false;
        try
        {
            sum = to.AddYears(sign * years).AddMonths(sign * months).AddDays(sign * days);
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    /// <summary>Length of a calendar duration in days, months as 30 and years as 365 of them.</summary>
    public static int? Days(string? text) =>
        TryParts(text, out var years, out var months, out var days) ? (years * 365) + (months * 30) + days : null;

    private static bool TryParts(string? text, out int years, out int months, out int days)
    {
        years = months = days = 0;
        if (text is null || Calendar().Match(text) is not { Success: true } match || text == "P")
            return false;
        years = Part(match, 1);
        months = Part(match, 2);
        days = Part(match, 3) + (7 * Part(match, 4));
        return true;

        static int Part(Match match, int group) => match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex("^P(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})D)?(?:([0-9]{1,4})W)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Calendar();

    [GeneratedRegex("^-?P(?=.)(?:[0-9]{1,6}D)?(?:T(?=.)(?:[0-9]{1,7}H)?(?:[0-9]{1,7}M)?(?:[0-9]{1,9}(?:\\.[0-9]{1,7})?S)?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Exact();
}
