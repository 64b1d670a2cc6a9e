using System.Text.Json;

namespace Runbook.Actions;

/// <summary>Compares what was planned with what is about to leave.</summary>
internal static class RequestMatch
{
    /// <summary>Stands for a text that is made at the moment of the call.</summary>
    public const string RandomHole = "${random}";

    /// <summary>
    /// Whether two addresses are one: same scheme, host and port, same path but for doubled and closing slashes, and the
    /// same query parameters in any order.
    /// </summary>
    public static bool SameAddress(Uri planned, Uri actual) =>
        SamePath(planned, actual) && ParametersOf(planned).SequenceEqual(ParametersOf(actual), StringComparer.Ordinal);

    /// <summary>The same without regard to the query.</summary>
    public static bool SamePath(Uri planned, Uri actual) =>
        planned.Scheme == actual.Scheme
        && string.Equals(planned.IdnHost, actual.IdnHost, StringComparison.OrdinalIgnoreCase)
        && planned.Port == actual.Port
        && planned.UserInfo.Length == 0 && actual.UserInfo.Length == 0
        && SegmentsOf(planned).SequenceEqual(SegmentsOf(actual), StringComparer.Ordinal);

    /// <summary>Whether a body is what was planned, by value; a hole takes any text.</summary>
    public static bool SameBody(JsonElement? planned, JsonElement? actual) => (planned, actual) switch
    {
        (null, null) => true,
        ({ } p, { } a) => SameValue(p, a),
        _ => false,
    };

    private static bool SameValue(JsonElement planned, JsonElement actual)
    {
        if (planned.ValueKind == JsonValueKind.String && planned.ValueEquals(RandomHole)) return actual.ValueKind == JsonValueKind.String;
        if (planned.ValueKind != actual.ValueKind) return false;
        return planned.ValueKind switch
        {
            JsonValueKind.Object => SameMembers(planned, actual),
            JsonValueKind.Array => planned.GetArrayLength() == actual.GetArrayLength() && planned.EnumerateArray().Zip(actual.EnumerateArray()).All(pair => SameValue(pair.First, pair.Second)),
            _ => JsonElement.DeepEquals(planned, actual),
        };
    }

    private static bool SameMembers(JsonElement planned, JsonElement actual)
    {
        var wanted = planned.EnumerateObject().ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal);
        var given = actual.EnumerateObject().ToList();
        return given.Count == wanted.Count
            && given.DistinctBy(m => m.Name, StringComparer.Ordinal).Count() == given.Count
            && given.All(m => wanted.TryGetValue(m.Name, out var value) && SameValue(value, m.Value));
    }

    private static IEnumerable<string> SegmentsOf(Uri address) =>
        address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString);

    private static IEnumerable<string> ParametersOf(Uri address) =>
        address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).Order(StringComparer.Ordinal);
}
