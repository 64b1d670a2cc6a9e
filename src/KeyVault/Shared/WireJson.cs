using System.Buffers.Text;
using System.Text.Json;

namespace Azure.Security.KeyVault;

/// <summary>How the service spells values: base64url without padding, Unix seconds, absent instead of null.</summary>
internal static class WireJson
{
    public static string? Text(this JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static bool? Flag(this JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;

    public static int? Number(this JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    public static DateTimeOffset? Time(this JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? DateTimeOffset.FromUnixTimeSeconds(value.GetInt64()) : null;

    public static byte[]? Bytes(this JsonElement from, string name) =>
        from.Text(name) is { } text ? Base64Url.DecodeFromChars(text.Replace('+', '-').Replace('/', '_').TrimEnd('=')) : null;

    public static Uri? Address(this JsonElement from, string name) => from.Text(name) is { Length: > 0 } text ? new Uri(text) : null;

    public static IEnumerable<JsonElement> Items(this JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    public static JsonElement? Member(this JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    public static void WriteText(this Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null) writer.WriteString(name, value);
    }

    public static void WriteFlag(this Utf8JsonWriter writer, string name, bool? value)
    {
        if (value is { } flag) writer.WriteBoolean(name, flag);
    }

    public static void WriteTime(this Utf8JsonWriter writer, string name, DateTimeOffset? value)
    {
        if (value is { } time) writer.WriteNumber(name, time.ToUnixTimeSeconds());
    }

    public static void WriteBytes(this Utf8JsonWriter writer, string name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty) writer.WriteString(name, Base64Url.EncodeToString(value));
    }

    public static void WriteTexts(this Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    public static void WriteTags(this Utf8JsonWriter writer, IDictionary<string, string>? tags)
    {
        if (tags is null || tags.Count == 0) return;
        writer.WriteStartObject("tags");
        foreach (var (name, value) in tags) writer.WriteString(name, value);
        writer.WriteEndObject();
    }
}
