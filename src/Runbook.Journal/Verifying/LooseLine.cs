using System.Text.Json;

namespace Runbook.Journal;

/// <summary>What can be read of a line that is no entry.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Prev">The hash that it names.</param>
/// <param name="Kind">Its kind, where that is a known word.</param>
internal readonly record struct LooseLine(long? Seq, Digest? Prev, string? Kind)
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = Limits.ForeignDepth };

    internal static LooseLine Read(ReadOnlySpan<byte> line)
    {
        var result = default(LooseLine);
        var reader = new Utf8JsonReader(line, Options);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
                if (reader.ValueTextEquals("seq"u8)) result = result with { Seq = ReadSeq(ref reader) };
                else if (reader.ValueTextEquals("prev"u8)) result = result with { Prev = ReadPrev(ref reader) };
                else if (reader.ValueTextEquals("kind"u8)) result = result with { Kind = ReadKind(ref reader) };
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON from here on: what was read before is all there is.
            return result;
        }

        return result;
    }

    /// <summary>Why a line that is not canonical is not: no JSON at all, or only spelled differently.</summary>
    internal static Reason Classify(ReadOnlySpan<byte> line, Reason scanned)
    {
        if (scanned is not (Reason.NotJson or Reason.NotCanonical or Reason.OutsideSubset)) return scanned;
        var reader = new Utf8JsonReader(line, Options);
        try
        {
            while (reader.Read())
            {
                // Reading to the end is the question.
            }
        }
        catch (JsonException)
        {
            return Reason.NotJson;
        }

        return scanned == Reason.NotJson ? Reason.NotCanonical : scanned;
    }

    private static long? ReadSeq(ref Utf8JsonReader reader)
        => reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var seq) ? seq : null;

    private static Digest? ReadPrev(ref Utf8JsonReader reader)
        => reader.Read() && reader.TokenType == JsonTokenType.String && Digest.TryParseHex(reader.GetString(), out var prev) ? prev : null;

    private static string? ReadKind(ref Utf8JsonReader reader)
        => reader.Read() && reader.TokenType == JsonTokenType.String && Words<EntryKind>.TryParse(reader.GetString(), out var kind) ? Words<EntryKind>.Of(kind) : null;
}
