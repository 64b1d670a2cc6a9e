using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>
/// A key transfer blob as it travels: a key that another HSM wrapped under a key exchange key (KEK). JSON; Azure takes it
/// whole.
/// </summary>
/// <param name="Kid">The version of the KEK, by its full id.</param>
/// <param name="Algorithm">Always <c>dir</c>.</param>
/// <param name="Encryption">Always <c>CKM_RSA_AES_KEY_WRAP</c>.</param>
/// <param name="Ciphertext">A one-time AES-256 key under the KEK (RSA-OAEP, SHA-1), and behind it the key under that one (AES-KWP).</param>
/// <param name="SchemaVersion">Always <c>1.0.0</c>.</param>
/// <param name="Generator">Who made it, in words.</param>
public sealed record ByokFile(string? Kid, string? Algorithm, string? Encryption, byte[]? Ciphertext, string? SchemaVersion, string? Generator)
{
    /// <summary>Largest file that is read, in bytes.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>What <see cref="Algorithm"/> has to be.</summary>
    public const string Direct = "dir";

    /// <summary>What <see cref="Encryption"/> has to be.</summary>
    public const string KeyWrap = "CKM_RSA_AES_KEY_WRAP";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file for a wrapped key.</summary>
    public static byte[] Write(string kid, byte[] ciphertext, string generator) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["schema_version"] = "1.0.0",
        ["header"] = new JsonObject { ["kid"] = kid, ["alg"] = Direct, ["enc"] = KeyWrap },
        ["ciphertext"] = Text(ciphertext),
        ["generator"] = generator,
    }.ToJsonString(Indented) + "\n");

    /// <summary>Reads a file, as far as it is one: what it lacks is <see langword="null"/>.</summary>
    /// <returns>The file; <see langword="null"/> when it is no JSON object.</returns>
    public static ByokFile? TryRead(ReadOnlyMemory<byte> bytes)
    {
        var text = bytes.Span.StartsWith((byte[])[0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;
            var header = root.TryGetProperty("header", out var h) && h.ValueKind == JsonValueKind.Object ? h : default;
            return new ByokFile(Member(header, "kid"), Member(header, "alg"), Member(header, "enc"), Bytes(Member(root, "ciphertext")), Member(root, "schema_version"), Member(root, "generator"));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Base64url without padding, as Azure writes it.</summary>
    internal static string Text(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>Bytes of base64url or base64, with padding or without; <see langword="null"/> when it is neither.</summary>
    internal static byte[]? Bytes(string? text)
    {
        if (text is null) return null;
        var plain = text.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return Base64Url.IsValid(plain) && plain.All(c => !char.IsWhiteSpace(c)) ? Base64Url.DecodeFromChars(plain) : null;
    }

    private static string? Member(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
