using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Runbook.Journal;

/// <summary>
/// A JSON value in the one spelling that a journal writes, for values that come from outside: inputs, answers, what
/// Azure answered, what a step saved.
/// </summary>
/// <remarks>
/// Every string has been made inert. What lies outside the journal's part of JSON (a fraction, an integer beyond
/// 2^53 - 1, an object with odd names, nesting deeper than <see cref="Limits.ValueDepth"/>) is kept as
/// <c>{"$json":"its text"}</c>, as small a piece as possible, and <see cref="ToElement"/> gives the value back.
/// Immutable, compared by its bytes.
/// </remarks>
public sealed class CanonicalJson : IEquatable<CanonicalJson>
{
    /// <summary>The name under which JSON text is kept that the journal's part of JSON can't hold.</summary>
    public const string WrapperName = "$json";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = Limits.ForeignDepth };

    private static readonly JsonDocumentOptions Foreign = new() { MaxDepth = Limits.ForeignDepth };

    private readonly byte[] _bytes;

    internal CanonicalJson(byte[] bytes, ImmutableArray<WholeText> wholes)
    {
        _bytes = bytes;
        Wholes = wholes;
    }

    /// <summary><c>null</c>.</summary>
    public static CanonicalJson Null { get; } = new("null"u8.ToArray(), []);

    /// <summary><c>{}</c>.</summary>
    public static CanonicalJson EmptyObject { get; } = new("{}"u8.ToArray(), []);

    /// <summary>The canonical bytes.</summary>
    public ReadOnlyMemory<byte> Utf8 => _bytes;

    /// <summary>The canonical text.</summary>
    public string Text => Encoding.UTF8.GetString(_bytes);

    /// <summary>SHA-256 of the canonical bytes.</summary>
    public Digest Digest => Digest.Of(_bytes);

    /// <summary>Texts that were cut while this value was made; empty for a value that was read.</summary>
    internal ImmutableArray<WholeText> Wholes { get; }

    /// <summary>Brings a value into canonical form.</summary>
    /// <param name="value">Any JSON value.</param>
    /// <exception cref="CanonicalException">An object has a name twice, or nesting exceeds <see cref="Limits.ForeignDepth"/>.</exception>
    public static CanonicalJson Of(JsonElement value) => new Canonicalization().Run(value);

    /// <summary>Brings JSON text into canonical form.</summary>
    /// <param name="json">One JSON value, any spelling.</param>
    /// <exception cref="CanonicalException">The text is not JSON, has a name twice, or nests deeper than <see cref="Limits.ForeignDepth"/>.</exception>
    public static CanonicalJson Parse(string json)
    {
        try
        {
            // Names are held against each other below, also those that the framework would refuse to decode.
            using var document = JsonDocument.Parse(LooseJsonString.EscapeLoneSurrogates(json), Foreign);
            return Of(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new CanonicalException(Reason.NotJson, "The text is not JSON: " + e.Message);
        }
    }

    /// <summary>A string value.</summary>
    /// <param name="text">Inert text; a <see cref="string"/> is made so.</param>
    public static CanonicalJson Of(InertText text)
    {
        var writer = new CanonicalWriter();
        var cut = Inert.Cut(text.Value, Limits.TextChars, out var whole);
        writer.String(cut);
        return new CanonicalJson(writer.Written.ToArray(), whole is null ? [] : [new WholeText(whole)]);
    }

    /// <summary>An integer value.</summary>
    /// <param name="value">At most 2^53 - 1 in magnitude.</param>
    public static CanonicalJson Of(long value)
    {
        var writer = new CanonicalWriter();
        writer.Integer(value);
        return new CanonicalJson(writer.Written.ToArray(), []);
    }

    /// <summary>A truth value.</summary>
    /// <param name="value">The value.</param>
    public static CanonicalJson Of(bool value) => new((value ? "true"u8 : "false"u8).ToArray(), []);

    /// <summary>Takes bytes that are canonical already.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="value">The value, or <see langword="null"/> where the bytes are not canonical.</param>
    public static bool TryAccept(ReadOnlySpan<byte> bytes, out CanonicalJson? value)
    {
        value = CanonicalScanner.Scan(bytes).Holds ? Known(bytes) : null;
        return value is not null;
    }

    /// <summary>The value with every <c>{"$json":…}</c> replaced by what it holds.</summary>
    /// <returns>Independent of this instance. Strings stay inert.</returns>
    /// <exception cref="FormatException">A <c>$json</c> does not hold JSON.</exception>
    public JsonElement ToElement()
    {
        try
        {
            if (_bytes.AsSpan().IndexOf("\"$json\""u8) < 0)
            {
                var reader = new Utf8JsonReader(_bytes, new JsonReaderOptions { MaxDepth = Limits.ForeignDepth });
                return JsonElement.ParseValue(ref reader);
            }

            using var document = JsonDocument.Parse(_bytes, Strict);
            using var unwrapped = new MemoryStream();
            using (var writer = new Utf8JsonWriter(unwrapped, new JsonWriterOptions { SkipValidation = true }))
                Unwrap(document.RootElement, writer);
            using var result = JsonDocument.Parse(unwrapped.ToArray(), new JsonDocumentOptions { MaxDepth = 2 * Limits.ForeignDepth });
            return result.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new FormatException("A value kept as JSON text is not JSON.", e);
        }
    }

    /// <inheritdoc/>
    public bool Equals(CanonicalJson? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CanonicalJson);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>The canonical text.</summary>
    public override string ToString() => Text;

    internal static CanonicalJson Known(ReadOnlySpan<byte> canonical) => new(canonical.ToArray(), []);

    private static void Unwrap(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.GetPropertyCount() == 1 && value.TryGetProperty(WrapperName, out var text) && text.ValueKind == JsonValueKind.String:
                // The text parses here, so that a wrapper can't smuggle structure into what surrounds it.
                using (var inner = JsonDocument.Parse(text.GetString()!, Strict))
                    inner.RootElement.WriteTo(writer);
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Unwrap(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Unwrap(item, writer);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
