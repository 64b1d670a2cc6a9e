using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Runbook.Journal;

/// <summary>The JSON Schema (2020-12) of a journal's lines.</summary>
public static class EntrySchema
{
    /// <summary>Identifies the schema of the first format.</summary>
    public const string Id = "urn:runbook:entry:1";

    /// <summary>Writes the schema from the code that reads entries, so that the two can't differ.</summary>
    /// <returns>Indented JSON, the same text every time. A few rules across members are beyond it:
    /// docs/journal-format.md §6 names them.</returns>
    public static string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(json);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
        json.WriteString("$id", Id);
        json.WriteString("title", "One line of a Runbook journal");
        json.WritePropertyName("allOf");
        json.WriteStartArray();
        SchemaFields.Write(json, ReadTop);
        foreach (var kind in Enum.GetValues<EntryKind>()) WriteKind(json, kind);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static object? ReadTop(EntryFields f)
    {
        f.Time("at");
        f.ObjectValue("body");
        f.Token("by", TextRule.RosterId);
        f.Count("epoch", 1, int.MaxValue);
        f.Word<EntryKind>("kind");
        f.Natural("mono");
        f.Hex("prev");
        f.Seq("seq");
        _ = f.May("simulated") && f.True("simulated");
        _ = f.May("step") ? f.Token("step", TextRule.Step) : null;
        f.Integer("v", JournalEntry.FormatVersion, JournalEntry.FormatVersion);
        _ = f.May("visit") ? f.Count("visit", 1, int.MaxValue) : 0;
        return null;
    }

    private static void WriteKind(Utf8JsonWriter json, EntryKind kind)
    {
        json.WriteStartObject();
        json.WriteStartObject("if");
        json.WriteStartObject("properties");
        json.WriteStartObject("kind");
        json.WriteString("const", Words<EntryKind>.Of(kind));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("then");
        json.WriteStartObject("properties");
        json.WritePropertyName("body");
        SchemaFields.Write(json, EntryKinds.ReaderOf(kind));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
