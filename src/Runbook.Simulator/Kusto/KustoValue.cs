using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Kusto;

/// <summary>
/// Values of the language: <see langword="null"/>, <see cref="string"/>, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>,
/// <see cref="DateTimeOffset"/>, <see cref="TimeSpan"/>, and <see cref="JsonElement"/> for what is dynamic.
/// </summary>
internal static class KustoValue
{
    /// <summary>A dynamic value that is no object and no list becomes what it holds.</summary>
    public static object? Plain(object? value)
    {
        if (value is not JsonElement json)
            return value;
        return json.ValueKind switch
        {
            JsonValueKind.String => json.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : json.GetDouble(),
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            _ => json,
        };
    }

    public static string Text(object? value) => Plain(value) switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset time => Time(time),
        TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
        JsonElement json => json.GetRawText(),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "",
    };

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    public static bool? Flag(object? value) => Plain(value) switch
    {
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Equals("true", StringComparison.OrdinalIgnoreCase) || text == "1" ? true : text.Equals("false", StringComparison.OrdinalIgnoreCase) || text == "0" ? false : null,
        _ => null,
    };

    public static double? Number(object? value) => Plain(value) switch
    {
        long number => number,
        double number => number,
        bool flag => flag ? 1 : 0,
        TimeSpan span => span.Ticks,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    public static object? Moment(object? value) => Plain(value) switch
    {
        DateTimeOffset time => time,
        string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) => time,
        _ => null,
    };

    /// <summary>Spans such as <c>5m</c>, <c>1h</c>, <c>1.5d</c>; days and clock forms for <c>timespan()</c>.</summary>
    public static TimeSpan? Span(string text)
    {
        var end = 0;
        while (end < text.Length && (char.IsDigit(text[end]) || text[end] == '.'))
            end++;
        if (end > 0 && double.TryParse(text.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            TimeSpan? unit = text[end..].ToLowerInvariant() switch
            {
                "d" or "day" or "days" => TimeSpan.FromDays(1),
                "h" or "hr" or "hrs" or "hour" or "hours" => TimeSpan.FromHours(1),
                "m" or "min" or "minute" or "minutes" => TimeSpan.FromMinutes(1),
                "s" or "sec" or "second" or "seconds" => TimeSpan.FromSeconds(1),
                "ms" or "milli" or "millis" or "millisecond" => TimeSpan.FromMilliseconds(1),
                "microsecond" or "microseconds" => TimeSpan.FromMicroseconds(1),
                "tick" or "ticks" => TimeSpan.FromTicks(1),
                _ => null,
            };
            if (unit is { } one)
                return number * one;
        }
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) ? span : null;
    }

    /// <summary>Order of two values, or <see langword="null"/> where they have none.</summary>
    public static int? Order(object? a, object? b)
    {
        (a, b) = (Plain(a), Plain(b));
        if (a is null || b is null)
            return null;
        if (a is DateTimeOffset || b is DateTimeOffset)
            return Moment(a) is DateTimeOffset left && Moment(b) is DateTimeOffset right ? left.CompareTo(right) : null;
        if (a is string x && b is string y)
            return string.CompareOrdinal(x, y);
        if (a is TimeSpan first && b is TimeSpan second)
            return first.CompareTo(second);
        if (a is string or JsonElement || b is string or JsonElement)
            return a is string or JsonElement && b is string or JsonElement ? string.CompareOrdinal(Text(a), Text(b)) : Number(a) is { } m && Number(b) is { } n ? m.CompareTo(n) : null;
        return Number(a) is { } p && Number(b) is { } q ? p.CompareTo(q) : null;
    }

    public static bool Same(object? a, object? b)
    {
        (a, b) = (Plain(a), Plain(b));
        // Texts have no null of their own: an absent one is empty.
        if (a is null || b is null)
            return (a is null && b is null) || (a is null && b is "") || (b is null && a is "");
        if (a is JsonElement || b is JsonElement)
            return Text(a) == Text(b);
        if (a is bool || b is bool)
            return Flag(a) is { } x && Flag(b) is { } y && x == y;
        return Order(a, b) == 0;
    }

    /// <summary>A text under which equal values are found.</summary>
    public static string Key(object? value) => Plain(value) switch
    {
        null => "",
        string text => "s" + text,
        long number => "n" + ((double)number).ToString("R", CultureInfo.InvariantCulture),
        double number => "n" + number.ToString("R", CultureInfo.InvariantCulture),
        bool flag => flag ? "b1" : "b0",
        var other => "o" + Text(other),
    };

    public static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        long number => JsonValue.Create(number),
        double number => double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        JsonElement json => json.ValueKind == JsonValueKind.Undefined ? null : json.ToNode(),
        _ => JsonValue.Create(Text(value)),
    };

    public static JsonElement List(IEnumerable<object?> values)
    {
        var array = new JsonArray();
        foreach (var value in values)
            array.Add(Node(value));
        return array.ToElement();
    }

    /// <summary>A text parsed as JSON; one that is none stays a text.</summary>
    public static object? Parse(object? value)
    {
        if (value is not string text)
            return value;
        if (text.Length == 0)
            return null;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Limits.JsonDepth });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
