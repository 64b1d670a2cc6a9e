using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Engine;

/// <summary>The object that an <c>ask</c>'s expressions see: <c>{"answers":[{"person":…, …}]}</c>, in the order of the answers.</summary>
public static class AnswersResult
{
    /// <summary>Builds it; a secret value stands as null, because no expression may look at one.</summary>
    public static JsonElement Of(ImmutableArray<AnswerGiven> answers)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("answers");
            foreach (var answer in answers)
            {
                writer.WriteStartObject();
                writer.WriteString("person", answer.Person);
                foreach (var (name, value) in answer.Values)
                {
                    writer.WritePropertyName(name);
                    if (value.Secret) writer.WriteNullValue();
                    else value.Value.WriteTo(writer);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }
}
