using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>One action that undoes something, with its arguments.</summary>
/// <param name="Use">The action.</param>
/// <param name="With">Its arguments; <c>${undo.n.…}</c> in them is what the nth one before it told.</param>
public sealed record UndoCall(string Use, JsonElement With)
{
    /// <summary>Whether it needs nothing that another one has to tell first.</summary>
    public bool IsWhole => !With.GetRawText().Contains(UndoPlan.Hole, StringComparison.Ordinal);

    /// <summary>The same with what the ones before it told.</summary>
    /// <param name="results">Their results, in order.</param>
    public UndoCall After(IReadOnlyList<JsonElement> results) => IsWhole ? this : this with { With = Filling.FillIn(With, path => UndoPlan.Told(path, results)) };
}

/// <summary>The kept form of an undoing: <c>{"undo":[{"use":…,"with":…}]}</c>, canonical.</summary>
public static class UndoPlan
{
    /// <summary>How a reference to what an earlier undoing told begins.</summary>
    public const string Hole = "${undo.";

    /// <summary>Writes it.</summary>
    public static ReadOnlyMemory<byte> Write(ImmutableArray<UndoCall> calls)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("undo");
            foreach (var call in calls)
            {
                writer.WriteStartObject();
                writer.WriteString("use", call.Use);
                writer.WritePropertyName("with");
                call.With.WriteTo(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return CanonicalJson.Of(JsonElement.Parse(stream.ToArray())).Utf8;
    }

    /// <summary>Reads it; empty when the bytes are none.</summary>
    public static ImmutableArray<UndoCall> Read(ReadOnlySpan<byte> bytes)
    {
        if (!CanonicalJson.TryAccept(bytes, out var json) || !JournalValue.FromJournal(json!).TryGetProperty("undo", out var undo)) return [];
        return [.. undo.EnumerateArray().Select(u => new UndoCall(u.GetProperty("use").GetString()!, u.GetProperty("with").Clone()))];
    }

    // 'undo.1.id' is member 'id' of what the first one told.
    internal static JsonElement? Told(string path, IReadOnlyList<JsonElement> results)
    {
        var parts = path.Split('.');
        if (parts is not ["undo", var number, ..] || !int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) || n < 1 || n > results.Count) return null;
        var value = results[n - 1];
        foreach (var part in parts.Skip(2))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(part, out value)) return null;
        }

        return value;
    }
}
