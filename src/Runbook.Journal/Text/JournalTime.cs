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
        if (text.Length != Length) return false;
        var leap = text[11..20].SequenceEqual("23:59:60.");
        Span<char> plain = stackalloc char[Length];
        text.CopyTo(plain);
        if (leap) "59.999999".CopyTo(plain[17..]);
        if (!DateTime.TryParseExact(plain, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed)) return false;

        var leapMicros = 0;
        if (leap && !int.TryParse(text[20..26], NumberStyles.None, CultureInfo.InvariantCulture, out leapMicros)) return false;
        if (text[26] != 'Z') return false;
        time = new JournalTime((parsed.Ticks - DateTime.UnixEpoch.Ticks) / 10, leap ? leapMicros + 1 : 0);
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
