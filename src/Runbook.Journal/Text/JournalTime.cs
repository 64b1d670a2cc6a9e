using System.Globalization;

namespace Runbook.Journal;

/// <summary>
/// Wall-clock time as a journal writes it: UTC, exactly <c>YYYY-MM-DDThh:mm:ss.ffffffZ</c>.
/// </summary>
/// <remarks>An observation, never an order: order is <c>seq</c>, and durations come from the monotonic clock. A leap
/// second, <c>23:59:60</c>, is kept as written; in arithmetic it counts as the last microsecond before it.</remarks>
public readonly record struct JournalTime : IComparable<JournalTime>
{
    /// <summary>Length of the text.</summary>
    public const int Length = 27;

    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private readonly long _micros;
    private readonly int _leapMicros;

    private JournalTime(long micros, int leapMicros)
    {
        _micros = micros;
        _leapMicros = leapMicros;
    }

    /// <summary>Microseconds since 1970-01-01T00:00:00Z.</summary>
    public long UnixMicroseconds => _micros;

    /// <summary>Takes a time, cut to whole microseconds.</summary>
    /// <param name="time">In any offset.</param>
    public static JournalTime Of(DateTimeOffset time) => new((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / 10, 0);

    /// <summary>Reads the one spelling of a time.</summary>
    /// <param name="text">27 characters.</param>
    /// <param name="time">The time, or the default where the text is none.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out JournalTime time)
    {
        time = default;
        if (text.Length != Length || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' || text[26] != 'Z') return false;
        if (!TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)) return false;
        if (!TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second) || !TryDigits(text[20..26], out var micros)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59) return false;

        // UTC inserts leap seconds at the end of a day only.
        var isLeap = second == 60 && hour == 23 && minute == 59;
        if (second > 59 && !isLeap) return false;
        var whole = new DateTime(year, month, day, hour, minute, isLeap ? 59 : second, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks;
        time = new JournalTime(whole / 10 + (isLeap ? 999_999 : micros), isLeap ? micros + 1 : 0);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            number = number * 10 + (c - '0');
        }

        return true;
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text">27 characters.</param>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static JournalTime Parse(string text)
        => TryParse(text, out var time) ? time : throw new FormatException("A time is YYYY-MM-DDThh:mm:ss.ffffffZ.");

    /// <summary>The time for calculations.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.UnixEpoch.AddTicks(_micros * 10);

    /// <inheritdoc/>
    public int CompareTo(JournalTime other) => (_micros, _leapMicros).CompareTo((other._micros, other._leapMicros));

    /// <summary>Whether <paramref name="left"/> is earlier.</summary>
    public static bool operator <(JournalTime left, JournalTime right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is later.</summary>
    public static bool operator >(JournalTime left, JournalTime right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is not later.</summary>
    public static bool operator <=(JournalTime left, JournalTime right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(JournalTime left, JournalTime right) => left.CompareTo(right) >= 0;

    /// <summary>The one spelling: <c>YYYY-MM-DDThh:mm:ss.ffffffZ</c>.</summary>
    public override string ToString()
    {
        var text = ToDateTimeOffset().ToString(Format, CultureInfo.InvariantCulture);
        return _leapMicros == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 17)}60.{_leapMicros - 1:D6}Z");
    }
}
