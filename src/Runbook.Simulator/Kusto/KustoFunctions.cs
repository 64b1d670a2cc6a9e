using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Kusto;

/// <summary>The scalar functions of the subset.</summary>
internal static class KustoFunctions
{
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["tostring"] = "string",
        ["tolower"] = "string",
        ["toupper"] = "string",
        ["strcat"] = "string",
        ["strcat_delim"] = "string",
        ["substring"] = "string",
        ["replace_string"] = "string",
        ["replace"] = "string",
        ["replace_regex"] = "string",
        ["trim"] = "string",
        ["trim_start"] = "string",
        ["trim_end"] = "string",
        ["extract"] = "string",
        ["format_datetime"] = "string",
        ["url_decode"] = "string",
        ["toint"] = "long",
        ["tolong"] = "long",
        ["strlen"] = "long",
        ["array_length"] = "long",
        ["countof"] = "long",
        ["indexof"] = "long",
        ["datetime_diff"] = "long",
        ["todouble"] = "real",
        ["toreal"] = "real",
        ["round"] = "real",
        ["tobool"] = "bool",
        ["not"] = "bool",
        ["isempty"] = "bool",
        ["isnotempty"] = "bool",
        ["isnull"] = "bool",
        ["isnotnull"] = "bool",
        ["set_has_element"] = "bool",
        ["todatetime"] = "datetime",
        ["now"] = "datetime",
        ["ago"] = "datetime",
        ["startofday"] = "datetime",
        ["startofhour"] = "datetime",
        ["totimespan"] = "timespan",
        ["todynamic"] = "dynamic",
        ["parse_json"] = "dynamic",
        ["split"] = "dynamic",
        ["pack"] = "dynamic",
        ["bag_pack"] = "dynamic",
        ["pack_array"] = "dynamic",
        ["bag_keys"] = "dynamic",
        ["array_concat"] = "dynamic",
        ["parse_url"] = "dynamic",
        ["extract_json"] = "dynamic",
    };

    public static string TypeOf(KustoExpression.Call call, KustoBinder binder) =>
        Types.TryGetValue(call.Function, out var type) ? type
        : call.Function is "iff" or "iif" or "case" && call.Arguments.Count > 1 ? binder.TypeOf(call.Arguments[1])
        : call.Function is "coalesce" or "bin" or "floor" or "abs" or "min_of" or "max_of" && call.Arguments.Count > 0 ? binder.TypeOf(call.Arguments[0])
        : "string";

    public static Func<object?[], object?> Bind(KustoExpression.Call call, KustoBinder binder)
    {
        var given = call.Arguments.Select(binder.Bind).ToList();
        var arity = ArityOf(call.Function);
        if (arity is not { } range)
            throw new KustoException($"there is no function '{call.Function}' in this subset", call.At, call.Function);
        if (given.Count < range.Min || given.Count > range.Max)
            throw new KustoException($"'{call.Function}' takes {range.Min} to {range.Max} arguments", call.At, call.Function);
        var function = call.Function;
        switch (function)
        {
            case "iff" or "iif":
                return row => KustoValue.Flag(given[0](row)) == true ? given[1](row) : given[2](row);
            case "case":
                return row =>
                {
                    for (var i = 0; i + 1 < given.Count; i += 2)
                        if (KustoValue.Flag(given[i](row)) == true)
                            return given[i + 1](row);
                    return given[^1](row);
                };
            case "coalesce":
                return row => given.Select(argument => KustoValue.Plain(argument(row))).FirstOrDefault(value => value is not null and not "");
            case "now":
                return given.Count == 0 ? _ => binder.Now : row => binder.Now + (given[0](row) as TimeSpan? ?? TimeSpan.Zero);
            case "ago":
                return row => given[0](row) is TimeSpan span ? binder.Now - span : null;
            case "extract" or "replace_regex":
                var pattern = KustoBinder.Pattern(KustoValue.Text(given[0]([])), call.At);
                if (function == "replace_regex")
                {
                    var inner = KustoBinder.Pattern(KustoValue.Text(given[1]([])), call.At);
                    return row => inner.Replace(KustoValue.Text(given[0](row)), KustoValue.Text(given[2](row)));
                }
                return row => pattern.Match(KustoValue.Text(given[2](row))) is { Success: true } match && KustoValue.Number(given[1](row)) is { } group ? match.Groups[(int)group].Value : "";
            default:
                return row => Call(function, given.Count, i => KustoValue.Plain(given[i](row)), i => given[i](row));
        }
    }

    private static (int Min, int Max)? ArityOf(string function) => function switch
    {
        "iff" or "iif" or "datetime_diff" => (3, 3),
        "case" or "coalesce" or "strcat" or "pack" or "bag_pack" or "pack_array" or "array_concat" or "min_of" or "max_of" => (1, 64),
        "strcat_delim" => (2, 64),
        "now" => (0, 1),
        "tostring" or "tolower" or "toupper" or "toint" or "tolong" or "todouble" or "toreal" or "tobool" or "todatetime" or "totimespan" or "todynamic" or "parse_json"
            or "not" or "isempty" or "isnotempty" or "isnull" or "isnotnull" or "strlen" or "array_length" or "bag_keys" or "abs" or "ago" or "startofday" or "startofhour" or "parse_url" or "url_decode" => (1, 1),
        "bin" or "floor" or "trim" or "trim_start" or "trim_end" or "countof" or "set_has_element" or "format_datetime" or "extract_json" => (2, 2),
        "indexof" or "has" or "contains" => (2, 2),
        "round" => (1, 2),
        "split" or "substring" => (2, 3),
        "replace_string" or "replace" or "replace_regex" or "extract" => (3, 3),
        _ => null,
    };

    private static object? Call(string function, int count, Func<int, object?> plain, Func<int, object?> raw)
    {
        var first = plain(0);
        string Text(int at) => KustoValue.Text(plain(at));
        switch (function)
        {
            case "tostring":
                return KustoValue.Text(first);
            case "tolower":
                return KustoValue.Text(first).ToLowerInvariant();
            case "toupper":
                return KustoValue.Text(first).ToUpperInvariant();
            case "toint" or "tolong":
                return KustoValue.Number(first) is { } whole ? (long)whole : null;
            case "todouble" or "toreal":
                return KustoValue.Number(first);
            case "tobool":
                return KustoValue.Flag(first);
            case "todatetime":
                return KustoValue.Moment(first);
            case "totimespan":
                return first is TimeSpan ? first : KustoValue.Span(KustoValue.Text(first));
            case "todynamic" or "parse_json":
                return raw(0) is JsonElement json && json.ValueKind != JsonValueKind.String ? json : KustoValue.Plain(KustoValue.Parse(first));
            case "not":
                return KustoValue.Flag(first) is { } flag ? !flag : null;
            case "isempty":
                return KustoValue.Text(first).Length == 0;
            case "isnotempty":
                return KustoValue.Text(first).Length > 0;
            case "isnull":
                return first is null;
            case "isnotnull":
                return first is not null;
            case "strlen":
                return (long)KustoValue.Text(first).Length;
            case "strcat":
                return string.Concat(Enumerable.Range(0, count).Select(Text));
            case "strcat_delim":
                return string.Join(Text(0), Enumerable.Range(1, count - 1).Select(Text));
            case "substring":
                return Substring(KustoValue.Text(first), KustoValue.Number(plain(1)) ?? 0, count > 2 ? KustoValue.Number(plain(2)) : null);
            case "replace_string" or "replace":
                return KustoValue.Text(first).Replace(Text(1), Text(2), StringComparison.Ordinal);
            case "indexof":
                return (long)KustoValue.Text(first).IndexOf(Text(1), StringComparison.Ordinal);
            case "trim":
                return Trimmed(Text(1), Text(0), true, true);
            case "trim_start":
                return Trimmed(Text(1), Text(0), true, false);
            case "trim_end":
                return Trimmed(Text(1), Text(0), false, true);
            case "split":
                var parts = KustoValue.Text(first).Split(Text(1));
                return count > 2 && KustoValue.Number(plain(2)) is { } at
                    ? KustoValue.List(at >= 0 && at < parts.Length ? [parts[(int)at]] : [])
                    : KustoValue.List(parts);
            case "countof":
                return Text(1).Length == 0 ? 0L : KustoValue.Text(first).Split(Text(1)).Length - 1L;
            case "array_length":
                return first is JsonElement { ValueKind: JsonValueKind.Array } list ? (long)list.GetArrayLength() : null;
            case "set_has_element":
                return first is JsonElement { ValueKind: JsonValueKind.Array } set && set.EnumerateArray().Any(item => KustoValue.Same(item, plain(1)));
            case "pack_array":
                return KustoValue.List(Enumerable.Range(0, count).Select(raw));
            case "array_concat":
                return KustoValue.List(Enumerable.Range(0, count).SelectMany(i => plain(i) is JsonElement { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray().Select(item => (object?)item) : []));
            case "pack" or "bag_pack":
                var bag = new JsonObject();
                for (var i = 0; i + 1 < count; i += 2)
                    bag[Text(i)] = KustoValue.Node(raw(i + 1));
                return bag.ToElement();
            case "bag_keys":
                return first is JsonElement { ValueKind: JsonValueKind.Object } members ? KustoValue.List(members.EnumerateObject().Select(member => (object?)member.Name)) : null;
            case "extract_json":
                return KustoBinder.Member(KustoValue.Parse(plain(1)), Text(0).TrimStart('$', '.'));
            case "parse_url":
                return Url(KustoValue.Text(first));
            case "url_decode":
                return Uri.UnescapeDataString(KustoValue.Text(first));
            case "bin" or "floor":
                return Bin(first, plain(1));
            case "abs":
                return first is TimeSpan span ? span.Duration() : first is long number ? Math.Abs(number) : KustoValue.Number(first) is { } real ? Math.Abs(real) : null;
            case "round":
                return KustoValue.Number(first) is { } value ? Math.Round(value, (int)Math.Clamp(count > 1 ? KustoValue.Number(plain(1)) ?? 0 : 0, 0, 15), MidpointRounding.AwayFromZero) : null;
            case "min_of":
                return Enumerable.Range(0, count).Select(plain).Where(item => item is not null).Aggregate((object?)null, (a, b) => a is null || KustoValue.Order(b, a) < 0 ? b : a);
            case "max_of":
                return Enumerable.Range(0, count).Select(plain).Where(item => item is not null).Aggregate((object?)null, (a, b) => a is null || KustoValue.Order(b, a) > 0 ? b : a);
            case "startofday":
                return KustoValue.Moment(first) is DateTimeOffset day ? new DateTimeOffset(day.UtcDateTime.Date, TimeSpan.Zero) : null;
            case "startofhour":
                return Bin(KustoValue.Moment(first), TimeSpan.FromHours(1));
            case "format_datetime":
                return KustoValue.Moment(first) is DateTimeOffset time ? time.UtcDateTime.ToString(Text(1), System.Globalization.CultureInfo.InvariantCulture) : null;
            case "datetime_diff":
                return Difference(Text(0), KustoValue.Moment(plain(1)), KustoValue.Moment(plain(2)));
            case "has" or "contains":
                return KustoValue.Text(first).Contains(Text(1), StringComparison.OrdinalIgnoreCase);
            default:
                throw new KustoException($"there is no function '{function}' in this subset", 0, function);
        }
    }

    private static string Substring(string text, double from, double? length)
    {
        var start = (int)Math.Clamp(from < 0 ? text.Length + from : from, 0, text.Length);
        return text.Substring(start, (int)Math.Clamp(length ?? text.Length, 0, text.Length - start));
    }

    /// <summary>The cut-off text is a pattern; its plain characters stand for themselves.</summary>
    private static string Trimmed(string text, string pattern, bool start, bool end)
    {
        var trimmed = text;
        if (start)
            trimmed = KustoBinder.Pattern($"^(?:{pattern})+", 0).Replace(trimmed, "");
        if (end)
            trimmed = KustoBinder.Pattern($"(?:{pattern})+$", 0).Replace(trimmed, "");
        return trimmed;
    }

    internal static object? Bin(object? value, object? size)
    {
        switch (value, size)
        {
            case (DateTimeOffset time, TimeSpan span) when span > TimeSpan.Zero:
                return new DateTimeOffset(time.UtcTicks - (time.UtcTicks % span.Ticks), TimeSpan.Zero);
            case (TimeSpan time, TimeSpan span) when span > TimeSpan.Zero:
                return TimeSpan.FromTicks((long)Math.Floor((double)time.Ticks / span.Ticks) * span.Ticks);
            case (long number, long by) when by > 0:
                return (long)Math.Floor((double)number / by) * by;
            default:
                return KustoValue.Number(value) is { } x && KustoValue.Number(size) is { } y && y > 0 ? Math.Floor(x / y) * y : null;
        }
    }

    private static JsonElement? Url(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return null;
        var query = new JsonObject();
        foreach (var pair in RequestTarget.ParsePairs(uri.Query.TrimStart('?')))
            query[pair.Key] = pair.Value;
        return new JsonObject
        {
            ["Scheme"] = uri.Scheme,
            ["Host"] = uri.Host,
            ["Port"] = uri.IsDefaultPort ? "" : uri.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Path"] = uri.AbsolutePath,
            ["Query Parameters"] = query,
            ["Fragment"] = uri.Fragment.TrimStart('#'),
        }.ToElement();
    }

    private static object? Difference(string unit, object? a, object? b)
    {
        if (a is not DateTimeOffset later || b is not DateTimeOffset earlier)
            return null;
        var span = later - earlier;
        return unit.ToLowerInvariant() switch
        {
            "day" => (long)span.TotalDays,
            "hour" => (long)span.TotalHours,
            "minute" => (long)span.TotalMinutes,
            "second" => (long)span.TotalSeconds,
            "millisecond" => (long)span.TotalMilliseconds,
            _ => throw new KustoException($"datetime_diff has no part '{unit}' in this subset", 0, unit),
        };
    }
}
