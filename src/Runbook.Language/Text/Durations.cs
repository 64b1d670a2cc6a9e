using System.Globalization;
using System.Text.RegularExpressions;

namespace Runbook.Language;

/// <summary>Durations as runbooks write them: a whole number and one of <c>ms s m h d</c>, such as <c>45m</c>.</summary>
public static partial class Durations
{
    /// <summary>Reads a duration; false for anything else, and for more than <see cref="Limits.DurationMax"/>.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Pattern().Match(text ?? "");
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;

        var unit = match.Groups[2].Value switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            _ => TimeSpan.TicksPerDay,
        };
        if (number > Limits.DurationMax.Ticks / unit) return false;
        duration = TimeSpan.FromTicks(number * unit);
        return true;
    }

    /// <summary>Writes a duration in the largest unit that leaves a whole number; the other way of <see cref="TryParse"/>.</summary>
    /// <remarks>What is below a millisecond is cut off.</remarks>
    public static string Format(TimeSpan duration)
    {
        var milliseconds = (long)duration.TotalMilliseconds;
        (long Size, string Name)[] units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
        foreach (var (size, name) in units)
        {
            if (milliseconds != 0 && milliseconds % size == 0) return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / size}{name}");
        }

        return milliseconds == 0 ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }

    [GeneratedRegex(@"^([0-9]{1,12})(ms|s|m|h|d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
