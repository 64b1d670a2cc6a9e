using System.Text;
using System.Text.Json;
using Runbook.Language.Schemas;

namespace Runbook.Language.Actions;

/// <summary>JSON Schemas (2020-12) of the actions of a catalogue: for each name what it takes and what it gives.</summary>
public static class CatalogueSchema
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schemas, under <c>$defs</c> as <c>name.with</c> and <c>name.result</c>.</summary>
    public static string ToJson(ActionCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            writer.WriteString("title", "Actions of runbooks");
            writer.WriteStartObject("$defs");
            foreach (var action in catalogue.All)
            {
                writer.WritePropertyName(action.Name + ".with");
                Shape.ToJson(action.With).WriteTo(writer);
                writer.WritePropertyName(action.Name + ".result");
                Shape.ToJson(action.Result).WriteTo(writer);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
