using System.Collections.Immutable;
using System.Globalization;

namespace Runbook.Language.Schemas;

/// <summary>The formats that a schema may name, and their checks.</summary>
public static class SchemaFormats
{
    /// <summary>A file that a person hands in; its value is <c>{digest, bytes, name}</c>, or a path where an action takes one.</summary>
    public const string File = "file";

    /// <summary>A duration as <see cref="Durations"/> reads it.</summary>
    public const string Duration = "runbook-duration";

    /// <summary>All names.</summary>
    public static ImmutableArray<string> Names { get; } = ["date-time", Duration, File, "uri", "uuid"];

    /// <summary>What a text of that format looks like, or <see langword="null"/> when it is one.</summary>
    internal static string? Complaint(string format, string text) => format switch
    {
        "uuid" => Guid.TryParseExact(text, "D", out _) ? null : "is not a GUID such as 6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70",
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme.Length > 0 ? null : "is not an absolute address such as https://example.org/",
        "date-time" => IsTime(text) ? null : "is not a time such as 2026-11-23T09:00:00Z",
        Duration => Durations.TryParse(text, out _) ? null : "is not a duration: a whole number and one of ms, s, m, h, d",
        _ => null,
    };

    /// <summary>Whether a text is a UTC time of RFC 3339, ending in Z.</summary>
    public static bool IsTime(string text) =>
        text.EndsWith('Z') && text.Length is >= 20 and <= 28
        && DateTimeOffset.TryParseExact(text, ["yyyy-MM-ddTHH:mm:ssZ", "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);
}
