using System.Globalization;

namespace Runbook.Tui;

/// <summary>Moments and durations in words: UTC always with its <c>Z</c>, deadlines always with the instant.</summary>
/// <param name="zone">The zone of the person at the console.</param>
/// <param name="both">Whether local time stands beside UTC.</param>
internal sealed class TimeText(TimeZoneInfo zone, bool both)
{
    /// <summary><c>09:12:31Z</c>, with the day where it is not today's.</summary>
    public static string Utc(DateTimeOffset moment, DateTimeOffset now) => moment.UtcDateTime.Date == now.UtcDateTime.Date
        ? moment.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    /// <summary><c>09:12:31Z</c>.</summary>
    public static string Utc(DateTimeOffset moment) => moment.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The moment for the header: UTC, and local time where that is wanted and another.</summary>
    public string Clock(DateTimeOffset moment)
    {
        var local = TimeZoneInfo.ConvertTime(moment, zone);
        if (!both || local.Offset == TimeSpan.Zero) return Utc(moment);
        var sign = local.Offset < TimeSpan.Zero ? '-' : '+';
        return string.Create(CultureInfo.InvariantCulture, $"{Utc(moment)} {local:HH:mm} {sign}{local.Offset:hh\\:mm}");
    }

    /// <summary>Two units at most: <c>41s</c>, <c>3m12s</c>, <c>2h05m</c>, <c>3d04h</c>. Whole seconds, rounded up.</summary>
    public static string Duration(TimeSpan duration)
    {
        var seconds = (long)Math.Ceiling(Math.Max(0, duration.TotalSeconds));
        return seconds switch
        {
            < 60 => Text($"{seconds}s"),
            < 3600 => Text($"{seconds / 60}m{seconds % 60:D2}s"),
            < 86400 => Text($"{seconds / 3600}h{seconds / 60 % 60:D2}m"),
            _ => Text($"{seconds / 86400}d{seconds / 3600 % 24:D2}h"),
        };
    }

    /// <summary>One unit: <c>12 s ago</c>, <c>2 h ago</c>.</summary>
    public static string Age(TimeSpan age) => age.TotalSeconds switch
    {
        < 60 => Text($"{(long)Math.Max(0, age.TotalSeconds)} s ago"),
        < 3600 => Text($"{(long)age.TotalMinutes} min ago"),
        < 86400 => Text($"{(long)age.TotalHours} h ago"),
        _ => Text($"{(long)age.TotalDays} d ago"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
