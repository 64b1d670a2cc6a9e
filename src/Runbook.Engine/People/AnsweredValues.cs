using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>What people bring, as an entry holds it: the same for the session and for whoever signs an answer elsewhere.</summary>
public static class AnsweredValues
{
    /// <summary>The values of an answer without secrets, in the order of the question.</summary>
    /// <param name="ask">The question.</param>
    /// <param name="values">Values by name.</param>
    /// <param name="files">Files by name.</param>
    /// <exception cref="ArgumentException">A secret is asked: only the session's own process can commit to one.</exception>
    public static NamedValues Of(StepBlock.Ask ask, ImmutableDictionary<string, JsonElement> values, ImmutableDictionary<string, HandedInFile> files)
    {
        ArgumentNullException.ThrowIfNull(ask);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(files);
        if (ask.Value.Any(v => v.Schema.WriteOnly)) throw new ArgumentException("A secret is told at the session's own console.", nameof(ask));
        var named = new List<KeyValuePair<string, CanonicalJson>>();
        foreach (var member in ask.Value)
        {
            if (files.TryGetValue(member.Name, out var file)) named.Add(new(member.Name, OfFile(file)));
            else if (values.TryGetValue(member.Name, out var value)) named.Add(new(member.Name, JournalValue.ToJournal(value)));
        }

        return new NamedValues(named);
    }

    /// <summary>A handed-in file: digest, size and name.</summary>
    public static CanonicalJson OfFile(HandedInFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("digest", Digest.Of(file.Bytes.Span).ToString());
            writer.WriteNumber("bytes", file.Bytes.Length);
            writer.WriteString("name", file.Name);
            writer.WriteEndObject();
        }

        return CanonicalJson.Of(JsonElement.Parse(stream.ToArray()));
    }
}
