using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Engine;

/// <summary>Cuts what an action observed down to what its result schema declares: nothing else is journalled.</summary>
internal static class ObservedShape
{
    /// <summary>The declared members of an object, recursively; what is not declared is left out.</summary>
    public static JsonElement Of(JsonElement observed, Schema schema)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) Write(observed, schema, writer);
        return JsonElement.Parse(stream.ToArray());
    }

    /// <summary>The result of an action that made a call for each element of a list.</summary>
    public static JsonElement OfList(IEnumerable<(JsonElement Observed, int? Status, (string Code, string Message)? Error)> elements)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("value");
            foreach (var (observed, status, error) in elements)
            {
                writer.WriteStartObject();
                if (observed.ValueKind == JsonValueKind.Object)
                {
                    foreach (var member in observed.EnumerateObject().Where(m => m.Name is not ("status" or "error"))) member.WriteTo(writer);
                }

                WriteAnswer(status, error, writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }

    /// <summary>An answer's error as the journal's own.</summary>
    public static Journal.CallError? Error(CallError? error) => error is null ? null : new Journal.CallError(error.Code, error.Message);

    private static void WriteAnswer(int? status, (string Code, string Message)? error, Utf8JsonWriter writer)
    {
        if (status is { } number) writer.WriteNumber("status", number);
        else writer.WriteNull("status");
        if (error is not { } e)
        {
            writer.WriteNull("error");
            return;
        }

        writer.WriteStartObject("error");
        writer.WriteString("code", e.Code);
        writer.WriteString("message", e.Message);
        writer.WriteEndObject();
    }

    private static void Write(JsonElement value, Schema schema, Utf8JsonWriter writer)
    {
        if (schema.WriteOnly)
        {
            writer.WriteNullValue();
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object when schema.Members.Length > 0 || !schema.OpenEnded:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    if (schema.Member(member.Name) is not { } declared) continue;
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, declared.Schema, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array when schema.Items is { } items:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, items, writer);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
