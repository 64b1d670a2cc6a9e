using System.Text.Json;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>
/// Values on their way into entries and back. An entry holds them with every character made inert; a variable holds
/// them as they were, because that is what must be sent to Azure.
/// </summary>
public static class JournalValue
{
    /// <summary>A value as an entry holds it.</summary>
    public static CanonicalJson ToJournal(JsonElement value) => CanonicalJson.Of(value);

    /// <summary>A value of an entry as it was before it was made inert.</summary>
    public static JsonElement FromJournal(CanonicalJson value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var element = value.ToElement();
        if (value.Utf8.Span.IndexOf("\u27e6"u8) < 0) return element;
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) WriteOriginal(element, writer);
        return JsonElement.Parse(stream.ToArray());
    }

    /// <summary>Whether a value takes more room than an entry has for it.</summary>
    public static bool IsTooLarge(JsonElement value) => value.GetRawText().Length > EngineLimits.SavedBytesMax;

    private static void WriteOriginal(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                writer.WriteStringValue(Inert.Original(value.GetString()!));
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) WriteOriginal(item, writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    WriteOriginal(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
