namespace Runbook.Simulator.Http;

/// <summary>
/// A request target taken apart once. Duplicate slashes are collapsed and a trailing one is ignored, since clients send
/// both; a <c>.</c> or <c>..</c> segment makes the target malformed, also where it is percent-encoded.
/// </summary>
internal sealed class RequestTarget
{
    private RequestTarget(IReadOnlyList<string> segments, IReadOnlyList<KeyValuePair<string, string>> query)
    {
        Segments = segments;
        Query = query;
    }

    /// <summary>Decoded path segments, none of them empty.</summary>
    public IReadOnlyList<string> Segments { get; }

    /// <summary>Decoded names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; }

    public string Path => "/" + string.Join('/', Segments);

    /// <summary>The first value of that query parameter (names compare without case), or <see langword="null"/>.</summary>
    public string? Parameter(string name)
    {
        foreach (var pair in Query)
            if (string.Equals(pair.Key, name, StringComparison.OrdinalIgnoreCase))
                return pair.Value;
        return null;
    }

    /// <summary>Reads a target.</summary>
    /// <param name="target">Path and query as they were sent.</param>
    /// <param name="parsed">Empty unless it can be read.</param>
    /// <param name="slashesInNames">Names may hold encoded slashes, as those of blobs do.</param>
    public static bool TryParse(string target, out RequestTarget parsed, bool slashesInNames = false)
    {
        parsed = new RequestTarget([], []);
        if (target.Length > Limits.TargetCharacters)
            return false;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var path = mark < 0 ? target : target[..mark];
        var segments = new List<string>();
        foreach (var raw in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var segment = Uri.UnescapeDataString(raw);
            if (segment is "." or ".." || segment.Contains('\0', StringComparison.Ordinal) || (segment.Contains('/', StringComparison.Ordinal) && !slashesInNames))
                return false;
            segments.Add(segment);
        }
        parsed = new RequestTarget(segments, mark < 0 ? [] : ParsePairs(target[(mark + 1)..]));
        return true;
    }

    /// <summary>Names and values of a query string or a form body; <c>+</c> is a blank.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ParsePairs(string text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? "" : part[(equals + 1)..];
            pairs.Add(new(Decode(name), Decode(value)));
        }
        return pairs;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
