using System.Text.Json;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>Puts values into arguments that were rendered while some were not known yet.</summary>
internal static class Filling
{
    /// <summary>The same value with every <c>${…}</c> put in that is known now; the others stay.</summary>
    public static JsonElement FillIn(JsonElement rendered, Func<string, JsonElement?> lookup)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) Write(rendered, lookup, writer);
        return JsonElement.Parse(stream.ToArray());
    }

    private static void Write(JsonElement value, Func<string, JsonElement?> lookup, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                Template.FillText(value.GetString()!, lookup).WriteTo(writer);
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, lookup, writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, lookup, writer);
                }

                writer.WriteEndObject();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
